/*-------------------------------------------------------------------------
 *
 * test_plan.c
 *	  Token Plans: which quota a request draws on, and what is earned (R3, B&S 4.8).
 *
 *-------------------------------------------------------------------------
 */
#include "core/plan.h"

#include "core/books.h"
#include "core/limits.h"

#include "unit.h"

#define QUOTAS_MAX 8

typedef struct Plans
{
	Quotas quotas;
	Quota list[QUOTAS_MAX];
} Plans;

static Quota *
add(Plans *plans, int64_t subscription_no, int64_t pack_of, int64_t from, int64_t to,
	int64_t amount)
{
	Quota *quota = &plans->list[plans->quotas.count++];

	*quota = (Quota){.subscription_no = subscription_no,
					 .pack_of = pack_of,
					 .kind = QUOTA_PART,
					 .starts_at = from,
					 .ends_at = to,
					 .amount_nano = amount};
	plans->quotas.list = plans->list;
	plans->quotas.capacity = QUOTAS_MAX;
	return quota;
}

/* Counts, and returns whose quota was drawn on. */
static int64_t
count(Plans *plans, int64_t at, int64_t credits)
{
	QuotaChoice drawn;

	assert_int_equal(plan_count(&plans->quotas, at, credits, &drawn), OUTCOME_OK);
	return drawn.part->subscription_no;
}

/* Periods do not overlap, and each counts what is stamped within it. */
static void
test_bounds(void **state)
{
	Plans plans = {0};

	(void) state;
	add(&plans, 1, NO_NUMBER, 100, 200, 10);
	add(&plans, 2, NO_NUMBER, 200, 300, 10);
	assert_null(plan_choose(&plans.quotas, 99).part);
	assert_false(plan_allows(&plans.quotas, 99));
	assert_int_equal(count(&plans, 100, 1), 1);
	assert_int_equal(count(&plans, 199, 1), 1);
	assert_int_equal(count(&plans, 200, 1), 2);
	assert_null(plan_choose(&plans.quotas, 300).part);
	assert_int_equal(plans.list[0].used_nano, 2);
	assert_int_equal(plans.list[1].used_nano, 1);
	/* What was cut to nothing covers nothing. */
	plans.list[1].ends_at = 200;
	assert_null(plan_choose(&plans.quotas, 200).part);
}

/* The request that crosses the end is counted whole, and nothing is carried over. */
static void
test_exhausted(void **state)
{
	Plans plans = {0};

	(void) state;
	add(&plans, 1, NO_NUMBER, 100, 200, 10);
	assert_int_equal(count(&plans, 150, 9), 1);
	assert_true(plan_allows(&plans.quotas, 150));
	assert_int_equal(count(&plans, 150, 9), 1);
	assert_int_equal(plan_left_nano(&plans.list[0]), -8);
	assert_false(plan_allows(&plans.quotas, 150));
	assert_int_equal(plan_resets_at(&plans.quotas, 150), INT64_MAX);
	/* A call that was under way meanwhile counts, too. */
	assert_int_equal(count(&plans, 151, 1), 1);
	add(&plans, 2, NO_NUMBER, 200, 300, 10);
	assert_int_equal(plan_resets_at(&plans.quotas, 150), 200);
	assert_true(plan_allows(&plans.quotas, 200));
	/* An operator gives something back. */
	plans.list[0].given_nano = 10;
	assert_true(plan_allows(&plans.quotas, 150));
}

/* A pack is drawn after its period's own quota, the older one first, and beside no other. */
static void
test_packs(void **state)
{
	Plans plans = {0};

	(void) state;
	add(&plans, 1, NO_NUMBER, 100, 200, 10);
	add(&plans, 4, 1, 140, 200, 5);
	add(&plans, 3, 1, 120, 200, 5);
	add(&plans, 2, NO_NUMBER, 200, 300, 10);
	assert_int_equal(count(&plans, 150, 10), 1);
	assert_int_equal(count(&plans, 150, 4), 3);
	assert_int_equal(count(&plans, 150, 4), 3);
	assert_int_equal(count(&plans, 150, 4), 4);
	/* Bought later than the call began: not for it. */
	assert_int_equal(count(&plans, 110, 4), 1);
	assert_true(plan_allows(&plans.quotas, 150));
	assert_int_equal(count(&plans, 150, 4), 4);
	assert_false(plan_allows(&plans.quotas, 150));
	assert_int_equal(count(&plans, 150, 4), 1);
	assert_int_equal(plan_resets_at(&plans.quotas, 150), 200);
	assert_int_equal(count(&plans, 250, 10), 2);
	assert_false(plan_allows(&plans.quotas, 250));
	assert_int_equal(plan_resets_at(&plans.quotas, 150), INT64_MAX);
}

