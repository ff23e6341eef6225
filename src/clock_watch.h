/*-------------------------------------------------------------------------
 *
 * clock_watch.h
 *	  What the server knows of its clock beside the clock itself.
 *
 * The clock can be set, the time since the machine was started cannot: where
 * the two drift apart, the clock was set. Shared memory keeps the drift that was
 * believed last, and that of what the server, or another one whose WAL it
 * replayed, had written before it could be booked on. A file below the data
 * directory takes both over a restart, as long as the machine runs; after that it
 * says when the server was stopped, by the clock that it believed. What becomes of
 * a drift is said by policies: booking/moment.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BILLING_CLOCK_WATCH_H
#define BILLING_CLOCK_WATCH_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/drift.h"

/* The drift at one moment. */
typedef struct ClockWatch
{
	bool is_watched; /* false: the library was not preloaded, and nothing is known */
	int64 boot_us;	 /* since the machine was started */
	Drift drift;
} ClockWatch;

/* Called once, when the library is loaded. */
extern void clock_watch_init(void);

/* For the server's clock, without billing.clock_offset. Takes no lock. */
extern ClockWatch clock_watch_read(TimestampTz now);

/* It was judged: what is believed follows it, slowly or at once. */
extern void clock_watch_follow(const ClockWatch *watch);
extern void clock_watch_replace(const ClockWatch *watch);

/* The limits of a server whose databases set no policies. */
extern DriftLimits clock_watch_defaults(void);

/* Believes the clock as it was then, once the current transaction commits. */
extern void clock_watch_confirm(const ClockWatch *watch);

#endif
