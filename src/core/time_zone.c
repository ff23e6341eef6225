/*-------------------------------------------------------------------------
 *
 * time_zone.c
 *	  Telling names of time zones from rules.
 *
 *-------------------------------------------------------------------------
 */
#include "core/time_zone.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* The database has them from 14 hours east to 12 hours west, and counts to the west. */
#define OFFSETS "Etc/GMT"
#define EAST_MAX 14
#define WEST_MAX 12

/* In any case. */
static bool
begins_with(const char *text, const char *what)
{
	while (*what && tolower((unsigned char) *text) == tolower((unsigned char) *what))
	{
		text++;
		what++;
	}
	return *what == '\0';
}

/* The names with digits: "Etc/GMT-8". */
static bool
is_offset(const char *text)
{
	const char *sign = text + strlen(OFFSETS);
	size_t digits;

	if (!begins_with(text, OFFSETS) || (*sign != '+' && *sign != '-') || sign[1] == '0')
		return false;
	digits = strspn(sign + 1, "0123456789");
	return digits > 0 && digits <= 2 && sign[1 + digits] == '\0' &&
		   atoi(sign + 1) <= (*sign == '-' ? EAST_MAX : WEST_MAX);
}

bool
time_zone_is_name(const char *text)
{
	static const char *const others[] = {"posix", "right/", "localtime"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (begins_with(text, others[i]))
			return false;
	/* No rule is without a number of hours. */
	return is_offset(text) || (*text && text[strspn(text, LETTERS "_-+/")] == '\0');
}
