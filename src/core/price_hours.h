/*-------------------------------------------------------------------------
 *
 * price_hours.h
 *	  When in the week a price holds (R20): days and hours of a time zone, by the
 *	  local wall clock.
 *
 * Hours are half-open, in whole minutes; they may pass midnight, and are then of
 * the day on which they began.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_PRICE_HOURS_H
#define CORE_PRICE_HOURS_H

#include <stdbool.h>

#define PRICE_HOURS_DAYS 7 /* from Monday on */
#define PRICE_HOURS_MINUTES 1440
#define PRICE_HOURS_ZONE_SIZE 64
#define PRICE_HOURS_TEXT_SIZE 128

typedef struct PriceHours
{
	unsigned days; /* a bit for each day, Monday's the lowest; 0: the whole week */
	int from_min;  /* of the day, 0 to 1439 */
	int to_min;	   /* 1 to 1440; not above from_min: of the next day */
} PriceHours;

/* What a local clock shows. */
typedef struct LocalMoment
{
	int day; /* 0: Monday */
	int minute;
} LocalMoment;

/*
 * Reads "mon-fri,sun 16:30-00:30 Asia/Shanghai": days (none: all seven), hours, a time zone, in any
 * case. False where it is no such thing, or of no length. Whether there is a zone of that name, the
 * caller must know. All of every day is the whole week.
 */
extern bool price_hours_parse(const char *text, PriceHours *hours,
							  char zone[PRICE_HOURS_ZONE_SIZE]);

/* The one text of such hours; empty of the whole week. */
extern void price_hours_print(const PriceHours *hours, const char *zone,
							  char text[PRICE_HOURS_TEXT_SIZE]);

extern bool price_hours_contain(const PriceHours *hours, const LocalMoment *moment);

/* False where hours, by their texts, have no minute of the week in common. Of two time zones that
 * is not known. */
extern bool price_hours_may_meet(const char *a, const char *b);

#endif
