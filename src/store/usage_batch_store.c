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

/* All columns of a row, their types and what they are called here, in one order. */
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
enum
{
	ACCOUNT_ID,
	REQUEST_HASH,
	OCCURRED_AT,
	RECORDED_AT,
	SETTLED_AT,
	PRICE_ID,
	FIRST_ENTRY_NO,
	BATCH_OFFSET,
	KEY_ID,
	ENTRY_COUNT,
	INPUT_TOKENS,
	OUTPUT_TOKENS,
	CACHE_READ_TOKENS,
	CACHE_WRITE_TOKENS,
	PROBE,
	CHARGE,
	STATUS,
	REQUEST_ID,
	MODEL,
	KEY_NAME,
	REASON,
	SUBSCRIPTION_NO,
	QUOTA_NO,
	WEIGHT_ID,
	CREDITS,
	WINDOW_NO,
	VARIANT,
	METERS,
	TAGS,
	PROJECT,
	EVENT_COLUMNS
};

/* ---- finding ------------------------------------------------------------- */

/* A request is found again in a leaf, whose index is its own. */
static RowShape leaf_shape = {
	.name = "usage_event",
	.columns = EVENT_COLUMN_LIST,
	.types = {EVENT_TYPES},
	.keys = {{2, {ACCOUNT_ID, REQUEST_HASH}}},
};

static UsageStatus
read_status(const Row *row)
{
	UsageStatus status;

	if (!usage_read_status(row_text(row, STATUS), &status))
		row_shape_refuse(&leaf_shape, "an unknown status");
	return status;
}

static const Meters *
read_meters(const Row *row)
{
	const Meters *meters;

	if (!usage_read_meters(row_json(row, METERS), &meters))
		row_shape_refuse(&leaf_shape, "a request's meters");
	return meters;
}

static UsagePayload
read_payload(const Row *row)
{
	return (UsagePayload){
		.key_id = row_int64(row, KEY_ID),
		.model = row_text(row, MODEL),
		.variant = row_label(row, VARIANT),
		.tokens.of[TOKENS_INPUT] = row_int32(row, INPUT_TOKENS),
		.tokens.of[TOKENS_CACHE_READ] = row_int32(row, CACHE_READ_TOKENS),
		.tokens.of[TOKENS_CACHE_WRITE] = row_int32(row, CACHE_WRITE_TOKENS),
		.tokens.of[TOKENS_OUTPUT] = row_int32(row, OUTPUT_TOKENS),
		.meters = read_meters(row),
	};
}

static UsageEvent *
read_event(const Row *row)
{
	UsageEvent *event = palloc(sizeof(UsageEvent));

	*event = (UsageEvent){
		.account_id = row_int64(row, ACCOUNT_ID),
		.request_id = row_text(row, REQUEST_ID),
		.request_hash = row_int64(row, REQUEST_HASH),
		.probe = row_int16(row, PROBE),
		.payload = read_payload(row),
		.tags = row_json(row, TAGS),
		.key_name = row_text(row, KEY_NAME),
		.project = row_label(row, PROJECT),
		.occurred_at = row_instant(row, OCCURRED_AT, 0),
		.recorded_at = row_instant(row, RECORDED_AT, 0),
		.settled_at = row_instant(row, SETTLED_AT, 0),
		.price_id = row_int64(row, PRICE_ID),
		.charge_nano = row_nano(row, CHARGE),
		.first_entry_no = row_int64(row, FIRST_ENTRY_NO),
		.entry_count = row_int32(row, ENTRY_COUNT),
		.batch_offset_nano = row_is_null(row, BATCH_OFFSET) ? NO_BATCH
															: row_nano(row, BATCH_OFFSET),
		.subscription_no = row_int64(row, SUBSCRIPTION_NO),
		.quota_no = row_int64(row, QUOTA_NO),
		.window_no = row_int64(row, WINDOW_NO),
		.weight_id = row_int64(row, WEIGHT_ID),
		.credits_nano = row_nano(row, CREDITS),
		.status = read_status(row),
		.reason = row_is_null(row, REASON) ? NULL : row_text(row, REASON),
	};
	return event;
}

/* Few are found: a request comes once. */
static void
add_request(StoredRequests *stored, const Row *row)
{
	StoredRequest *rows = unconstify(StoredRequest *, stored->rows);
	size_t size = (stored->count + 1) * sizeof(StoredRequest);
	UsageEvent *event = read_event(row);

	rows = rows ? repalloc(rows, size) : palloc(size);
	rows[stored->count++] = (StoredRequest){
		.request_id = event->request_id,
		.recorded_at = event->recorded_at,
		.occurred_at = event->occurred_at,
		.probe = event->probe,
		.row = event,
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
			row_scan_begin_leaf(&scan, &leaf_shape, leaf, 0, key);
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
	values[ACCOUNT_ID] = Int64GetDatum(event->account_id);
	values[REQUEST_HASH] = Int64GetDatum(event->request_hash);
	values[OCCURRED_AT] = TimestampTzGetDatum(event->occurred_at);
	values[RECORDED_AT] = TimestampTzGetDatum(event->recorded_at);
	bind_instant(values, nulls, SETTLED_AT, event->settled_at, 0);
	bind_number(values, nulls, PRICE_ID, event->price_id);
	bind_number(values, nulls, FIRST_ENTRY_NO, event->first_entry_no);
	bind_nano(values, nulls, BATCH_OFFSET, event->batch_offset_nano, NO_BATCH);
	values[KEY_ID] = Int64GetDatum(event->payload.key_id);
	values[ENTRY_COUNT] = Int32GetDatum(event->entry_count);
	values[INPUT_TOKENS] = Int32GetDatum(tokens[TOKENS_INPUT]);
	values[OUTPUT_TOKENS] = Int32GetDatum(tokens[TOKENS_OUTPUT]);
	values[CACHE_READ_TOKENS] = Int32GetDatum(tokens[TOKENS_CACHE_READ]);
	values[CACHE_WRITE_TOKENS] = Int32GetDatum(tokens[TOKENS_CACHE_WRITE]);
	values[PROBE] = Int16GetDatum(event->probe);
	bind_nano(values, nulls, CHARGE, priced ? event->charge_nano : NO_CHARGE, NO_CHARGE);
	bind_text(values, nulls, STATUS, usage_status_name(event->status));
	bind_text(values, nulls, REQUEST_ID, event->request_id);
	bind_text(values, nulls, MODEL, event->payload.model);
	bind_text(values, nulls, KEY_NAME, event->key_name);
	bind_text(values, nulls, REASON, event->reason);
	bind_number(values, nulls, SUBSCRIPTION_NO, event->subscription_no);
	bind_number(values, nulls, QUOTA_NO, event->quota_no);
	bind_number(values, nulls, WEIGHT_ID, event->weight_id);
	bind_nano(values, nulls, CREDITS,
			  event->status == USAGE_STATUS_PLAN ? event->credits_nano : NO_CHARGE, NO_CHARGE);
	bind_number(values, nulls, WINDOW_NO, event->window_no);
	bind_label(values, nulls, VARIANT, event->payload.variant);
	bind_meters(values, nulls, METERS, event->payload.meters);
	bind_json(values, nulls, TAGS, event->tags);
	bind_label(values, nulls, PROJECT, event->project);
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
