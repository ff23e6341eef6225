/*-------------------------------------------------------------------------
 *
 * entry_run_store.h
 *	  The entries of an account that usage made, in their order, charge by charge.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_ENTRY_RUN_STORE_H
#define STORE_ENTRY_RUN_STORE_H

#include "postgres.h"

#include "core/batch.h"
#include "spi/feed.h"

typedef struct EntryRunReader
{
	Feed entries;
	TimestampTz closed_until; /* end of the last month that is closed */
	int64 account_id;
	int128 revenue_nano; /* of all of the account that were read */
	bool has_bad_revenue;
	bool has_ahead; /* the first entry of what comes next was read */
	BatchEntries ahead;
	MemoryContext row_context;
} EntryRunReader;

/* Of all accounts or, only not NULL, of one. */
extern void entry_run_open(EntryRunReader *reader, const int64 *only);
extern void entry_run_close(EntryRunReader *reader);

/* Turns to an account; those that are asked for must rise. */
extern void entry_run_begin(EntryRunReader *reader, int64 account_id);

/* The next entries of it that paid one charge or one batch; false: there are none any more. */
extern bool entry_run_next(EntryRunReader *reader, BatchEntries *entries);

#endif
