/*-------------------------------------------------------------------------
 *
 * refund_item.c
 *	  What an operator does with a part of a refund that does not go back by itself
 *	  (R14, B&S 4.5).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/arguments.h"
#include "api/operator_call.h"
#include "booking/refund_item.h"
#include "booking/take_back.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/audit_store.h"
#include "store/payment_store.h"

static RefundItem
must_find(int64 account_id, int64 item_id)
{
	RefundItem item;

	if (!refund_item_find(account_id, item_id, &item))
		refuse(ERROR_REFUND_ITEM_UNKNOWN, account_id, item_id);
	return item;
}

/* What was taken back is not sent once more. */
static void
check_not_taken(const RefundItem *item)
{
	Payment payment;

	if (!payment_find(item->account_id, item->payment_id, &payment))
		refuse(ERROR_PAYMENT_UNKNOWN, item->account_id, item->payment_id);
	if (take_back_takable_nano(&payment) < item->amount_nano)
		refuse(ERROR_REFUND_TAKEN, item->item_id, item->account_id);
}

PG_FUNCTION_INFO_V1(billing_retry_refund_item);
Datum
billing_retry_refund_item(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 item_id = arg_int64(fcinfo, 1, "item_id");
	AuditLine line = {.account_id = account_id,
					  .action = "retry_refund_item",
					  .object = psprintf("refund_item " INT64_FORMAT, item_id),
					  .actor = arg_actor(fcinfo, 2),
					  .reason = arg_reason(fcinfo, 3)};
	Booking booking;
	RefundItem item;
	Scope scope;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	booking.actor = line.actor;
	item = must_find(account_id, item_id);
	refund_item_check(&item, ITEM_RETRY);
	check_not_taken(&item);
	refund_item_retry(&booking, &item);
	audit_insert(&line);
	booking_finish_unmoved(&booking);
	scope_close(&scope);
	PG_RETURN_VOID();
}

/* An operator's call by which an item changes; where it was answered, or waits, *answer is it. */
static bool
begin_change(FunctionCallInfo fcinfo, OperatorCall *call, RefundItem *item, const char *action,
			 OperatorArguments at, RefundItemEvent event, Datum *answer)
{
	int64 item_id = arg_int64(fcinfo, 1, "item_id");

	if (operator_call_begin(fcinfo, call, action, at, answer))
		return false;
	*item = must_find(call->idempotent.account_id, item_id);
	refund_item_check(item, event);
	call->needs_second = event == ITEM_GIVE_UP;
	if (!operator_call_approved(fcinfo, call, item->amount_nano, answer))
		return false;
	booking_load(&call->booking, LOTS_ALL, 0);
	return true;
}

static Datum
end_change(FunctionCallInfo fcinfo, OperatorCall *call, const RefundItem *item)
{
	booking_source(&call->booking, SOURCE_REFUND_ITEM, item->item_id, call->booking.at);
	return operator_call_end(fcinfo, call, item->item_id, NO_NUMBER, item->amount_nano);
}

PG_FUNCTION_INFO_V1(billing_release_refund_item);
Datum
billing_release_refund_item(PG_FUNCTION_ARGS)
{
	OperatorCall call;
	RefundItem item;
	Datum answer;

	if (!begin_change(fcinfo, &call, &item, "release_refund_item", (OperatorArguments){2, 3, 4},
					  ITEM_RELEASE, &answer))
		return answer;
	(void) refund_item_apply(&call.booking, &item, ITEM_RELEASE, item.reason);
	return end_change(fcinfo, &call, &item);
}

PG_FUNCTION_INFO_V1(billing_settle_refund_item_offline);
Datum
billing_settle_refund_item_offline(PG_FUNCTION_ARGS)
{
	char *reference = arg_text(fcinfo, 2, "reference", IDENTIFIER_BYTES_MAX);
	OperatorCall call;
	RefundItem item;
	Datum answer;

	if (!begin_change(fcinfo, &call, &item, "settle_refund_item_offline",
					  (OperatorArguments){3, 4, 5}, ITEM_SETTLE_OFFLINE, &answer))
		return answer;
	item.reference = reference;
	(void) refund_item_apply(&call.booking, &item, ITEM_SETTLE_OFFLINE, item.reason);
	return end_change(fcinfo, &call, &item);
}

PG_FUNCTION_INFO_V1(billing_give_up_refund_item);
Datum
billing_give_up_refund_item(PG_FUNCTION_ARGS)
{
	OperatorCall call;
	RefundItem item;
	Datum answer;

	if (!begin_change(fcinfo, &call, &item, "give_up_refund_item", (OperatorArguments){2, 3, 4},
					  ITEM_GIVE_UP, &answer))
		return answer;
	refund_item_give_up(&call.booking, &item);
	return end_change(fcinfo, &call, &item);
}
