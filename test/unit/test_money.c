/*-------------------------------------------------------------------------
 *
 * test_money.c
 *	  Amounts: range, rounding, text (R20, R21).
 *
 *-------------------------------------------------------------------------
 */
#include "core/money.h"

#include "unit.h"

static void
test_add_stays_in_range(void **state)
{
	static const struct
	{
		int64_t a;
		int64_t b;
		bool fits;
	} cases[] = {
		{0, 0, true},
		{1, -1, true},
		{MONEY_NANO_MAX, 0, true},
		{MONEY_NANO_MAX - 1, 1, true},
		{MONEY_NANO_MAX, 1, false},
		{-MONEY_NANO_MAX, 0, true},
		{-MONEY_NANO_MAX, -1, false},
		{MONEY_NANO_MAX, -MONEY_NANO_MAX, true},
		{INT64_MAX, 1, false},
		{INT64_MIN, -1, false},
		{INT64_MAX, INT64_MIN, true},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		int64_t sum = 42;

		assert_int_equal(money_add(cases[i].a, cases[i].b, &sum), cases[i].fits);
		assert_int_equal(sum, cases[i].fits ? cases[i].a + cases[i].b : 42);
	}
}

/* R21: rounded towards minus infinity, so that a blocked account never shows 0.00. */
static void
test_floor_to_cent(void **state)
{
	static const struct
	{
		int64_t amount;
		int64_t shown;
	} cases[] = {
		{0, 0},
		{1, 0},
		{9999999, 0},
		{10000000, 10000000},
		{10000001, 10000000},
		{-1, -10000000},
		{-9999999, -10000000},
		{-10000000, -10000000},
		{-10000001, -20000000},
		{MONEY_NANO_MAX, INT64_C(999999999990000000)},
		{-MONEY_NANO_MAX, INT64_C(-1000000000000000000)},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(money_floor_to_cent(cases[i].amount), cases[i].shown);
	for (int i = 0; i < 100000; i++)
	{
		int64_t amount = random_below(2 * MONEY_NANO_MAX) - MONEY_NANO_MAX;
		int64_t shown = money_floor_to_cent(amount);

		assert_int_equal(shown % MONEY_NANO_PER_CENT, 0);
		assert_true(shown <= amount && amount - shown < MONEY_NANO_PER_CENT);
	}
}

static void
test_divide_half_up(void **state)
{
	static const struct
	{
		int64_t value;
		int64_t divisor;
		int64_t quotient;
	} cases[] = {
		{0, 1, 0},
		{499999, 1000000, 0},
		{500000, 1000000, 1},
		{1499999, 1000000, 1},
		{1500000, 1000000, 2},
		{1, 3, 0},
		{2, 3, 1},
		{1, 2, 1},
		{7, 1, 7},
	};
	int64_t quotient = 42;

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_true(money_divide_half_up(cases[i].value, cases[i].divisor, &quotient));
		assert_int_equal(quotient, cases[i].quotient);
	}
	quotient = 42;
	assert_false(money_divide_half_up(-1, 1, &quotient));
	assert_false(money_divide_half_up(1, 0, &quotient));
	assert_false(money_divide_half_up(1, -1, &quotient));
	assert_false(money_divide_half_up((int128_t) MONEY_NANO_MAX + 1, 1, &quotient));
	assert_false(money_divide_half_up((int128_t) MONEY_NANO_MAX * 10 + 5, 10, &quotient));
	assert_int_equal(quotient, 42);
	assert_true(
		money_divide_half_up((int128_t) MONEY_NANO_MAX * 1000000 + 499999, 1000000, &quotient));
	assert_int_equal(quotient, MONEY_NANO_MAX);
}

