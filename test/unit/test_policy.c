/*-------------------------------------------------------------------------
 *
 * test_policy_catalog.c
 *	  Policies: names, bounds, defaults.
 *
 *-------------------------------------------------------------------------
 */
#include "core/money.h"
#include "core/policy.h"

#include "unit.h"

#define DAY_US (INT64_C(86400) * 1000000)

static void
test_names(void **state)
{
	static const char *const strangers[] = {"", "BLOCK_AT_ZERO", "block_at_zer", "block_at_zero "};

	(void) state;
	for (int id = 0; id < POLICIES_COUNT; id++)
		assert_int_equal(policy_from_name(policy_catalog[id].name), id);
	for (size_t i = 0; i < LENGTH(strangers); i++)
		assert_int_equal(policy_from_name(strangers[i]), POLICIES_COUNT);
}

/* Each has a description and a type; defaults lie within their bounds. */
static void
test_entries(void **state)
{
	(void) state;
	for (int id = 0; id < POLICIES_COUNT; id++)
	{
		const Policy *policy = &policy_catalog[id];

		assert_true(policy->description[0] != '\0');
		assert_true(policy_type_name(policy->type)[0] != '\0');
		assert_true(policy->min <= policy->max);
		if (policy->has_default)
			assert_true(policy->min <= policy->default_value &&
						policy->default_value <= policy->max);
		if (policy->type == POLICY_BOOLEAN)
			assert_true(policy->min == 0 && policy->max == 1);
		if (policy->type == POLICY_AMOUNT)
			assert_true(policy->min >= 0 && policy->max <= MONEY_NANO_MAX);
	}
}

/*
 * The window of exactly-once is 35 days. A look into it may touch three monthly
 * partitions, no more: with the tolerance it must be shorter than two months.
 */
static void
test_dedupe_window(void **state)
{
	const Policy *window = &policy_catalog[POLICY_DEDUPE_WINDOW];
	const Policy *tolerance = &policy_catalog[POLICY_FUTURE_TOLERANCE];

	(void) state;
	assert_int_equal(window->default_value, 35 * DAY_US);
	assert_true(window->max + tolerance->max < 59 * DAY_US);
	assert_true(window->min >= DAY_US);
}

static void
test_accepts(void **state)
{
	(void) state;
	assert_true(policy_accepts(POLICY_DEDUPE_WINDOW, DAY_US));
	assert_true(policy_accepts(POLICY_DEDUPE_WINDOW, 56 * DAY_US));
	assert_false(policy_accepts(POLICY_DEDUPE_WINDOW, DAY_US - 1));
	assert_false(policy_accepts(POLICY_DEDUPE_WINDOW, 56 * DAY_US + 1));
	assert_true(policy_accepts(POLICY_GO_LIVE_AT, INT64_MIN));
	assert_true(policy_accepts(POLICY_GO_LIVE_AT, INT64_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_dedupe_window),
		cmocka_unit_test(test_accepts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
