/*-------------------------------------------------------------------------
 *
 * ledger_proof_store.c
 *	  Accounts and lots against all of their entries.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "core/chain.h"
#include "spi/nano.h"
#include "store/ledger_proof_store.h"

#define ACCOUNTS(where)                                                                         \
	"SELECT account_id, last_entry_no, last_booked_at, cash, bonus, arrears, chain FROM " BOOKS \
	"account " where "ORDER BY account_id"

#define LOTS(where)                                                                           \
	"SELECT account_id, lot_no, kind, remaining, amount, given_back FROM " BOOKS "lot " where \
	"ORDER BY account_id, lot_no"

void
ledger_proof_open(LedgerProof *proof, const int64 *only, Telling *telling)
{
	static Sql accounts[] = FEED_OF_ALL_AND_OF_ONE(ACCOUNTS);
	static Sql lots[] = FEED_OF_ALL_AND_OF_ONE(LOTS);
	static const Oid account_types[] = {INT8OID,	INT8OID,	TIMESTAMPTZOID, NUMERICOID,
										NUMERICOID, NUMERICOID, BYTEAOID};
	static const Oid lot_types[] = {INT8OID, INT8OID, TEXTOID, NUMERICOID, NUMERICOID, NUMERICOID};

	proof->telling = telling;
	feed_open(&proof->accounts, accounts, only, account_types, lengthof(account_types));
	feed_open(&proof->lots, lots, only, lot_types, lengthof(lot_types));
}

void
ledger_proof_close(LedgerProof *proof)
{
	feed_close(&proof->accounts);
	feed_close(&proof->lots);
}

int64
ledger_proof_next(const LedgerProof *proof, int64 account_id)
{
	return feed_first(&proof->accounts, account_id);
}

/* ---- what the rows say ---------------------------------------------------------- */

static ProofChain
read_chain(const Cursor *row, int column)
{
	ProofChain chain = {.is_null = row->nulls[column]};

	chain.is_digest = cursor_digest(row, column, &chain.digest);
	return chain;
}

static bool
is_same_chain(const ProofChain *a, const ProofChain *b)
{
	if (a->is_null || b->is_null)
		return a->is_null && b->is_null;
	return a->is_digest && b->is_digest && memcmp(&a->digest, &b->digest, sizeof(Digest)) == 0;
}

static void
read_account(LedgerProof *proof)
{
	const Cursor *row = &proof->accounts.cursor;

	feed_skip_to(&proof->accounts, proof->account_id);
	proof->has_account = feed_is_at(&proof->accounts, proof->account_id);
	if (!proof->has_account)
		return;
	proof->last_entry_no = cursor_int64(row, 1);
	proof->last_booked_at = cursor_int64(row, 2);
	proof->cash = cursor_amount(row, 3);
	proof->bonus = cursor_amount(row, 4);
	proof->arrears = cursor_amount(row, 5);
	proof->newest_chain = read_chain(row, 6);
	feed_next(&proof->accounts);
}

static void
read_lots(LedgerProof *proof)
{
	const Cursor *row = &proof->lots.cursor;
	LedgerSums *sums = &proof->sums;

	feed_skip_to(&proof->lots, proof->account_id);
	for (; feed_is_at(&proof->lots, proof->account_id); feed_next(&proof->lots))
	{
		const char *kind = cursor_text(row, 2);

		sums->lots = feed_make_room(sums->lots, sums->lots_count, sizeof(SumLot));
		sums->lots[sums->lots_count++] = (SumLot){
			.lot_no = cursor_int64(row, 1),
			.is_cash = strcmp(kind, "cash") == 0,
			.has_kind = strcmp(kind, "cash") == 0 || strcmp(kind, "bonus") == 0,
			.remaining = cursor_amount(row, 3),
			.amount = cursor_amount(row, 4),
			.given_back = cursor_amount(row, 5),
		};
	}
}

