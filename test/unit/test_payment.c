/*-------------------------------------------------------------------------
 *
 * test_payment.c
 *	  The verdict on money that arrives (R5, R13, B&S 4.1).
 *
 *-------------------------------------------------------------------------
 */
#include "core/payment.h"

#include "unit.h"

#define UNTIL 1000

/* A payment as it should be. */
static const PaymentFacts good = {
	.is_ours = true,
	.same_currency = true,
	.same_amount = true,
	.same_user = true,
	.order = ORDER_PENDING,
	.paid_at = UNTIL,
	.payable_until = UNTIL,
};

#define CHECK(verdict, ...)                               \
	do                                                    \
	{                                                     \
		PaymentFacts facts = good;                        \
		__VA_ARGS__;                                      \
		assert_int_equal(payment_judge(&facts), verdict); \
	} while (0)

/* In time it counts whatever the order's state is; a paid order takes no second payment. */
static void
test_in_time(void **state)
{
	(void) state;
	CHECK(PAYMENT_IS_CREDITED, facts.order = ORDER_CREATED);
	CHECK(PAYMENT_IS_CREDITED, facts.order = ORDER_PENDING);
	CHECK(PAYMENT_IS_CREDITED, facts.order = ORDER_CLOSING);
	CHECK(PAYMENT_IS_CREDITED, facts.order = ORDER_CLOSED);
	CHECK(PAYMENT_IS_CREDITED, facts.order = ORDER_CLOSED; facts.order_locked = true);
	CHECK(PAYMENT_GOES_BACK, facts.order = ORDER_PAID);
	CHECK(PAYMENT_GOES_BACK, facts.order = ORDER_PAID; facts.credits_late = true);
	/* A quota pack is worth nothing without its period. */
	CHECK(PAYMENT_GOES_BACK, facts.is_useless = true);
	CHECK(PAYMENT_IS_HELD, facts.is_useless = true; facts.same_amount = false);
}

/* Late: an order that is not closed yet takes it, but for one that a lock closes. */
static void
test_late(void **state)
{
	(void) state;
	CHECK(PAYMENT_IS_CREDITED, facts.paid_at++; facts.order = ORDER_CREATED);
	CHECK(PAYMENT_IS_CREDITED, facts.paid_at++; facts.order = ORDER_CLOSING);
	CHECK(PAYMENT_GOES_BACK, facts.paid_at++; facts.order = ORDER_CLOSED);
	CHECK(PAYMENT_IS_CREDITED_LATE, facts.paid_at++; facts.order = ORDER_CLOSED;
		  facts.credits_late = true);
	CHECK(PAYMENT_GOES_BACK, facts.paid_at++; facts.order = ORDER_CLOSING;
		  facts.order_locked = true);
	CHECK(PAYMENT_GOES_BACK, facts.paid_at++; facts.order = ORDER_CLOSED;
		  facts.order_locked = facts.credits_late = true);
	CHECK(PAYMENT_GOES_BACK, facts.paid_at++; facts.order = ORDER_PAID);
}

/* What does not fit is held, in time or not, whatever its order: it never goes back by itself. */
static void
test_held(void **state)
{
	(void) state;
	for (int order = ORDER_CREATED; order <= ORDER_PAID; order++)
		for (int64_t paid_at = UNTIL; paid_at <= UNTIL + 1; paid_at++)
		{
			CHECK(PAYMENT_IS_HELD, facts.order = (OrderState) order; facts.paid_at = paid_at;
				  facts.same_amount = false; facts.credits_late = true);
			CHECK(PAYMENT_IS_HELD, facts.order = (OrderState) order; facts.paid_at = paid_at;
				  facts.same_amount = false; facts.account_closed = true);
			CHECK(PAYMENT_IS_HELD, facts.order = (OrderState) order; facts.paid_at = paid_at;
				  facts.same_user = false);
			CHECK(PAYMENT_IS_HELD_BY_HOUSE, facts.order = (OrderState) order;
				  facts.paid_at = paid_at; facts.same_currency = false);
			CHECK(PAYMENT_IS_HELD_BY_HOUSE, facts.order = (OrderState) order;
				  facts.paid_at = paid_at; facts.is_ours = false);
		}
}

/* A closed account takes nothing: what was paid in time waits for an operator. */
static void
test_closed_account(void **state)
{
	(void) state;
	CHECK(PAYMENT_IS_HELD, facts.account_closed = true; facts.order = ORDER_CLOSED);
	CHECK(PAYMENT_GOES_BACK, facts.account_closed = true; facts.order = ORDER_CLOSED;
		  facts.paid_at++);
	CHECK(PAYMENT_GOES_BACK, facts.account_closed = true; facts.order = ORDER_CLOSED;
		  facts.paid_at++; facts.credits_late = true);
	CHECK(PAYMENT_GOES_BACK, facts.account_closed = true; facts.order = ORDER_PAID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_time),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_closed_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
