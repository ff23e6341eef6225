/*-------------------------------------------------------------------------
 *
 * usage.c
 *	  charge() and meter(): a request told by its caller, booked now or soon.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/result.h"
#include "booking/usage.h"
#include "clock.h"
#include "core/request_hash.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "store/inbox_store.h"
#include "store/policy_store.h"
#include "store/price_store.h"

static UsageEvent
read_event(FunctionCallInfo fcinfo)
{
	UsageEvent event = {.account_id = arg_account_id(fcinfo)};

	event.payload.key_id = arg_int64(fcinfo, INBOX_KEY_ID, "key_id");
	event.request_id = arg_text(fcinfo, INBOX_REQUEST_ID, "request_id", IDENTIFIER_BYTES_MAX);
	event.request_hash = request_hash(event.request_id, strlen(event.request_id));
	event.payload.model = arg_text(fcinfo, INBOX_MODEL, "model", MODEL_BYTES_MAX);
	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		event.payload.tokens.of[token_class] = (int32) arg_count(
			fcinfo, inbox_tokens[token_class].column, inbox_tokens[token_class].name, 0,
			TOKENS_MAX);
	event.occurred_at = arg_instant(fcinfo, INBOX_OCCURRED_AT, "occurred_at", DT_NOBEGIN);
	return event;
}

/* Stores a new event with what becomes of it. */
static void
record_event(Booking *booking, UsageEvent *event)
{
	ApiKeyRow key;
	bool has_key = api_key_get(event->account_id, event->payload.key_id, &key);
	Fault fault = usage_judge(booking, has_key ? &key : NULL, event);

	if (fault.message)
		refuse_fault(&fault);
	price_hold_for_reading();
	booking_load(booking, LOTS_OPEN, 0);
	if (event->status == USAGE_STATUS_UNPRICED)
		(void) usage_charge(booking, event);
	usage_insert(event);
	booking_finish(booking);
}

static Datum
charge_row(FunctionCallInfo fcinfo, const Booking *booking, const UsageEvent *event, bool duplicate)
{
	bool has_charge = event->status == USAGE_STATUS_CHARGED || event->status == USAGE_STATUS_FREE;
	Datum values[] = {
		CStringGetTextDatum(duplicate ? "duplicate" : usage_status_name(event->status)),
		has_charge ? nano_datum(event->charge_nano) : (Datum) 0,
		nano_datum(booking_balance(booking)),
		event->reason ? CStringGetTextDatum(event->reason) : (Datum) 0,
	};
	bool nulls[] = {false, !has_charge, false, event->reason == NULL};

	return result_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(billing_charge);
Datum
billing_charge(PG_FUNCTION_ARGS)
{
	UsageEvent event = read_event(fcinfo);
	UsageEvent recorded;
	StoredRequests stored;
	Booking booking;
	Scope scope;
	Datum row;

	scope_open(&scope);
	booking_begin(&booking, event.account_id);
	if (event.occurred_at == DT_NOBEGIN)
		event.occurred_at = booking.at;
	stored = usage_find_recent(&event, booking.at - policy_value(POLICY_DEDUPE_WINDOW), booking.at);
	if (usage_is_recorded(&booking, &event, stored, &recorded))
	{
		Fault fault = usage_conflict(&recorded, &event);

		if (fault.message)
			refuse_fault(&fault);
		row = charge_row(fcinfo, &booking, &recorded, true);
	}
	else
	{
		record_event(&booking, &event);
		row = charge_row(fcinfo, &booking, &event, false);
	}
	return scope_close_with(&scope, row);
}

PG_FUNCTION_INFO_V1(billing_meter);
Datum
billing_meter(PG_FUNCTION_ARGS)
{
	UsageEvent event = read_event(fcinfo);
	InboxRow row = {.account_id = event.account_id,
					.key_id = event.payload.key_id,
					.request_id = (char *) event.request_id,
					.model = (char *) event.payload.model,
					.occurred_at = event.occurred_at};
	Scope scope;

	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		row.tokens[token_class] = event.payload.tokens.of[token_class];
	if (row.occurred_at == DT_NOBEGIN)
		row.occurred_at = clock_now();
	scope_open(&scope);
	inbox_append(&row);
	scope_close(&scope);
	PG_RETURN_TEXT_P(cstring_to_text("accepted"));
}
