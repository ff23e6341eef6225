/*-------------------------------------------------------------------------
 *
 * test_books.c
 *	  How money moves over lots and arrears: R6, R7, R8, R19, R22, R23.
 *
 * First the rules one by one, in small figures; then thousands of random
 * histories of an account, of which some things must always be true.
 *
 *-------------------------------------------------------------------------
 */
#include "core/books.h"

#include "unit.h"

#define LOTS_MAX 64
#define TRANSFERS_MAX 4096

/* An account with its whole history: entry n is transfers[n - 1]. */
typedef struct History
{
	Books books;
	Lot lots[LOTS_MAX];
	Transfer transfers[TRANSFERS_MAX];
	Slice
		undone[TRANSFERS_MAX]; /* of a transfer that lowers arrears by an undo: the slice undone */
} History;

static void
history_begin(History *history)
{
	memset(history, 0, sizeof(*history));
	history->books.lots = history->lots;
	history->books.lots_capacity = LOTS_MAX;
	history->books.transfers = history->transfers;
	history->books.transfers_capacity = TRANSFERS_MAX;
}

static int64_t
add_lot(History *history, LotKind kind, int64_t amount, int64_t expires_at)
{
	Lot lot = {.lot_no = (int64_t) history->books.lots_count + 1,
			   .kind = kind,
			   .amount_nano = amount,
			   .expires_at = expires_at};

	history->books.source.type = kind == LOT_CASH ? SOURCE_PAYMENT : SOURCE_GRANT;
	assert_int_equal(
		books_add_lot(&history->books, &lot, kind == LOT_CASH ? BOOK_GATEWAY : BOOK_PROMOTION),
		OUTCOME_OK);
	return lot.lot_no;
}

static int64_t
remaining(const History *history, int64_t lot_no)
{
	for (size_t i = 0; i < history->books.lots_count; i++)
		if (history->lots[i].lot_no == lot_no)
			return history->lots[i].remaining_nano;
	fail();
	return 0;
}

static void
take(History *history, int64_t amount)
{
	history->books.source.type = SOURCE_CHARGE;
	assert_int_equal(books_take(&history->books, amount, BOOK_REVENUE), OUTCOME_OK);
}

static void
pay_arrears(History *history, SourceType source)
{
	history->books.source.type = source;
	assert_int_equal(books_pay_arrears(&history->books), OUTCOME_OK);
}

/* The slices of a charge: its entries from first up to now. */
static size_t
slices_from(const History *history, size_t first, Slice *slices)
{
	size_t count = history->books.transfers_count - first;

	for (size_t i = 0; i < count; i++)
		slices[i] = (Slice){.entry_no = (int64_t) (first + i) + 1,
							.lot_no = history->transfers[first + i].lot_no,
							.amount_nano = history->transfers[first + i].amount_nano};
	return count;
}

/* The part of a batch's slices that is a charge's: amount, after what others took before it. */
static size_t
cut_slices(const Slice *batch, size_t batch_count, int64_t from, int64_t amount, Slice *slices)
{
	int64_t upto = 0;
	size_t count = 0;

	for (size_t i = 0; i < batch_count; i++)
	{
		int64_t begin = from > upto ? from : upto;
		int64_t end = upto + batch[i].amount_nano;

		if (end > from + amount)
			end = from + amount;
		if (begin < end)
		{
			slices[count] = batch[i];
			slices[count].amount_nano = end - begin;
			slices[count++].from_nano = begin - upto;
		}
		upto += batch[i].amount_nano;
	}
	return count;
}

/* All moves of arrears, as the ledger tells them. */
static size_t
arrears_moves(const History *history, ArrearsMove *moves)
{
	size_t count = 0;

	for (size_t i = 0; i < history->books.transfers_count; i++)
	{
		const Transfer *transfer = &history->transfers[i];
		ArrearsMove move = {.entry_no = (int64_t) i + 1,
							.lot_no = transfer->lot_no,
							.undoes_entry_no = transfer->undoes_entry_no,
							.undoes_from_nano = history->undone[i].from_nano,
							.undoes_to_nano = history->undone[i].from_nano +
											  history->undone[i].amount_nano,
							.amount_nano = transfer->amount_nano};

		if (transfer->debit == BOOK_ARREARS)
			move.kind = ARREARS_RAISED;
		else if (transfer->credit != BOOK_ARREARS)
			continue;
		else if (transfer->debit == BOOK_WRITE_OFF)
			move.kind = ARREARS_WRITTEN_OFF;
		else
			move.kind = transfer->debit == BOOK_REVENUE ? ARREARS_UNDONE : ARREARS_PAID;
		for (size_t j = i + 1; j < history->books.transfers_count; j++)
			if (history->transfers[j].undoes_entry_no == move.entry_no)
				move.returned_nano += history->transfers[j].amount_nano;
		moves[count++] = move;
	}
	return count;
}

/*
 * Undoes as much of a charge; whole: its slices as they were at first, of whose entries a reversal
 * is said to undo all that was the charge's.
 */
static UndoneCharge
undo_up_to(History *history, const Slice *slices, size_t count, int64_t amount, const Slice *whole,
		   size_t whole_count)
{
	static ArrearsMove moves[TRANSFERS_MAX + ARREARS_CUTS_MAX(TRANSFERS_MAX)];
	ArrearsHistory arrears = {.moves = moves, .count = arrears_moves(history, moves)};
	size_t first = history->books.transfers_count;
	UndoneCharge undone;

	arrears.capacity = arrears.count + ARREARS_CUTS_MAX(arrears.count);
	history->books.source.type = SOURCE_REVERSAL;
	assert_int_equal(books_undo_charge(&history->books, slices, count, amount, &arrears, &undone),
					 OUTCOME_OK);
	for (size_t i = first; i < history->books.transfers_count; i++)
		for (size_t j = 0; j < whole_count; j++)
			if (whole[j].entry_no == history->transfers[i].undoes_entry_no)
				history->undone[i] = whole[j];
	return undone;
}

