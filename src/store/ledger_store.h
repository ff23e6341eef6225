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

#include "core/books.h"
#include "core/hasher.h"
#include "spi/nano.h"
#include "spi/sql.h"

/* The table's columns, by their numbers: the order in src/schema/42_ledger.sql. */
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
	LEDGER_ACTOR,
	LEDGER_USAGE_DIGEST,
	LEDGER_CHAIN
} LedgerColumn;

/* What all entries of one booking have in common. */
typedef struct EntryStamp
{
	int64 account_id;
	TimestampTz recorded_at;
	const char *gateway; /* of the entries that touch the book gateway */
	const char *actor;	 /* NULL for usage; expiry never has one */
} EntryStamp;

/* The entries of one booking. */
typedef struct EntryList
{
	EntryStamp stamp;
	int64 first_entry_no;
	const Transfer *transfers;
	size_t count;
	Digest *chain; /* of the entry before them, and then of the last one */
} EntryList;

/* Appends the entries of some bookings by one command. */
extern void ledger_insert(const EntryList *lists, size_t count);

/* Which entries paid a charge, and from where on: another's where the charge was one of a batch. */
typedef struct ChargeShare
{
	int64 first_entry_no;
	int32 entry_count;
	int64 from_nano; /* what the entries paid before it */
	int64 charge_nano;
} ChargeShare;

/*
 * SQL: the slices of a charge, each the part of an entry. amount is the
 * slice's, entry_from what the entry paid before it.
 */
#define LEDGER_SLICES                                                                           \
	"(SELECT e.entry_no, e.lot_no, e.debit, least(e.upto, $5) - greatest(e.upto - e.amount, "   \
	"$4) AS amount, greatest($4 - (e.upto - e.amount), 0) AS entry_from FROM (SELECT "          \
	"entry_no, lot_no, debit, amount, sum(amount) OVER (ORDER BY entry_no) AS upto FROM " BOOKS \
	"ledger_entry WHERE account_id = $1 AND entry_no >= $2 AND entry_no < $2 + $3) "            \
	"AS e WHERE e.upto > $4 AND e.upto - e.amount < $5)"
#define LEDGER_SLICES_TYPES INT8OID, INT8OID, INT4OID, NUMERICOID, NUMERICOID
#define LEDGER_SLICES_VALUES(account_id, share)                                     \
	((Datum[]){Int64GetDatum(account_id), Int64GetDatum((share)->first_entry_no),   \
			   Int32GetDatum((share)->entry_count), nano_datum((share)->from_nano), \
			   nano_datum((share)->from_nano + (share)->charge_nano)})

/* The slices of a charge, by their entries. */
extern Slice *ledger_slices(int64 account_id, const ChargeShare *share, size_t *count);

/*
 * What undoing a charge must know: the lots that were taken back and left arrears,
 * and, where there are any or the charge itself left arrears, all that raised or
 * lowered the account's arrears, oldest first.
 */
extern ArrearsHistory ledger_arrears_history(int64 account_id, bool left_arrears);

#endif
