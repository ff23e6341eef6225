/*-------------------------------------------------------------------------
 *
 * test_refund_split.c
 *	  What can be refunded and invoiced: the examples of R12, R15 and B&S 1.2.
 *
 *-------------------------------------------------------------------------
 */
#include "core/money.h"
#include "core/refund_split.h"

#include "unit.h"

#define CENTS(n) ((n) *MONEY_NANO_PER_CENT)
#define UNITS(n) ((n) *MONEY_NANO_PER_UNIT)

/* An order without coupons, of which something is consumed. */
static RefundBasis
order(int64_t paid, int64_t consumed, int64_t invoiced, int64_t refunded)
{
	return (RefundBasis){.paid_nano = UNITS(paid),
						 .payer_paid_nano = UNITS(paid),
						 .remaining_nano = UNITS(paid - consumed - refunded),
						 .refunded_nano = UNITS(refunded),
						 .payer_refunded_nano = UNITS(refunded),
						 .invoiced_nano = UNITS(invoiced)};
}

static void
test_examples(void **state)
{
	static const struct
	{
		int64_t consumed, invoiced, refunded, refundable, invoiceable;
	} rows[] = {
		{30, 0, 0, 70, 100}, {30, 100, 0, 0, 0}, {30, 20, 0, 70, 80}, {10, 20, 0, 80, 80},
		{30, 0, 50, 20, 50}, {30, 0, 70, 0, 30}, {0, 0, 0, 100, 100}, {100, 0, 0, 0, 100},
		{0, 60, 40, 0, 0},	 {10, 70, 30, 0, 0},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(rows); i++)
	{
		RefundBasis basis = order(100, rows[i].consumed, rows[i].invoiced, rows[i].refunded);

		assert_true(refund_split_refundable(&basis) == UNITS(rows[i].refundable));
		assert_true(refund_split_invoiceable(&basis) == UNITS(rows[i].invoiceable));
	}
}

/* A fraction of a cent stays; what a take-back left below nothing is nothing (R21, R22). */
static void
test_bounds(void **state)
{
	RefundBasis basis = order(50, 0, 0, 0);

	(void) state;
	basis.remaining_nano = INT64_C(37996000000);
	assert_true(refund_split_refundable(&basis) == CENTS(3799));
	basis.remaining_nano = CENTS(1) - 1;
	assert_true(refund_split_refundable(&basis) == 0);
	basis = order(50, 0, 60, 0);
	assert_true(refund_split_refundable(&basis) == 0);
	assert_true(refund_split_invoiceable(&basis) == 0);
	basis = order(50, 0, 0, 50);
	basis.refunded_nano = UNITS(70);
	assert_true(refund_split_refundable(&basis) == 0);
}

/* Paid 100 with 5 of a gateway's coupon. */
static void
test_coupons(void **state)
{
	RefundBasis basis = order(100, 0, 95, 0);

	(void) state;
	basis.payer_paid_nano = UNITS(95);
	assert_true(refund_split_refundable(&basis) == 0);
	assert_true(refund_split_invoiceable(&basis) == 0);
	basis = order(100, 0, 0, 50);
	basis.payer_paid_nano = UNITS(95);
	basis.payer_refunded_nano = refund_split_payer_share(UNITS(50), UNITS(100), UNITS(95));
	assert_true(basis.payer_refunded_nano == CENTS(4750));
	assert_true(refund_split_invoiceable(&basis) == CENTS(4750));
	assert_true(refund_split_refundable(&basis) == UNITS(50));
	/* Half of it invoiced: 47.50 of 95 are left of the payer's own, so 50 of 100. */
	basis = order(100, 0, 0, 0);
	basis.payer_paid_nano = UNITS(95);
	basis.invoiced_nano = CENTS(4750);
	assert_true(refund_split_refundable(&basis) == UNITS(50));
	/* All of it was coupons: nothing to invoice, and it goes back as it came. */
	basis = order(100, 0, 0, 0);
	basis.payer_paid_nano = 0;
	assert_true(refund_split_invoiceable(&basis) == 0);
	assert_true(refund_split_refundable(&basis) == UNITS(100));
}

static void
test_payer_share(void **state)
{
	(void) state;
	assert_true(refund_split_payer_share(CENTS(1), UNITS(100), UNITS(100)) == CENTS(1));
	assert_true(refund_split_payer_share(CENTS(1), UNITS(100), UNITS(50)) == CENTS(1));
	assert_true(refund_split_payer_share(CENTS(1), UNITS(100), UNITS(49)) == 0);
	assert_true(refund_split_payer_share(UNITS(10), UNITS(30), UNITS(20)) == CENTS(667));
	assert_true(refund_split_payer_share(MONEY_NANO_MAX - 99, MONEY_NANO_MAX, UNITS(1)) <=
				UNITS(1));
}

static void
test_bonus(void **state)
{
	(void) state;
	assert_true(refund_split_bonus(UNITS(10), UNITS(10), UNITS(50), UNITS(100), false) == UNITS(5));
	assert_true(refund_split_bonus(UNITS(10), UNITS(2), UNITS(50), UNITS(100), false) == UNITS(2));
	assert_true(refund_split_bonus(UNITS(10), UNITS(7), UNITS(1), UNITS(100), true) == UNITS(7));
	/* Rounded down to a nano-unit. */
	assert_true(refund_split_bonus(UNITS(1), UNITS(1), UNITS(1), UNITS(3), false) ==
				INT64_C(333333333));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_coupons),	 cmocka_unit_test(test_payer_share),
		cmocka_unit_test(test_bonus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