static int64_t
undo(History *history, const Slice *slices, size_t count)
{
	return undo_up_to(history, slices, count, INT64_MAX, slices, count).given_back_nano;
}

/* What an entry adds to a book by its normal side. */
static int64_t
effect(const Transfer *transfer, Book book)
{
	int64_t sign = book == BOOK_ARREARS ? -1 : 1;

	return sign * ((transfer->credit == book) - (transfer->debit == book)) * transfer->amount_nano;
}

/* What must be true of every account at any time: B&S 2.1, and that all caches equal the ledger. */
static void
check_invariants(const History *history)
{
	const Books *books = &history->books;
	int64_t cash = 0;
	int64_t bonus = 0;
	int64_t arrears = 0;
	int64_t lots[LOTS_MAX + 1] = {0};

	for (size_t i = 0; i < books->transfers_count; i++)
	{
		const Transfer *transfer = &history->transfers[i];

		assert_true(transfer->amount_nano > 0);
		cash += effect(transfer, BOOK_CASH);
		bonus += effect(transfer, BOOK_BONUS);
		arrears += effect(transfer, BOOK_ARREARS);
		lots[transfer->lot_no] += effect(transfer, BOOK_CASH) + effect(transfer, BOOK_BONUS);
	}
	assert_int_equal(books->cash_nano, cash);
	assert_int_equal(books->bonus_nano, bonus);
	assert_int_equal(books->arrears_nano, arrears);
	assert_true(cash >= 0 && bonus >= 0 && arrears >= 0);
	for (size_t i = 0; i < books->lots_count; i++)
	{
		const Lot *lot = &history->lots[i];

		assert_int_equal(lot->remaining_nano, lots[lot->lot_no]);
		assert_true(lot->remaining_nano >= 0 &&
					lot->remaining_nano <= lot->amount_nano - lot->given_back_nano);
	}
}

/* R7: bonus before cash, soonest expiry first, none last, then by number. */
static void
test_lots_order(void **state)
{
	static const Lot expected[] = {
		{.lot_no = 5, .kind = LOT_BONUS, .expires_at = 10},
		{.lot_no = 3, .kind = LOT_BONUS, .expires_at = 20},
		{.lot_no = 7, .kind = LOT_BONUS, .expires_at = 20},
		{.lot_no = 2, .kind = LOT_BONUS, .expires_at = NEVER_EXPIRES},
		{.lot_no = 6, .kind = LOT_BONUS, .expires_at = NEVER_EXPIRES},
		{.lot_no = 1, .kind = LOT_CASH, .expires_at = NEVER_EXPIRES},
		{.lot_no = 4, .kind = LOT_CASH, .expires_at = NEVER_EXPIRES},
	};
	Lot lots[LENGTH(expected)];
	Books books = {.lots = lots, .lots_count = LENGTH(expected)};

	(void) state;
	for (int round = 0; round < 1000; round++)
	{
		memcpy(lots, expected, sizeof(lots));
		for (size_t i = LENGTH(lots) - 1; i > 0; i--)
		{
			size_t other = (size_t) random_below((int64_t) i + 1);
			Lot lot = lots[i];

			lots[i] = lots[other];
			lots[other] = lot;
		}
		books_sort_lots(&books);
		for (size_t i = 0; i < LENGTH(lots); i++)
			assert_int_equal(lots[i].lot_no, expected[i].lot_no);
	}
	books_sort_lots(&(Books){0});
}

/* R7, R8: 160 with cash 85 and 50: two slices, the rest as arrears. */
static void
test_take(void **state)
{
	static History history;

	(void) state;
	history_begin(&history);
	add_lot(&history, LOT_CASH, 85, NEVER_EXPIRES);
	add_lot(&history, LOT_CASH, 50, NEVER_EXPIRES);
	take(&history, 160);
	assert_int_equal(history.books.transfers_count, 5);
	assert_int_equal(history.transfers[2].amount_nano, 85);
	assert_int_equal(history.transfers[3].amount_nano, 50);
	assert_int_equal(history.transfers[4].debit, BOOK_ARREARS);
	assert_int_equal(history.transfers[4].amount_nano, 25);
	assert_int_equal(history.books.cash_nano + history.books.bonus_nano, 0);
	assert_int_equal(history.books.arrears_nano, 25);
	check_invariants(&history);

	/* Nothing to take makes no entry; neither does an empty lot. */
	take(&history, 0);
	assert_int_equal(history.books.transfers_count, 5);
	take(&history, 1);
	assert_int_equal(history.books.transfers_count, 6);
}

/* R6: balance -12.30, top-up 100 -> 87.70; top-up 10 instead -> arrears 2.30. */
static void
test_arrears_first(void **state)
{
	static const struct
	{
		int64_t paid;
		int64_t cash;
		int64_t arrears;
	} cases[] = {{10000, 8770, 0}, {1000, 0, 230}, {1230, 0, 0}};
	static History history;

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		history_begin(&history);
		take(&history, 1230);
		add_lot(&history, LOT_CASH, cases[i].paid, NEVER_EXPIRES);
		pay_arrears(&history, SOURCE_PAYMENT);
		assert_int_equal(history.books.cash_nano, cases[i].cash);
		assert_int_equal(history.books.arrears_nano, cases[i].arrears);
		check_invariants(&history);
	}
}

