/*-------------------------------------------------------------------------
 *
 * test_ledger_sums.c
 *	  What entries come to, of an account and of a lot (B&S 3.1).
 *
 *-------------------------------------------------------------------------
 */
#include "core/ledger_sums.h"

#include "unit.h"

static ReplayEntry
entry(int64_t entry_no, int64_t amount_nano, Book debit, Book credit, SourceType source,
	  int64_t lot_no)
{
	return (ReplayEntry){.entry_no = entry_no,
						 .recorded_at = 100 * entry_no,
						 .is_readable = true,
						 .transfer = {.amount_nano = amount_nano,
									  .debit = debit,
									  .credit = credit,
									  .lot_no = lot_no,
									  .source = {.type = source}}};
}

/* A payment of 10, a charge of 3, 2 sent back, of which 1 came again, and 4 owed. */
static void
add_all(LedgerSums *sums)
{
	const ReplayEntry entries[] = {
		entry(1, 10, BOOK_GATEWAY, BOOK_CASH, SOURCE_PAYMENT, 1),
		entry(2, 3, BOOK_CASH, BOOK_REVENUE, SOURCE_CHARGE, 1),
		entry(3, 2, BOOK_CASH, BOOK_GATEWAY, SOURCE_TAKE_BACK, 1),
		entry(4, 1, BOOK_GATEWAY, BOOK_CASH, SOURCE_TAKE_BACK, 1),
		entry(5, 4, BOOK_ARREARS, BOOK_REVENUE, SOURCE_CHARGE, NO_NUMBER),
		entry(6, 7, BOOK_PROMOTION, BOOK_BONUS, SOURCE_GRANT, 2),
	};

	for (size_t i = 0; i < LENGTH(entries); i++)
		ledger_sums_add(sums, &entries[i]);
}

static void
make_lots(SumLot lots[2])
{
	lots[0] = (SumLot){.lot_no = 1,
					   .is_cash = true,
					   .has_kind = true,
					   .remaining = {true, 6},
					   .amount = {true, 10},
					   .given_back = {true, 1}};
	lots[1] = (SumLot){.lot_no = 2,
					   .has_kind = true,
					   .remaining = {true, 7},
					   .amount = {true, 7},
					   .given_back = {true, 0}};
}

static void
test_sums(void **state)
{
	SumLot lots[2];
	LedgerSums sums = {.lots = lots, .lots_count = 2};

	(void) state;
	make_lots(lots);
	add_all(&sums);
	assert_int_equal(sums.count, 6);
	assert_int_equal(sums.oldest, 1);
	assert_int_equal(sums.newest, 6);
	assert_int_equal(sums.newest_at, 600);
	assert_true(sums.cash_nano == 6 && sums.bonus_nano == 7 && sums.arrears_nano == -4);
	assert_true(ledger_sums_agree(&lots[0]));
	assert_true(ledger_sums_agree(&lots[1]));
}

/* What a lot may say otherwise, one by one. */
static void
test_lots(void **state)
{
	for (int broken = 0; broken < 8; broken++)
	{
		SumLot lots[2];
		LedgerSums sums = {.lots = lots, .lots_count = 2};

		make_lots(lots);
		lots[0].remaining.nano += broken == 0;
		lots[0].amount.nano += broken == 1;
		lots[0].given_back.nano += broken == 2;
		lots[0].remaining.is_number = broken != 3;
		lots[0].is_cash = broken != 4;
		lots[0].has_kind = broken != 5;
		lots[0].lot_no -= broken == 6; /* its entries name another */
		add_all(&sums);
		assert_int_equal(ledger_sums_agree(&lots[0]), broken == 7);
	}
	(void) state;
}

static void
test_unreadable(void **state)
{
	LedgerSums sums = {0};
	ReplayEntry bad = entry(1, 10, BOOK_GATEWAY, BOOK_CASH, SOURCE_PAYMENT, 1);

	(void) state;
	bad.is_readable = false;
	ledger_sums_add(&sums, &bad);
	assert_true(sums.has_unreadable);
	assert_int_equal(sums.count, 1);
	assert_true(sums.cash_nano == 0);
}

static void
test_find(void **state)
{
	SumLot lots[] = {{.lot_no = INT64_MIN}, {.lot_no = 3}, {.lot_no = 4}, {.lot_no = 9}};
	LedgerSums sums = {.lots = lots, .lots_count = LENGTH(lots)};
	LedgerSums none = {0};

	(void) state;
	for (size_t i = 0; i < LENGTH(lots); i++)
		assert_ptr_equal(ledger_sums_lot(&sums, lots[i].lot_no), &lots[i]);
	assert_null(ledger_sums_lot(&sums, 5));
	assert_null(ledger_sums_lot(&sums, INT64_MAX));
	assert_null(ledger_sums_lot(&none, 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_lots),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
