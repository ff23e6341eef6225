/*-------------------------------------------------------------------------
 *
 * api_key.c
 *	  Encoding, checking and hashing of API keys.
 *
 *-------------------------------------------------------------------------
 */
#include "core/api_key.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#define PREFIX_LENGTH 3
#define CHECKED_BYTES (8 + 4 + API_KEY_SECRET_BYTES)
#define PAYLOAD_BYTES (CHECKED_BYTES + 4)

/* Five bytes are eight characters, so that the payload leaves no spare bits. */
#define GROUP_BYTES 5
#define GROUP_CHARACTERS 8

_Static_assert(PAYLOAD_BYTES % GROUP_BYTES == 0, "payload must be whole groups");
_Static_assert(PREFIX_LENGTH + PAYLOAD_BYTES / GROUP_BYTES * GROUP_CHARACTERS ==
				   API_KEY_TEXT_LENGTH,
			   "text length must follow from the payload");

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static const char *const prefixes[] = {[API_KEY_PAYG] = "sk-", [API_KEY_PLAN] = "tp-"};
static const char *const kind_names[] = {[API_KEY_PAYG] = "payg", [API_KEY_PLAN] = "plan"};

/* CRC-32 (IEEE 802.3, reflected), bit by bit: the input is 34 bytes. */
static uint32_t
crc32_add(uint32_t crc, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (UINT32_C(0xEDB88320) & -(crc & 1));
	}
	return crc;
}

static uint32_t
checksum(ApiKeyKind kind, const uint8_t payload[PAYLOAD_BYTES])
{
	uint32_t crc = crc32_add(UINT32_MAX, (const uint8_t *) prefixes[kind], PREFIX_LENGTH);

	return ~crc32_add(crc, payload, CHECKED_BYTES);
}

static void
put_big_endian(uint8_t *bytes, uint64_t value, int length)
{
	for (int i = length - 1; i >= 0; i--, value >>= 8)
		bytes[i] = (uint8_t) value;
}

static uint64_t
get_big_endian(const uint8_t *bytes, int length)
{
	uint64_t value = 0;

	for (int i = 0; i < length; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* The five bits that a character stands for; -1 for any other character. */
static int
digit_value(char character)
{
	const char *found = character ? strchr(alphabet, character) : NULL;

	return found ? (int) (found - alphabet) : -1;
}

static bool
decode_payload(const char *text, uint8_t payload[PAYLOAD_BYTES])
{
	for (int at = 0; at < PAYLOAD_BYTES; at += GROUP_BYTES)
	{
		uint64_t group = 0;

		for (int i = 0; i < GROUP_CHARACTERS; i++)
		{
			int value = digit_value(*text++);

			if (value < 0)
				return false;
			group = group << 5 | (uint64_t) value;
		}
		put_big_endian(payload + at, group, GROUP_BYTES);
	}
	return true;
}

void
api_key_encode(const ApiKey *key, char text[API_KEY_TEXT_LENGTH + 1])
{
	uint8_t payload[PAYLOAD_BYTES];
	char *next = text + PREFIX_LENGTH;

	put_big_endian(payload, (uint64_t) key->account_id, 8);
	put_big_endian(payload + 8, (uint64_t) key->key_id, 4);
	memcpy(payload + 12, key->secret, API_KEY_SECRET_BYTES);
	put_big_endian(payload + CHECKED_BYTES, checksum(key->kind, payload), 4);

	memcpy(text, prefixes[key->kind], PREFIX_LENGTH);
	for (int at = 0; at < PAYLOAD_BYTES; at += GROUP_BYTES)
	{
		uint64_t group = get_big_endian(payload + at, GROUP_BYTES);

		for (int shift = 35; shift >= 0; shift -= 5)
			*next++ = alphabet[group >> shift & 31];
	}
	*next = '\0';
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
	if (!decode_payload(text + PREFIX_LENGTH, payload) ||
		get_big_endian(payload + CHECKED_BYTES, 4) != checksum(key->kind, payload))
		return false;

	key->account_id = (int64_t) get_big_endian(payload, 8);
	key->key_id = (int32_t) get_big_endian(payload + 8, 4);
	memcpy(key->secret, payload + 12, API_KEY_SECRET_BYTES);
	return key->account_id > 0 && key->key_id > 0;
}

bool
api_key_hash(const char *text, size_t length, uint8_t hash[API_KEY_HASH_BYTES])
{
	return SHA256((const unsigned char *) text, length, hash) != NULL;
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
