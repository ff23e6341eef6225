/*-------------------------------------------------------------------------
 *
 * entry_run_store.c
 *	  The entries of an account that usage made, charge by charge.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/memutils.h"

#include "spi/column.h"
#include "store/entry_run_store.h"

#define ENTRIES(where)                                                                           \
	"SELECT account_id, entry_no, occurred_at, recorded_at, source_id, amount, debit, credit, "  \
	"source_type, usage_digest FROM (SELECT * FROM " BOOKS "ledger_entry " where ") AS e WHERE " \
	"source_type IN ('charge', 'settlement', 'reversal', 'rerate') ORDER BY account_id, entry_no"

static TimestampTz
closed_until(void)
{
	static Sql find = SQL("SELECT max(ends_at) FROM " BOOKS "closed_month");

	sql_read(&find, NULL, NULL);
	return column_instant(0, 1, DT_NOBEGIN);
}

void
entry_run_open(EntryRunReader *reader, const int64 *only)
{
	static Sql entries[] = FEED_OF_ALL_AND_OF_ONE(ENTRIES);
	static const Oid types[] = {INT8OID,	INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID,
								NUMERICOID, TEXTOID, TEXTOID,		 TEXTOID,		 BYTEAOID};

	reader->closed_until = closed_until();
	reader->has_ahead = false;
	reader->row_context = AllocSetContextCreate(CurrentMemoryContext, "billing entry run row",
												ALLOCSET_SMALL_SIZES);
	feed_open(&reader->entries, entries, only, types, lengthof(types));
}

void
entry_run_close(EntryRunReader *reader)
{
	feed_close(&reader->entries);
	MemoryContextDelete(reader->row_context);
}

void
entry_run_begin(EntryRunReader *reader, int64 account_id)
{
	feed_skip_to(&reader->entries, account_id);
	reader->account_id = account_id;
	reader->revenue_nano = 0;
	reader->has_bad_revenue = reader->has_ahead = false;
}

/* Whether a column has that text; without a copy of it. */
static bool
is_text(const Cursor *row, int column, const char *word)
{
	text *value;

	if (row->nulls[column])
		return false;
	value = DatumGetTextPP(row->values[column]);
	return VARSIZE_ANY_EXHDR(value) == strlen(word) &&
		   memcmp(VARDATA_ANY(value), word, strlen(word)) == 0;
}

/* One entry; false where it paid no charge. */
static bool
read_entry(EntryRunReader *reader, BatchEntries *entry)
{
	const Cursor *row = &reader->entries.cursor;
	int64 amount_nano;
	bool is_amount = cursor_nano(row, 5, &amount_nano);
	bool is_credit = is_text(row, 7, "revenue");
	bool is_batch = is_text(row, 8, "settlement");

	if (is_credit)
		reader->revenue_nano += amount_nano;
	else if (is_text(row, 6, "revenue"))
		reader->revenue_nano -= amount_nano;
	reader->has_bad_revenue |= !is_amount;
	if (!is_credit || !(is_batch || is_text(row, 8, "charge")))
		return false;
	entry->is_batch = is_batch;
	entry->first_entry_no = entry->last_entry_no = cursor_int64(row, 1);
	entry->occurred_at = cursor_int64(row, 2);
	entry->recorded_at = cursor_int64(row, 3);
	entry->source_id = cursor_int64(row, 4);
	entry->amount_nano = amount_nano;
	entry->has_bad_amount = !is_amount;
	entry->count = 1;
	entry->is_at_once = true;
	entry->is_closed = entry->recorded_at < reader->closed_until;
	entry->has_digest = cursor_digest(row, 9, &entry->usage_digest);
	return true;
}

/* The next entry of the account that paid a charge. */
static bool
take_entry(EntryRunReader *reader, BatchEntries *entry)
{
	bool is_found = reader->has_ahead;
	MemoryContext caller_context = MemoryContextSwitchTo(reader->row_context);

	if (is_found)
		*entry = reader->ahead;
	reader->has_ahead = false;
	while (!is_found && feed_is_at(&reader->entries, reader->account_id))
	{
		is_found = read_entry(reader, entry);
		feed_next(&reader->entries);
		MemoryContextReset(reader->row_context);
	}
	MemoryContextSwitchTo(caller_context);
	return is_found;
}

bool
entry_run_next(EntryRunReader *reader, BatchEntries *entries)
{
	if (!take_entry(reader, entries))
		return false;
	while (take_entry(reader, &reader->ahead))
		if (!batch_take_entry(entries, &reader->ahead))
		{
			reader->has_ahead = true;
			break;
		}
	return true;
}
