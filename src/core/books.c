/*-------------------------------------------------------------------------
 *
 * books.c
 *	  Transfers over lots and arrears: R6, R7, R8, R19, R22, R23.
 *
 * Every function ends in post(), the one place that makes a transfer and the
 * one place that changes a lot or a total.
 *
 *-------------------------------------------------------------------------
 */
#include "core/books.h"

#include <stdlib.h>
#include <string.h>

static int64_t
min_nano(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static Book
lot_book(const Lot *lot)
{
	return lot->kind == LOT_BONUS ? BOOK_BONUS : BOOK_CASH;
}

static Lot *
find_lot(Books *books, int64_t lot_no)
{
	for (size_t i = 0; i < books->lots_count; i++)
		if (books->lots[i].lot_no == lot_no)
			return &books->lots[i];
	return NULL;
}

/* What the account holds. */
static int64_t
credit_nano(const Books *books)
{
	return books->cash_nano + books->bonus_nano;
}

/* What it would owe if an amount were taken. */
static int64_t
owed_after_nano(const Books *books, int64_t amount_nano)
{
	int64_t beyond_nano = amount_nano - credit_nano(books);

	return books->arrears_nano + (beyond_nano > 0 ? beyond_nano : 0);
}

/* Adds delta to a total that may be neither negative nor out of range. */
static Outcome
change(int64_t *total_nano, int64_t delta_nano)
{
	int64_t sum;

	if (!money_add(*total_nano, delta_nano, &sum))
		return OUTCOME_OUT_OF_RANGE;
	if (sum < 0)
		return OUTCOME_NOT_COVERED;
	*total_nano = sum;
	return OUTCOME_OK;
}

/*
 * Applies one side of a transfer to what the account holds. sign is +1 where
 * the side raises a liability (credit) and -1 where it lowers one (debit);
 * arrears are an asset, so they move the other way.
 */
static Outcome
apply_side(Books *books, Book book, Lot *lot, int sign, int64_t amount_nano)
{
	Outcome outcome = OUTCOME_OK;

	if (book == BOOK_ARREARS)
		return change(&books->arrears_nano, -sign * amount_nano);
	if (book != BOOK_CASH && book != BOOK_BONUS)
		return OUTCOME_OK;
	if (lot == NULL || lot_book(lot) != book)
		return OUTCOME_NOT_ALLOWED;

	outcome = change(&lot->remaining_nano, sign * amount_nano);
	if (outcome == OUTCOME_OK)
		outcome = change(book == BOOK_CASH ? &books->cash_nano : &books->bonus_nano,
						 sign * amount_nano);
	if (outcome == OUTCOME_OK && credit_nano(books) > MONEY_NANO_MAX)
		return OUTCOME_OUT_OF_RANGE;
	lot->changed = true;
	return outcome;
}

/*
 * What a lot holds is at most what was paid in less what went back to the payer: only
 * what it has paid itself can come back to it.
 */
static Outcome
check_lot(const Lot *lot)
{
	return lot && lot->remaining_nano > lot->amount_nano - lot->given_back_nano
			   ? OUTCOME_NOT_ALLOWED
			   : OUTCOME_OK;
}

/* How much more a transfer gives back to the payer; below 0 where it comes from him again. */
static int64_t
given_back_by(const Books *books, Book debit, Book credit, int64_t amount_nano)
{
	if (debit == BOOK_CASH && (credit == BOOK_GATEWAY || credit == BOOK_REFUND_PAYABLE))
		return amount_nano;
	if (credit != BOOK_CASH)
		return 0;
	return debit == BOOK_REFUND_PAYABLE || books->source.type == SOURCE_TAKE_BACK ? -amount_nano
																				  : 0;
}

static void
give_back_to_payer(Lot *lot, int64_t amount_nano)
{
	lot->given_back_nano += amount_nano;
	lot->given_back_changed = lot->given_back_changed || amount_nano != 0;
}

/* Whether a transfer of lots or of a subscription may be made, and there is room for it. */
static Outcome
check_transfer(const Books *books, Book debit, Book credit, const Lot *lot, const PlanMoney *plan,
			   int64_t amount_nano)
{
	TransferShape shape = {
		.debit = debit,
		.credit = credit,
		.source = books->source.type,
		.has_lot = lot != NULL,
		.has_subscription = plan != NULL,
		.has_gateway = debit == BOOK_GATEWAY || credit == BOOK_GATEWAY,
		.on_house_account = books->on_house,
	};

	if (amount_nano < 0 || !book_pair_allows(&shape))
		return OUTCOME_NOT_ALLOWED;
	return books->transfers_count == books->transfers_capacity ? OUTCOME_TOO_MANY : OUTCOME_OK;
}

/* Makes one transfer; an amount of zero makes none. */
static Outcome
post(Books *books, Book debit, Book credit, Lot *lot, int64_t amount_nano, int64_t undoes_entry_no)
{
	Outcome outcome;

	if (amount_nano == 0)
		return OUTCOME_OK;
	outcome = check_transfer(books, debit, credit, lot, NULL, amount_nano);
	if (outcome != OUTCOME_OK)
		return outcome;
	outcome = apply_side(books, debit, lot, -1, amount_nano);
	if (outcome == OUTCOME_OK)
		outcome = apply_side(books, credit, lot, +1, amount_nano);
	if (lot)
		give_back_to_payer(lot, given_back_by(books, debit, credit, amount_nano));
	if (outcome == OUTCOME_OK)
		outcome = check_lot(lot);
	if (outcome != OUTCOME_OK)
		return outcome;

	books->transfers[books->transfers_count++] = (Transfer){
		.debit = debit,
		.credit = credit,
		.amount_nano = amount_nano,
		.lot_no = lot ? lot->lot_no : NO_NUMBER,
		.undoes_entry_no = undoes_entry_no,
		.source = books->source,
		.occurred_at = books->occurred_at,
	};
	return OUTCOME_OK;
}

/* The same of a subscription's money; what is earned of it is in no total here. */
static Outcome
post_plan(Books *books, Book debit, Book credit, PlanMoney *plan, int64_t amount_nano)
{
	int sign = (credit == BOOK_PLAN_DEFERRED) - (debit == BOOK_PLAN_DEFERRED);
	Outcome outcome;

	if (amount_nano == 0)
		return OUTCOME_OK;
	outcome = check_transfer(books, debit, credit, NULL, plan, amount_nano);
	if (outcome != OUTCOME_OK)
		return outcome;
	outcome = change(&plan->deferred_nano, sign * amount_nano);
	if (outcome != OUTCOME_OK)
		return outcome;

	books->transfers[books->transfers_count++] = (Transfer){
		.debit = debit,
		.credit = credit,
		.amount_nano = amount_nano,
		.subscription_no = plan->subscription_no,
		.source = books->source,
		.occurred_at = books->occurred_at,
	};
	return OUTCOME_OK;
}

size_t
books_transfers_max(size_t lots_count)
{
	return 4 * lots_count + 2;
}

/* The order of R7: bonus before cash, soonest expiry first, then oldest first. */
static int
compare_lots(const void *left, const void *right)
{
	const Lot *a = left;
	const Lot *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->expires_at != b->expires_at)
		return a->expires_at < b->expires_at ? -1 : 1;
	return (a->lot_no > b->lot_no) - (a->lot_no < b->lot_no);
}

