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

/* How many characters so many bytes become; writes them, with a NUL. */
#define BASE64_SIZE(bytes_count) (((bytes_count) + 2) / 3 * 4)
extern void base64_encode(Bytes bytes, char *text);

#endif
