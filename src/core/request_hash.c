/*-------------------------------------------------------------------------
 *
 * request_hash.c
 *	  Hashing of request ids.
 *
 *-------------------------------------------------------------------------
 */
#include "core/request_hash.h"

#include "core/big_endian.h"
#include "core/hasher.h"

bool
request_hash(const char *text, size_t length, int64_t *hash)
{
	Digest digest;

	if (!hasher_digest(text, length, &digest))
		return false;
	*hash = (int64_t) big_endian_get(digest.bytes, sizeof(*hash));
	return true;
}