void
ledger_proof_begin(LedgerProof *proof, int64 account_id, const ReplayRepair *repairs,
				   size_t repairs_count)
{
	proof->account_id = account_id;
	proof->sums = (LedgerSums){0};
	proof->chain = (ProofChain){.is_digest = true, .digest = chain_start};
	proof->named_chain = (ProofChain){.is_null = true};
	proof->missing_lot_no = NO_NUMBER;
	proof->repairs = repairs;
	proof->repairs_count = repairs_count;
	read_account(proof);
	read_lots(proof);
}

/* ---- entries -------------------------------------------------------------------- */

static void
tell(LedgerProof *proof, const char *check, const char *detail)
{
	discrepancy_put(proof->telling, check, proof->account_id, detail);
}

/* Whether the account was taken back to the time behind an entry, to an instant that is not later.
 */
static bool
is_repaired(const LedgerProof *proof, int64 entry_no, TimestampTz until)
{
	for (size_t i = 0; i < proof->repairs_count; i++)
		if (proof->repairs[i].last_entry_no == entry_no && proof->repairs[i].corrected_at <= until)
			return true;
	return false;
}

static const char *
text_or_null(const Cursor *row, int column)
{
	return row->nulls[column] ? NULL : cursor_text(row, column);
}

/* True where what is never null is not, and numbers that count from 1 are not 0. */
static bool
can_be_chained(const Cursor *row)
{
	for (int column = ENTRY_ACCOUNT_ID; column <= ENTRY_SOURCE_ID; column++)
		if (row->nulls[column])
			return false;
	for (int column = ENTRY_LOT_NO; column <= ENTRY_UNDOES_ENTRY_NO; column++)
		if (!row->nulls[column] && DatumGetInt64(row->values[column]) == 0)
			return false;
	return !row->nulls[ENTRY_DEBIT] && !row->nulls[ENTRY_CREDIT] && !row->nulls[ENTRY_SOURCE_TYPE];
}

/* The chain that an entry should have behind the one before it; false where none can be made. */
static bool
make_chain(const ProofChain *before, const Cursor *row, Digest *chain)
{
	ProofChain usage = read_chain(row, ENTRY_USAGE_DIGEST);
	const Digest *last = before->is_null ? &chain_start : &before->digest;
	ChainEntry entry = {
		.account_id = cursor_int64(row, ENTRY_ACCOUNT_ID),
		.entry_no = cursor_int64(row, ENTRY_NO),
		.occurred_at = cursor_int64(row, ENTRY_OCCURRED_AT),
		.recorded_at = cursor_int64(row, ENTRY_RECORDED_AT),
		.source_id = cursor_int64(row, ENTRY_SOURCE_ID),
		.lot_no = cursor_int64(row, ENTRY_LOT_NO),
		.subscription_no = cursor_int64(row, ENTRY_SUBSCRIPTION_NO),
		.undoes_entry_no = cursor_int64(row, ENTRY_UNDOES_ENTRY_NO),
		.debit = cursor_text(row, ENTRY_DEBIT),
		.credit = cursor_text(row, ENTRY_CREDIT),
		.source_type = cursor_text(row, ENTRY_SOURCE_TYPE),
		.gateway = text_or_null(row, ENTRY_GATEWAY),
		.actor = text_or_null(row, ENTRY_ACTOR),
		.usage_digest = usage.is_null ? NULL : &usage.digest,
	};

	return can_be_chained(row) && (before->is_null || before->is_digest) &&
		   (usage.is_null || usage.is_digest) &&
		   cursor_nano(row, ENTRY_AMOUNT, &entry.amount_nano) && chain_entry(last, &entry, chain);
}

static void
check_chain(LedgerProof *proof, const Cursor *row, int64 entry_no)
{
	ProofChain chain = read_chain(row, ENTRY_CHAIN);
	Digest expected;

	if (!chain.is_digest || !make_chain(&proof->chain, row, &expected) ||
		memcmp(&expected, &chain.digest, sizeof(Digest)) != 0)
		tell(proof, "entry_chain",
			 psprintf("entry " INT64_FORMAT
					  " has another chain than its columns, and the entry before it, make",
					  entry_no));
	proof->chain = chain;
	if (entry_no == proof->last_entry_no)
		proof->named_chain = chain;
}

