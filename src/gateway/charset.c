/*-------------------------------------------------------------------------
 *
 * charset.c
 *	  iconv.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/charset.h"

#include <iconv.h>
#include <stdlib.h>

struct Charset
{
	iconv_t descriptor;
};

Charset *
charset_open(void)
{
	Charset *charset = malloc(sizeof(*charset));

	if (charset == NULL)
		return NULL;
	charset->descriptor = iconv_open("UTF-8", "GB18030");
	if (charset->descriptor != (iconv_t) -1)
		return charset;
	free(charset);
	return NULL;
}

void
charset_close(Charset *charset)
{
	if (charset == NULL)
		return;
	(void) iconv_close(charset->descriptor);
	free(charset);
}

bool
charset_convert(Charset *charset, Bytes text, char *room, size_t *size)
{
	char *from = (char *) text.data;
	char *to = room;
	size_t from_left = text.size;
	size_t to_left = CHARSET_ROOM(text.size);

	/* Each text by itself: what an earlier one left undone is forgotten. */
	(void) iconv(charset->descriptor, NULL, NULL, NULL, NULL);
	if (iconv(charset->descriptor, &from, &from_left, &to, &to_left) == (size_t) -1)
		return false;
	*size = (size_t) (to - room);
	return true;
}