void
books_sort_lots(Books *books)
{
	if (books->lots_count > 1)
		qsort(books->lots, books->lots_count, sizeof(Lot), compare_lots);
}

Outcome
books_expire(Books *books, int64_t now)
{
	Source source = books->source;
	int64_t occurred_at = books->occurred_at;
	Outcome outcome = OUTCOME_OK;

	for (size_t i = 0; i < books->lots_count && outcome == OUTCOME_OK; i++)
	{
		Lot *lot = &books->lots[i];

		if (lot->expires_at > now)
			continue;
		books->source = (Source){SOURCE_LOT, lot->lot_no};
		books->occurred_at = lot->expires_at;
		outcome = post(books, lot_book(lot), BOOK_BREAKAGE, lot, lot->remaining_nano, NO_NUMBER);
	}
	books->source = source;
	books->occurred_at = occurred_at;
	return outcome;
}

int64_t
books_next_expiry(const Books *books)
{
	int64_t next = NEVER_EXPIRES;

	for (size_t i = 0; i < books->lots_count; i++)
		if (books->lots[i].remaining_nano > 0 && books->lots[i].expires_at < next)
			next = books->lots[i].expires_at;
	return next;
}

Outcome
books_take(Books *books, int64_t amount_nano, Book income)
{
	int64_t left_nano = amount_nano;
	Outcome outcome = OUTCOME_OK;

	if (income == BOOK_ADJUSTMENT && owed_after_nano(books, amount_nano) > BOOKS_BALANCE_MAX)
		return OUTCOME_OUT_OF_RANGE;
	for (size_t i = 0; i < books->lots_count && outcome == OUTCOME_OK && left_nano > 0; i++)
	{
		Lot *lot = &books->lots[i];
		int64_t share_nano = min_nano(left_nano, lot->remaining_nano);

		outcome = post(books, lot_book(lot), income, lot, share_nano, NO_NUMBER);
		left_nano -= share_nano;
	}
	if (outcome == OUTCOME_OK)
		outcome = post(books, BOOK_ARREARS, income, NULL, left_nano, NO_NUMBER);
	return outcome;
}

