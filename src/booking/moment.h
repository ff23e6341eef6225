/*-------------------------------------------------------------------------
 *
 * moment.h
 *	  The clock's time, where the clock can be believed.
 *
 * What books, sets prices, closes months or works off what is due asks here: a
 * wrong clock would date money for ever. Where the library is not preloaded
 * nobody watches the clock, and it is believed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_MOMENT_H
#define BOOKING_MOMENT_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "clock_watch.h"
#include "store/account_store.h"
#include "store/policy_store.h"

/* The time now. Refuses while the clock is not believed by the policies in force. */
extern TimestampTz moment_now(void);

/* The same for a booking on an account: not before its last one, which a clock may be behind by
 * policy clock_jump. */
extern TimestampTz moment_on(const Account *account, const PolicyValues *policies);

/* The same for what holds from now on: behind the newest that it may not touch. Refuses where that
 * is ahead of the clock by more than clocks may differ, policies clock_jump and future_tolerance.
 */
extern TimestampTz moment_behind(TimestampTz newest);

/* No instant that this clock gave is later, where it is right and stays so: policy clock_jump
 * ahead. */
extern TimestampTz moment_latest(void);

/* The same to repair an account that is ahead of the clock, by more than that: the time now.
 * Refuses where it is not. */
extern TimestampTz moment_of_repair(const Account *account, const PolicyValues *policies);

/* No clock that is believed gives an earlier one from now on: twice clock_jump back. Refuses while
 * the clock is not believed. */
extern TimestampTz moment_earliest(void);

/* Why the clock is not believed; NULL: it is. */
extern const char *moment_doubt(void);
extern const char *moment_doubt_of(const ClockWatch *watch);

/* A length of time in words, such as "50 days 2 hours". */
extern const char *moment_span(int64 span_us);

#endif
