/*-------------------------------------------------------------------------
 *
 * test_alert_crossing.c
 *	  When balance alerts fire, and when they are armed again (R11).
 *
 * First the rule step by step; then random balances, where an alert must tell
 * what a look at every balance tells; then the bounds, beside which nobody
 * looks at the alerts at all, and the arithmetic of runway alerts.
 *
 *-------------------------------------------------------------------------
 */
#include "core/alert.h"
#include "core/money.h"

#include "unit.h"

#define UNIT MONEY_NANO_PER_UNIT
#define US_PER_HOUR INT64_C(3600000000)
#define WALKS 2000
#define WALK_STEPS 200
#define ALERTS 20

static Alert
make_alert(int64_t threshold_nano, int64_t balance_nano, bool notify_recovery)
{
	return (Alert){.threshold_nano = threshold_nano,
				   .watch_nano = threshold_nano,
				   .notify_recovery = notify_recovery,
				   .armed = balance_nano >= threshold_nano};
}

static void
test_steps(void **state)
{
	static const struct
	{
		int64_t balance_nano;
		AlertCrossing silent; /* without a wish to hear of recovery */
		AlertCrossing told;	  /* with it */
		int32_t episode;
		bool armed;
		bool fired;
	} steps[] = {
		{10 * UNIT, ALERT_STAYS, ALERT_STAYS, 0, true, false}, /* at it is not below it */
		{10 * UNIT - 1, ALERT_FIRES, ALERT_FIRES, 1, false, true},
		{9 * UNIT, ALERT_STAYS, ALERT_STAYS, 1, false, true},
		{-9 * UNIT, ALERT_STAYS, ALERT_STAYS, 1, false, true},
		{10 * UNIT - 1, ALERT_STAYS, ALERT_STAYS, 1, false, true},
		{10 * UNIT, ALERT_REARMS, ALERT_RECOVERS, 1, true, false},
		{11 * UNIT, ALERT_STAYS, ALERT_STAYS, 1, true, false},
		{-MONEY_NANO_MAX, ALERT_FIRES, ALERT_FIRES, 2, false, true},
		{2 * MONEY_NANO_MAX, ALERT_REARMS, ALERT_RECOVERS, 2, true, false},
		{0, ALERT_FIRES, ALERT_FIRES, 3, false, true},
	};
	Alert silent = make_alert(10 * UNIT, 12 * UNIT, false);
	Alert told = make_alert(10 * UNIT, 12 * UNIT, true);

	(void) state;
	for (size_t i = 0; i < LENGTH(steps); i++)
	{
		assert_int_equal(alert_cross(&silent, steps[i].balance_nano), steps[i].silent);
		assert_int_equal(alert_cross(&told, steps[i].balance_nano), steps[i].told);
		assert_int_equal(silent.episode, steps[i].episode);
		assert_int_equal(told.episode, steps[i].episode);
		assert_int_equal(silent.armed, steps[i].armed);
		assert_int_equal(told.fired, steps[i].fired);
	}
}

/* Set while the balance is below: nothing until it has been at or above, and no word of that. */
static void
test_set_below(void **state)
{
	Alert alert = make_alert(UNIT, UNIT - 1, true);

	(void) state;
	assert_int_equal(alert_cross(&alert, 0), ALERT_STAYS);
	assert_int_equal(alert_cross(&alert, UNIT), ALERT_REARMS);
	assert_int_equal(alert_cross(&alert, UNIT - 1), ALERT_FIRES);
	assert_int_equal(alert_cross(&alert, UNIT), ALERT_RECOVERS);
}

