/*-------------------------------------------------------------------------
 *
 * drift.c
 *	  Judging a clock's drift, and following it slowly.
 *
 *-------------------------------------------------------------------------
 */
#include "core/drift.h"

/* By one part in so many clocks are slewed at the most: 500 ppm, 43 s a day. */
#define SLEW_PARTS 2000

/* A server that nobody books on for longer than a week follows as after a week: by 5 minutes. */
#define FOLLOWED_US_MAX (7 * 24 * INT64_C(3600000000))

/* How a drift stands to what was written before the server started. */
static DriftVerdict
judge_start(int64_t drift_us, const Drift *drift, const DriftLimits *limits)
{
	int64_t gap_us = drift_us - drift->written_us;

	if (gap_us > limits->gap_us)
		return DRIFT_AHEAD;
	return gap_us < -limits->jump_us ? DRIFT_BEHIND : DRIFT_BELIEVED;
}

DriftVerdict
drift_judge(const Drift *drift, const DriftLimits *limits)
{
	int64_t jump_us = drift->now_us - drift->believed_us;
	bool has_jumped = jump_us > limits->jump_us || jump_us < -limits->jump_us;
	DriftVerdict verdict;

	/* The one that the server started with is no measure where it was never believed. */
	if (has_jumped && judge_start(drift->believed_us, drift, limits) == DRIFT_BELIEVED)
		return DRIFT_JUMPED;
	verdict = judge_start(drift->now_us, drift, limits);
	return verdict == DRIFT_BELIEVED && has_jumped ? DRIFT_SET_RIGHT : verdict;
}

int64_t
drift_follow(const Drift *drift, int64_t elapsed_us)
{
	int64_t step_us = (elapsed_us < FOLLOWED_US_MAX ? elapsed_us : FOLLOWED_US_MAX) / SLEW_PARTS;
	int64_t left_us = drift->now_us - drift->believed_us;

	if (left_us > step_us)
		left_us = step_us;
	if (left_us < -step_us)
		left_us = -step_us;
	return drift->believed_us + left_us;
}
