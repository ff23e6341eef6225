/*-------------------------------------------------------------------------
 *
 * bytes.h
 *	  A piece of what came from the network: not a string, not ended by NUL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_BYTES_H
#define GATEWAY_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct Bytes
{
	const char *data;
	size_t size;
} Bytes;

static inline Bytes
bytes_of(const char *text)
{
	return (Bytes){text, strlen(text)};
}

static inline bool
bytes_equal(Bytes a, Bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

#endif