/* Once per fall, never twice without having been armed, whatever the balances are. */
static void
test_once_per_fall(void **state)
{
	(void) state;
	for (int walk = 0; walk < WALKS; walk++)
	{
		int64_t threshold_nano = random_below(20);
		int64_t balance_nano = random_below(40) - 10;
		bool notify = random_below(2) == 1;
		Alert alert = make_alert(threshold_nano, balance_nano, notify);
		bool owes_recovery = false;
		int32_t falls = 0;

		for (int step = 0; step < WALK_STEPS; step++)
		{
			int64_t before_nano = balance_nano;
			AlertCrossing crossing;
			bool fell;
			bool rose;

			balance_nano = random_below(40) - 10;
			fell = before_nano >= threshold_nano && balance_nano < threshold_nano;
			rose = before_nano < threshold_nano && balance_nano >= threshold_nano;
			crossing = alert_cross(&alert, balance_nano);
			falls += fell;
			assert_int_equal(crossing == ALERT_FIRES, fell);
			assert_int_equal(crossing == ALERT_RECOVERS, rose && notify && owes_recovery);
			assert_int_equal(crossing == ALERT_REARMS, rose && !(notify && owes_recovery));
			owes_recovery = fell || (owes_recovery && !rose);
			assert_int_equal(alert.episode, falls);
			assert_int_equal(alert.armed, balance_nano >= threshold_nano);
			assert_int_equal(alert.fired, owes_recovery);
			assert_int_equal(alert.threshold_nano, threshold_nano);
		}
	}
}

/* Whether a balance would change any of the alerts, by asking each. */
static bool
any_changes(const Alert *alerts, size_t count, int64_t balance_nano)
{
	for (size_t i = 0; i < count; i++)
	{
		Alert copy = alerts[i];

		if (alert_cross(&copy, balance_nano) != ALERT_STAYS)
			return true;
	}
	return false;
}

static void
assert_bounds_agree(const Alert *alerts, size_t count)
{
	AlertBounds bounds = alert_bounds(alerts, count);

	for (int64_t balance_nano = -12; balance_nano < 32; balance_nano++)
		assert_int_equal(balance_nano < bounds.fires_below_nano ||
							 balance_nano >= bounds.rearms_at_nano,
						 any_changes(alerts, count, balance_nano));
}

/* Of fixed thresholds the bounds are exact: outside of them something changes, between them
 * nothing. */
static void
test_bounds(void **state)
{
	AlertBounds none = alert_bounds(NULL, 0);

	(void) state;
	assert_true(none.fires_below_nano == INT64_MIN && none.rearms_at_nano == INT64_MAX);
	for (int walk = 0; walk < WALKS; walk++)
	{
		Alert alerts[ALERTS];
		size_t count = (size_t) random_below(ALERTS) + 1;
		int64_t balance_nano = random_below(40) - 10;

		for (size_t i = 0; i < count; i++)
			alerts[i] = make_alert(random_below(20), balance_nano, false);
		for (int step = 0; step < 5; step++)
		{
			assert_bounds_agree(alerts, count);
			balance_nano = random_below(40) - 10;
			for (size_t i = 0; i < count; i++)
				(void) alert_cross(&alerts[i], balance_nano);
		}
	}
}

/* Whoever looks at the alerts only outside of the bounds tells what one tells who always looks. */
static void
test_looking_by_bounds(void **state)
{
	(void) state;
	for (int walk = 0; walk < WALKS; walk++)
	{
		Alert always[ALERTS];
		Alert seldom[ALERTS];
		int64_t balance_nano = random_below(40) - 10;
		AlertBounds bounds;

		for (size_t i = 0; i < ALERTS; i++)
			seldom[i] = always[i] = make_alert(random_below(20), balance_nano, random_below(2));
		bounds = alert_bounds(seldom, ALERTS);
		for (int step = 0; step < WALK_STEPS; step++)
		{
			bool looks;

			balance_nano += random_below(9) - 4;
			looks = balance_nano < bounds.fires_below_nano || balance_nano >= bounds.rearms_at_nano;
			for (size_t i = 0; i < ALERTS; i++)
			{
				AlertCrossing crossing = alert_cross(&always[i], balance_nano);

				assert_int_equal(looks ? alert_cross(&seldom[i], balance_nano) : ALERT_STAYS,
								 crossing);
			}
			if (looks)
				bounds = alert_bounds(seldom, ALERTS);
		}
	}
}

/*
 * A runway alert is looked at soon enough: what is spent lowers the balance and
 * raises the threshold alike, and the first spend at which they cross is below
 * the bound; and no sooner than that.
 */
