/*-------------------------------------------------------------------------
 *
 * red_confirmation.c
 *	  Reversing invoices that a provider issued (R17, B&S 4.7).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "api/idempotent_call.h"
#include "api/result.h"
#include "booking/invoicing.h"
#include "clock.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/audit_store.h"

static const char *
arg_red_reason(FunctionCallInfo fcinfo, int index)
{
	const char *reason = arg_text(fcinfo, index, "red_reason", VALUE_BYTES_MAX);

	if (strlen(reason) != 2 || reason[0] != '0' || strchr("1234", reason[1]) == NULL)
		refuse(ERROR_INVALID_VALUE, "red_reason", reason);
	return reason;
}

static Datum
reversal_row(FunctionCallInfo fcinfo, const RedConfirmation *confirmation)
{
	Datum values[] = {
		Int64GetDatum(confirmation->confirmation_no),
		CStringGetTextDatum(lifecycle_state_name(&lifecycle_red, (int) confirmation->state)),
		BoolGetDatum(false),
	};
	bool nulls[3] = {0};

	return result_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(billing_reverse_invoice);
Datum
billing_reverse_invoice(PG_FUNCTION_ARGS)
{
	IdempotentCall call = idempotent_call_read(fcinfo, "reverse_invoice", 3, 5, 4);
	RedConfirmation confirmation = {
		.account_id = arg_customer_id(fcinfo),
		.invoice_id = arg_int64(fcinfo, 1, "invoice_id"),
		.red_reason = arg_red_reason(fcinfo, 2),
		.reason = arg_text(fcinfo, 4, "reason", REASON_BYTES_MAX),
		.actor = arg_actor(fcinfo, 5),
	};
	Booking booking;
	Invoice invoice;
	Scope scope;
	Datum row;

	scope_open(&scope);
	booking_begin(&booking, call.account_id);
	booking.actor = confirmation.actor;
	if (idempotent_call_begin(fcinfo, &call, &row))
		return scope_close_with(&scope, row);
	invoicing_find(confirmation.account_id, confirmation.invoice_id, &invoice);
	invoicing_reverse(&booking, &invoice, &confirmation);
	booking_finish_unmoved(&booking);
	row = reversal_row(fcinfo, &confirmation);
	idempotent_call_end(fcinfo, &call, row);
	return scope_close_with(&scope, row);
}

static const char *
arg_answer(FunctionCallInfo fcinfo, int index)
{
	const char *answer = arg_text(fcinfo, index, "answer", VALUE_BYTES_MAX);

	if (strcmp(answer, "agree") != 0 && strcmp(answer, "refuse") != 0 &&
		strcmp(answer, "withdraw") != 0)
		refuse(ERROR_INVALID_VALUE, "answer", answer);
	return answer;
}

PG_FUNCTION_INFO_V1(billing_resolve_red_confirmation);
Datum
billing_resolve_red_confirmation(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 confirmation_no = arg_int64(fcinfo, 1, "confirmation_no");
	const char *answer = arg_answer(fcinfo, 2);
	AuditLine line = {.account_id = account_id,
					  .action = "resolve_red_confirmation",
					  .object = psprintf("red_confirmation " INT64_FORMAT, confirmation_no),
					  .new_value = answer,
					  .actor = arg_actor(fcinfo, 3),
					  .reason = arg_reason(fcinfo, 4)};
	RedConfirmation confirmation;
	Booking booking;
	Scope scope;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	if (!red_find(account_id, confirmation_no, &confirmation))
		refuse(ERROR_RED_UNKNOWN, account_id, confirmation_no);
	invoicing_answer(&booking, &confirmation, answer);
	audit_insert(&line);
	booking_finish_unmoved(&booking);
	scope_close(&scope);
	PG_RETURN_VOID();
}

static void
put_confirmations(int64 account_id, ReturnSetInfo *result)
{
	red_report(account_id, clock_statement(), result);
}

PG_FUNCTION_INFO_V1(billing_red_confirmations);
Datum
billing_red_confirmations(PG_FUNCTION_ARGS)
{
	return result_of_account(fcinfo, arg_account_id(fcinfo), put_confirmations);
}
