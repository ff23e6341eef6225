/*-------------------------------------------------------------------------
 *
 * call.c
 *	  Names of operations and results.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/call.h"

#include "core/text.h"

static const char *const operation_names[CALL_OPERATIONS_COUNT] = {
	[CALL_CREATE] = "create",
	[CALL_QUERY] = "query",
	[CALL_CLOSE] = "close",
	[CALL_REFUND] = "refund",
	[CALL_REFUND_QUERY] = "refund_query",
	[CALL_SIGN] = "sign",
	[CALL_BILL] = "bill",
	[CALL_KEYS] = "keys",
	[CALL_ISSUE] = "issue",
	[CALL_ISSUE_QUERY] = "issue_query",
	[CALL_RESEAL] = "reseal",
	[CALL_DOCUMENT] = "document",
	[CALL_RED] = "red",
	[CALL_RED_QUERY] = "red_query",
	[CALL_RED_ANSWER] = "red_answer",
	[CALL_RED_LIST] = "red_list",
};

static const char *const result_names[CALL_RESULTS_COUNT] = {
	[RESULT_DONE] = "done",
	[RESULT_REFUSED] = "refused",
	[RESULT_UNCLEAR] = "unclear",
	[RESULT_ABSENT] = "absent",
	[RESULT_BUSY] = "busy",
	[RESULT_NO_FUNDS] = "no_funds",
	[RESULT_UNANSWERED] = "unanswered",
	[RESULT_NOT_DELIVERED] = "not_delivered",
	[RESULT_MISCONFIGURED] = "misconfigured",
};

const char *
call_operation_name(CallOperation operation)
{
	return operation_names[operation];
}

bool
call_operation_from_name(const char *name, CallOperation *operation)
{
	int i = text_place(operation_names, CALL_OPERATIONS_COUNT, name);

	*operation = (CallOperation) i;
	return i < CALL_OPERATIONS_COUNT;
}

const char *
call_result_name(CallResult result)
{
	return result_names[result];
}

bool
call_result_from_name(const char *name, CallResult *result)
{
	int i = text_place(result_names, CALL_RESULTS_COUNT, name);

	*result = (CallResult) i;
	return i < CALL_RESULTS_COUNT;
}

/* Letters, digits and two lines: what all gateways take in a number, and an address without escape.
 */
static bool
is_number(const char *text)
{
	return text[0] != '\0' && strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_-"
										   "abcdefghijklmnopqrstuvwxyz") == strlen(text);
}

/* 2026-01-01: its form, not whether there is such a day. */
static bool
is_day(const char *text)
{
	return strlen(text) == CALL_DAY_SIZE - 1 && strspn(text, "0123456789-") == CALL_DAY_SIZE - 1 &&
		   text[4] == '-' && text[7] == '-';
}

/* Ours of invoices: what the provider takes. */
static bool
is_invoice_number(const char *text)
{
	return text[0] != '\0' && strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(text);
}

/* The bureau's. */
static bool
is_bureau_number(const char *text)
{
	return strlen(text) == INVOICE_NUMBER_SIZE - 1 &&
		   strspn(text, "0123456789") == INVOICE_NUMBER_SIZE - 1;
}

/* Taxes may be none, amounts not: what was given back whole has no line. */
static bool
lines_are_sound(const CallInvoice *invoice)
{
	if (invoice->lines_count == 0 || invoice->lines_count > INVOICE_LINES_MAX)
		return false;
	for (size_t i = 0; i < invoice->lines_count; i++)
		if (invoice->lines[i].amount_nano <= 0 || invoice->lines[i].amount_nano > MONEY_NANO_MAX ||
			invoice->lines[i].tax_nano < 0 ||
			invoice->lines[i].tax_nano >= invoice->lines[i].amount_nano)
			return false;
	return true;
}

static bool
invoice_is_sound(CallOperation operation, const CallInvoice *invoice)
{
	switch (operation)
	{
		case CALL_ISSUE:
			return is_invoice_number(invoice->number) && lines_are_sound(invoice);
		case CALL_ISSUE_QUERY:
		case CALL_RESEAL:
			return is_invoice_number(invoice->number);
		case CALL_RED:
			return is_invoice_number(invoice->red_number) &&
				   is_bureau_number(invoice->blue_number) && invoice->red_reason >= RED_WRONG &&
				   invoice->red_reason <= RED_ALLOWANCE;
		case CALL_RED_QUERY:
			return is_invoice_number(invoice->red_number) || is_number(invoice->confirmation_id);
		case CALL_RED_ANSWER:
			return is_invoice_number(invoice->red_number) ||
				   is_number(invoice->confirmation_number);
		case CALL_RED_LIST:
			return invoice->from_at > 0 && invoice->from_at <= invoice->to_at && invoice->page > 0;
		default:
			return invoice->document_url[0] != '\0';
	}
}

bool
call_is_of_invoice(CallOperation operation)
{
	return operation >= CALL_ISSUE && operation <= CALL_RED_LIST;
}

bool
call_numbers_are_sound(const GatewayCall *call)
{
	switch (call->operation)
	{
		case CALL_CREATE:
			return is_number(call->order_number) && call->amount_nano > 0;
		case CALL_QUERY:
		case CALL_CLOSE:
			return is_number(call->order_number);
		case CALL_REFUND:
			return is_number(call->refund_number) && is_number(call->transaction_id) &&
				   call->refund_nano > 0 && call->refund_nano <= call->amount_nano;
		case CALL_REFUND_QUERY:
			return (is_number(call->refund_number) || is_number(call->refund_id)) &&
				   is_number(call->transaction_id);
		case CALL_SIGN:
		case CALL_KEYS:
			return true;
		case CALL_BILL:
			return is_day(call->bill_day);
		default:
			return call_is_of_invoice(call->operation) &&
				   invoice_is_sound(call->operation, &call->invoice);
	}
}