static void
test_parse(void **state)
{
	static const struct
	{
		const char *text;
		int64_t amount;
	} good[] = {
		{"0", 0},
		{"12", 12 * MONEY_NANO_PER_UNIT},
		{"0.0036", 3600000},
		{".5", 500000000},
		{"5.", 5 * MONEY_NANO_PER_UNIT},
		{"00012.50", INT64_C(12500000000)},
		{"1e-3", 1000000},
		{"1E+2", 100 * MONEY_NANO_PER_UNIT},
		{"1e-9", 1},
		{"10e-10", 1},
		{"0e40", 0},
		{"0e-40", 0},
		{"0.000000001", 1},
		{"0.0000000010", 1},
		{"999999999.999999999", MONEY_NANO_MAX},
		{"999999999999999999e-9", MONEY_NANO_MAX},
	};
	static const char *const bad[] = {
		"",
		" ",
		"-1",
		"+1",
		"1 ",
		" 1",
		"1,5",
		"1.2.3",
		".",
		"e5",
		"1e",
		"1e+",
		"1e1.5",
		"1e41",
		"1e-41",
		"NaN",
		"nan",
		"inf",
		"0x10",
		"1_000",
		"1e5x",
		"0.0000000001",
		"1e-10",
		"1000000000",
		"1e9",
		"1e40",
		"12345678901234567890",
		"99999999999999999999999999",
		"1e--1",
		"\xef\xbc\x91",
		"1e99999999999999999999",
	};
	int64_t amount;

	(void) state;
	for (size_t i = 0; i < LENGTH(good); i++)
	{
		assert_true(money_parse(good[i].text, &amount));
		assert_int_equal(amount, good[i].amount);
	}
	for (size_t i = 0; i < LENGTH(bad); i++)
		if (money_parse(bad[i], &amount))
			fail_msg("\"%s\" was read", bad[i]);
}

/* What has more decimals is rounded half up, and said to be inexact. */
static void
test_parse_rounded(void **state)
{
	static const struct
	{
		const char *text;
		int64_t amount;
		bool is_exact;
	} cases[] = {
		{"0.049999999999999996", 50000000, false},
		{"15.000020000000002", INT64_C(15000020000), false},
		{"0.0000000004", 0, false},
		{"0.0000000005", 1, false},
		{"0.00000000149999999999999999", 1, false},
		{"4.9e-10", 0, false},
		{"1e-40", 0, false},
		{"0e-40", 0, true},
		{"1.0000000000", 1000000000, true},
		{"12000e-3", INT64_C(12000000000), true},
		{"999999999.9999999994", MONEY_NANO_MAX, false},
	};
	static const char *const bad[] = {
		"999999999.9999999995",
		"1000000000000000000000000000000000001e-40",
		"0.00000000000000000000000000000000000000000",
		"",
		"1e-41",
		"-1",
	};
	int64_t amount;
	bool is_exact;

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_true(money_parse_rounded(cases[i].text, &amount, &is_exact));
		assert_int_equal(amount, cases[i].amount);
		assert_int_equal(is_exact, cases[i].is_exact);
	}
	for (size_t i = 0; i < LENGTH(bad); i++)
		if (money_parse_rounded(bad[i], &amount, &is_exact))
			fail_msg("\"%s\" was read", bad[i]);
}

/* What is printed is read again as the same amount. */
static void
test_print_and_parse(void **state)
{
	char text[MONEY_TEXT_SIZE];
	int64_t amount;

	(void) state;
	assert_string_equal(money_print(0, text), "0.000000000");
	assert_string_equal(money_print(-1, text), "-0.000000001");
	assert_string_equal(money_print(MONEY_NANO_MAX, text), "999999999.999999999");
	assert_string_equal(money_print(-MONEY_NANO_MAX, text), "-999999999.999999999");
	assert_string_equal(money_print(INT64_MIN, text), "-9223372036.854775808");
	for (int i = 0; i < 100000; i++)
	{
		int64_t expected = random_below(MONEY_NANO_MAX + 1) >> random_below(60);

		assert_true(money_parse(money_print(expected, text), &amount));
		assert_int_equal(amount, expected);
	}
}

static void
test_print_cents(void **state)
{
	char text[MONEY_TEXT_SIZE];

	(void) state;
	assert_string_equal(money_print_cents(0, text), "0.00");
	assert_string_equal(money_print_cents(MONEY_NANO_PER_CENT - 1, text), "0.00");
	assert_string_equal(money_print_cents(MONEY_NANO_PER_CENT, text), "0.01");
	assert_string_equal(money_print_cents(12 * MONEY_NANO_PER_UNIT, text), "12.00");
	assert_string_equal(money_print_cents(MONEY_NANO_MAX, text), "999999999.99");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_stays_in_range), cmocka_unit_test(test_floor_to_cent),
		cmocka_unit_test(test_divide_half_up),	   cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_rounded),	   cmocka_unit_test(test_print_and_parse),
		cmocka_unit_test(test_print_cents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
