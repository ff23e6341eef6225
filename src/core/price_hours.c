/*-------------------------------------------------------------------------
 *
 * price_hours.c
 *	  Reading, printing and asking hours of the week.
 *
 *-------------------------------------------------------------------------
 */
#include "core/price_hours.h"

#include "core/time_zone.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define DAY_LETTERS 3
#define ALL_DAYS ((1u << PRICE_HOURS_DAYS) - 1)

static const char day_names[PRICE_HOURS_DAYS][DAY_LETTERS + 1] = {"mon", "tue", "wed", "thu",
																  "fri", "sat", "sun"};

/* Takes a day's name; false where none stands there. */
static bool
read_day(const char **text, int *day)
{
	for (*day = 0; *day < PRICE_HOURS_DAYS; (*day)++)
	{
		int i = 0;

		while (i < DAY_LETTERS && tolower((unsigned char) (*text)[i]) == day_names[*day][i])
			i++;
		if (i == DAY_LETTERS)
		{
			*text += DAY_LETTERS;
			return true;
		}
	}
	return false;
}

/* Takes a day, or days from one to another, around the week's end where that is before. */
static bool
read_days(const char **text, unsigned *days)
{
	int first;
	int last;

	if (!read_day(text, &first))
		return false;
	last = first;
	if (**text == '-')
	{
		++*text;
		if (!read_day(text, &last))
			return false;
	}
	for (int day = first;; day = (day + 1) % PRICE_HOURS_DAYS)
	{
		*days |= 1u << day;
		if (day == last)
			return true;
	}
}

/* Takes what begins with a letter: days with commas between them, and a blank. */
static bool
read_all_days(const char **text, unsigned *days)
{
	*days = 0;
	if (!isalpha((unsigned char) **text))
	{
		*days = ALL_DAYS;
		return true;
	}
	do
		if (!read_days(text, days))
			return false;
	while (**text == ',' && *++*text != '\0');
	return *(*text)++ == ' ';
}

/* Takes two digits, up to most. */
static bool
read_two(const char **text, int most, int *number)
{
	const char *digits = *text;

	if (!isdigit((unsigned char) digits[0]) || !isdigit((unsigned char) digits[1]))
		return false;
	*number = (digits[0] - '0') * 10 + digits[1] - '0';
	*text += 2;
	return *number <= most;
}

/* Takes 16:30; 24:00 is the end of a day. */
static bool
read_time(const char **text, int *minute)
{
	int hours;
	int minutes;

	if (!read_two(text, 24, &hours) || *(*text)++ != ':' || !read_two(text, 59, &minutes))
		return false;
	*minute = hours * 60 + minutes;
	return *minute <= PRICE_HOURS_MINUTES;
}

bool
price_hours_parse(const char *text, PriceHours *hours, char zone[PRICE_HOURS_ZONE_SIZE])
{
	if (!read_all_days(&text, &hours->days) || !read_time(&text, &hours->from_min) ||
		*text++ != '-' || !read_time(&text, &hours->to_min) || *text++ != ' ' ||
		!time_zone_is_name(text) || strlen(text) >= PRICE_HOURS_ZONE_SIZE ||
		hours->from_min == hours->to_min || hours->from_min == PRICE_HOURS_MINUTES)
		return false;
	if (hours->to_min == 0)
		hours->to_min = PRICE_HOURS_MINUTES; /* midnight is the end of the day before */
	if (hours->days == ALL_DAYS && hours->from_min == 0 && hours->to_min == PRICE_HOURS_MINUTES)
		hours->days = 0;
	strcpy(zone, text);
	return true;
}

void
price_hours_print(const PriceHours *hours, const char *zone, char text[PRICE_HOURS_TEXT_SIZE])
{
	size_t size = 0;

	text[0] = '\0';
	if (hours->days == 0)
		return;
	for (int day = 0; day < PRICE_HOURS_DAYS && hours->days != ALL_DAYS; day++)
		if (hours->days & 1u << day)
			size += (size_t) snprintf(text + size, PRICE_HOURS_TEXT_SIZE - size, "%s%s",
									  size > 0 ? "," : "", day_names[day]);
	(void) snprintf(text + size, PRICE_HOURS_TEXT_SIZE - size, "%s%02d:%02d-%02d:%02d %s",
					size > 0 ? " " : "", hours->from_min / 60, hours->from_min % 60,
					hours->to_min / 60, hours->to_min % 60, zone);
}

static bool
is_of_day(const PriceHours *hours, int day)
{
	return (hours->days >> (day + PRICE_HOURS_DAYS) % PRICE_HOURS_DAYS & 1) != 0;
}

bool
price_hours_contain(const PriceHours *hours, const LocalMoment *moment)
{
	if (hours->days == 0)
		return true;
	if (hours->to_min > hours->from_min)
		return is_of_day(hours, moment->day) && moment->minute >= hours->from_min &&
			   moment->minute < hours->to_min;
	return (moment->minute >= hours->from_min && is_of_day(hours, moment->day)) ||
		   (moment->minute < hours->to_min && is_of_day(hours, moment->day - 1));
}

/* True where some minute of the week is within both, by the same clocks. */
static bool
meet(const PriceHours *a, const PriceHours *b)
{
	LocalMoment moment;

	for (moment.day = 0; moment.day < PRICE_HOURS_DAYS; moment.day++)
		for (moment.minute = 0; moment.minute < PRICE_HOURS_MINUTES; moment.minute++)
			if (price_hours_contain(a, &moment) && price_hours_contain(b, &moment))
				return true;
	return false;
}

bool
price_hours_may_meet(const char *a, const char *b)
{
	PriceHours hours[2];
	char zones[2][PRICE_HOURS_ZONE_SIZE];

	if (!price_hours_parse(a, &hours[0], zones[0]) || !price_hours_parse(b, &hours[1], zones[1]) ||
		strcmp(zones[0], zones[1]) != 0)
		return true;
	return meet(&hours[0], &hours[1]);
}
