/*-------------------------------------------------------------------------
 *
 * base32.c
 *	  Base 32, group by group, and the CRC-32 of what is written so.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base32.h"

#include <string.h>

#include "core/big_endian.h"

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* Reflected, bit by bit: the input is a few dozen bytes. */
static uint32_t
crc32_add(uint32_t crc, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
	{
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (UINT32_C(0xEDB88320) & -(crc & 1));
	}
	return crc;
}

uint32_t
base32_checksum(const char *text, const uint8_t *bytes, size_t size)
{
	uint32_t crc = crc32_add(UINT32_MAX, (const uint8_t *) text, strlen(text));

	return ~crc32_add(crc, bytes, size);
}

/* The five bits that a character stands for; -1 for any other character. */
static int
digit_value(char character)
{
	const char *found = character ? strchr(alphabet, character) : NULL;

	return found ? (int) (found - alphabet) : -1;
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
			int value = digit_value(*text++);

			if (value < 0)
				return false;
			group = group << 5 | (uint64_t) value;
		}
		big_endian_put(bytes + at, group, BASE32_GROUP_BYTES);
	}
	return true;
}
