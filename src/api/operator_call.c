/*-------------------------------------------------------------------------
 *
 * operator_call.c
 *	  What all calls have in common by which operators move money.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/arguments.h"
#include "api/operator_call.h"
#include "api/result.h"
#include "clock.h"
#include "errors.h"
#include "spi/catalog.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "store/approval_store.h"
#include "store/audit_store.h"

bool
operator_call_is_approved(const OperatorCall *operator_call, int64 amount_nano)
{
	const IdempotentCall *call = &operator_call->idempotent;
	const Booking *booking = &operator_call->booking;
	const PolicyValues *policies = &booking->policies;

	if (!operator_call->needs_second && (policies->is_unset[POLICY_SECOND_PERSON_ABOVE] ||
										 amount_nano <= policies->of[POLICY_SECOND_PERSON_ABOVE]))
		return true;
	/* The same words may mean another charge, or another rest, by now. */
	if (call->is_waiting && call->approval.amount_nano != amount_nano)
		refuse(ERROR_APPROVAL_CHANGED, call->idempotency_key, call->account_id);
	if (call->is_waiting)
		return strcmp(call->approval.actor, booking->actor) != 0 &&
			   strcmp(call->approval.session_user_name, catalog_login_name()) != 0;
	approval_insert(call, amount_nano, booking->actor, operator_call->reason);
	return false;
}

/* A row of type billing.booking. */
static Datum
booking_row(FunctionCallInfo fcinfo, const OperatorCall *call, int64 id, int64 lot_no, bool booked)
{
	const Booking *booking = &call->booking;
	Datum values[] = {
		CStringGetTextDatum(booked ? "booked" : "awaiting_second"),
		Int64GetDatum(id),
		Int64GetDatum(lot_no),
		Int64GetDatum(booking->account.last_entry_no),
		nano_datum(booking_balance(booking)),
		BoolGetDatum(call->idempotent.is_waiting && !booked),
	};
	bool nulls[] = {false, id == NO_NUMBER, lot_no == NO_NUMBER, false, false, false};

	return result_row(fcinfo, values, nulls);
}

static void
read_call(FunctionCallInfo fcinfo, OperatorCall *call, const char *action, OperatorArguments at)
{
	call->action = action;
	call->needs_second = false;
	call->reason = arg_reason(fcinfo, at.reason);
	call->booking.actor = arg_actor(fcinfo, at.actor);
}

/* Holds the account, and looks whether the call was answered before. */
static bool
begin(FunctionCallInfo fcinfo, OperatorCall *call, Datum *answer)
{
	const char *actor = call->booking.actor;

	booking_begin(&call->booking, call->idempotent.account_id);
	call->booking.actor = actor;
	if (!idempotent_call_begin(fcinfo, &call->idempotent, answer))
		return false;
	*answer = scope_close_with(&call->scope, *answer);
	return true;
}

bool
operator_call_begin(FunctionCallInfo fcinfo, OperatorCall *call, const char *action,
					OperatorArguments at, Datum *answer)
{
	read_call(fcinfo, call, action, at);
	call->idempotent = idempotent_call_read(fcinfo, action, at.idempotency_key, at.actor,
											at.reason);
	scope_open(&call->scope);
	return begin(fcinfo, call, answer);
}

bool
operator_call_begin_on_house(FunctionCallInfo fcinfo, OperatorCall *call, const char *action,
							 const char *currency, OperatorArguments at, Datum *answer)
{
	read_call(fcinfo, call, action, at);
	scope_open(&call->scope);
	call->idempotent = idempotent_call_read_on(fcinfo, action, account_house(currency, clock_now()),
											   at.idempotency_key, at.actor, at.reason);
	return begin(fcinfo, call, answer);
}

bool
operator_call_approved(FunctionCallInfo fcinfo, OperatorCall *call, int64 amount_nano,
					   Datum *answer)
{
	if (operator_call_is_approved(call, amount_nano))
		return true;
	booking_finish_unmoved(&call->booking);
	*answer = scope_close_with(&call->scope,
							   booking_row(fcinfo, call, NO_NUMBER, NO_NUMBER, false));
	return false;
}

Datum
operator_call_end(FunctionCallInfo fcinfo, OperatorCall *call, int64 id, int64 lot_no,
				  int64 amount_nano)
{
	char amount[MONEY_TEXT_SIZE];
	AuditLine line = {
		.account_id = call->idempotent.account_id,
		.action = call->action,
		.object = psprintf("%s " INT64_FORMAT, book_source_name(call->booking.books.source.type),
						   id),
		.new_value = money_print(amount_nano, amount),
		.actor = call->booking.actor,
		.reason = call->reason,
	};
	Datum row;

	booking_finish(&call->booking);
	audit_insert(&line);
	row = booking_row(fcinfo, call, id, lot_no, true);
	idempotent_call_end(fcinfo, &call->idempotent, row);
	return scope_close_with(&call->scope, row);
}
