/*-------------------------------------------------------------------------
 *
 * reversal.c
 *	  reverse_charge(): undoing a charge (R23).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/operator_call.h"
#include "booking/slices.h"
#include "errors.h"

static UsageEvent
find_charged(int64 account_id, const char *request_id, TimestampTz occurred_at)
{
	UsageEvent event;

	if (!usage_find(account_id, request_id, occurred_at, &event))
		refuse(ERROR_REQUEST_UNKNOWN, account_id, request_id);
	if (event.status != USAGE_STATUS_CHARGED)
		refuse(ERROR_REQUEST_NOT_CHARGED, request_id, account_id, usage_status_name(event.status));
	if (usage_is_reversed(&event))
		refuse(ERROR_REQUEST_REVERSED, request_id, account_id);
	return event;
}

/* A closed account gets no credit back, which would have no way out of it. */
static void
check_no_credit(const Booking *booking)
{
	const Books *books = &booking->books;

	if (books->cash_nano + books->bonus_nano > books->arrears_nano)
		booking_check_open(booking);
}

/* Gives back what is booked of a charge; returns the amount of that. */
static int64
undo(Booking *booking, const ChargeSlices *slices, int64 reversal_id)
{
	UndoneCharge undone;

	booking_load(booking, LOTS_ALL, 0);
	booking_source(booking, SOURCE_REVERSAL, reversal_id, booking->at);
	check_outcome(slices_undo(booking, slices, slices->booked_nano, &undone));
	check_no_credit(booking);
	return undone.given_back_nano;
}

PG_FUNCTION_INFO_V1(billing_reverse_charge);
Datum
billing_reverse_charge(PG_FUNCTION_ARGS)
{
	char *request_id = arg_text(fcinfo, 1, "request_id", IDENTIFIER_BYTES_MAX);
	TimestampTz occurred_at = arg_instant(fcinfo, 5, "occurred_at", DT_NOBEGIN);
	UsageEvent event;
	ChargeSlices slices;
	OperatorCall call;
	Datum answer;
	int64 reversal_id;
	int64 undone_nano;

	if (operator_call_begin(fcinfo, &call, "reverse_charge", (OperatorArguments){2, 4, 3}, &answer))
		return answer;
	event = find_charged(call.idempotent.account_id, request_id, occurred_at);
	slices = slices_booked(&event);
	if (!operator_call_approved(fcinfo, &call, slices.booked_nano, &answer))
		return answer;
	reversal_id = usage_next_reversal_id(event.account_id);
	undone_nano = undo(&call.booking, &slices, reversal_id);
	usage_insert_reversal(&event, reversal_id, undone_nano, call.booking.at, call.booking.actor,
						  call.reason);
	return operator_call_end(fcinfo, &call, reversal_id, NO_NUMBER, undone_nano);
}
