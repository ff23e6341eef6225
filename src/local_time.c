/*-------------------------------------------------------------------------
 *
 * local_time.c
 *	  Months and days of a time zone.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "core/time_zone.h"
#include "errors.h"
#include "local_time.h"

static pg_tz *
find_zone(const char *name)
{
	pg_tz *zone = pg_tzset(name);

	return zone ? zone : pg_tzset("UTC");
}

const char *
local_time_zone(const char *name)
{
	pg_tz *zone = time_zone_is_name(name) ? pg_tzset(name) : NULL;

	return zone && pg_tz_acceptable(zone) ? pg_get_timezone_name(zone) : NULL;
}

/* How far local time is ahead of UTC at an instant. */
static int64
offset_us(TimestampTz at, pg_tz *zone)
{
	pg_time_t seconds = timestamptz_to_time_t(at);
	struct pg_tm *local = pg_localtime(&seconds, zone);

	if (local == NULL)
		refuse(ERROR_INTERNAL, "an instant has no local time");
	return local->tm_gmtoff * USECS_PER_SEC;
}

/* The first instant behind one at which the zone's offset changes. */
static TimestampTz
next_change(TimestampTz at, pg_tz *zone)
{
	pg_time_t seconds = timestamptz_to_time_t(at);
	pg_time_t boundary;
	long before;
	long after;
	int is_summer_before;
	int is_summer_after;

	if (pg_next_dst_boundary(&seconds, &before, &is_summer_before, &boundary, &after,
							 &is_summer_after, zone) != 1)
		refuse(ERROR_INTERNAL, "a local time cannot be found");
	return time_t_to_timestamptz(boundary);
}

/* The first instant whose local time is that one, or later. */
static TimestampTz
from_local(Timestamp local, pg_tz *zone)
{
	int64 before_us = offset_us(local - USECS_PER_DAY, zone);
	int64 after_us = offset_us(local + USECS_PER_DAY, zone);
	TimestampTz earlier = local - Max(before_us, after_us);
	TimestampTz later = local - Min(before_us, after_us);

	if (earlier + offset_us(earlier, zone) == local)
		return earlier;
	if (later + offset_us(later, zone) == local)
		return later;
	return next_change(earlier, zone);
}

TimestampTz
local_time_add(TimestampTz at, const char *zone_name, int months, int days)
{
	pg_tz *zone = find_zone(zone_name);
	Interval interval = {.month = months, .day = days};
	Timestamp local = at + offset_us(at, zone);

	local = DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(local),
												  IntervalPGetDatum(&interval)));
	return from_local(local, zone);
}

char *
local_time_print(TimestampTz at, const char *zone_name, char text[LOCAL_TIME_TEXT_SIZE])
{
	pg_time_t seconds = timestamptz_to_time_t(at + offset_us(at, find_zone(zone_name)));
	struct pg_tm *local = pg_gmtime(&seconds);

	if (local == NULL)
		refuse(ERROR_INTERNAL, "an instant has no local time");
	snprintf(text, LOCAL_TIME_TEXT_SIZE, "%04d-%02d-%02d %02d:%02d", local->tm_year + 1900,
			 local->tm_mon + 1, local->tm_mday, local->tm_hour, local->tm_min);
	return text;
}

LocalMoment
local_time_moment(TimestampTz at, const char *zone)
{
	pg_time_t seconds = timestamptz_to_time_t(at);
	struct pg_tm *local = pg_localtime(&seconds, find_zone(zone));

	if (local == NULL)
		refuse(ERROR_INTERNAL, "an instant has no local time");
	return (LocalMoment){(local->tm_wday + 6) % PRICE_HOURS_DAYS,
						 local->tm_hour * 60 + local->tm_min};
}
