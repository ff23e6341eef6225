/*-------------------------------------------------------------------------
 *
 * text.h
 *	  What is asked of texts.
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

/* True for a text with a control character: it is more than a line, or cannot be seen whole. */
static inline bool
text_has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char) *text < ' ' || *text == 0x7f)
			return true;
	return false;
}

/* True for a name that a program gives: of letters, digits, and _ - . : / in ASCII, so many at the
 * most. */
static inline bool
text_is_label(const char *text, size_t bytes_max)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
								 "_-.:/");

	return length > 0 && length <= bytes_max && text[length] == '\0';
}

/* The place of a name in a list; count where it is not there. */
static inline int
text_place(const char *const *names, int count, const char *name)
{
	int i = 0;

	while (i < count && strcmp(names[i], name) != 0)
		i++;
	return i;
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
