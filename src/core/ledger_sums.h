/*-------------------------------------------------------------------------
 *
 * ledger_sums.h
 *	  What an account and its lots must say, if its entries are right (B&S 3.1).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_LEDGER_SUMS_H
#define CORE_LEDGER_SUMS_H

#include "core/replay.h"

/* A lot as its row says it, and what its entries come to. */
typedef struct SumLot
{
	int64_t lot_no;
	bool is_cash;
	bool has_kind; /* it is cash or bonus */
	StoredAmount remaining;
	StoredAmount amount;
	StoredAmount given_back;
	bool has_entries;
	bool is_filled; /* by an entry that made it, or added to it */
	bool is_other_kind;
	int128_t remaining_nano;
	int128_t amount_nano;
	int128_t given_back_nano;
} SumLot;

/* An account's entries, added one by one. */
typedef struct LedgerSums
{
	int64_t count;
	int64_t oldest;
	int64_t newest;
	int64_t newest_at;
	bool has_unreadable; /* one of them could not be read, and is in no sum */
	int128_t cash_nano;
	int128_t bonus_nano;
	int128_t arrears_nano;
	SumLot *lots; /* by their numbers */
	size_t lots_count;
} LedgerSums;

/* The lot of a number; NULL: there is none. */
extern SumLot *ledger_sums_lot(const LedgerSums *sums, int64_t lot_no);

/* Adds the next entry by its number. */
extern void ledger_sums_add(LedgerSums *sums, const ReplayEntry *entry);

/* Whether what a row says is the sum of its entries. */
extern bool ledger_sums_is(const StoredAmount *says, int128_t nano);

/* Whether a lot says what its entries come to. */
extern bool ledger_sums_agree(const SumLot *lot);

#endif
