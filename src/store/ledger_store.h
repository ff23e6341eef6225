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
