/*-------------------------------------------------------------------------
 *
 * base32.h
 *	  Bytes as text: Crockford's base 32 in lower case, and a CRC-32.
 *
 * Five bytes are eight characters, so that whole groups leave no spare bits:
 * each text is one run of bytes, and no other is the same.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_BASE32_H
#define CORE_BASE32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASE32_GROUP_BYTES 5
#define BASE32_GROUP_CHARACTERS 8

/* Characters of so many bytes, which are whole groups. */
#define BASE32_LENGTH(bytes) ((bytes) / BASE32_GROUP_BYTES * BASE32_GROUP_CHARACTERS)

/* Writes them, and no NUL. */
extern void base32_encode(const uint8_t *bytes, size_t size, char *text);

/* Reads so many bytes; false where a character is none of the alphabet. */
extern bool base32_decode(const char *text, uint8_t *bytes, size_t size);

/* CRC-32 (IEEE 802.3) of a text and bytes behind it. */
extern uint32_t base32_checksum(const char *text, const uint8_t *bytes, size_t size);

#endif
