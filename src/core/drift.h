/*-------------------------------------------------------------------------
 *
 * drift.h
 *	  Whether a clock can be believed, by a second one that nobody can set.
 *
 * The drift of a clock is how far it is ahead of the time since the machine was
 * started, which suspending counts in and nobody can set: it changes only where
 * the clock is set. Of it the server knows two more: the one that it believed
 * last, and the one at which the clock would stand where what was written before
 * the server started left off. All are in microseconds.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_DRIFT_H
#define CORE_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Drift
{
	int64_t now_us;
	int64_t believed_us; /* the one that was believed last */
	int64_t written_us;	 /* the one of what was written before the server started */
} Drift;

/* The policies of them. */
typedef struct DriftLimits
{
	int64_t jump_us; /* clock_jump */
	int64_t gap_us;	 /* clock_gap */
} DriftLimits;

typedef enum DriftVerdict
{
	DRIFT_BELIEVED,
	DRIFT_SET_RIGHT, /* the clock was wrong when the server started, and is not any more */
	DRIFT_JUMPED,	 /* it was set while the server runs */
	DRIFT_AHEAD,	 /* far from what was written before the server started */
	DRIFT_BEHIND
} DriftVerdict;

extern DriftVerdict drift_judge(const Drift *drift, const DriftLimits *limits);

/*
 * What is believed after a drift was: one that has moved on by no more than a
 * clock is slewed in that time, so that small steps of months are no jump, and
 * many of one minute are.
 */
extern int64_t drift_follow(const Drift *drift, int64_t elapsed_us);

#endif
