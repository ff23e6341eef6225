/*-------------------------------------------------------------------------
 *
 * base64.c
 *	  Strict base64, and writing it by OpenSSL.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/base64.h"

#include <openssl/evp.h>
#include <stdint.h>

/* The six bits of a character; -1 where it is none. */
static int
six_bits(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* How many characters at the end are padding. */
static size_t
padding(Bytes text)
{
	if (text.size < 4 || text.data[text.size - 1] != '=')
		return 0;
	return text.data[text.size - 2] == '=' ? 2 : 1;
}

/* Reads four characters, the last of them padding; false where one is none. */
static bool
read_group(const char *group, size_t padded, uint32_t *bits)
{
	*bits = 0;
	for (size_t i = 0; i < 4; i++)
	{
		int six = i < 4 - padded ? six_bits(group[i]) : 0;

		if (six < 0)
			return false;
		*bits = *bits << 6 | (uint32_t) six;
	}
	/* Bits that fall away must be zero: else two texts would mean the same. */
	return (*bits & ((1u << (8 * padded)) - 1)) == 0;
}

bool
base64_decode(Bytes text, unsigned char *bytes, size_t size_max, size_t *size)
{
	size_t padded = padding(text);
	size_t needed = text.size / 4 * 3 - padded;

	*size = 0;
	if (text.size % 4 != 0 || needed > size_max)
		return false;
	for (size_t at = 0; at < text.size; at += 4)
	{
		size_t missing = at + 4 == text.size ? padded : 0;
		uint32_t bits;

		if (!read_group(text.data + at, missing, &bits))
			return false;
		for (size_t i = 0; i < 3 - missing; i++)
			bytes[(*size)++] = (unsigned char) (bits >> (16 - 8 * i));
	}
	return true;
}

/* By pieces, as OpenSSL counts in int. */
void
base64_encode(Bytes bytes, char *text)
{
	enum
	{
		PIECE_BYTES = 3 << 20
	};

	text[0] = '\0';
	while (bytes.size > 0)
	{
		size_t size = bytes.size < PIECE_BYTES ? bytes.size : PIECE_BYTES;

		text += EVP_EncodeBlock((unsigned char *) text, (const unsigned char *) bytes.data,
								(int) size);
		bytes = (Bytes){bytes.data + size, bytes.size - size};
	}
}
