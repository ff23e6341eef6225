/*-------------------------------------------------------------------------
 *
 * take_back.c
 *	  Take-backs that only the gateway's portal shows, and disputes that were won (R22).
 *
 * What a gateway says by itself is booked without anybody's word; these two are for what
 * it has no message and no answer for. Both need a second person.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/operator_call.h"
#include "booking/take_back.h"
#include "core/refund_split.h"
#include "errors.h"

static TakeBackKind
arg_kind(FunctionCallInfo fcinfo, int index)
{
	char *name = arg_text(fcinfo, index, "kind", VALUE_BYTES_MAX);
	TakeBackKind kind;

	if (!take_back_kind_from_name(name, &kind) ||
		(kind != TAKE_BACK_REFUND && kind != TAKE_BACK_DISPUTE))
		refuse(ERROR_INVALID_VALUE, "kind", name);
	return kind;
}

/* A payment through a gateway: a mistaken offline one is reversed, by a call of its own. */
static Payment
find_payment(int64 account_id, int64 payment_id)
{
	Payment payment;

	if (!payment_find(account_id, payment_id, &payment) ||
		strcmp(payment.gateway, GATEWAY_OFFLINE) == 0)
		refuse(ERROR_PAYMENT_UNKNOWN, account_id, payment_id);
	return payment;
}

PG_FUNCTION_INFO_V1(billing_record_take_back);
Datum
billing_record_take_back(PG_FUNCTION_ARGS)
{
	int64 payment_id = arg_int64(fcinfo, 1, "payment_id");
	TakeBack take_back = {
		.amount_nano = arg_amount(fcinfo, 2, "amount", LIMIT_PAYMENT),
		.kind = arg_kind(fcinfo, 3),
		.refund_id = arg_text(fcinfo, 4, "refund_id", FACT_NUMBER_SIZE - 1),
	};
	OperatorCall call;
	Payment payment;
	Datum answer;

	if (operator_call_begin(fcinfo, &call, "record_take_back", (OperatorArguments){5, 6, 7},
							&answer))
		return answer;
	payment = find_payment(call.idempotent.account_id, payment_id);
	call.needs_second = true;
	if (!operator_call_approved(fcinfo, &call, take_back.amount_nano, &answer))
		return answer;
	take_back.payer_nano = refund_split_payer_share(take_back.amount_nano, payment.amount_nano,
													payment.payer_nano);
	take_back.occurred_at = call.booking.at;
	take_back.reason = call.reason;
	if (!take_back_book(&call.booking, &payment, &take_back))
		refuse(ERROR_TAKE_BACK_EXCEEDS, payment_id, payment.account_id);
	return operator_call_end(fcinfo, &call, take_back.take_back_id, NO_NUMBER,
							 take_back.amount_nano);
}

PG_FUNCTION_INFO_V1(billing_undo_take_back);
Datum
billing_undo_take_back(PG_FUNCTION_ARGS)
{
	int64 take_back_id = arg_int64(fcinfo, 1, "take_back_id");
	OperatorCall call;
	Payment payment;
	TakeBack undone;
	Datum answer;
	int64 account_id;
	int64 id;

	if (operator_call_begin(fcinfo, &call, "undo_take_back", (OperatorArguments){2, 3, 4}, &answer))
		return answer;
	account_id = call.idempotent.account_id;
	if (!take_back_find(account_id, take_back_id, &undone) || undone.refund_id == NULL ||
		take_back_is_undone(account_id, take_back_id))
		refuse(ERROR_TAKE_BACK_UNKNOWN, account_id, take_back_id);
	payment = find_payment(account_id, undone.payment_id);
	call.needs_second = true;
	if (!operator_call_approved(fcinfo, &call, undone.amount_nano, &answer))
		return answer;
	id = take_back_undo(&call.booking, &payment, &undone, call.reason);
	return operator_call_end(fcinfo, &call, id, NO_NUMBER, undone.amount_nano);
}
