/*-------------------------------------------------------------------------
 *
 * big_endian.h
 *	  Whole numbers as bytes, the highest first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_BIG_ENDIAN_H
#define CORE_BIG_ENDIAN_H

#include <stdint.h>

static inline void
big_endian_put(uint8_t *bytes, uint64_t value, int length)
{
	for (int i = length - 1; i >= 0; i--, value >>= 8)
		bytes[i] = (uint8_t) value;
}

static inline uint64_t
big_endian_get(const uint8_t *bytes, int length)
{
	uint64_t value = 0;

	for (int i = 0; i < length; i++)
		value = value << 8 | bytes[i];
	return value;
}

#endif