bool
books_can_take(const Books *books, int64_t amount_nano)
{
	return owed_after_nano(books, amount_nano) <= MONEY_NANO_MAX;
}

bool
books_can_add(const Books *books, int64_t amount_nano)
{
	return credit_nano(books) - books->arrears_nano <= BOOKS_BALANCE_MAX - amount_nano;
}

Outcome
books_add_lot(Books *books, const Lot *lot, Book debit)
{
	Lot *added;
	Outcome outcome;

	if (books->lots_count == books->lots_capacity)
		return OUTCOME_TOO_MANY;
	if (!books_can_add(books, lot->amount_nano))
		return OUTCOME_OUT_OF_RANGE;
	added = &books->lots[books->lots_count++];
	*added = *lot;
	added->remaining_nano = 0;
	outcome = post(books, debit, lot_book(added), added, lot->amount_nano, NO_NUMBER);
	books_sort_lots(books);
	return outcome;
}

Outcome
books_suspend(Books *books, int64_t amount_nano)
{
	return post(books, BOOK_GATEWAY, BOOK_SUSPENSE, NULL, amount_nano, NO_NUMBER);
}

Outcome
books_end_suspense(Books *books, int64_t amount_nano, Book credit)
{
	return post(books, BOOK_SUSPENSE, credit, NULL, amount_nano, NO_NUMBER);
}

Outcome
books_pay_arrears(Books *books)
{
	Outcome outcome = OUTCOME_OK;

	for (size_t i = 0; i < books->lots_count && outcome == OUTCOME_OK; i++)
	{
		Lot *lot = &books->lots[i];

		outcome = post(books, lot_book(lot), BOOK_ARREARS, lot,
					   min_nano(lot->remaining_nano, books->arrears_nano), NO_NUMBER);
	}
	return outcome;
}

Outcome
books_empty_lot(Books *books, int64_t lot_no, Book credit, int64_t *moved_nano)
{
	Lot *lot = find_lot(books, lot_no);

	if (lot == NULL)
		return OUTCOME_NO_SUCH_LOT;
	*moved_nano = lot->remaining_nano;
	return post(books, lot_book(lot), credit, lot, lot->remaining_nano, NO_NUMBER);
}

Outcome
books_take_back(Books *books, int64_t lot_no, int64_t amount_nano)
{
	Lot *lot = find_lot(books, lot_no);
	int64_t from_lot_nano;
	Outcome outcome;

	if (lot == NULL)
		return OUTCOME_NO_SUCH_LOT;
	from_lot_nano = min_nano(lot->remaining_nano, amount_nano);
	outcome = post(books, BOOK_CASH, BOOK_GATEWAY, lot, from_lot_nano, NO_NUMBER);
	if (outcome == OUTCOME_OK)
		outcome = post(books, BOOK_ARREARS, BOOK_GATEWAY, NULL, amount_nano - from_lot_nano,
					   NO_NUMBER);
	return outcome;
}

Outcome
books_undo_take_back(Books *books, int64_t lot_no, int64_t amount_nano)
{
	Lot *lot = find_lot(books, lot_no);

	if (lot == NULL)
		return OUTCOME_NO_SUCH_LOT;
	if (!books_can_add(books, amount_nano))
		return OUTCOME_OUT_OF_RANGE;
	return post(books, BOOK_GATEWAY, BOOK_CASH, lot, amount_nano, NO_NUMBER);
}