/* Windows have fixed lengths from the period's begin, and limit its own quota, not a pack's. */
static void
test_windows(void **state)
{
	Plans plans = {0};
	Quota *part = add(&plans, 1, NO_NUMBER, 100, 200, 100);

	(void) state;
	part->window_us = 30;
	part->window_nano = 5;
	part->windows_from = 100;
	assert_int_equal(count(&plans, 129, 5), 1);
	assert_int_equal(plans.quotas.count, 2);
	assert_int_equal(plans.list[1].starts_at, 100);
	assert_int_equal(plans.list[1].ends_at, 130);
	assert_false(plan_allows(&plans.quotas, 100));
	assert_int_equal(plan_resets_at(&plans.quotas, 110), 130);
	assert_true(plan_allows(&plans.quotas, 130));
	assert_int_equal(count(&plans, 130, 1), 1);
	assert_int_equal(plans.list[2].used_nano, 1);
	assert_int_equal(count(&plans, 101, 1), 1);
	assert_int_equal(plans.list[1].used_nano, 6);
	/* The last window ends with the period. */
	assert_int_equal(count(&plans, 195, 7), 1);
	assert_int_equal(plan_resets_at(&plans.quotas, 195), INT64_MAX);
	/* Where the quota itself is used up, no window brings any. */
	part->used_nano = 100;
	assert_int_equal(plan_resets_at(&plans.quotas, 110), INT64_MAX);
	part->used_nano = 13;
	add(&plans, 2, 1, 100, 200, 5);
	assert_int_equal(count(&plans, 101, 5), 2);
	assert_int_equal(plans.list[1].used_nano, 6);
	assert_int_equal(part->used_nano, 13);
}

/* Quota comes again where part and window both have some: not before. */
static void
test_resets(void **state)
{
	Plans plans = {0};
	Quota *part = add(&plans, 1, NO_NUMBER, 0, 744, 100);
	Quota *next = add(&plans, 1, NO_NUMBER, 744, 1488, 100);

	(void) state;
	part->window_us = next->window_us = 100;
	part->window_nano = next->window_nano = 30;
	assert_int_equal(count(&plans, 705, 30), 1);
	/* The month ends within the window, which is used up until its own end. */
	assert_int_equal(plan_resets_at(&plans.quotas, 705), 800);
	plans.list[2].given_nano = 1;
	assert_true(plan_allows(&plans.quotas, 705));
	part->used_nano = 100;
	assert_int_equal(plan_resets_at(&plans.quotas, 705), 744);
	next->used_nano = 100;
	assert_int_equal(plan_resets_at(&plans.quotas, 705), INT64_MAX);
}

/* What is told late of a part that was cut leaves its rest, and the rest of that. */
static void
test_rests(void **state)
{
	Plans plans = {0};
	Quota *first = add(&plans, 1, NO_NUMBER, 100, 110, 100);
	Quota *rest = add(&plans, 1, NO_NUMBER, 200, 210, 100);
	Quota *last = add(&plans, 1, NO_NUMBER, 300, 400, 100);
	Quota *other = add(&plans, 2, NO_NUMBER, 500, 600, 100);

	(void) state;
	first->quota_no = 1;
	rest->quota_no = 2;
	rest->continues = 1;
	last->quota_no = 5;
	last->continues = 2;
	other->quota_no = 3;
	other->continues = 1;
	assert_int_equal(count(&plans, 105, 90), 1);
	assert_int_equal(plan_left_nano(rest), 10);
	assert_int_equal(plan_left_nano(last), 10);
	assert_int_equal(plan_left_nano(other), 100);
	assert_int_equal(count(&plans, 205, 20), 1);
	assert_int_equal(plan_left_nano(first), 10);
	assert_int_equal(plan_left_nano(last), -10);
	assert_false(plan_allows(&plans.quotas, 350));
}

/* A window drawn on late ends where its part was cut, if that goes on in windows of its own. */
static void
test_window_of_cut(void **state)
{
	Plans plans = {0};
	Quota *part = add(&plans, 1, NO_NUMBER, 100, 155, 100);
	Quota *rest = add(&plans, 1, NO_NUMBER, 160, 200, 100);
	QuotaChoice drawn;

	(void) state;
	part->quota_no = 1;
	rest->quota_no = 2;
	rest->continues = 1;
	part->window_us = rest->window_us = 10;
	part->window_nano = rest->window_nano = 50;
	part->windows_from = 100;
	rest->windows_from = 160;
	assert_int_equal(plan_count(&plans.quotas, 152, 1, &drawn), OUTCOME_OK);
	assert_int_equal(drawn.window->starts_at, 150);
	assert_int_equal(drawn.window->ends_at, 155);
	rest->continues = NO_NUMBER;
	plans.quotas.count--;
	assert_int_equal(plan_count(&plans.quotas, 152, 1, &drawn), OUTCOME_OK);
	assert_int_equal(drawn.window->ends_at, 160);
}

