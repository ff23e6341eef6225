/*-------------------------------------------------------------------------
 *
 * test_tax.c
 *	  The tax that is in an amount (R16).
 *
 *-------------------------------------------------------------------------
 */
#include "core/money.h"
#include "core/tax.h"

#include "unit.h"

#define CENTS(n) ((n) *INT64_C(10000000))

static void
test_rates(void **state)
{
	(void) state;
	assert_int_equal(tax_included_nano(CENTS(8888), 600), CENTS(503));
	assert_int_equal(tax_included_nano(CENTS(10000), 600), CENTS(566));
	assert_int_equal(tax_included_nano(CENTS(10000), 1300), CENTS(1150));
	assert_int_equal(tax_included_nano(CENTS(10000), 150), CENTS(148));
	assert_int_equal(tax_included_nano(CENTS(10000), 0), 0);
	assert_int_equal(tax_included_nano(CENTS(1), 600), 0);
	/* Half up: 0.09 x 600 / 10600 = 0.00509..., 0.53 x 600 / 10600 = 0.03. */
	assert_int_equal(tax_included_nano(CENTS(8), 600), 0);
	assert_int_equal(tax_included_nano(CENTS(9), 600), CENTS(1));
	assert_int_equal(tax_included_nano(CENTS(53), 600), CENTS(3));
}

static void
test_bounds(void **state)
{
	int64_t most = MONEY_NANO_MAX - MONEY_NANO_MAX % CENTS(1);

	(void) state;
	for (int32_t rate = 0; rate < TAX_RATE_PARTS; rate++)
	{
		int64_t tax = tax_included_nano(most, rate);

		assert_true(tax >= 0 && tax < most && tax % CENTS(1) == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rates), cmocka_unit_test(test_bounds)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
