/*-------------------------------------------------------------------------
 *
 * webhook.c
 *	  Secrets out of the master key, signatures out of secrets.
 *
 *-------------------------------------------------------------------------
 */
#include "message/webhook.h"

#include "gateway/base64.h"
#include "gateway/instant.h"
#include "gateway/mac.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>

#define SECRET_PREFIX "whsec_"
#define KEYS_MAX 2
#define KEY_BYTES_MIN 24
#define SIGNATURE_SIZE (BASE64_SIZE(MAC_BYTES_MAX) + 1)
#define LABEL_MAX 63

/* ---- secrets --------------------------------------------------------------- */

/* The names of what it is for go in: no other secret is made of the same key by the same text. */
static bool
make_key(Bytes master_key, int64_t account_id, int64_t endpoint_id, int64_t version,
		 unsigned char key[MAC_BYTES_MAX])
{
	char text[96];
	size_t size;
	Bytes piece = {text,
				   (size_t) snprintf(text, sizeof(text), "webhook %" PRId64 " %" PRId64 " %" PRId64,
									 account_id, endpoint_id, version)};

	return mac_make_bytes(MAC_SHA256, master_key, &piece, 1, key, &size);
}

bool
webhook_secret(Bytes master_key, int64_t account_id, int64_t endpoint_id, int64_t version,
			   char secret[WEBHOOK_SECRET_SIZE])
{
	unsigned char key[MAC_BYTES_MAX];

	secret[0] = '\0';
	if (!make_key(master_key, account_id, endpoint_id, version, key))
		return false;
	memcpy(secret, SECRET_PREFIX, sizeof(SECRET_PREFIX));
	base64_encode((Bytes){(const char *) key, sizeof(key)}, secret + strlen(SECRET_PREFIX));
	OPENSSL_cleanse(key, sizeof(key));
	return true;
}

bool
webhook_key(const char *secret, unsigned char key[WEBHOOK_KEY_BYTES_MAX], size_t *size)
{
	size_t prefix = strlen(SECRET_PREFIX);

	*size = 0;
	return strncmp(secret, SECRET_PREFIX, prefix) == 0 &&
		   base64_decode(bytes_of(secret + prefix), key, WEBHOOK_KEY_BYTES_MAX, size) &&
		   *size >= KEY_BYTES_MIN;
}

/* ---- requests -------------------------------------------------------------- */

static bool
make_signature(Bytes key, const char *id, const char *timestamp, Bytes body,
			   char signature[SIGNATURE_SIZE])
{
	const Bytes pieces[] = {bytes_of(id), {".", 1}, bytes_of(timestamp), {".", 1}, body};
	unsigned char bytes[MAC_BYTES_MAX];
	size_t size;

	if (!mac_make_bytes(MAC_SHA256, key, pieces, sizeof(pieces) / sizeof(pieces[0]), bytes, &size))
		return false;
	base64_encode((Bytes){(const char *) bytes, size}, signature);
	return true;
}

bool
webhook_sign(const Bytes *keys, size_t count, const char *id, int64_t sent_at, HttpRequest *request)
{
	char timestamp[24];
	char signatures[KEYS_MAX][SIGNATURE_SIZE] = {""};

	(void) snprintf(timestamp, sizeof(timestamp), "%" PRId64, sent_at / 1000000 + INSTANT_EPOCH_S);
	if (count == 0 || count > KEYS_MAX)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!make_signature(keys[i], id, timestamp, (Bytes){request->body, request->body_size},
							signatures[i]))
			return false;
	return http_add_header(request, "webhook-id: %s", id) &&
		   http_add_header(request, "webhook-timestamp: %s", timestamp) &&
		   http_add_header(request, "webhook-signature: v1,%s%s%s", signatures[0],
						   count > 1 ? " v1," : "", signatures[1]);
}

/* Signs for the parcel's version, and for the one before while both count. */
static bool
sign_parcel(Bytes master_key, const Parcel *parcel, HttpRequest *request)
{
	const int64_t versions[KEYS_MAX] = {parcel->version, parcel->previous_version};
	unsigned char made[KEYS_MAX][MAC_BYTES_MAX];
	Bytes keys[KEYS_MAX];
	size_t count = 0;
	bool is_signed = true;

	for (; is_signed && count < KEYS_MAX && versions[count] != 0; count++)
	{
		is_signed = make_key(master_key, parcel->account_id, parcel->endpoint_id, versions[count],
							 made[count]);
		keys[count] = (Bytes){(const char *) made[count], MAC_BYTES_MAX};
	}
	is_signed = is_signed && webhook_sign(keys, count, parcel->id, parcel->sent_at, request);
	OPENSSL_cleanse(made, sizeof(made));
	return is_signed;
}

bool
webhook_build(Bytes master_key, const Parcel *parcel, const HttpAddress *address,
			  HttpRequest *request)
{
	request->method = "POST";
	memcpy(request->target, address->target, sizeof(request->target));
	memcpy(request->body, parcel->payload.data, parcel->payload.size);
	request->body_size = parcel->payload.size;
	return http_add_header(request, "Content-Type: application/json") &&
		   sign_parcel(master_key, parcel, request);
}

void
webhook_read_reply(const HttpMessage *reply, ParcelAnswer *answer)
{
	if (reply->status >= 200 && reply->status < 300)
		parcel_say(answer, PARCEL_SENT, "");
	else if (reply->status == 410)
		parcel_say(answer, PARCEL_REFUSED, "gone");
	else
		parcel_say_status(answer, PARCEL_LATER, reply->status);
}

/* ---- addresses ------------------------------------------------------------- */

/* Labels of a name, of which the last begins with a letter: what resolvers take for an address
 * in any form (127.1, 0x7f.1, 2130706433) does not. */
static bool
is_name(const char *host)
{
	size_t labels = 0;
	size_t size = 0;
	const char *last = host;

	for (;; host += size + 1, labels++)
	{
		last = host;
		size = strcspn(host, ".");
		if (size == 0 || size > LABEL_MAX || host[0] == '-' || host[size - 1] == '-')
			return false;
		if (host[size] == '\0')
			break;
	}
	return labels > 0 && last[0] >= 'a' && last[0] <= 'z';
}

bool
webhook_read_url(const char *url, int test_port, HttpAddress *address)
{
	return strlen(url) < PARCEL_URL_SIZE && http_read_address(bytes_of(url), address) &&
		   !address->is_plain && (address->port == 0 || address->port == test_port) &&
		   is_name(address->host);
}