/* R19: live while expires_at > now; what is left of an expired lot becomes breakage, once. */
static void
test_expiry(void **state)
{
	static History history;

	(void) state;
	history_begin(&history);
	add_lot(&history, LOT_BONUS, 10, 100);
	add_lot(&history, LOT_BONUS, 5, 200);
	assert_int_equal(books_next_expiry(&history.books), 100);
	history.books.source = (Source){SOURCE_CHARGE, 7};
	history.books.occurred_at = 77;
	assert_int_equal(books_expire(&history.books, 99), OUTCOME_OK);
	assert_int_equal(history.books.transfers_count, 2);
	assert_int_equal(books_expire(&history.books, 100), OUTCOME_OK);
	assert_int_equal(history.books.transfers_count, 3);
	assert_int_equal(history.transfers[2].credit, BOOK_BREAKAGE);
	assert_int_equal(history.transfers[2].amount_nano, 10);
	assert_int_equal(history.transfers[2].occurred_at, 100);
	assert_int_equal(history.transfers[2].source.type, SOURCE_LOT);
	assert_int_equal(history.transfers[2].source.id, 1);
	/* What the caller had said of the transfers to come still holds. */
	assert_int_equal(history.books.source.id, 7);
	assert_int_equal(history.books.occurred_at, 77);
	assert_int_equal(books_expire(&history.books, 100), OUTCOME_OK);
	assert_int_equal(history.books.transfers_count, 3);
	assert_int_equal(books_next_expiry(&history.books), 200);
	take(&history, 5);
	assert_int_equal(books_next_expiry(&history.books), NEVER_EXPIRES);
	check_invariants(&history);
}

/* R22: from the payment's own lot first, the rest as arrears; other lots only pay those. */
static void
test_take_back(void **state)
{
	static History history;
	int64_t lot_no;

	(void) state;
	history_begin(&history);
	lot_no = add_lot(&history, LOT_CASH, 5000, NEVER_EXPIRES);
	add_lot(&history, LOT_CASH, 500, NEVER_EXPIRES);
	take(&history, 1300);
	history.books.source.type = SOURCE_TAKE_BACK;
	assert_int_equal(books_take_back(&history.books, lot_no, 5000), OUTCOME_OK);
	assert_int_equal(remaining(&history, lot_no), 0);
	assert_int_equal(history.books.arrears_nano, 1300);
	pay_arrears(&history, SOURCE_TAKE_BACK);
	assert_int_equal(history.books.arrears_nano, 800);
	assert_int_equal(history.books.cash_nano, 0);
	assert_int_equal(books_take_back(&history.books, 99, 1), OUTCOME_NO_SUCH_LOT);
	check_invariants(&history);
}

/* R14, B&S 3: 37.99 of 37.996 is reserved; late usage owes; released, it pays that first. */
static void
test_refund(void **state)
{
	static History history;
	int64_t lot_no;

	(void) state;
	history_begin(&history);
	lot_no = add_lot(&history, LOT_CASH, INT64_C(50000000000), NEVER_EXPIRES);
	take(&history, INT64_C(12004000000));
	history.books.source.type = SOURCE_REFUND_ITEM;
	assert_int_equal(books_reserve(&history.books, lot_no, INT64_C(37996000001)),
					 OUTCOME_NOT_COVERED);
	history_begin(&history);
	lot_no = add_lot(&history, LOT_CASH, INT64_C(50000000000), NEVER_EXPIRES);
	take(&history, INT64_C(12004000000));
	history.books.source.type = SOURCE_REFUND_ITEM;
	assert_int_equal(books_reserve(&history.books, lot_no, INT64_C(37990000000)), OUTCOME_OK);
	assert_true(remaining(&history, lot_no) == INT64_C(6000000));
	assert_true(history.lots[0].given_back_nano == INT64_C(37990000000));
	take(&history, INT64_C(1000000000));
	assert_true(history.books.arrears_nano == INT64_C(994000000));
	history.books.source.type = SOURCE_REFUND_ITEM;
	assert_int_equal(books_pay_reserve(&history.books, INT64_C(1000000000)), OUTCOME_OK);
	assert_int_equal(books_release(&history.books, lot_no, INT64_C(36990000000)), OUTCOME_OK);
	assert_true(history.lots[0].given_back_nano == INT64_C(1000000000));
	pay_arrears(&history, SOURCE_REFUND_ITEM);
	assert_true(remaining(&history, lot_no) == INT64_C(35996000000));
	assert_int_equal(books_reserve(&history.books, 99, 1), OUTCOME_NO_SUCH_LOT);
	assert_int_equal(books_release(&history.books, 99, 1), OUTCOME_NO_SUCH_LOT);
}

/* Bonus leaves as far as it is there, and no cash does so. */
static void
test_forfeit(void **state)
{
	static History history;
	int64_t bonus;
	int64_t cash;

	(void) state;
	history_begin(&history);
	cash = add_lot(&history, LOT_CASH, 5000, NEVER_EXPIRES);
	bonus = add_lot(&history, LOT_BONUS, 500, NEVER_EXPIRES);
	history.books.source.type = SOURCE_REFUND;
	assert_int_equal(books_forfeit(&history.books, bonus, 200), OUTCOME_OK);
	assert_int_equal(remaining(&history, bonus), 300);
	assert_int_equal(books_forfeit(&history.books, bonus, 900), OUTCOME_OK);
	assert_int_equal(remaining(&history, bonus), 0);
	assert_int_equal(books_forfeit(&history.books, cash, 1), OUTCOME_NOT_ALLOWED);
	assert_int_equal(books_forfeit(&history.books, 99, 1), OUTCOME_NO_SUCH_LOT);
}

/* Undoes the last charge, whose entries are those from first up to now. */
static Outcome
undo_slices(History *history, const Slice *slices, size_t count, ArrearsMove *moves,
			size_t moves_count)
{
	ArrearsHistory arrears = {.moves = moves,
							  .count = moves_count,
							  .capacity = moves_count + ARREARS_CUTS_MAX(moves_count)};
	UndoneCharge undone;

	history->books.source.type = SOURCE_REVERSAL;
	return books_undo_charge(&history->books, slices, count, INT64_MAX, &arrears, &undone);
}

/*
 * Walk 2, steps 7, 8 and on: F of 50.00 has paid 13.004 when it is taken back whole; the
 * debt that is left is paid by another order, a charge that F paid is undone, and then the
 * dispute is won: F holds more than it did at first, and no nano more than came in.
 */
