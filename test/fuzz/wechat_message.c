/*-------------------------------------------------------------------------
 *
 * wechat_message.c
 *	  Messages of WeChat Pay.
 *
 *-------------------------------------------------------------------------
 */
#include "wechat_message.h"

#include "../unit/gateway_vectors.h"

#include <openssl/evp.h>

static Bytes
copy_of(Bytes bytes)
{
	return (Bytes){fuzz_copy(bytes), bytes.size};
}

static void
add_header(Message *message, Bytes name, Bytes value)
{
	if (message->http.headers_count < MESSAGE_HEADERS_MAX)
		message->headers[message->http.headers_count++] = (HttpHeader){copy_of(name),
																	   copy_of(value)};
}

void
message_read(Bytes input, int status, Message *message)
{
	*message = (Message){.http = {.status = status, .headers = message->headers}};
	while (input.size > 0 && input.data[0] != '\n')
	{
		Bytes line = fuzz_cut(&input, "\n");
		Bytes name = fuzz_cut(&line, ": ");

		add_header(message, name, line);
	}
	(void) fuzz_cut(&input, "\n");
	message->http.body = copy_of(input);
}

static void
sign(Bytes timestamp, Bytes body, char signature[SIGNATURE_TEXT_SIZE])
{
	const Bytes line_feed = {"\n", 1};

	fuzz_sign(
		(Bytes[]){timestamp, line_feed, bytes_of(WECHAT_NOTICE_NONCE), line_feed, body, line_feed},
		6, signature);
}

/* The last byte of a body, or a byte more. */
static Bytes
damaged_body(Bytes body)
{
	char last;

	if (body.size == 0)
		return copy_of((Bytes){" ", 1});
	last = (char) (body.data[body.size - 1] ^ 1);
	return fuzz_join((Bytes[]){{body.data, body.size - 1}, {&last, 1}}, 2);
}

void
message_sign(Bytes body, int status, Damage damage, Message *message)
{
	char signature[SIGNATURE_TEXT_SIZE];
	Bytes timestamp = bytes_of(damage == DAMAGE_TIMESTAMP ? "1767232506" : WECHAT_NOTICE_TIMESTAMP);

	sign(timestamp, body, signature);
	if (damage == DAMAGE_SIGNATURE)
		fuzz_turn_bit(signature, (unsigned) body.size * 7 + 3);
	*message = (Message){.http = {.status = status, .headers = message->headers}};
	add_header(message, bytes_of("Wechatpay-Serial"),
			   bytes_of(damage == DAMAGE_SERIAL ? "ANOTHER" : WECHAT_NOTICE_SERIAL));
	add_header(message, bytes_of("wechatpay-timestamp"), timestamp);
	add_header(message, bytes_of("WECHATPAY-NONCE"),
			   bytes_of(damage == DAMAGE_NONCE ? "EcsXqLyMWzXV6dCK" : WECHAT_NOTICE_NONCE));
	add_header(message, bytes_of("Wechatpay-Signature"), bytes_of(signature));
	message->http.body = damage == DAMAGE_BODY ? damaged_body(body) : copy_of(body);
}

char *
message_seal(Bytes plain)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	unsigned char *sealed = malloc(plain.size + SEALED_TAG_BYTES);
	char *text = malloc((plain.size + SEALED_TAG_BYTES) / 3 * 4 + 8);
	int size;

	MUST(EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, fuzz_merchant()->sealing_key,
							(const unsigned char *) MESSAGE_SEAL_NONCE) == 1);
	MUST(EVP_EncryptUpdate(context, sealed, &size, (const unsigned char *) plain.data,
						   (int) plain.size) == 1);
	MUST(EVP_EncryptFinal_ex(context, sealed + plain.size, &size) == 1);
	MUST(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEALED_TAG_BYTES,
							 sealed + plain.size) == 1);
	EVP_CIPHER_CTX_free(context);
	(void) EVP_EncodeBlock((unsigned char *) text, sealed, (int) plain.size + SEALED_TAG_BYTES);
	free(sealed);
	return text;
}

void
message_free(Message *message)
{
	for (size_t i = 0; i < message->http.headers_count; i++)
	{
		free((void *) message->headers[i].name.data);
		free((void *) message->headers[i].value.data);
	}
	free((void *) message->http.body.data);
}

bool
message_is_vector(const Message *message)
{
	return bytes_equal(message->http.body, bytes_of(WECHAT_NOTICE_BODY));
}
