/*-------------------------------------------------------------------------
 *
 * local_time.h
 *	  Months and days of a time zone, from one instant to another, and what its
 *	  clocks show.
 *
 *-------------------------------------------------------------------------
 */
#ifndef LOCAL_TIME_H
#define LOCAL_TIME_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/price_hours.h"

/*
 * The instant whose local time is so many months, then days later: on the same day of the month,
 * or on its last where it has no such day. A local time that does not exist is the first instant
 * after it; one that comes twice is the earlier. A zone that is not known is UTC.
 */
extern TimestampTz local_time_add(TimestampTz at, const char *zone, int months, int days);

/* The local time of an instant, in whole minutes: 2026-01-31 14:05; returns text. */
#define LOCAL_TIME_TEXT_SIZE 64
extern char *local_time_print(TimestampTz at, const char *zone, char text[LOCAL_TIME_TEXT_SIZE]);

/* What the clocks of a zone show at an instant. */
extern LocalMoment local_time_moment(TimestampTz at, const char *zone);

/* The time zone of that name as the server's database writes it; NULL where it has none. */
extern const char *local_time_zone(const char *name);

#endif
