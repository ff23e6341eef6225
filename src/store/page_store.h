/*-------------------------------------------------------------------------
 *
 * page_store.h
 *	  The rows of lists that are read page by page.
 *
 * Rows have the columns of the call's result, and behind them the numbers that
 * the list is sorted by. The scope is one of scope_open_to_page().
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_PAGE_STORE_H
#define STORE_PAGE_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/page_cursor.h"

/* The types of what a list is sorted by; up to the first InvalidOid. */
extern const Oid page_number_types[PAGE_LISTS_COUNT][PAGE_NUMBERS + 1];

/* So many rows at the most behind a cursor, of any list but usage; returns how many there are. */
extern uint64 page_read(const PageCursor *cursor, int64 rows_max, TimestampTz now);

/* Which requests are listed; what is 0 or NULL leaves none out. */
typedef struct UsageFilter
{
	int64 key_id;
	const char *model;
	const char *status;
	int64 entry_no; /* the ledger entry that paid */
} UsageFilter;

/*
 * The same of usage. Where the rows stop short of the list's end, since enough was
 * looked at, the last of them has nulls for columns, and where that was.
 */
extern uint64 page_read_usage(const PageCursor *cursor, int64 rows_max, const UsageFilter *filter);

#endif