static void
test_take_back_undone(void **state)
{
	static History history;
	Slice slices[4];
	ArrearsMove none[ARREARS_CUTS_MAX(0)];
	size_t count;
	int64_t f;

	(void) state;
	history_begin(&history);
	f = add_lot(&history, LOT_CASH, INT64_C(50000000000), NEVER_EXPIRES);
	take(&history, INT64_C(13004000000));
	count = slices_from(&history, 1, slices);
	history.books.source.type = SOURCE_TAKE_BACK;
	assert_int_equal(books_take_back(&history.books, f, INT64_C(50000000000)), OUTCOME_OK);
	assert_true(remaining(&history, f) == 0 && history.books.arrears_nano == INT64_C(13004000000));
	/* More than it has paid cannot come back to it. */
	assert_true(history.lots[0].given_back_nano == INT64_C(36996000000));
	add_lot(&history, LOT_CASH, INT64_C(20000000000), NEVER_EXPIRES);
	pay_arrears(&history, SOURCE_PAYMENT);
	assert_true(history.books.arrears_nano == 0);
	assert_int_equal(undo_slices(&history, slices, count, none, 0), OUTCOME_OK);
	assert_true(remaining(&history, f) == INT64_C(13004000000));
	history.books.source.type = SOURCE_TAKE_BACK;
	assert_int_equal(books_undo_take_back(&history.books, f, INT64_C(50000000000)), OUTCOME_OK);
	assert_true(remaining(&history, f) == INT64_C(63004000000));
	assert_true(history.lots[0].given_back_nano == -INT64_C(13004000000));
	assert_int_equal(books_undo_take_back(&history.books, 99, 1), OUTCOME_NO_SUCH_LOT);
	assert_int_equal(books_undo_take_back(&history.books, f, BOOKS_BALANCE_MAX),
					 OUTCOME_OUT_OF_RANGE);
	check_invariants(&history);
}

/* What went back to the payer is not given to the lot by undoing a charge that it did not pay. */
static void
test_taken_lot_is_bounded(void **state)
{
	static History history;
	ArrearsMove none[ARREARS_CUTS_MAX(0)];
	Slice more = {.entry_no = 2, .lot_no = 1, .amount_nano = 1301};

	(void) state;
	history_begin(&history);
	(void) add_lot(&history, LOT_CASH, 5000, NEVER_EXPIRES);
	take(&history, 1300);
	history.books.source.type = SOURCE_TAKE_BACK;
	assert_int_equal(books_take_back(&history.books, 1, 5000), OUTCOME_OK);
	assert_int_equal(undo_slices(&history, &more, 1, none, 0), OUTCOME_NOT_ALLOWED);
}

/* Money in suspense that is taken back is nobody's debt (pair 6). */
static void
test_take_back_of_suspense(void **state)
{
	static History history;

	(void) state;
	history_begin(&history);
	history.books.source.type = SOURCE_PAYMENT;
	assert_int_equal(books_suspend(&history.books, 100), OUTCOME_OK);
	history.books.source.type = SOURCE_TAKE_BACK;
	assert_int_equal(books_end_suspense(&history.books, 40, BOOK_GATEWAY), OUTCOME_OK);
	assert_int_equal(books_end_suspense(&history.books, 60, BOOK_BREAKAGE), OUTCOME_NOT_ALLOWED);
	assert_int_equal(history.books.arrears_nano, 0);
	assert_int_equal(history.books.transfers_count, 2);
}

/* What is asked for and cannot be: each has its answer, and makes no entry. */
static void
test_refusals(void **state)
{
	static History history;
	Lot lot = {.lot_no = 1, .kind = LOT_BONUS, .amount_nano = 1, .expires_at = NEVER_EXPIRES};
	int64_t moved;

	(void) state;
	history_begin(&history);
	take(&history, 10);
	history.books.source.type = SOURCE_WRITE_OFF;
	assert_int_equal(books_write_off(&history.books, 11), OUTCOME_NOT_COVERED);
	assert_int_equal(books_write_off(&history.books, -1), OUTCOME_NOT_ALLOWED);
	assert_int_equal(books_empty_lot(&history.books, 1, BOOK_PROMOTION, &moved),
					 OUTCOME_NO_SUCH_LOT);
	assert_int_equal(history.books.transfers_count, 1);
	assert_int_equal(books_write_off(&history.books, 10), OUTCOME_OK);
	assert_int_equal(history.books.arrears_nano, 0);

	/* A source that the pair does not allow. */
	history.books.source.type = SOURCE_GRANT;
	assert_int_equal(books_take(&history.books, 1, BOOK_REVENUE), OUTCOME_NOT_ALLOWED);
	assert_int_equal(books_add_lot(&history.books, &lot, BOOK_GATEWAY), OUTCOME_NOT_ALLOWED);

	/* Beyond numeric(18,9). */
	history_begin(&history);
	take(&history, MONEY_NANO_MAX);
	assert_false(books_can_take(&history.books, 1));
	assert_true(books_can_take(&history.books, 0));
	assert_int_equal(books_take(&history.books, 1, BOOK_REVENUE), OUTCOME_OUT_OF_RANGE);

	/* Credit ends long before, and what an operator takes; a charge goes on. */
	history_begin(&history);
	(void) add_lot(&history, LOT_CASH, BOOKS_BALANCE_MAX, NEVER_EXPIRES);
	assert_int_equal(books_add_lot(&history.books, &lot, BOOK_GATEWAY), OUTCOME_OUT_OF_RANGE);
	assert_true(books_can_take(&history.books, MONEY_NANO_MAX));
	take(&history, BOOKS_BALANCE_MAX);
	assert_int_equal(books_take(&history.books, BOOKS_BALANCE_MAX + 1, BOOK_ADJUSTMENT),
					 OUTCOME_OUT_OF_RANGE);
	take(&history, BOOKS_BALANCE_MAX + 1);

	/* No room for a transfer, none for a lot. */
	history_begin(&history);
	history.books.transfers_capacity = 0;
	history.books.source.type = SOURCE_CHARGE;
	assert_int_equal(books_take(&history.books, 1, BOOK_REVENUE), OUTCOME_TOO_MANY);
	history.books.lots_capacity = 0;
	assert_int_equal(books_add_lot(&history.books, &lot, BOOK_PROMOTION), OUTCOME_TOO_MANY);
}

