/*-------------------------------------------------------------------------
 *
 * usage_batch_store.c
 *	  Looking for the requests of a batch, and storing its events.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "core/policy.h"
#include "rows/row_insert.h"
#include "rows/row_scan.h"
#include "spi/bind.h"
#include "spi/catalog.h"
#include "spi/nano.h"
#include "store/partition_store.h"
#include "store/usage_batch_store.h"

/* ---- finding ------------------------------------------------------------- */

/* A request is found again by columns of its leaf, whose index is its own. */
enum
{
	ACCOUNT_ID,
	REQUEST_HASH,
	PROBE,
	RECORDED_AT,
	OCCURRED_AT,
	REQUEST_ID
};

static RowShape request_shape = {
	.name = "usage_event",
	.columns = "account_id, request_hash, probe, recorded_at, occurred_at, request_id",
	.types = {INT8OID, INT8OID, INT2OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID},
	.keys = {{2, {ACCOUNT_ID, REQUEST_HASH}}},
};

/* Few are found: a request comes once. */
static void
add_request(StoredRequests *stored, const Row *row)
{
	StoredRequest *rows = unconstify(StoredRequest *, stored->rows);
	size_t size = (stored->count + 1) * sizeof(StoredRequest);

	rows = rows ? repalloc(rows, size) : palloc(size);
	rows[stored->count++] = (StoredRequest){
		.recorded_at = row_instant(row, RECORDED_AT, 0),
		.probe = row_int16(row, PROBE),
		.request_id = row_text(row, REQUEST_ID),
		.occurred_at = row_instant(row, OCCURRED_AT, 0),
	};
	stored->rows = rows;
}

static void
find_in(StoredRequests *stored, Oid leaf, UsageEvent *const *events, size_t count)
{
	RowScan scan;

	for (size_t i = 0; i < count; i++)
	{
		int64 key[] = {events[i]->account_id, events[i]->request_hash};

		if (i == 0)
			row_scan_begin_leaf(&scan, &request_shape, leaf, 0, key);
		else
			row_scan_again(&scan, key);
		while (row_scan_next(&scan))
			add_request(&stored[i], &scan.row);
	}
	row_scan_end(&scan);
}

StoredRequests *
usage_find_recent(UsageEvent *const *events, size_t count, TimestampTz since, TimestampTz now)
{
	PartitionList partitions = partition_list_window(
		since - policy_catalog[POLICY_FUTURE_TOLERANCE].max, now);
	StoredRequests *stored = palloc0(count * sizeof(StoredRequests));
	ListCell *leaf;

	for (int i = 0; i < partitions.count; i++)
		foreach (leaf, catalog_leaves(partitions.tables[i]))
			find_in(stored, lfirst_oid(leaf), events, count);
	return stored;
}

/* ---- storing ------------------------------------------------------------- */

/* Stands for the charge of an event that has none. */
#define NO_CHARGE (-1)

/* All columns of a row, their types, and their values, in one order. */
#define EVENT_COLUMN_LIST                                                                   \
	"account_id, request_hash, occurred_at, recorded_at, settled_at, price_id, "            \
	"first_entry_no, batch_offset, key_id, entry_count, input_tokens, output_tokens, "      \
	"cache_read_tokens, cache_write_tokens, probe, charge, status, request_id, model, "     \
	"key_name, reason, subscription_no, quota_no, weight_id, credits, window_no, variant, " \
	"meters, tags, project"
#define EVENT_TYPES                                                                            \
	INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID,        \
		NUMERICOID, INT8OID, INT4OID, INT4OID, INT4OID, INT4OID, INT4OID, INT2OID, NUMERICOID, \
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT8OID, NUMERICOID,    \
		INT8OID, TEXTOID, JSONBOID, JSONBOID, TEXTOID
#define EVENT_COLUMNS 30

static void
bind_meters(Datum *values, char *nulls, int index, const Meters *meters)
{
	char text[METERS_TEXT_SIZE];

	bind_json(values, nulls, index, meters ? meters_print(meters, text) : NULL);
}

static void
set_columns(Datum *values, char *nulls, const UsageEvent *event)
{
	const int32 *tokens = event->payload.tokens.of;
	bool priced = event->status == USAGE_STATUS_CHARGED || event->status == USAGE_STATUS_FREE;

	memset(nulls, ' ', EVENT_COLUMNS);
	values[0] = Int64GetDatum(event->account_id);
	values[1] = Int64GetDatum(event->request_hash);
	values[2] = TimestampTzGetDatum(event->occurred_at);
	values[3] = TimestampTzGetDatum(event->recorded_at);
	bind_instant(values, nulls, 4, event->settled_at, 0);
	bind_number(values, nulls, 5, event->price_id);
	bind_number(values, nulls, 6, event->first_entry_no);
	bind_nano(values, nulls, 7, event->batch_offset_nano, NO_BATCH);
	values[8] = Int64GetDatum(event->payload.key_id);
	values[9] = Int32GetDatum(event->entry_count);
	values[10] = Int32GetDatum(tokens[TOKENS_INPUT]);
	values[11] = Int32GetDatum(tokens[TOKENS_OUTPUT]);
	values[12] = Int32GetDatum(tokens[TOKENS_CACHE_READ]);
	values[13] = Int32GetDatum(tokens[TOKENS_CACHE_WRITE]);
	values[14] = Int16GetDatum(event->probe);
	bind_nano(values, nulls, 15, priced ? event->charge_nano : NO_CHARGE, NO_CHARGE);
	bind_text(values, nulls, 16, usage_status_name(event->status));
	bind_text(values, nulls, 17, event->request_id);
	bind_text(values, nulls, 18, event->payload.model);
	bind_text(values, nulls, 19, event->key_name);
	bind_text(values, nulls, 20, event->reason);
	bind_number(values, nulls, 21, event->subscription_no);
	bind_number(values, nulls, 22, event->quota_no);
	bind_number(values, nulls, 23, event->weight_id);
	bind_nano(values, nulls, 24,
			  event->status == USAGE_STATUS_PLAN ? event->credits_nano : NO_CHARGE, NO_CHARGE);
	bind_number(values, nulls, 25, event->window_no);
	bind_label(values, nulls, 26, event->payload.variant);
	bind_meters(values, nulls, 27, event->payload.meters);
	bind_json(values, nulls, 28, event->tags);
	bind_label(values, nulls, 29, event->project);
}

void
usage_insert(UsageEvent *const *events, size_t count)
{
	static RowShape shape = {
		.name = "usage_event", .columns = EVENT_COLUMN_LIST, .types = {EVENT_TYPES}};
	Datum values[EVENT_COLUMNS];
	char nulls[EVENT_COLUMNS];
	RowInsert insert;

	if (count == 0)
		return;
	row_insert_begin(&insert, &shape);
	for (size_t i = 0; i < count; i++)
	{
		set_columns(values, nulls, events[i]);
		row_insert_put(&insert, values, nulls);
	}
	row_insert_end(&insert);
}
