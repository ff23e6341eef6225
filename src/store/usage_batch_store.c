/*-------------------------------------------------------------------------
 *
 * usage_batch_store.c
 *	  Looking for the requests of a batch, and storing its events.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "core/policy.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/row_set.h"
#include "spi/sql.h"
#include "store/partition_store.h"
#include "store/usage_batch_store.h"

/* The rows that a look-up returned, by event. */
static StoredRequests *
read_stored(uint64 count, size_t events_count)
{
	StoredRequests *stored = palloc0((events_count + 1) * sizeof(StoredRequests));
	StoredRequest *rows = palloc((count + 1) * sizeof(StoredRequest));

	for (uint64 row = 0; row < count; row++)
	{
		StoredRequests *of_event = &stored[column_int64(row, 1) - 1];

		rows[row] = (StoredRequest){
			.probe = column_int16(row, 2),
			.recorded_at = column_instant(row, 3, 0),
			.occurred_at = column_instant(row, 4, 0),
			.request_id = column_text(row, 5),
		};
		if (of_event->count++ == 0)
			of_event->rows = &rows[row];
	}
	return stored;
}

StoredRequests *
usage_find_all(UsageEvent *const *events, size_t events_count, TimestampTz since, TimestampTz now)
{
	/* OFFSET 0: a look-up for each, no join. */
	static PartitionSql find = {
		.select =
			"SELECT e.n, u.probe, u.recorded_at, u.occurred_at, u.request_id FROM unnest($1, $2) "
			"WITH ORDINALITY AS e (account_id, request_hash, n), LATERAL (SELECT probe, "
			"recorded_at, occurred_at, request_id FROM " BOOKS "%s WHERE account_id = "
			"e.account_id AND request_hash = e.request_hash OFFSET 0) AS u",
		.end = " ORDER BY 1",
		.statement = SQL(NULL, INT8ARRAYOID, INT8ARRAYOID),
	};
	PartitionList partitions = partition_list_window(
		since - policy_catalog[POLICY_FUTURE_TOLERANCE].max, now);
	int64 *accounts = palloc((events_count + 1) * sizeof(int64));
	int64 *hashes = palloc((events_count + 1) * sizeof(int64));
	uint64 count;

	if (partitions.count == 0)
		return read_stored(0, events_count);
	for (size_t i = 0; i < events_count; i++)
	{
		accounts[i] = events[i]->account_id;
		hashes[i] = events[i]->request_hash;
	}
	count = sql_run(
		partition_sql(&find, &partitions),
		(Datum[]){bind_int64_array(accounts, events_count), bind_int64_array(hashes, events_count)},
		NULL);
	return read_stored(count, events_count);
}

void
usage_insert_all(UsageEvent *const *events, size_t count)
{
	static RowSetShape shape = {USAGE_EVENT_COLUMN_LIST, {USAGE_EVENT_TYPES}};
	static Sql insert = SQL("INSERT INTO " BOOKS "usage_event (" USAGE_EVENT_COLUMN_LIST
							") SELECT " USAGE_EVENT_COLUMN_LIST " FROM rows");
	Datum values[USAGE_EVENT_COLUMNS];
	char nulls[USAGE_EVENT_COLUMNS];
	RowSet set;

	row_set_begin(&set, &shape);
	for (size_t i = 0; i < count; i++)
	{
		usage_set_columns(values, nulls, events[i]);
		row_set_put(&set, values, nulls);
	}
	row_set_write(&set, &insert);
}
