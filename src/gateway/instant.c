/*-------------------------------------------------------------------------
 *
 * instant.c
 *	  Reading instants, to the letter, and writing them.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/instant.h"

#include <stdio.h>

#define CHINA_OFFSET_S (8 * 3600)

/* A date and a time of day, as written. */
typedef struct Written
{
	int year;
	int month;
	int day;
	int hour;
	int minute;
	int second;
} Written;

/* Reads digits; false where one is none. */
static bool
read_digits(const char **text, int digits, int *number)
{
	*number = 0;
	for (int i = 0; i < digits; i++, (*text)++)
	{
		if (**text < '0' || **text > '9')
			return false;
		*number = *number * 10 + (**text - '0');
	}
	return true;
}

static bool
read_char(const char **text, char expected)
{
	if (**text != expected)
		return false;
	(*text)++;
	return true;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool
is_possible(const Written *at)
{
	return at->year >= 2000 && at->year < 3000 && at->month >= 1 && at->month <= 12 &&
		   at->day >= 1 && at->day <= days_in_month(at->year, at->month) && at->hour < 24 &&
		   at->minute < 60 && at->second < 60;
}

/* Reads "2026-01-01", a separator, "10:00:05". */
static bool
read_written(const char **text, char separator, Written *at)
{
	return read_digits(text, 4, &at->year) && read_char(text, '-') &&
		   read_digits(text, 2, &at->month) && read_char(text, '-') &&
		   read_digits(text, 2, &at->day) && read_char(text, separator) &&
		   read_digits(text, 2, &at->hour) && read_char(text, ':') &&
		   read_digits(text, 2, &at->minute) && read_char(text, ':') &&
		   read_digits(text, 2, &at->second) && is_possible(at);
}

/* Seconds since 2000-01-01, as if it were written in UTC. */
static int64_t
seconds_of(const Written *at)
{
	int64_t days = 0;

	for (int year = 2000; year < at->year; year++)
		days += 337 + days_in_month(year, 2);
	for (int month = 1; month < at->month; month++)
		days += days_in_month(at->year, month);
	days += at->day - 1;
	return ((days * 24 + at->hour) * 60 + at->minute) * 60 + at->second;
}

/* Reads "Z" or "+08:00". */
static bool
read_offset(const char **text, int *offset_s)
{
	bool behind = **text == '-';
	int hours;
	int minutes;

	*offset_s = 0;
	if (read_char(text, 'Z'))
		return true;
	if (!behind && **text != '+')
		return false;
	(*text)++;
	if (!read_digits(text, 2, &hours) || !read_char(text, ':') || !read_digits(text, 2, &minutes) ||
		hours > 14 || minutes > 59)
		return false;
	*offset_s = (hours * 60 + minutes) * 60 * (behind ? -1 : 1);
	return true;
}

bool
instant_from_rfc3339(const char *text, int64_t *instant)
{
	Written at;
	int offset_s;

	if (!read_written(&text, 'T', &at) || !read_offset(&text, &offset_s) || *text != '\0')
		return false;
	*instant = (seconds_of(&at) - offset_s) * 1000000;
	return true;
}

bool
instant_from_china(const char *text, int64_t *instant)
{
	Written at;

	if (!read_written(&text, ' ', &at) || *text != '\0')
		return false;
	*instant = (seconds_of(&at) - CHINA_OFFSET_S) * 1000000;
	return true;
}

/* Reads nothing, or ".123". */
static bool
read_fraction(const char **text, int *milliseconds)
{
	*milliseconds = 0;
	return !read_char(text, '.') || read_digits(text, 3, milliseconds);
}

bool
instant_from_utc(const char *text, int64_t *instant)
{
	Written at;
	int milliseconds;

	if (!read_written(&text, 'T', &at) || !read_fraction(&text, &milliseconds) ||
		!read_char(&text, 'Z') || *text != '\0')
		return false;
	*instant = seconds_of(&at) * 1000000 + milliseconds * 1000;
	return true;
}

/* What a clock shows at an instant, so far ahead of UTC. */
static Written
written_at(int64_t instant, int offset_s)
{
	int64_t seconds = instant / 1000000 + offset_s;
	int64_t days = seconds / 86400;
	int rest = (int) (seconds % 86400);
	Written at = {.year = 2000, .month = 1};

	for (; days >= 337 + days_in_month(at.year, 2); at.year++)
		days -= 337 + days_in_month(at.year, 2);
	for (; days >= days_in_month(at.year, at.month); at.month++)
		days -= days_in_month(at.year, at.month);
	at.day = (int) days + 1;
	at.hour = rest / 3600;
	at.minute = rest / 60 % 60;
	at.second = rest % 60;
	return at;
}

static const char *
write_parts(const Written *at, char separator, const char *behind, char text[INSTANT_TEXT_SIZE])
{
	(void) snprintf(text, INSTANT_TEXT_SIZE, "%04d-%02d-%02d%c%02d:%02d:%02d%s", at->year,
					at->month, at->day, separator, at->hour, at->minute, at->second, behind);
	return text;
}

const char *
instant_to_rfc3339(int64_t instant, char text[INSTANT_TEXT_SIZE])
{
	Written at = written_at(instant, CHINA_OFFSET_S);

	return write_parts(&at, 'T', "+08:00", text);
}

const char *
instant_to_china(int64_t instant, char text[INSTANT_TEXT_SIZE])
{
	Written at = written_at(instant, CHINA_OFFSET_S);

	return write_parts(&at, ' ', "", text);
}

const char *
instant_to_utc(int64_t instant, char text[INSTANT_TEXT_SIZE])
{
	Written at = written_at(instant, 0);

	return write_parts(&at, 'T', ".000Z", text);
}

const char *
instant_to_utc_s(int64_t instant, char text[INSTANT_TEXT_SIZE])
{
	Written at = written_at(instant, 0);

	return write_parts(&at, 'T', "Z", text);
}

/* The epoch was a Saturday. */
const char *
instant_to_rfc5322(int64_t instant, char text[INSTANT_TEXT_SIZE])
{
	static const char days[][4] = {"Sat", "Sun", "Mon", "Tue", "Wed", "Thu", "Fri"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
									 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	Written at = written_at(instant, 0);

	(void) snprintf(text, INSTANT_TEXT_SIZE, "%s, %02d %s %04d %02d:%02d:%02d +0000",
					days[instant / 86400000000 % 7], at.day, months[at.month - 1], at.year, at.hour,
					at.minute, at.second);
	return text;
}
