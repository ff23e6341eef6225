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
	}
	return false;
}