/* Moves an amount between a lot and another book. */
static Outcome
post_of_lot(Books *books, Book debit, Book credit, int64_t lot_no, int64_t amount_nano)
{
	Lot *lot = find_lot(books, lot_no);

	return lot ? post(books, debit, credit, lot, amount_nano, NO_NUMBER) : OUTCOME_NO_SUCH_LOT;
}

Outcome
books_reserve(Books *books, int64_t lot_no, int64_t amount_nano)
{
	return post_of_lot(books, BOOK_CASH, BOOK_REFUND_PAYABLE, lot_no, amount_nano);
}

Outcome
books_pay_reserve(Books *books, int64_t amount_nano)
{
	return post(books, BOOK_REFUND_PAYABLE, BOOK_GATEWAY, NULL, amount_nano, NO_NUMBER);
}

Outcome
books_release(Books *books, int64_t lot_no, int64_t amount_nano)
{
	return post_of_lot(books, BOOK_REFUND_PAYABLE, BOOK_CASH, lot_no, amount_nano);
}

Outcome
books_forfeit(Books *books, int64_t lot_no, int64_t amount_nano)
{
	const Lot *lot = find_lot(books, lot_no);

	return post_of_lot(books, BOOK_BONUS, BOOK_BREAKAGE, lot_no,
					   lot ? min_nano(amount_nano, lot->remaining_nano) : 0);
}

Outcome
books_defer(Books *books, PlanMoney *plan, int64_t amount_nano, Book from)
{
	return post_plan(books, from, BOOK_PLAN_DEFERRED, plan, amount_nano);
}

Outcome
books_earn(Books *books, PlanMoney *plan, int64_t amount_nano)
{
	return post_plan(books, BOOK_PLAN_DEFERRED, BOOK_REVENUE, plan, amount_nano);
}

Outcome
books_take_back_plan(Books *books, PlanMoney *plan, int64_t amount_nano)
{
	int64_t unearned_nano = min_nano(plan->deferred_nano, amount_nano);
	Outcome outcome = post_plan(books, BOOK_PLAN_DEFERRED, BOOK_GATEWAY, plan, unearned_nano);

	if (outcome == OUTCOME_OK)
		outcome = post_plan(books, BOOK_REVENUE, BOOK_GATEWAY, plan, amount_nano - unearned_nano);
	return outcome;
}

Outcome
books_settle(Books *books, Book debit, Book credit, int64_t amount_nano)
{
	return post(books, debit, credit, NULL, amount_nano, NO_NUMBER);
}

Outcome
books_write_off(Books *books, int64_t amount_nano)
{
	return post(books, BOOK_WRITE_OFF, BOOK_ARREARS, NULL, amount_nano, NO_NUMBER);
}

Outcome
books_repeat(Books *books, const Transfer *transfer)
{
	Lot *lot = find_lot(books, transfer->lot_no);

	if (transfer->lot_no != NO_NUMBER && lot == NULL)
		return OUTCOME_NO_SUCH_LOT;
	return post(books, transfer->debit, transfer->credit, lot, transfer->amount_nano,
				transfer->undoes_entry_no);
}

/* Among many moves an undo can be long. */
static void
check_stop(const ArrearsHistory *history)
{
	if (history->check_stop)
		history->check_stop();
}

/* Lets a move that lowers arrears clear a debt, as far as both last. */
static int64_t
clear_debt(ArrearsMove *debt, int64_t *left_nano)
{
	int64_t share_nano = min_nano(debt->open_nano, *left_nano);

	debt->open_nano -= share_nano;
	*left_nano -= share_nano;
	return share_nano;
}

/* Cuts the debt that an entry raised in two at a point within it. */
static Outcome
cut_debt(ArrearsHistory *history, int64_t entry_no, int64_t at_nano)
{
	check_stop(history);
	for (size_t i = 0; i < history->count; i++)
	{
		ArrearsMove *debt = &history->moves[i];
		int64_t first_nano = at_nano - debt->from_nano;

		if (debt->kind != ARREARS_RAISED || debt->entry_no != entry_no || first_nano <= 0 ||
			first_nano >= debt->amount_nano)
			continue;
		if (history->count == history->capacity)
			return OUTCOME_TOO_MANY;
		memmove(debt + 1, debt, (history->count - i) * sizeof(ArrearsMove));
		history->count++;
		debt[0].amount_nano = first_nano;
		debt[1].amount_nano -= first_nano;
		debt[1].from_nano = at_nano;
		return OUTCOME_OK;
	}
	return OUTCOME_OK;
}