static void
test_runway_bound(void **state)
{
	(void) state;
	for (int i = 0; i < WALKS * 10; i++)
	{
		int64_t limit = i % 2 == 0 ? 50 : MONEY_NANO_MAX;
		int64_t spent_nano = random_below(limit);
		int64_t balance_nano = spent_nano + random_below(limit);
		int64_t enough_nano = (balance_nano - spent_nano) / 2; /* may be spent without a crossing */
		Alert alert = {.runway_hours = 1, .threshold_nano = spent_nano, .armed = true};
		AlertBounds bounds;

		assert_int_equal(alert_cross(&alert, balance_nano), ALERT_STAYS);
		bounds = alert_bounds(&alert, 1);
		assert_true(balance_nano - enough_nano >= bounds.fires_below_nano);
		assert_true(balance_nano - enough_nano - 1 < bounds.fires_below_nano);
		alert.threshold_nano = spent_nano + enough_nano;
		assert_int_equal(alert_cross(&alert, balance_nano - enough_nano), ALERT_STAYS);
		alert.threshold_nano++;
		assert_int_equal(alert_cross(&alert, balance_nano - enough_nano - 1), ALERT_FIRES);
		assert_int_equal(alert_bounds(&alert, 1).rearms_at_nano, alert.threshold_nano);
	}
}

static void
test_runway_figures(void **state)
{
	static const struct
	{
		int32_t hours;
		int64_t spent_nano;
		int64_t observed_us;
		int64_t expected_nano;
	} cases[] = {
		{24, 0, 24 * US_PER_HOUR, 0},
		{24, 5 * UNIT, 24 * US_PER_HOUR, 5 * UNIT},
		{24, 5 * UNIT, 24 * US_PER_HOUR + 1, 5 * UNIT}, /* what is known is longer */
		{24, 5 * UNIT, 12 * US_PER_HOUR, 10 * UNIT},	/* half is known: twice as much */
		{24, 5 * UNIT, US_PER_HOUR, 120 * UNIT},
		{1, 1, US_PER_HOUR - 1, 1}, /* rounded down */
		{1, 7, 2 * US_PER_HOUR / 3, 10},
		{1, 5 * UNIT, 0, 5 * UNIT}, /* nothing is known of the time */
		{1, 5 * UNIT, -1, 5 * UNIT},
		{720, MONEY_NANO_MAX, 720 * US_PER_HOUR, MONEY_NANO_MAX},
		{720, MONEY_NANO_MAX, 720 * US_PER_HOUR - 1, MONEY_NANO_MAX},
		{720, MONEY_NANO_MAX, 1, MONEY_NANO_MAX}, /* 128 bits hold it, an amount does not */
		{INT32_MAX, MONEY_NANO_MAX, 1, MONEY_NANO_MAX},
		{720, 385802, 1, INT64_C(385802) * 720 * US_PER_HOUR},
		{720, 385803, 1, MONEY_NANO_MAX},
		{1, INT64_MAX, US_PER_HOUR, MONEY_NANO_MAX},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(
			alert_runway_nano(cases[i].hours, cases[i].spent_nano, cases[i].observed_us),
			cases[i].expected_nano);
}

/* Never less than what was spent, never above an amount, more for more spend and for less time. */
static void
test_runway_order(void **state)
{
	(void) state;
	for (int i = 0; i < WALKS * 10; i++)
	{
		int32_t hours = (int32_t) random_below(720) + 1;
		int64_t spent_nano = random_below(i % 2 == 0 ? 1000 * UNIT : MONEY_NANO_MAX);
		int64_t observed_us = random_below(800 * US_PER_HOUR) + 1;
		int64_t runway_nano = alert_runway_nano(hours, spent_nano, observed_us);
		long double exact = (long double) spent_nano * hours * US_PER_HOUR / observed_us;

		assert_true(runway_nano >= spent_nano && runway_nano <= MONEY_NANO_MAX);
		assert_true(alert_runway_nano(hours, spent_nano + 1, observed_us) >= runway_nano);
		assert_true(alert_runway_nano(hours, spent_nano, observed_us + 1) <= runway_nano);
		if (observed_us >= hours * US_PER_HOUR)
			assert_int_equal(runway_nano, spent_nano);
		else if (exact < MONEY_NANO_MAX - 2)
			assert_true(runway_nano <= exact + 1 && runway_nano >= exact - 2);
		else if (exact > MONEY_NANO_MAX + 2)
			assert_int_equal(runway_nano, MONEY_NANO_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_set_below),
		cmocka_unit_test(test_once_per_fall),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_looking_by_bounds),
		cmocka_unit_test(test_runway_bound),
		cmocka_unit_test(test_runway_figures),
		cmocka_unit_test(test_runway_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
