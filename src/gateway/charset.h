/*-------------------------------------------------------------------------
 *
 * charset.h
 *	  GBK as UTF-8, by iconv. What is read is GB18030, of which GBK is a part.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_CHARSET_H
#define GATEWAY_CHARSET_H

#include "gateway/bytes.h"

typedef struct Charset Charset;

/* How long a text of so many bytes can become. */
#define CHARSET_ROOM(size) (2 * (size))

/* NULL where the C library has no such conversion, or there is no memory. */
extern Charset *charset_open(void);
extern void charset_close(Charset *charset);

/* Converts a whole text into CHARSET_ROOM() bytes; false where it is no GB18030. */
extern bool charset_convert(Charset *charset, Bytes text, char *room, size_t *size);

#endif