/* R23: with nothing in between, undoing restores every lot and the arrears. */
static void
test_undo_restores(void **state)
{
	static History history;
	Slice slices[LOTS_MAX];

	(void) state;
	for (int round = 0; round < 5000; round++)
	{
		Lot before[LOTS_MAX];
		int64_t arrears_before;
		int64_t amount = random_below(300);
		size_t first;
		size_t count;

		history_begin(&history);
		for (int64_t lots = random_below(6); lots > 0; lots--)
			add_lot(&history, random_below(2) ? LOT_BONUS : LOT_CASH, 1 + random_below(80),
					NEVER_EXPIRES);
		take(&history, random_below(200));
		memcpy(before, history.lots, sizeof(before));
		arrears_before = history.books.arrears_nano;

		first = history.books.transfers_count;
		take(&history, amount);
		count = slices_from(&history, first, slices);
		int64_t sum = 0;
		for (size_t i = 0; i < count; i++)
			sum += slices[i].amount_nano;
		assert_int_equal(sum, amount);

		assert_int_equal(undo(&history, slices, count), amount);
		assert_int_equal(history.books.arrears_nano, arrears_before);
		for (size_t i = 0; i < history.books.lots_count; i++)
			assert_int_equal(history.lots[i].remaining_nano, before[i].remaining_nano);
		check_invariants(&history);
	}
}

/* R23, B&S 3: the latest slice first; of arrears what is owed, then what lots paid, the latest
 * first. */
static void
test_undo_order(void **state)
{
	static const struct
	{
		Book credit;
		int64_t lot_no;
		int64_t amount;
		int64_t undoes_entry_no;
	} expected[] = {
		{BOOK_ARREARS, NO_NUMBER, 3, 5},
		{BOOK_CASH, 4, 3, 9},
		{BOOK_CASH, 3, 4, 7},
		{BOOK_CASH, 2, 3, 4},
		{BOOK_BONUS, 1, 2, 3},
	};
	static History history;
	Slice slices[3];

	(void) state;
	history_begin(&history);
	add_lot(&history, LOT_BONUS, 2, NEVER_EXPIRES);
	add_lot(&history, LOT_CASH, 3, NEVER_EXPIRES);
	take(&history, 15);
	assert_int_equal(slices_from(&history, 2, slices), 3);
	add_lot(&history, LOT_CASH, 4, NEVER_EXPIRES);
	pay_arrears(&history, SOURCE_PAYMENT);
	add_lot(&history, LOT_CASH, 3, NEVER_EXPIRES);
	pay_arrears(&history, SOURCE_PAYMENT);
	assert_int_equal(history.books.transfers_count, 9);
	assert_int_equal(undo(&history, slices, 3), 15);
	assert_int_equal(history.books.transfers_count, 9 + LENGTH(expected));
	for (size_t i = 0; i < LENGTH(expected); i++)
	{
		const Transfer *transfer = &history.transfers[9 + i];

		assert_int_equal(transfer->debit, BOOK_REVENUE);
		assert_int_equal(transfer->credit, expected[i].credit);
		assert_int_equal(transfer->lot_no, expected[i].lot_no);
		assert_int_equal(transfer->amount_nano, expected[i].amount);
		assert_int_equal(transfer->undoes_entry_no, expected[i].undoes_entry_no);
	}
	check_invariants(&history);
}

/* R23: a share that was written off is not given back; what lots paid since is. */
static void
test_undo_after_write_off(void **state)
{
	static History history;
	Slice slice;
	int64_t lot_no;

	(void) state;
	history_begin(&history);
	take(&history, 10);
	assert_int_equal(slices_from(&history, 0, &slice), 1);
	history.books.source.type = SOURCE_WRITE_OFF;
	assert_int_equal(books_write_off(&history.books, 4), OUTCOME_OK);
	lot_no = add_lot(&history, LOT_CASH, 5, NEVER_EXPIRES);
	pay_arrears(&history, SOURCE_PAYMENT);
	assert_int_equal(history.books.arrears_nano, 1);
	assert_int_equal(undo(&history, &slice, 1), 6);
	assert_int_equal(history.books.arrears_nano, 0);
	assert_int_equal(remaining(&history, lot_no), 5);
	check_invariants(&history);
}

/* R23 in a batch: each charge gives back its own part of what the batch left as arrears. */
static void
test_undo_in_batch(void **state)
{
	static History history;
	Slice batch[2];
	Slice slices[2];
	int64_t lot_no;

	(void) state;
	history_begin(&history);
	lot_no = add_lot(&history, LOT_CASH, 5, NEVER_EXPIRES);
	take(&history, 20); /* three charges: 8, 4, 8 */
	assert_int_equal(slices_from(&history, 1, batch), 2);
	history.books.source.type = SOURCE_WRITE_OFF;
	assert_int_equal(books_write_off(&history.books, 5),
					 OUTCOME_OK); /* 3 of the first, 2 of the second */

	assert_int_equal(cut_slices(batch, 2, 12, 8, slices), 1);
	assert_int_equal(slices[0].from_nano, 7);
	assert_int_equal(undo(&history, slices, 1), 8);
	assert_int_equal(history.books.arrears_nano, 2);
	assert_int_equal(cut_slices(batch, 2, 8, 4, slices), 1);
	assert_int_equal(undo(&history, slices, 1), 2);
	assert_int_equal(history.books.arrears_nano, 0);
	assert_int_equal(cut_slices(batch, 2, 0, 8, slices), 2);
	assert_int_equal(undo(&history, slices, 2), 5);
	assert_int_equal(remaining(&history, lot_no), 5);
	check_invariants(&history);
}

