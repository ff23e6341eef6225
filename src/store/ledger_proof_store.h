/*-------------------------------------------------------------------------
 *
 * ledger_proof_store.h
 *	  Accounts and lots against all of their entries, while these are replayed (B&S 3.1).
 *
 * Tells entry_numbers, entry_order, entry_chain, newest_chain, account_balance and
 * lot_balance of verify().
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_LEDGER_PROOF_STORE_H
#define STORE_LEDGER_PROOF_STORE_H

#include "postgres.h"

#include "core/ledger_sums.h"
#include "spi/feed.h"
#include "store/discrepancy_store.h"

/* The columns of an entry, as they are read; the last ones are for its chain alone. */
enum
{
	ENTRY_ACCOUNT_ID,
	ENTRY_NO,
	ENTRY_OCCURRED_AT,
	ENTRY_RECORDED_AT,
	ENTRY_SOURCE_ID,
	ENTRY_LOT_NO,
	ENTRY_SUBSCRIPTION_NO,
	ENTRY_UNDOES_ENTRY_NO,
	ENTRY_AMOUNT,
	ENTRY_DEBIT,
	ENTRY_CREDIT,
	ENTRY_SOURCE_TYPE,
	ENTRY_GATEWAY,
	ENTRY_ACTOR,
	ENTRY_USAGE_DIGEST,
	ENTRY_CHAIN,
	ENTRY_COLUMNS
};

/* A chain as a row has it. */
typedef struct ProofChain
{
	bool is_null;
	bool is_digest; /* it is of the length of one */
	Digest digest;
} ProofChain;

typedef struct LedgerProof
{
	Telling *telling;
	Feed accounts;
	Feed lots;
	int64 account_id; /* of whom what follows is */
	bool has_account;
	int64 last_entry_no;
	TimestampTz last_booked_at;
	StoredAmount cash;
	StoredAmount bonus;
	StoredAmount arrears;
	ProofChain newest_chain; /* what the account says */
	ProofChain chain;		 /* of the entry that was read last */
	ProofChain named_chain;	 /* of the one that the account calls its newest */
	int64 missing_lot_no;	 /* of which it was told that it is not there */
	const ReplayRepair *repairs;
	size_t repairs_count;
	LedgerSums sums;
} LedgerProof;

/* Of all accounts or, only not NULL, of one. */
extern void ledger_proof_open(LedgerProof *proof, const int64 *only, Telling *telling);
extern void ledger_proof_close(LedgerProof *proof);

/* The account that comes next, or the one given where that is less. */
extern int64 ledger_proof_next(const LedgerProof *proof, int64 account_id);

/* Turns to an account; they must rise. What is kept of it is so in the current memory context. */
extern void ledger_proof_begin(LedgerProof *proof, int64 account_id, const ReplayRepair *repairs,
							   size_t repairs_count);

/* Takes the next entry of it: its row, and what was read of that. */
extern void ledger_proof_take(LedgerProof *proof, const Cursor *row, const ReplayEntry *entry);

/* Compares, when all entries were taken. */
extern void ledger_proof_end(LedgerProof *proof);

#endif