/* Cuts debts so that no piece belongs to a slice, or to an undone charge, in part. */
static Outcome
cut_debts(ArrearsHistory *history, const Slice *slice)
{
	Outcome outcome = cut_debt(history, slice->entry_no, slice->from_nano);

	if (outcome == OUTCOME_OK)
		outcome = cut_debt(history, slice->entry_no, slice->from_nano + slice->amount_nano);
	for (size_t i = 0; i < history->count && outcome == OUTCOME_OK; i++)
	{
		int64_t entry_no = history->moves[i].undoes_entry_no;
		int64_t from_nano = history->moves[i].undoes_from_nano;
		int64_t to_nano = history->moves[i].undoes_to_nano;
		size_t count = history->count;

		if (history->moves[i].kind != ARREARS_UNDONE)
			continue;
		outcome = cut_debt(history, entry_no, from_nano);
		if (outcome == OUTCOME_OK)
			outcome = cut_debt(history, entry_no, to_nano);
		i += history->count - count; /* what was cut stands in front of it */
	}
	return outcome;
}

static bool
is_piece_of(const ArrearsMove *debt, int64_t entry_no, int64_t from_nano, int64_t to_nano)
{
	return debt->kind == ARREARS_RAISED && debt->entry_no == entry_no &&
		   debt->from_nano >= from_nano && debt->from_nano + debt->amount_nano <= to_nano;
}

/* The share of an arrears slice that write-offs cleared; debts are cut. */
static int64_t
forgiven_share(const Slice *slice, const ArrearsHistory *history)
{
	ArrearsMove *moves = history->moves;
	int64_t forgiven_nano = 0;
	size_t oldest = 0;

	for (size_t i = 0; i < history->count; i++)
	{
		bool raises = moves[i].kind == ARREARS_RAISED;
		int64_t left_nano = raises ? 0 : moves[i].amount_nano;

		moves[i].open_nano = raises ? moves[i].amount_nano : 0;
		if (left_nano > 0)
			check_stop(history);
		/* Its own first, the latest of it: an undo up to an amount begins there. */
		if (moves[i].kind == ARREARS_UNDONE)
			for (size_t j = i; j-- > 0;)
				if (is_piece_of(&moves[j], moves[i].undoes_entry_no, moves[i].undoes_from_nano,
								moves[i].undoes_to_nano))
					(void) clear_debt(&moves[j], &left_nano);
		for (; left_nano > 0 && oldest < i; oldest += moves[oldest].open_nano == 0)
		{
			int64_t share_nano = clear_debt(&moves[oldest], &left_nano);

			if (moves[i].kind == ARREARS_WRITTEN_OFF &&
				is_piece_of(&moves[oldest], slice->entry_no, slice->from_nano,
							slice->from_nano + slice->amount_nano))
				forgiven_nano += share_nano;
		}
	}
	return forgiven_nano;
}

/* Works out what write-offs cleared of the debts that take-backs left. */
static Outcome
find_forgiven(ArrearsHistory *history)
{
	Outcome outcome = OUTCOME_OK;

	for (size_t i = 0; i < history->taken_count && outcome == OUTCOME_OK; i++)
	{
		TakenLot *taken = &history->taken[i];
		Slice debt = {.entry_no = taken->entry_no, .amount_nano = taken->amount_nano};

		outcome = cut_debts(history, &debt);
		taken->forgiven_nano = forgiven_share(&debt, history);
	}
	return outcome;
}

/* Whether a lot has no money behind it any more: its payment was taken back, and the debt forgiven.
 */
static bool
is_forgiven(const ArrearsHistory *history, int64_t lot_no)
{
	for (size_t i = 0; i < history->taken_count; i++)
		if (history->taken[i].lot_no == lot_no && history->taken[i].forgiven_nano > 0)
			return true;
	return false;
}

