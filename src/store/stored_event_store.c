/*-------------------------------------------------------------------------
 *
 * stored_event_store.c
 *	  Reading rows of usage_event that anybody may have written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/jsonb.h"

#include "spi/nano.h"
#include "store/stored_event_store.h"

static int32
read_int32(const Cursor *row, int column)
{
	return row->nulls[column] ? 0 : DatumGetInt32(row->values[column]);
}

static void
read_tokens(const Cursor *row, TokenCounts *tokens)
{
	tokens->of[TOKENS_INPUT] = read_int32(row, EVENT_INPUT_TOKENS);
	tokens->of[TOKENS_CACHE_READ] = read_int32(row, EVENT_CACHE_READ_TOKENS);
	tokens->of[TOKENS_CACHE_WRITE] = read_int32(row, EVENT_CACHE_WRITE_TOKENS);
	tokens->of[TOKENS_OUTPUT] = read_int32(row, EVENT_OUTPUT_TOKENS);
}

/* What it counts beside tokens: some, none of them zero, or it cannot be. */
static void
read_meters(const Cursor *row, StoredEvent *event)
{
	Jsonb *json;

	event->meters_text = "";
	event->has_bad_meters = false;
	if (row->nulls[EVENT_METERS])
		return;
	json = DatumGetJsonbP(row->values[EVENT_METERS]);
	event->meters_text = JsonbToCString(NULL, &json->root, VARSIZE(json));
	event->has_bad_meters = meters_read(event->meters_text, &event->meters) != NULL ||
							event->meters.count == 0 || event->meters.count != JB_ROOT_COUNT(json);
}

static void
read_texts(const Cursor *row, StoredEvent *event)
{
	event->status = cursor_text(row, EVENT_STATUS);
	event->reason = cursor_text(row, EVENT_REASON);
	event->request_id = cursor_text(row, EVENT_REQUEST_ID);
	event->key_name = cursor_text(row, EVENT_KEY_NAME);
	event->project = cursor_text(row, EVENT_PROJECT);
	event->model = cursor_text(row, EVENT_MODEL);
	event->variant = cursor_text(row, EVENT_VARIANT);
	read_meters(row, event);
}

void
stored_event_read(const Cursor *row, StoredEvent *event)
{
	memcpy(event->nulls, row->nulls, sizeof(event->nulls));
	event->account_id = cursor_int64(row, EVENT_ACCOUNT_ID);
	event->first_entry_no = cursor_int64(row, EVENT_FIRST_ENTRY_NO);
	event->entry_count = read_int32(row, EVENT_ENTRY_COUNT);
	event->batch_offset = cursor_amount(row, EVENT_BATCH_OFFSET);
	event->request_hash = cursor_int64(row, EVENT_REQUEST_HASH);
	event->probe = row->nulls[EVENT_PROBE] ? 0 : DatumGetInt16(row->values[EVENT_PROBE]);
	event->occurred_at = cursor_int64(row, EVENT_OCCURRED_AT);
	event->recorded_at = cursor_int64(row, EVENT_RECORDED_AT);
	event->settled_at = cursor_int64(row, EVENT_SETTLED_AT);
	event->key_id = cursor_int64(row, EVENT_KEY_ID);
	event->price_id = cursor_int64(row, EVENT_PRICE_ID);
	event->charge = cursor_amount(row, EVENT_CHARGE);
	event->credits = cursor_amount(row, EVENT_CREDITS);
	event->subscription_no = cursor_int64(row, EVENT_SUBSCRIPTION_NO);
	event->weight_id = cursor_int64(row, EVENT_WEIGHT_ID);
	read_tokens(row, &event->tokens);
	read_texts(row, event);
}

const char *
stored_event_amount_text(const StoredAmount *amount)
{
	return amount->is_number ? nano_text(amount->nano) : "";
}
