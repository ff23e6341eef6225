/*-------------------------------------------------------------------------
 *
 * ledger_sums.c
 *	  What an account and its lots must say, if its entries are right.
 *
 *-------------------------------------------------------------------------
 */
#include "core/ledger_sums.h"

#include <stdlib.h>

static int
compare_lot(const void *lot_no, const void *lot)
{
	int64_t a = *(const int64_t *) lot_no;
	int64_t b = ((const SumLot *) lot)->lot_no;

	return (a > b) - (a < b);
}

SumLot *
ledger_sums_lot(const LedgerSums *sums, int64_t lot_no)
{
	if (sums->lots_count == 0)
		return NULL;
	return bsearch(&lot_no, sums->lots, sums->lots_count, sizeof(SumLot), compare_lot);
}

static bool
is_credit(Book book)
{
	return book == BOOK_CASH || book == BOOK_BONUS;
}

/* Money that comes into a lot for the first time. */
static bool
fills(const Transfer *transfer)
{
	return is_credit(transfer->credit) && transfer->source.type != SOURCE_TAKE_BACK &&
		   (transfer->debit == BOOK_GATEWAY || transfer->debit == BOOK_SUSPENSE ||
			transfer->debit == BOOK_PROMOTION || transfer->debit == BOOK_ADJUSTMENT);
}

/* What of an entry goes back to the payer of a lot: 1, 0, or what came again, -1. */
static int
gives_back(const Transfer *transfer)
{
	if (transfer->debit == BOOK_CASH)
		return transfer->credit == BOOK_GATEWAY || transfer->credit == BOOK_REFUND_PAYABLE;
	if (transfer->credit != BOOK_CASH)
		return 0;
	return transfer->debit == BOOK_REFUND_PAYABLE ||
				   (transfer->debit == BOOK_GATEWAY && transfer->source.type == SOURCE_TAKE_BACK)
			   ? -1
			   : 0;
}

static void
add_to_lot(SumLot *lot, const Transfer *transfer)
{
	bool comes = is_credit(transfer->credit);
	Book kind = comes ? transfer->credit : transfer->debit;

	lot->has_entries = true;
	lot->is_other_kind |= kind != (lot->is_cash ? BOOK_CASH : BOOK_BONUS);
	lot->remaining_nano += comes ? transfer->amount_nano : -transfer->amount_nano;
	lot->given_back_nano += gives_back(transfer) * transfer->amount_nano;
	if (fills(transfer))
	{
		lot->is_filled = true;
		lot->amount_nano += transfer->amount_nano;
	}
}

static void
add_to_book(int128_t *sum_nano, Book book, const Transfer *transfer)
{
	if (transfer->credit == book)
		*sum_nano += transfer->amount_nano;
	else if (transfer->debit == book)
		*sum_nano -= transfer->amount_nano;
}

void
ledger_sums_add(LedgerSums *sums, const ReplayEntry *entry)
{
	SumLot *lot;

	if (sums->count++ == 0)
		sums->oldest = entry->entry_no;
	sums->newest = entry->entry_no;
	sums->newest_at = entry->recorded_at;
	if (!entry->is_readable)
	{
		sums->has_unreadable = true;
		return;
	}
	add_to_book(&sums->cash_nano, BOOK_CASH, &entry->transfer);
	add_to_book(&sums->bonus_nano, BOOK_BONUS, &entry->transfer);
	add_to_book(&sums->arrears_nano, BOOK_ARREARS, &entry->transfer);
	lot = entry->transfer.lot_no == NO_NUMBER ? NULL
											  : ledger_sums_lot(sums, entry->transfer.lot_no);
	if (lot)
		add_to_lot(lot, &entry->transfer);
}

bool
ledger_sums_is(const StoredAmount *says, int128_t nano)
{
	return says->is_number && says->nano == nano;
}

bool
ledger_sums_agree(const SumLot *lot)
{
	return lot->has_entries && lot->is_filled && lot->has_kind && !lot->is_other_kind &&
		   ledger_sums_is(&lot->remaining, lot->remaining_nano) &&
		   ledger_sums_is(&lot->amount, lot->amount_nano) &&
		   ledger_sums_is(&lot->given_back, lot->given_back_nano);
}
