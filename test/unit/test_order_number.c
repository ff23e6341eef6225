/*-------------------------------------------------------------------------
 *
 * test_order_number.c
 *	  The numbers by which gateways know orders.
 *
 *-------------------------------------------------------------------------
 */
#include "core/order_number.h"

#include "core/limits.h"
#include "unit.h"

static void
test_round_trip(void **state)
{
	char text[ORDER_NUMBER_SIZE];
	OrderNumber read;

	(void) state;
	for (int round = 0; round < 10000; round++)
	{
		OrderNumber number = {
			.account_id = 1 + random_below(round % 2 ? ACCOUNT_ID_MAX : 1000),
			.epoch = random_below(INT64_C(1) << ORDER_NUMBER_EPOCH_BITS),
			.kind = round % 3 ? NUMBER_OF_ORDER : NUMBER_OF_REFUND,
			.id = 1 + random_below(round % 5 ? 1000 : ORDER_NUMBER_ID_MAX),
		};

		order_number_print(&number, text);
		assert_int_equal(strlen(text), ORDER_NUMBER_SIZE - 1);
		assert_true(order_number_parse(text, &read));
		assert_true(read.account_id == number.account_id && read.epoch == number.epoch &&
					read.kind == number.kind && read.id == number.id);
	}
}

static void
test_limits(void **state)
{
	OrderNumber number = {ACCOUNT_ID_MAX, (INT64_C(1) << ORDER_NUMBER_EPOCH_BITS) - 1,
						  NUMBER_OF_ORDER, ORDER_NUMBER_ID_MAX};
	char text[ORDER_NUMBER_SIZE];

	(void) state;
	assert_string_equal(order_number_print(&number, text), "4000000000000ZZZZZZZZPZZZZZZZZZZ");
	number = (OrderNumber){1, 0, NUMBER_OF_REFUND, 1};
	assert_string_equal(order_number_print(&number, text), "000000000000100000000R0000000001");
	assert_string_equal(order_number_print_invoice(1, UINT64_MAX, text), "00000001ZZZZZZZZZZZZ");
	assert_string_equal(order_number_print_invoice(0, 31, text), "0000000000000000000Z");
}

static void
test_others(void **state)
{
	static const char *const texts[] = {
		"",
		"R20260101000001",
		"000000000000100000000P000000001",	 /* one short */
		"000000000000100000000P00000000001", /* one long */
		"000000000000100000000P0000000000",	 /* order 0 */
		"000000000000000000000P0000000001",	 /* account 0 */
		"ZZZZZZZZZZZZZ00000000P0000000001",	 /* 65 bits */
		"000000000000100000000X0000000001",
		"000000000000100000000p0000000001",
		"00000000000010000000OP0000000001", /* the letter O */
		"000000000000a00000000P0000000001",
		"000000000000100000000P000000001 ",
	};
	OrderNumber number;

	(void) state;
	for (size_t i = 0; i < LENGTH(texts); i++)
		assert_false(order_number_parse(texts[i], &number));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
