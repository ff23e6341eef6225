/*-------------------------------------------------------------------------
 *
 * base32.c
 *	  Base 32, group by group, and the CRC-32 of what is written so.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base32.h"

#include <string.h>
#include <zlib.h>

#include "core/big_endian.h"

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* What the characters of the alphabet stand for, and one more; 0: nothing. */
static const uint8_t digits[UINT8_MAX + 1] = {
	['0'] = 1,	['1'] = 2,	['2'] = 3,	['3'] = 4,	['4'] = 5,	['5'] = 6,	['6'] = 7,	['7'] = 8,
	['8'] = 9,	['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['g'] = 17, ['h'] = 18, ['j'] = 19, ['k'] = 20, ['m'] = 21, ['n'] = 22, ['p'] = 23, ['q'] = 24,
	['r'] = 25, ['s'] = 26, ['t'] = 27, ['v'] = 28, ['w'] = 29, ['x'] = 30, ['y'] = 31, ['z'] = 32,
};

uint32_t
base32_checksum(const char *text, const uint8_t *bytes, size_t size)
{
	uLong crc = crc32(0, (const Bytef *) text, (uInt) strlen(text));

	return (uint32_t) crc32(crc, bytes, (uInt) size);
}

void
base32_encode(const uint8_t *bytes, size_t size, char *text)
{
	for (size_t at = 0; at < size; at += BASE32_GROUP_BYTES)
	{
		uint64_t group = big_endian_get(bytes + at, BASE32_GROUP_BYTES);

		for (int shift = 35; shift >= 0; shift -= 5)
			*text++ = alphabet[group >> shift & 31];
	}
}

bool
base32_decode(const char *text, uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at < size; at += BASE32_GROUP_BYTES)
	{
		uint64_t group = 0;

		for (int i = 0; i < BASE32_GROUP_CHARACTERS; i++)
		{
			uint8_t digit = digits[(uint8_t) *text++];

			if (digit == 0)
				return false;
			group = group << 5 | (uint64_t) (digit - 1);
		}
		big_endian_put(bytes + at, group, BASE32_GROUP_BYTES);
	}
	return true;
}
