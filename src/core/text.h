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

/* True for a text of nothing but blanks, tabs and line breaks. */
static inline bool
text_is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

/* Writes a blank for every control character, so that a text is one line of a log; returns it. */
static inline char *
text_one_line(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char) *c < ' ' || *c == 0x7f)
			*c = ' ';
	return text;
}

#endif
