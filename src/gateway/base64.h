/*-------------------------------------------------------------------------
 *
 * base64.h
 *	  base64 (RFC 4648, 4); read to the letter: no blanks, no line breaks,
 *	  padding where it belongs, no stray bits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_BASE64_H
#define GATEWAY_BASE64_H

#include "gateway/bytes.h"

/* Decodes into room for size_max bytes; false where the text is none, or is longer. */
extern bool base64_decode(Bytes text, unsigned char *bytes, size_t size_max, size_t *size);

/* How many characters so many bytes become. */
#define BASE64_CHARS(bytes) (((bytes) + 2) / 3 * 4)

/* Encodes into room for BASE64_CHARS() of its size and a NUL; how many characters they are. */
extern size_t base64_encode(Bytes bytes, char *text);

#endif
