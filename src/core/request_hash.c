/*-------------------------------------------------------------------------
 *
 * request_hash.c
 *	  Hashing of request ids.
 *
 *-------------------------------------------------------------------------
 */
#include "core/request_hash.h"

#include <openssl/sha.h>

int64_t
request_hash(const char *text, size_t length)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	uint64_t hash = 0;

	SHA256((const unsigned char *) text, length, digest);
	for (int i = 0; i < 8; i++)
		hash = hash << 8 | digest[i];
	return (int64_t) hash;
}