static int64_t
book_total(const History *history, Book book)
{
	int64_t total = 0;

	for (size_t i = 0; i < history->books.transfers_count; i++)
		total += effect(&history->transfers[i], book);
	return total;
}

typedef struct Expected
{
	Book debit;
	Book credit;
	int64_t lot_no;
	int64_t amount;
} Expected;

static void
check_transfers(const History *history, size_t first, const Expected *expected, size_t count)
{
	assert_int_equal(history->books.transfers_count, first + count);
	for (size_t i = 0; i < count; i++)
	{
		const Transfer *transfer = &history->transfers[first + i];

		assert_int_equal(transfer->debit, expected[i].debit);
		assert_int_equal(transfer->credit, expected[i].credit);
		assert_int_equal(transfer->lot_no, expected[i].lot_no);
		assert_int_equal(transfer->amount_nano, expected[i].amount);
	}
}

/*
 * R20, R23: undone up to an amount, the latest slices go, the last of them in part; then the rest.
 * A charge of 10 nanos: 4 of bonus, 3 of cash, 3 owed, of which a payment has paid 2 since.
 */
static void
test_undo_up_to(void **state)
{
	static const Expected expected[] = {
		{BOOK_REVENUE, BOOK_ARREARS, NO_NUMBER, 1},
		{BOOK_REVENUE, BOOK_CASH, 3, 1},
		{BOOK_REVENUE, BOOK_CASH, 3, 1},
		{BOOK_REVENUE, BOOK_CASH, 2, 3},
		{BOOK_REVENUE, BOOK_BONUS, 1, 1},
		{BOOK_REVENUE, BOOK_BONUS, 1, 3},
	};
	static History history;
	Slice slices[4];
	Slice whole[3];
	UndoneCharge undone;

	(void) state;
	history_begin(&history);
	add_lot(&history, LOT_BONUS, 4, NEVER_EXPIRES);
	add_lot(&history, LOT_CASH, 3, NEVER_EXPIRES);
	take(&history, 10);
	assert_int_equal(slices_from(&history, 2, slices), 3);
	memcpy(whole, slices, sizeof(whole));
	add_lot(&history, LOT_CASH, 2, NEVER_EXPIRES);
	pay_arrears(&history, SOURCE_PAYMENT);
	undone = undo_up_to(&history, slices, 3, 2, whole, 3);
	assert_int_equal(undone.given_back_nano, 2);
	assert_int_equal(books_drop_undone(slices, 3, &undone), 3);
	assert_int_equal(slices[2].amount_nano, 1);
	undone = undo_up_to(&history, slices, 3, 5, whole, 3);
	assert_int_equal(undone.given_back_nano, 5);
	assert_int_equal(books_drop_undone(slices, 3, &undone), 3);
	assert_int_equal(undo_up_to(&history, slices, 3, 99, whole, 3).given_back_nano, 3);
	check_transfers(&history, 7, expected, LENGTH(expected));
	assert_int_equal(book_total(&history, BOOK_REVENUE), 0);
	check_invariants(&history);
}

/* R20's example: paid by bonus that has expired since, two of ten go back to it, and cash is not
 * touched. */
static void
test_undo_of_expired(void **state)
{
	static const Expected expected[] = {{BOOK_REVENUE, BOOK_BONUS, 1, 2},
										{BOOK_BONUS, BOOK_BREAKAGE, 1, 2}};
	static History history;
	Slice slices[2];
	size_t count;
	int64_t cash;

	(void) state;
	history_begin(&history);
	add_lot(&history, LOT_BONUS, 10, 100);
	cash = add_lot(&history, LOT_CASH, 50, NEVER_EXPIRES);
	take(&history, 10);
	count = slices_from(&history, 2, slices);
	assert_int_equal(books_expire(&history.books, 200), OUTCOME_OK);
	assert_int_equal(undo_up_to(&history, slices, count, 2, slices, count).given_back_nano, 2);
	assert_int_equal(books_expire(&history.books, 200), OUTCOME_OK);
	check_transfers(&history, 3, expected, LENGTH(expected));
	assert_int_equal(remaining(&history, cash), 50);
	check_invariants(&history);
}

/* What was taken back: the lot gets its share, and it pays the debt. Forgiven, nothing is given
 * back. */
static void
test_undo_up_to_taken_back(void **state)
{
	static History history;
	Slice slices[2];
	ArrearsMove moves[20];
	TakenLot taken = {.amount_nano = 10};
	ArrearsHistory arrears;
	UndoneCharge undone;
	size_t count;

	(void) state;
	history_begin(&history);
	taken.lot_no = add_lot(&history, LOT_CASH, 10, NEVER_EXPIRES);
	take(&history, 10);
	count = slices_from(&history, 1, slices);
	history.books.source.type = SOURCE_TAKE_BACK;
	assert_int_equal(books_take_back(&history.books, taken.lot_no, 10), OUTCOME_OK);
	taken.entry_no = (int64_t) history.books.transfers_count;
	assert_int_equal(undo_up_to(&history, slices, count, 3, slices, count).given_back_nano, 3);
	pay_arrears(&history, SOURCE_REVERSAL);
	assert_int_equal(history.books.arrears_nano, 7);
	slices[0].amount_nano -= 3;
	history.books.source.type = SOURCE_WRITE_OFF;
	assert_int_equal(books_write_off(&history.books, 1), OUTCOME_OK);
	arrears = (ArrearsHistory){
		.moves = moves, .count = arrears_moves(&history, moves), .taken = &taken, .taken_count = 1};
	arrears.capacity = arrears.count + ARREARS_CUTS_MAX(arrears.count);
	history.books.source.type = SOURCE_REVERSAL;
	assert_int_equal(books_undo_charge(&history.books, slices, count, 0, &arrears, &undone),
					 OUTCOME_OK);
	assert_int_equal(books_undo_charge(&history.books, slices, count, 2, &arrears, &undone),
					 OUTCOME_WRITTEN_OFF);
}

