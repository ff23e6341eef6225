/*-------------------------------------------------------------------------
 *
 * test_drift.c
 *	  When a clock is believed (design 4): jumps, gaps, and how it is followed.
 *
 *-------------------------------------------------------------------------
 */
#include "core/drift.h"

#include "unit.h"

#define MINUTE INT64_C(60000000)
#define DAY (1440 * MINUTE)
#define BASE (9000 * DAY)

static const DriftLimits limits = {.jump_us = 10 * MINUTE, .gap_us = 3 * DAY};

static void
test_judge(void **state)
{
	static const struct
	{
		int64_t now; /* from BASE */
		int64_t believed;
		int64_t written;
		DriftVerdict verdict;
	} cases[] = {
		{0, 0, 0, DRIFT_BELIEVED},
		/* set while the server runs */
		{10 * MINUTE, 0, 0, DRIFT_BELIEVED},
		{10 * MINUTE + 1, 0, 0, DRIFT_JUMPED},
		{-10 * MINUTE, 0, 0, DRIFT_BELIEVED},
		{-10 * MINUTE - 1, 0, 0, DRIFT_JUMPED},
		{50 * DAY, 0, 0, DRIFT_JUMPED},
		{-50 * DAY, 0, 0, DRIFT_JUMPED},
		{3 * DAY + 1, 3 * DAY, 0, DRIFT_AHEAD},
		/* started with it */
		{3 * DAY, 3 * DAY, 0, DRIFT_BELIEVED},
		{50 * DAY, 50 * DAY, 0, DRIFT_AHEAD},
		{-10 * MINUTE, -10 * MINUTE, 0, DRIFT_BELIEVED},
		{-11 * MINUTE, -11 * MINUTE, 0, DRIFT_BEHIND},
		/* started with a wrong one, which was set right, or wrong again */
		{1 * DAY, 50 * DAY, 0, DRIFT_SET_RIGHT},
		{0, -50 * DAY, 0, DRIFT_SET_RIGHT},
		{4 * DAY, 50 * DAY, 0, DRIFT_AHEAD},
		{-11 * MINUTE, 50 * DAY, 0, DRIFT_BEHIND},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		Drift drift = {BASE + cases[i].now, BASE + cases[i].believed, BASE + cases[i].written};

		assert_int_equal(drift_judge(&drift, &limits), cases[i].verdict);
	}
}

static void
test_follow(void **state)
{
	static const struct
	{
		int64_t now; /* ahead of what is believed */
		int64_t elapsed;
		int64_t moved;
	} cases[] = {
		{0, DAY, 0},
		{1000, MINUTE, 1000},
		{-1000, MINUTE, -1000},
		{9 * MINUTE, MINUTE, 30000},
		{-9 * MINUTE, MINUTE, -30000},
		{9 * MINUTE, DAY, DAY / 2000},
		{9 * MINUTE, 0, 0},
		{100 * MINUTE, 400 * DAY, 7 * DAY / 2000}, /* idle for a year */
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		Drift drift = {BASE + cases[i].now, BASE, BASE};

		assert_int_equal(drift_follow(&drift, cases[i].elapsed) - BASE, cases[i].moved);
	}
}

/* A clock that is set by half a second an hour, for a year, is never far from what is believed. */
static void
test_small_steps(void **state)
{
	Drift drift = {BASE, BASE, BASE};

	(void) state;
	for (int hour = 0; hour < 365 * 24; hour++)
	{
		drift.now_us += MINUTE / 120;
		assert_int_equal(drift_judge(&drift, &(DriftLimits){MINUTE, DAY}), DRIFT_BELIEVED);
		drift.written_us += drift_follow(&drift, 60 * MINUTE) - drift.believed_us;
		drift.believed_us = drift_follow(&drift, 60 * MINUTE);
	}
	assert_in_range(drift.now_us - BASE, 3 * 1440 * MINUTE / 120, DAY);
}

/* One that is walked ahead by a second each second is found when it is ahead by the limit. */
static void
test_walked_ahead(void **state)
{
	Drift drift = {BASE, BASE, BASE};
	int seconds = 0;

	(void) state;
	while (drift_judge(&drift, &limits) == DRIFT_BELIEVED && seconds < 3600)
	{
		seconds++;
		drift.now_us += MINUTE / 60;
		drift.believed_us = drift_follow(&drift, MINUTE / 60);
	}
	assert_in_range(seconds, 600, 602);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_small_steps),
		cmocka_unit_test(test_walked_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
