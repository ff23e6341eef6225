/*-------------------------------------------------------------------------
 *
 * test_limits.c
 *	  Ranges of arguments, and the numbers in messages about them.
 *
 *-------------------------------------------------------------------------
 */
#include "core/limits.h"

#include "unit.h"

static void
test_number(void **state)
{
	static const struct
	{
		const char *number;
		const char *text;
	} cases[] = {
		{"0", "0"},
		{"-1", "-1"},
		{"999", "999"},
		{"1000", "1,000"},
		{"-999999", "-999,999"},
		{"-1000000", "-1,000,000"},
		{"-9223372036854775808", "-9,223,372,036,854,775,808"},
		{"0.000000000", "0"},
		{"-0.010", "-0.01"},
		{"100.000", "100"},
		{"1000.0001", "1,000.0001"},
		{"999999999.999999999", "999,999,999.999999999"},
		{"100000000000000000000000000000000000000000000000",
		 "100,000,000,000,000,000,000,000,000,000,000,000,000,000,000,000"},
		{"1234567890123456789012345678901234567890123456789",
		 "1234567890123456789012345678901234567890..."},
	};
	char text[LIMITS_TEXT_SIZE];

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_string_equal(limits_print_number(cases[i].number, text), cases[i].text);
}

/* What is as long as it may be fits, too. */
static void
test_long_number(void **state)
{
	char number[1000];
	char text[LIMITS_TEXT_SIZE];

	(void) state;
	memset(number, '9', sizeof(number));
	for (size_t length = 1; length < sizeof(number); length++)
	{
		number[length] = '\0';
		assert_true(strlen(limits_print_number(number, text)) < LIMITS_TEXT_SIZE);
		number[length] = '9';
	}
}

static void
test_range(void **state)
{
	static const char *const ranges[LIMITS_COUNT] = {
		[LIMIT_ACCOUNT_ID] = "1 to 4,611,686,018,427,387,904",
		[LIMIT_KEY_ID] = "1 to 2,147,483,647",
		[LIMIT_PAGE_ROWS] = "1 to 1,000",
		[LIMIT_ENTRY_NO] = "1 to 9,223,372,036,854,775,806",
		[LIMIT_TOKENS] = "0 to 200,000,000",
		[LIMIT_PROMPT_TOKENS] = "0 to 600,000,000",
		[LIMIT_SETTLE_EVENTS] = "1 to 10,000",
		[LIMIT_RUNWAY_HOURS] = "1 to 720",
		[LIMIT_PAUSE] = "0 to 24 hours",
		[LIMIT_TOLERANCE] = "0 to 24 hours",
		[LIMIT_ADJUSTMENT] = "-999,999,999.999999999 to 999,999,999.999999999",
		[LIMIT_CREDIT] = "0.000000001 to 999,999,999.999999999",
		[LIMIT_PAYMENT] = "0.01 to 999,999,999.99",
		[LIMIT_FACTOR] = "0 to 999,999,999.999999999",
		[LIMIT_FEE_RATE] = "0 to 0.999999",
		[LIMIT_THRESHOLD] = "0 to 999,999,999.99",
		[LIMIT_PRICE] = "0 to 1,000,000 per 1,000,000 tokens",
		[LIMIT_PRICE_FILE_ROWS] = "0 to 20,000",
		[LIMIT_SET_ASIDE_ROWS] = "1 to 10,000",
		[LIMIT_GIFT_DAYS] = "1 to 3,650 days",
		[LIMIT_PROMOTION_ORDERS] = "1 to 1,000",
		[LIMIT_CREDITS] = "0.000000001 to 4,000,000,000 credits",
		[LIMIT_WEIGHT] = "0 to 100,000,000 credits per 1,000,000 tokens",
		[LIMIT_PLAN_MONTHS] = "1 to 36 months",
		[LIMIT_PLAN_DAYS] = "1 to 1,100 days",
		[LIMIT_EXTENSION_DAYS] = "1 to 366 days",
		[LIMIT_WINDOW_HOURS] = "1 to 744 hours",
		[LIMIT_KEY_MODELS] = "0 to 32 names",
		[LIMIT_GRACE] = "0 to 720 hours",
	};
	char text[LIMITS_TEXT_SIZE];

	(void) state;
	for (int id = 0; id < LIMITS_COUNT; id++)
		assert_string_equal(limits_print_range((LimitId) id, text), ranges[id]);
}

static void
test_edges(void **state)
{
	(void) state;
	for (int id = 0; id < LIMITS_COUNT; id++)
	{
		const ArgumentLimit *limit = &limits_table[id];

		assert_true(limits_allow((LimitId) id, limit->min));
		assert_true(limits_allow((LimitId) id, limit->max));
		assert_false(limits_allow((LimitId) id, limit->min - 1));
		assert_false(limits_allow((LimitId) id, limit->max + 1));
		assert_false(limits_allow((LimitId) id, INT64_MIN));
		assert_false(limits_allow((LimitId) id, INT64_MAX));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_long_number),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