/* Slices of a charge that is priced anew, several times. */
#define SLICES_MAX (8 * (LOTS_MAX + 1))

typedef struct Charge
{
	Slice slices[SLICES_MAX];
	size_t count;
	Slice whole[SLICES_MAX]; /* nothing of them undone */
	size_t whole_count;
	int64_t amount; /* that is booked of it */
	bool undone;
} Charge;

#define CHARGES_MAX 12

/* One to four charges that are taken as one sum. */
static void
random_batch(History *history, Charge *charges, size_t *charges_count)
{
	size_t first = history->books.transfers_count;
	size_t first_charge = *charges_count;
	Slice batch[LOTS_MAX + 1];
	size_t batch_count;
	int64_t sum = 0;

	for (int64_t i = random_below(4); i >= 0 && *charges_count < CHARGES_MAX; i--)
	{
		charges[*charges_count] = (Charge){.amount = 1 + random_below(50)};
		sum += charges[(*charges_count)++].amount;
	}
	take(history, sum);
	batch_count = slices_from(history, first, batch);
	sum = 0;
	for (size_t i = first_charge; i < *charges_count; i++)
	{
		charges[i].count = cut_slices(batch, batch_count, sum, charges[i].amount,
									  charges[i].slices);
		charges[i].whole_count = charges[i].count;
		memcpy(charges[i].whole, charges[i].slices, charges[i].count * sizeof(Slice));
		sum += charges[i].amount;
	}
}

static void
undo_whole(History *history, Charge *charge)
{
	(void) undo_up_to(history, charge->slices, charge->count, INT64_MAX, charge->whole,
					  charge->whole_count);
	charge->undone = true;
}

static int64_t
slices_sum(const Slice *slices, size_t count, bool of_kept)
{
	int64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		if (!of_kept || slices[i].entry_no == NO_NUMBER)
			sum += slices[i].amount_nano;
	return sum;
}

/*
 * Gives a charge another price: what is more is charged, what is less undone. What was written off
 * stays booked, and nothing else.
 */
static void
rerate(History *history, Charge *charge, int64_t amount)
{
	size_t first = history->books.transfers_count;
	UndoneCharge undone;

	if (charge->undone || charge->count + LOTS_MAX + 2 > SLICES_MAX ||
		charge->whole_count + LOTS_MAX + 2 > SLICES_MAX)
		return;
	if (amount >= charge->amount)
	{
		take(history, amount - charge->amount);
		charge->count += slices_from(history, first, charge->slices + charge->count);
		charge->whole_count += slices_from(history, first, charge->whole + charge->whole_count);
	}
	else
	{
		undone = undo_up_to(history, charge->slices, charge->count, charge->amount - amount,
							charge->whole, charge->whole_count);
		assert_true(undone.given_back_nano + undone.written_off_nano <= charge->amount - amount);
		charge->count = books_drop_undone(charge->slices, charge->count, &undone);
		amount = charge->amount - undone.given_back_nano;
		assert_true(amount >= slices_sum(charge->slices, charge->count, true));
	}
	charge->amount = amount;
	assert_int_equal(slices_sum(charge->slices, charge->count, false), amount);
}

/*
 * A write-off covers what it cleared, whatever the price becomes: owed 10, paid 6, written off 4.
 * For 8, nothing is given back, and 4 stay written off; for 10 again nothing is charged; for 5 one
 * is given back; for 12 three more are charged, and go first when it is 10 in the end.
 */
static void
test_undo_up_to_written_off(void **state)
{
	static const struct
	{
		int64_t price;
		int64_t booked;
		int64_t paid;
	} steps[] = {{8, 10, 6}, {10, 10, 6}, {5, 9, 5}, {12, 12, 8}, {10, 10, 6}, {0, 4, 0}};
	static History history;
	static Charge charge;
	int64_t lot_no;

	(void) state;
	history_begin(&history);
	take(&history, 10);
	charge.amount = 10;
	charge.count = slices_from(&history, 0, charge.slices);
	charge.whole_count = slices_from(&history, 0, charge.whole);
	lot_no = add_lot(&history, LOT_CASH, 6, NEVER_EXPIRES);
	pay_arrears(&history, SOURCE_PAYMENT);
	history.books.source.type = SOURCE_WRITE_OFF;
	assert_int_equal(books_write_off(&history.books, 4), OUTCOME_OK);
	add_lot(&history, LOT_CASH, 50, NEVER_EXPIRES);
	for (size_t i = 0; i < LENGTH(steps); i++)
	{
		rerate(&history, &charge, steps[i].price);
		pay_arrears(&history, SOURCE_REVERSAL);
		assert_int_equal(charge.amount, steps[i].booked);
		assert_int_equal(history.books.cash_nano, 56 - steps[i].paid);
		check_invariants(&history);
	}
	assert_int_equal(remaining(&history, lot_no), 6);
}

/* One random step of an account's life; what it charged and gave up is added up. */
static void
random_step(History *history, Charge *charges, size_t *charges_count, int64_t now,
			int64_t *written_off)
{
	int64_t amount = 1 + random_below(50);
	SourceType source = SOURCE_REVERSAL;

	assert_int_equal(books_expire(&history->books, now), OUTCOME_OK);
	switch (random_below(6))
	{
		case 0:
			add_lot(history, LOT_CASH, amount, NEVER_EXPIRES);
			source = SOURCE_PAYMENT;
			break;
		case 1:
			add_lot(history, LOT_BONUS, amount, random_below(2) ? NEVER_EXPIRES : now + 20);
			source = SOURCE_GRANT;
			break;
		case 2:
			if (history->books.arrears_nano == 0)
				return;
			amount = 1 + random_below(history->books.arrears_nano);
			history->books.source.type = SOURCE_WRITE_OFF;
			assert_int_equal(books_write_off(&history->books, amount), OUTCOME_OK);
			*written_off += amount;
			return;
		case 3:
			if (*charges_count > 0)
			{
				Charge *charge = &charges[random_below((int64_t) *charges_count)];

				if (!charge->undone)
					undo_whole(history, charge);
				assert_int_equal(books_expire(&history->books, now), OUTCOME_OK);
			}
			break;
		case 4:
			if (*charges_count > 0)
				rerate(history, &charges[random_below((int64_t) *charges_count)], random_below(60));
			assert_int_equal(books_expire(&history->books, now), OUTCOME_OK);
			break;
		default:
			if (*charges_count == CHARGES_MAX)
				return;
			random_batch(history, charges, charges_count);
			return;
	}
	pay_arrears(history, source);
}

