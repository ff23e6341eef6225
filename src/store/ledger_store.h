/*-------------------------------------------------------------------------
 *
 * ledger_store.h
 *	  Rows of ledger_entry.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_LEDGER_STORE_H
#define STORE_LEDGER_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/allocation.h"

/* The table's columns, by their numbers: the order in src/schema/30_ledger.sql. */
typedef enum LedgerColumn
{
	LEDGER_ACCOUNT_ID = 1,
	LEDGER_ENTRY_NO,
	LEDGER_OCCURRED_AT,
	LEDGER_RECORDED_AT,
	LEDGER_SOURCE_ID,
	LEDGER_LOT_NO,
	LEDGER_SUBSCRIPTION_NO,
	LEDGER_UNDOES_ENTRY_NO,
	LEDGER_AMOUNT,
	LEDGER_DEBIT,
	LEDGER_CREDIT,
	LEDGER_SOURCE_TYPE,
	LEDGER_GATEWAY,
	LEDGER_ACTOR
} LedgerColumn;

/*
 * SQL: what an entry e changes of a book, in the sense in which it grows: a
 * liability or income by credits (sign ""), an asset by debits (sign "-").
 */
#define LEDGER_EFFECT(book, sign)                                                  \
	"(CASE WHEN e.credit = '" book "' THEN " sign "e.amount WHEN e.debit = '" book \
	"' THEN -(" sign "e.amount) ELSE 0.000000000 END)"
#define LEDGER_CASH LEDGER_EFFECT("cash", "")
#define LEDGER_BONUS LEDGER_EFFECT("bonus", "")
#define LEDGER_ARREARS LEDGER_EFFECT("arrears", "-")

/* What all entries of one booking have in common. */
typedef struct EntryStamp
{
	int64 account_id;
	TimestampTz recorded_at;
	const char *gateway; /* of the entries that touch the book gateway */
	const char *actor;	 /* NULL for usage; expiry never has one */
} EntryStamp;

extern void ledger_insert(const EntryStamp *stamp, int64 entry_no, const Transfer *transfer);

/* The slices of a charge: its entries, by their numbers. */
extern Slice *ledger_slices(int64 account_id, int64 first_entry_no, int count);

/* All that raised or lowered the account's arrears, oldest first. */
extern ArrearsMove *ledger_arrears_moves(int64 account_id, size_t *count);

#endif
