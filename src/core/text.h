/*-------------------------------------------------------------------------
 *
 * text.h
 *	  What is asked of every text of a caller's.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <string.h>

/* Longest texts, in bytes. */
#define IDENTIFIER_BYTES_MAX 200 /* request ids, keys, names, references, actors */
#define REASON_BYTES_MAX 2000
#define VALUE_BYTES_MAX 100

/* True for a text of nothing but blanks, tabs and line breaks. */
static inline bool
text_is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

#endif
