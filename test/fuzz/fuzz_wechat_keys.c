/*-------------------------------------------------------------------------
 *
 * fuzz_wechat_keys.c
 *	  WeChat Pay's list of its certificates.
 *
 * Input: '0' and a raw message, headers and body; or '1', a damage and a body,
 * which is signed; or '2', a damage, a line with a serial number, and what is
 * sealed as that certificate, in a list that is signed.
 *
 *-------------------------------------------------------------------------
 */
#include "wechat_message.h"

#include "gateway/wechat.h"

/* A list of one; to be freed. */
static Bytes
list_of(Bytes serial, Bytes certificate)
{
	char *cipher = message_seal(certificate);
	Bytes list = fuzz_join((Bytes[]){bytes_of("{\"data\":[{\"serial_no\":\""), serial,
									 bytes_of("\",\"encrypt_certificate\":{\"algorithm\":"
											  "\"AEAD_AES_256_GCM\",\"nonce\":\""),
									 bytes_of(MESSAGE_SEAL_NONCE),
									 bytes_of("\",\"associated_data\":\"\",\"ciphertext\":\""),
									 bytes_of(cipher), bytes_of("\"}}]}")},
						   7);

	free(cipher);
	return list;
}

/* What is kept are certificates that a merchant's file takes, all of them good for a while. */
static void
check_kept(Bytes kept)
{
	Certificate *certificate = malloc(sizeof(Certificate));
	size_t count = 0;

	for (; kept.size > 0; count++)
	{
		MUST(certificate_read(&kept, certificate));
		fuzz_check_text(certificate->serial, sizeof(certificate->serial));
		MUST(certificate->serial[0] != '\0' && certificate->expires_s > FUZZ_NOW_S);
		certificate_free(certificate);
	}
	MUST(count > 0 && count <= MERCHANT_FETCHED_MAX);
	free(certificate);
}

/* True where something is kept. */
static bool
read_keys(const Message *message)
{
	GatewayAnswer *answer = malloc(sizeof(GatewayAnswer));
	char *room = malloc(CONF_LINE_BYTES_MAX);
	size_t size = wechat_provider.read_keys(fuzz_merchant(), FUZZ_NOW_S, &message->http, room,
											CONF_LINE_BYTES_MAX, answer);
	Bytes kept = {fuzz_copy((Bytes){room, size}), size};

	MUST(answer->result != RESULT_DONE);
	if (size > 0)
		check_kept(kept);
	free((void *) kept.data);
	free(room);
	free(answer);
	return size > 0;
}

static void
try_raw(Bytes input)
{
	Message message;

	message_read(input, 200, &message);
	MUST(!read_keys(&message));
	message_free(&message);
}

static void
try_signed(Bytes body, Damage damage)
{
	Message message;

	message_sign(body, 200, damage, &message);
	MUST(!read_keys(&message) || damage == DAMAGE_NONE);
	message_free(&message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	unsigned kind = fuzz_choose(&input, 3);
	Damage damage = kind > 0 ? fuzz_choose(&input, DAMAGES_COUNT) : DAMAGE_NONE;

	if (kind == 0)
		try_raw(input);
	else if (kind == 1)
		try_signed(input, damage);
	else
	{
		Bytes serial = fuzz_cut(&input, "\n");
		Bytes list = list_of(serial, input);

		try_signed(list, damage);
		free((void *) list.data);
	}
	return 0;
}
