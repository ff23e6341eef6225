/*-------------------------------------------------------------------------
 *
 * api_key.c
 *	  Encoding, checking and hashing of API keys.
 *
 *-------------------------------------------------------------------------
 */
#include "core/api_key.h"

#include <openssl/crypto.h>
#include <string.h>

#include "core/base32.h"
#include "core/big_endian.h"
#include "core/hasher.h"

_Static_assert(API_KEY_HASH_BYTES == DIGEST_BYTES, "a hash is a digest");

#define PREFIX_LENGTH 3
#define CHECKED_BYTES (8 + 4 + API_KEY_SECRET_BYTES)
#define PAYLOAD_BYTES (CHECKED_BYTES + 4)

_Static_assert(PAYLOAD_BYTES % BASE32_GROUP_BYTES == 0, "payload must be whole groups");
_Static_assert(PREFIX_LENGTH + BASE32_LENGTH(PAYLOAD_BYTES) == API_KEY_TEXT_LENGTH,
			   "text length must follow from the payload");

static const char *const prefixes[] = {[API_KEY_PAYG] = "sk-", [API_KEY_PLAN] = "tp-"};
static const char *const kind_names[] = {[API_KEY_PAYG] = "payg", [API_KEY_PLAN] = "plan"};

static uint32_t
checksum(ApiKeyKind kind, const uint8_t payload[PAYLOAD_BYTES])
{
	return base32_checksum(prefixes[kind], payload, CHECKED_BYTES);
}

void
api_key_encode(const ApiKey *key, char text[API_KEY_TEXT_LENGTH + 1])
{
	uint8_t payload[PAYLOAD_BYTES];

	big_endian_put(payload, (uint64_t) key->account_id, 8);
	big_endian_put(payload + 8, (uint64_t) key->key_id, 4);
	memcpy(payload + 12, key->secret, API_KEY_SECRET_BYTES);
	big_endian_put(payload + CHECKED_BYTES, checksum(key->kind, payload), 4);

	memcpy(text, prefixes[key->kind], PREFIX_LENGTH);
	base32_encode(payload, PAYLOAD_BYTES, text + PREFIX_LENGTH);
	text[API_KEY_TEXT_LENGTH] = '\0';
}

bool
api_key_decode(const char *text, size_t length, ApiKey *key)
{
	uint8_t payload[PAYLOAD_BYTES];

	if (length != API_KEY_TEXT_LENGTH)
		return false;
	if (memcmp(text, prefixes[API_KEY_PAYG], PREFIX_LENGTH) == 0)
		key->kind = API_KEY_PAYG;
	else if (memcmp(text, prefixes[API_KEY_PLAN], PREFIX_LENGTH) == 0)
		key->kind = API_KEY_PLAN;
	else
		return false;
	if (!base32_decode(text + PREFIX_LENGTH, payload, PAYLOAD_BYTES) ||
		big_endian_get(payload + CHECKED_BYTES, 4) != checksum(key->kind, payload))
		return false;

	key->account_id = (int64_t) big_endian_get(payload, 8);
	key->key_id = (int32_t) big_endian_get(payload + 8, 4);
	memcpy(key->secret, payload + 12, API_KEY_SECRET_BYTES);
	return key->account_id > 0 && key->key_id > 0;
}

bool
api_key_hash(const char *text, size_t length, uint8_t hash[API_KEY_HASH_BYTES])
{
	Digest digest;

	if (!hasher_digest(text, length, &digest))
		return false;
	memcpy(hash, digest.bytes, API_KEY_HASH_BYTES);
	return true;
}

bool
api_key_hash_equals(const uint8_t *a, const uint8_t *b)
{
	return CRYPTO_memcmp(a, b, API_KEY_HASH_BYTES) == 0;
}

const char *
api_key_kind_name(ApiKeyKind kind)
{
	return kind_names[kind];
}

bool
api_key_kind_from_name(const char *name, ApiKeyKind *kind)
{
	*kind = strcmp(name, kind_names[API_KEY_PLAN]) == 0 ? API_KEY_PLAN : API_KEY_PAYG;
	return strcmp(name, kind_names[*kind]) == 0;
}
