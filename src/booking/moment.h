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

/* Why the clock is not believed; NULL: it is. */
extern const char *moment_doubt(void);
extern const char *moment_doubt_of(const ClockWatch *watch);

/* A length of time in words, such as "50 days 2 hours". */
extern const char *moment_span(int64 span_us);

#endif