/* Nobody has used that much; and room for a window is the caller's. */
static void
test_bounds_of_credits(void **state)
{
	Plans plans = {0};
	Quota *part = add(&plans, 1, NO_NUMBER, 100, 200, 100);
	QuotaChoice drawn;

	(void) state;
	part->used_nano = CREDITS_NANO_MAX - 5;
	assert_int_equal(plan_count(&plans.quotas, 100, 6, &drawn), OUTCOME_OUT_OF_RANGE);
	assert_int_equal(plan_count(&plans.quotas, 100, 5, &drawn), OUTCOME_OK);
	part->window_us = 10;
	part->windows_from = 100;
	plans.quotas.capacity = 1;
	assert_int_equal(plan_count(&plans.quotas, 100, 0, &drawn), OUTCOME_TOO_MANY);
}

/* Whichever sum has no room, none is touched. */
static void
test_bounds_touch_nothing(void **state)
{
	Plans plans = {0};
	Quota *part = add(&plans, 1, NO_NUMBER, 100, 200, 100);
	Quota *rest = add(&plans, 1, NO_NUMBER, 200, 300, 100);
	QuotaChoice drawn;

	(void) state;
	part->quota_no = 1;
	rest->quota_no = 2;
	rest->continues = part->quota_no;
	rest->carried_nano = CREDITS_NANO_MAX - 5;
	assert_int_equal(plan_count(&plans.quotas, 100, 6, &drawn), OUTCOME_OUT_OF_RANGE);
	assert_int_equal(part->used_nano, 0);
	assert_false(part->changed);
	rest->carried_nano = 0;
	part->window_us = 10;
	part->windows_from = 100;
	assert_int_equal(plan_count(&plans.quotas, 100, 1, &drawn), OUTCOME_OK);
	drawn.window->used_nano = CREDITS_NANO_MAX - 5;
	assert_int_equal(plan_count(&plans.quotas, 100, 6, &drawn), OUTCOME_OUT_OF_RANGE);
	assert_int_equal(part->used_nano, 1);
	assert_int_equal(rest->carried_nano, 1);
}

/* B&S 3: 9.99 over 30 days, 20 of them in the first month. */
static void
test_earned(void **state)
{
	int64_t price = INT64_C(9990000000);

	(void) state;
	assert_int_equal(plan_unearned_nano(price, 11, 41, 31), INT64_C(3330000000));
	assert_int_equal(plan_unearned_nano(price, 11, 41, 11), price);
	assert_int_equal(plan_unearned_nano(price, 11, 41, 5), price);
	assert_int_equal(plan_unearned_nano(price, 11, 41, 41), 0);
	assert_int_equal(plan_unearned_nano(price, 11, 41, 99), 0);
	/* Bought and ended on one day: earned at its end. */
	assert_int_equal(plan_unearned_nano(price, 11, 11, 11), price);
	assert_int_equal(plan_unearned_nano(price, 11, 11, 12), price);
	/* 10/3: half up, never below what came before. */
	assert_int_equal(plan_unearned_nano(10, 0, 3, 1), 7);
	assert_int_equal(plan_unearned_nano(10, 0, 3, 2), 3);
	for (int i = 0; i < 10000; i++)
	{
		int64_t amount = random_below(MONEY_NANO_MAX);
		int64_t days = 1 + random_below(1100);
		int64_t left = amount;

		for (int64_t day = 0; day <= days; day += 1 + random_below(40))
		{
			int64_t next = plan_unearned_nano(amount, 0, days, day);

			assert_true(next <= left && next >= 0);
			left = next;
		}
		assert_int_equal(plan_unearned_nano(amount, 0, days, days), 0);
	}
}

/* R3: told once, when a tenth of a part is left, or less. */
static void
test_nearly_used(void **state)
{
	Quota part = {.kind = QUOTA_PART, .amount_nano = 900, .given_nano = 100};
	Quota window = {.kind = QUOTA_WINDOW, .amount_nano = 1000, .used_nano = 1000};

	(void) state;
	part.used_nano = 899;
	assert_false(plan_is_nearly_used(&part));
	part.used_nano = 900;
	assert_true(plan_is_nearly_used(&part));
	part.used_nano = 2000;
	assert_true(plan_is_nearly_used(&part));
	part.loaded_nano = 899;
	assert_true(plan_is_nearly_used(&part));
	part.loaded_nano = 900;
	assert_false(plan_is_nearly_used(&part));
	part = (Quota){.kind = QUOTA_PART, .amount_nano = 1000, .carried_nano = 400, .used_nano = 500};
	assert_true(plan_is_nearly_used(&part));
	assert_false(plan_is_nearly_used(&window));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_exhausted),
		cmocka_unit_test(test_packs),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_resets),
		cmocka_unit_test(test_rests),
		cmocka_unit_test(test_earned),
		cmocka_unit_test(test_bounds_of_credits),
		cmocka_unit_test(test_bounds_touch_nothing),
		cmocka_unit_test(test_window_of_cut),
		cmocka_unit_test(test_nearly_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
