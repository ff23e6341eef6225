/*-------------------------------------------------------------------------
 *
 * usage.c
 *	  charge() and meter(): a request told by its caller, booked now or soon;
 *	  reject_usage(): one that will never have a price.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/result.h"
#include "booking/inbox_row.h"
#include "booking/moment.h"
#include "booking/usage.h"
#include "errors.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/account_range_store.h"
#include "store/audit_store.h"
#include "store/policy_store.h"
#include "store/price_store.h"
#include "store/usage_batch_store.h"

/* The arguments as a row of the inbox; refuses what would be set aside of any account's. */
static InboxRow
read_arguments(FunctionCallInfo fcinfo)
{
	Datum values[INBOX_COLUMNS];
	bool nulls[INBOX_COLUMNS];
	InboxRow row;
	Fault fault;

	for (int column = 0; column < INBOX_COLUMNS; column++)
	{
		values[column] = PG_GETARG_DATUM(column);
		nulls[column] = PG_ARGISNULL(column);
	}
	row = inbox_make_row(values, nulls);
	fault = inbox_row_fault(&row);
	if (fault.message)
		refuse_fault(&fault);
	return row;
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
	booking_load(booking, LOTS_OPEN, 0);
	if (event->status == USAGE_STATUS_UNPRICED)
		fault = usage_charge(booking, event);
	if (fault.message)
		refuse_fault(&fault);
	usage_insert(&event, 1);
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
		nano_datum(event->credits_nano),
	};
	bool nulls[] = {false, !has_charge, false, event->reason == NULL,
					event->status != USAGE_STATUS_PLAN};

	return result_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(billing_charge);
Datum
billing_charge(PG_FUNCTION_ARGS)
{
	InboxRow arguments = read_arguments(fcinfo);
	UsageEvent event;
	const UsageEvent *recorded;
	StoredRequests stored;
	Booking booking;
	Scope scope;
	Datum row;

	scope_open(&scope);
	booking_begin_usage(&booking, arguments.account_id);
	event = inbox_row_event(&arguments, booking.at);
	stored = *usage_find_recent(&(UsageEvent *){&event}, 1, booking_dedupe_since(&booking),
								booking.at);
	recorded = usage_find_recorded(&booking, &event, stored);
	if (recorded)
	{
		Fault fault = usage_conflict(recorded, &event);

		if (fault.message)
			refuse_fault(&fault);
		row = charge_row(fcinfo, &booking, recorded, true);
	}
	else
	{
		record_event(&booking, &event);
		row = charge_row(fcinfo, &booking, &event, false);
	}
	return scope_close_with(&scope, row);
}

/* What came without a stamp starts now, where that may be. */
static void
stamp(InboxRow *row)
{
	int64 is_required;

	if (policy_get(POLICY_REQUIRE_OCCURRED_AT, NULL, &is_required) && is_required)
		refuse(ERROR_USAGE_UNSTAMPED, row->request_id, row->account_id);
	row->occurred_at = moment_now();
	row->nulls[INBOX_OCCURRED_AT] = false;
}

PG_FUNCTION_INFO_V1(billing_meter);
Datum
billing_meter(PG_FUNCTION_ARGS)
{
	InboxRow row = read_arguments(fcinfo);
	Scope scope;

	scope_open(&scope);
	subscriber_check_none();
	if (!account_range_has(row.account_id))
		account_range_refuse(row.account_id);
	if (row.nulls[INBOX_OCCURRED_AT])
		stamp(&row);
	inbox_append(&row);
	scope_close(&scope);
	PG_RETURN_TEXT_P(cstring_to_text("accepted"));
}

/* False where an operator rejected it before. */
static bool
reject(const Booking *booking, const UsageEvent *event, const char *reason)
{
	if (event->status == USAGE_STATUS_REJECTED &&
		strcmp(event->reason, USAGE_REJECTED_BY_OPERATOR) == 0)
		return false;
	if (event->status != USAGE_STATUS_UNPRICED)
		refuse(ERROR_REQUEST_NOT_UNPRICED, event->request_id, event->account_id,
			   usage_status_name(event->status));
	usage_update_rejected(event, booking->at);
	audit_insert(&(AuditLine){.account_id = event->account_id,
							  .action = "reject_usage",
							  .object = psprintf("request \"%s\"", event->request_id),
							  .actor = booking->actor,
							  .reason = reason});
	return true;
}

PG_FUNCTION_INFO_V1(billing_reject_usage);
Datum
billing_reject_usage(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_account_id(fcinfo);
	char *request_id = arg_text(fcinfo, 1, "request_id", IDENTIFIER_BYTES_MAX);
	char *reason = arg_text(fcinfo, 2, "reason", REASON_BYTES_MAX);
	char *actor = arg_actor(fcinfo, 3);
	TimestampTz occurred_at = arg_instant(fcinfo, 4, "occurred_at", DT_NOBEGIN);
	UsageEvent event;
	Booking booking;
	Scope scope;
	bool rejected;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	booking.actor = actor;
	if (!usage_find(account_id, request_id, occurred_at, &event))
		refuse(ERROR_REQUEST_UNKNOWN, account_id, request_id);
	rejected = reject(&booking, &event, reason);
	if (rejected)
		booking_finish_unmoved(&booking);
	scope_close(&scope);
	PG_RETURN_BOOL(rejected);
}
