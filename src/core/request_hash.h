/*-------------------------------------------------------------------------
 *
 * request_hash.h
 *	  The short key under which a request_id is found again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_REQUEST_HASH_H
#define CORE_REQUEST_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first 8 bytes, big-endian, of SHA-256 of the text; false where that cannot be had. */
extern bool request_hash(const char *text, size_t length, int64_t *hash);

#endif
