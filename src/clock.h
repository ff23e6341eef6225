/*-------------------------------------------------------------------------
 *
 * clock.h
 *	  The one clock of the extension.
 *
 * Both readings include billing.clock_offset, a superuser's setting by which
 * tests travel in time. Nothing else in the extension asks for the time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BILLING_CLOCK_H
#define BILLING_CLOCK_H

#include "datatype/timestamp.h"

extern void clock_init(void);

/* The time now: read by writers, after they hold the account's lock. */
extern TimestampTz clock_now(void);

/* The time at which the caller's statement began: what readers go by. */
extern TimestampTz clock_statement(void);

/* billing.clock_offset in seconds. */
extern int clock_offset_s(void);

#endif