/*
 * Random lives, in which charges get other prices, too: the invariants hold after each step;
 * arrears and credit never stand side by side; no payment is given back beyond what it was; and
 * when every charge is undone in the end, no debt is left, and the revenue that stays is what was
 * written off, no more and no less.
 */
static void
test_random_lives(void **state)
{
	static History history;
	static Charge charges[CHARGES_MAX];

	(void) state;
	for (int round = 0; round < 3000; round++)
	{
		size_t charges_count = 0;
		int64_t written_off = 0;

		history_begin(&history);
		for (int64_t now = 1; now <= 40; now++)
		{
			random_step(&history, charges, &charges_count, now, &written_off);
			check_invariants(&history);
			assert_true(history.books.arrears_nano == 0 ||
						history.books.cash_nano + history.books.bonus_nano == 0);
		}
		for (size_t i = charges_count; i-- > 0;)
		{
			if (!charges[i].undone)
				undo_whole(&history, &charges[i]);
			pay_arrears(&history, SOURCE_REVERSAL);
			check_invariants(&history);
		}
		assert_int_equal(history.books.arrears_nano, 0);
		assert_int_equal(book_total(&history, BOOK_REVENUE), written_off);
		for (size_t i = 0; i < history.books.transfers_count; i++)
		{
			int64_t returned = 0;

			for (size_t j = i + 1; j < history.books.transfers_count; j++)
				if (history.transfers[j].undoes_entry_no == (int64_t) i + 1)
					returned += history.transfers[j].amount_nano;
			assert_true(returned <= history.transfers[i].amount_nano);
		}
	}
}

/* R3, R22: a plan's money is earned, and taken back, beside all that the account holds. */
static void
test_plan_money(void **state)
{
	static History history;
	Books *books = &history.books;
	PlanMoney plan = {.subscription_no = 3};

	(void) state;
	history_begin(&history);
	add_lot(&history, LOT_CASH, 50, NEVER_EXPIRES);
	books->source.type = SOURCE_PAYMENT;
	assert_int_equal(books_defer(books, &plan, 999, BOOK_CASH), OUTCOME_NOT_ALLOWED);
	assert_int_equal(books_defer(books, &plan, 999, BOOK_GATEWAY), OUTCOME_OK);
	assert_int_equal(books_earn(books, &plan, 1), OUTCOME_NOT_ALLOWED);
	books->source.type = SOURCE_SUBSCRIPTION;
	assert_int_equal(books_earn(books, &plan, 1000), OUTCOME_NOT_COVERED);
	assert_int_equal(books_earn(books, &plan, -1), OUTCOME_NOT_ALLOWED);
	assert_int_equal(books_earn(books, &plan, 0), OUTCOME_OK);
	assert_int_equal(books_earn(books, &plan, 600), OUTCOME_OK);
	books->source.type = SOURCE_TAKE_BACK;
	assert_int_equal(books_take_back_plan(books, &plan, 500), OUTCOME_OK);
	assert_int_equal(plan.deferred_nano, 0);
	assert_int_equal(history.transfers[4].credit, BOOK_GATEWAY);
	assert_int_equal(history.transfers[4].debit, BOOK_REVENUE);
	assert_int_equal(history.transfers[4].amount_nano, 101);
	assert_int_equal(history.transfers[4].subscription_no, 3);
	assert_int_equal(books_defer(books, &plan, 500, BOOK_GATEWAY), OUTCOME_OK);
	assert_int_equal(plan.deferred_nano, 500);
	assert_int_equal(books->cash_nano, 50);
	assert_int_equal(books->arrears_nano, 0);
	books->transfers_capacity = books->transfers_count;
	assert_int_equal(books_take_back_plan(books, &plan, 1), OUTCOME_TOO_MANY);
}

/* A booking finds room for the transfers it makes, however many lots there are. */
static void
test_transfers_max(void **state)
{
	static History history;

	(void) state;
	for (int lots = 0; lots < LOTS_MAX; lots++)
	{
		history_begin(&history);
		for (int i = 0; i < lots; i++)
			add_lot(&history, i % 2 ? LOT_BONUS : LOT_CASH, 10, i % 4 == 1 ? 100 : NEVER_EXPIRES);
		history.books.transfers_count = 0;
		history.books.transfers_capacity = books_transfers_max((size_t) lots);
		assert_int_equal(books_expire(&history.books, 100), OUTCOME_OK);
		take(&history, 10000);
		pay_arrears(&history, SOURCE_PAYMENT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lots_order),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_arrears_first),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_refund),
		cmocka_unit_test(test_forfeit),
		cmocka_unit_test(test_take_back),
		cmocka_unit_test(test_take_back_undone),
		cmocka_unit_test(test_taken_lot_is_bounded),
		cmocka_unit_test(test_take_back_of_suspense),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_undo_restores),
		cmocka_unit_test(test_undo_order),
		cmocka_unit_test(test_undo_after_write_off),
		cmocka_unit_test(test_undo_in_batch),
		cmocka_unit_test(test_undo_up_to),
		cmocka_unit_test(test_undo_of_expired),
		cmocka_unit_test(test_undo_up_to_written_off),
		cmocka_unit_test(test_undo_up_to_taken_back),
		cmocka_unit_test(test_random_lives),
		cmocka_unit_test(test_plan_money),
		cmocka_unit_test(test_transfers_max),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