static void
tell_lot(LedgerProof *proof, const SumLot *lot)
{
	tell(proof, "lot_balance",
		 psprintf("lot " INT64_FORMAT
				  " says %s of %s and %s given back, the ledger %s of %s and %s",
				  lot->lot_no, nano_text(lot->remaining.nano), nano_text(lot->amount.nano),
				  nano_text(lot->given_back.nano), nano_text(lot->remaining_nano),
				  nano_text(lot->amount_nano), nano_text(lot->given_back_nano)));
}

/* Entries of a lot that is not there. */
static void
check_lot(LedgerProof *proof, const ReplayEntry *entry)
{
	int64 lot_no = entry->transfer.lot_no;

	if (lot_no == NO_NUMBER || lot_no == proof->missing_lot_no ||
		ledger_sums_lot(&proof->sums, lot_no))
		return;
	proof->missing_lot_no = lot_no;
	tell(proof, "lot_balance",
		 psprintf("entry " INT64_FORMAT " is of lot " INT64_FORMAT ", which is not there",
				  entry->entry_no, lot_no));
}

void
ledger_proof_take(LedgerProof *proof, const Cursor *row, const ReplayEntry *entry)
{
	bool falls = proof->sums.count > 0 && entry->recorded_at < proof->sums.newest_at;

	if (falls && !is_repaired(proof, entry->entry_no - 1, entry->recorded_at))
		tell(proof, "entry_order",
			 psprintf("entry " INT64_FORMAT " is recorded at %s, before the one in front of it",
					  entry->entry_no, timestamptz_to_str(entry->recorded_at)));
	check_chain(proof, row, entry->entry_no);
	check_lot(proof, entry);
	ledger_sums_add(&proof->sums, entry);
}

/* ---- accounts ------------------------------------------------------------------- */

static void
compare_numbers(LedgerProof *proof)
{
	const LedgerSums *sums = &proof->sums;

	if (proof->has_account && sums->count == proof->last_entry_no &&
		sums->newest == proof->last_entry_no && (sums->count == 0 || sums->oldest == 1))
		return;
	tell(
		proof, "entry_numbers",
		psprintf("account has " INT64_FORMAT " entries up to number " INT64_FORMAT ", expected %s",
				 sums->count, sums->newest,
				 proof->has_account ? psprintf(INT64_FORMAT, proof->last_entry_no) : "an account"));
}

static void
compare_balance(LedgerProof *proof)
{
	const LedgerSums *sums = &proof->sums;

	if (!sums->has_unreadable && ledger_sums_is(&proof->cash, sums->cash_nano) &&
		ledger_sums_is(&proof->bonus, sums->bonus_nano) &&
		ledger_sums_is(&proof->arrears, -sums->arrears_nano))
		return;
	tell(proof, "account_balance",
		 psprintf("account says cash %s, bonus %s, arrears %s; the ledger %s, %s, %s",
				  nano_text(proof->cash.nano), nano_text(proof->bonus.nano),
				  nano_text(proof->arrears.nano), nano_text(sums->cash_nano),
				  nano_text(sums->bonus_nano), nano_text(-sums->arrears_nano)));
}

static void
compare_newest(LedgerProof *proof)
{
	const LedgerSums *sums = &proof->sums;

	if (sums->count > 0 && sums->newest == proof->last_entry_no &&
		sums->newest_at > proof->last_booked_at &&
		!is_repaired(proof, proof->last_entry_no, proof->last_booked_at))
		tell(proof, "entry_order",
			 psprintf("newest entry is recorded after last_booked_at %s",
					  timestamptz_to_str(proof->last_booked_at)));
	if (!is_same_chain(&proof->newest_chain, &proof->named_chain))
		tell(proof, "newest_chain",
			 psprintf("account has another chain than its newest entry, " INT64_FORMAT,
					  proof->last_entry_no));
}

void
ledger_proof_end(LedgerProof *proof)
{
	compare_numbers(proof);
	for (size_t i = 0; i < proof->sums.lots_count; i++)
		if (!ledger_sums_agree(&proof->sums.lots[i]))
			tell_lot(proof, &proof->sums.lots[i]);
	if (!proof->has_account)
		return;
	compare_balance(proof);
	compare_newest(proof);
}
