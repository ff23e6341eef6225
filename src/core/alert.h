/*-------------------------------------------------------------------------
 *
 * alert.h
 *	  When a balance alert fires, and when it is armed again (R11).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_ALERT_H
#define CORE_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Alert
{
	int64_t alert_no;
	int64_t threshold_nano;
	int64_t watch_nano; /* while it is armed, only a balance below this one can make it fire */
	int32_t
		runway_hours; /* 0: the threshold is the customer's; else the spend of that many hours */
	bool notify_recovery;
	bool armed;		 /* the balance has been at or above the threshold since it last fired */
	bool fired;		 /* and fell below it while armed: what a recovery is from */
	int32_t episode; /* how often it has fired */
} Alert;

typedef enum AlertCrossing
{
	ALERT_STAYS,
	ALERT_FIRES,
	ALERT_REARMS,  /* silently */
	ALERT_RECOVERS /* armed again, and the customer is told */
} AlertCrossing;

/* Two balances between which no alert of an account changes. */
typedef struct AlertBounds
{
	int64_t fires_below_nano; /* INT64_MIN: none can fire */
	int64_t rearms_at_nano;	  /* INT64_MAX: all are armed */
} AlertBounds;

/*
 * Decides by the balance after a booking, and sets the alert's flags and what
 * it watches: for a runway alert less than its threshold is needed, since what
 * lowers the balance raises the spend.
 */
extern AlertCrossing alert_cross(Alert *alert, int64_t balance_nano);

extern AlertBounds alert_bounds(const Alert *alerts, size_t count);

/*
 * The spend that a runway alert compares the balance with: of the last
 * runway_hours, where what was spent is known for observed_us of them, before
 * now, at the same rate. Not above what an amount can be.
 */
extern int64_t alert_runway_nano(int32_t runway_hours, int64_t spent_nano, int64_t observed_us);

#endif
