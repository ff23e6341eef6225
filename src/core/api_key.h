/*-------------------------------------------------------------------------
 *
 * api_key.h
 *	  The text of an API key.
 *
 * A key is "sk-" (pay-as-you-go) or "tp-" (Token Plan) and 56 characters of
 * Crockford's base 32 in lower case: account id (8 bytes), key id (4), secret
 * (19) and a CRC-32 (4) over the prefix and all before it. So a mistyped key is
 * told without a query, and a router can find the account of a good one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_API_KEY_H
#define CORE_API_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define API_KEY_SECRET_BYTES 19
#define API_KEY_TEXT_LENGTH 59
#define API_KEY_HASH_BYTES 32

typedef enum ApiKeyKind
{
	API_KEY_PAYG,
	API_KEY_PLAN
} ApiKeyKind;

typedef struct ApiKey
{
	ApiKeyKind kind;
	int64_t account_id; /* > 0 */
	int32_t key_id;		/* > 0 */
	uint8_t secret[API_KEY_SECRET_BYTES];
} ApiKey;

/* Writes the key's text and a NUL. */
extern void api_key_encode(const ApiKey *key, char text[API_KEY_TEXT_LENGTH + 1]);

/* Reads a key; false unless every character of it is as api_key_encode writes it. */
extern bool api_key_decode(const char *text, size_t length, ApiKey *key);

/* SHA-256 of the key's text: what is stored of it. False if OpenSSL failed. */
extern bool api_key_hash(const char *text, size_t length, uint8_t hash[API_KEY_HASH_BYTES]);

/* Compares two hashes in a time that does not depend on them. */
extern bool api_key_hash_equals(const uint8_t *a, const uint8_t *b);

extern const char *api_key_kind_name(ApiKeyKind kind);
extern bool api_key_kind_from_name(const char *name, ApiKeyKind *kind);

#endif