/* Gives a lot back what it paid; undoes_entry_no is the entry by which it did. */
static Outcome
give_back(Books *books, const ArrearsHistory *history, int64_t lot_no, int64_t amount_nano,
		  int64_t undoes_entry_no)
{
	Lot *lot = find_lot(books, lot_no);

	check_stop(history);
	if (lot == NULL)
		return OUTCOME_NO_SUCH_LOT;
	if (amount_nano > 0 && is_forgiven(history, lot_no))
		return OUTCOME_WRITTEN_OFF;
	return post(books, BOOK_REVENUE, lot_book(lot), lot, amount_nano, undoes_entry_no);
}

/* Undoes what a charge left as arrears: what is owed, then what lots paid, latest first. */
static Outcome
undo_arrears_slice(Books *books, const Slice *slice, ArrearsHistory *history, UndoneCharge *undone)
{
	Outcome outcome = cut_debts(history, slice);
	int64_t forgiven_nano;
	int64_t owed_nano;
	int64_t left_nano;

	if (outcome != OUTCOME_OK)
		return outcome;
	forgiven_nano = forgiven_share(slice, history);
	left_nano = slice->amount_nano - forgiven_nano;
	owed_nano = min_nano(left_nano, books->arrears_nano);
	undone->written_off_nano += forgiven_nano;
	undone->given_back_nano += left_nano;
	left_nano -= owed_nano;
	outcome = post(books, BOOK_REVENUE, BOOK_ARREARS, NULL, owed_nano, slice->entry_no);
	for (size_t i = history->count; i-- > 0 && outcome == OUTCOME_OK && left_nano > 0;)
	{
		ArrearsMove *move = &history->moves[i];
		int64_t share_nano = min_nano(left_nano, move->amount_nano - move->returned_nano);

		if (move->kind != ARREARS_PAID)
			continue;
		outcome = give_back(books, history, move->lot_no, share_nano, move->entry_no);
		move->returned_nano += share_nano;
		left_nano -= share_nano;
	}
	if (outcome == OUTCOME_OK && left_nano > 0)
		return OUTCOME_NOT_COVERED;
	return outcome;
}

/* What a write-off cleared of a charge that was undone in part stays where it was, and is not
 * undone. */
static bool
is_kept(const Slice *slice)
{
	return slice->entry_no == NO_NUMBER;
}

/* The end of a slice. */
static Slice
latest_of(const Slice *slice, int64_t amount_nano)
{
	Slice latest = *slice;

	latest.from_nano += slice->amount_nano - amount_nano;
	latest.amount_nano = amount_nano;
	return latest;
}

Outcome
books_undo_charge(Books *books, const Slice *slices, size_t slices_count, int64_t amount_nano,
				  ArrearsHistory *history, UndoneCharge *undone)
{
	Outcome outcome = find_forgiven(history);
	int64_t left_nano = amount_nano;

	*undone = (UndoneCharge){0};
	for (size_t i = slices_count; i-- > 0 && outcome == OUTCOME_OK && left_nano > 0;)
	{
		Slice slice = latest_of(&slices[i], min_nano(left_nano, slices[i].amount_nano));

		left_nano -= slice.amount_nano;
		if (is_kept(&slice))
			continue;
		if (slice.lot_no == NO_NUMBER)
		{
			outcome = undo_arrears_slice(books, &slice, history, undone);
			continue;
		}
		undone->given_back_nano += slice.amount_nano;
		outcome = give_back(books, history, slice.lot_no, slice.amount_nano, slice.entry_no);
	}
	return outcome;
}

size_t
books_drop_undone(Slice *slices, size_t slices_count, const UndoneCharge *undone)
{
	int64_t left_nano = undone->given_back_nano + undone->written_off_nano;
	size_t place = slices_count;

	while (place > 0 && left_nano > 0)
	{
		Slice *slice = &slices[--place];
		int64_t share_nano = is_kept(slice) ? 0 : min_nano(left_nano, slice->amount_nano);

		slice->amount_nano -= share_nano;
		left_nano -= share_nano;
	}
	if (undone->written_off_nano == 0)
		return slices_count;
	place += place < slices_count;
	memmove(&slices[place + 1], &slices[place], (slices_count - place) * sizeof(Slice));
	slices[place] = (Slice){.amount_nano = undone->written_off_nano};
	return slices_count + 1;
}
