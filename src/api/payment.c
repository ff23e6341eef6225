/*-------------------------------------------------------------------------
 *
 * payment.c
 *	  Bank transfers that an operator books, and their reversal (R2, R6, R22).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/operator_call.h"
#include "booking/order.h"
#include "booking/overseas.h"
#include "booking/receipt.h"
#include "booking/take_back.h"
#include "core/gate.h"
#include "errors.h"
#include "spi/altered.h"
#include "store/payment_store.h"

/*
 * A payment made while a lock was or is in force is not credited (B&S 4.10): a
 * closed account takes none at all, any other takes what was paid before.
 */
static void
check_locks(const Account *account, TimestampTz paid_at)
{
	unsigned locks = account->locks & LOCK_CLOSED;

	if (account->locks)
		locks |= account_locks_at(account->account_id, paid_at) & account->locks;
	for (unsigned lock = LOCK_REFUND; lock <= LOCK_CLOSED; lock <<= 1)
		if (locks & lock)
			refuse(ERROR_PAYMENT_AFTER_LOCK, account->account_id, lock_reason_name(lock));
}

static void
check_payment(const Booking *booking, const Payment *payment)
{
	if (payment->paid_at < INSTANT_MIN ||
		payment->paid_at - booking->policies.of[POLICY_FUTURE_TOLERANCE] > booking->at)
		refuse(ERROR_OUT_OF_RANGE, "paid_at", INSTANT_MIN_TEXT " to now + policy future_tolerance",
			   timestamptz_to_str(payment->paid_at));
	check_locks(&booking->account, payment->paid_at);
}

/*
 * A bank transfer counts once, whichever accounts it is booked to (B&S 4.1): the
 * try that comes next, which there is where the last was reversed as a mistake.
 */
static int32
next_try(const Payment *payment)
{
	PaymentClaim last;

	if (!payment_last_claim(payment->gateway, payment->transaction_id, &last))
		return 1;
	if (!last.is_reversed)
		refuse(ERROR_PAYMENT_DUPLICATE, payment->transaction_id, last.order_id, last.account_id);
	return last.try + 1;
}

static void
claim(const Payment *payment, int32 try)
{
	while (!payment_claim(payment, try))
	{
		int32 next = next_try(payment);

		/* What stands in the way is there for all to see by now. */
		if (next <= try)
			altered_refuse("not the try that stands in the way");
		try = next;
	}
}

PG_FUNCTION_INFO_V1(billing_record_offline_payment);
Datum
billing_record_offline_payment(PG_FUNCTION_ARGS)
{
	Payment payment = {
		.account_id = arg_account_id(fcinfo),
		.gateway = GATEWAY_OFFLINE,
		.state = PAYMENT_CREDITED,
		.amount_nano = arg_amount(fcinfo, 1, "amount", LIMIT_PAYMENT),
		.transaction_id = arg_text(fcinfo, 3, "reference", IDENTIFIER_BYTES_MAX),
		.currency = PG_ARGISNULL(4) ? NULL : arg_currency(fcinfo, 4),
	};
	Lot lot = {.kind = LOT_CASH, .amount_nano = payment.amount_nano, .expires_at = NEVER_EXPIRES};
	OperatorCall call;
	Booking *booking = &call.booking;
	Order order;
	Datum answer;
	int64 lot_no;
	int32 try;

	if (operator_call_begin(fcinfo, &call, "record_offline_payment", (OperatorArguments){2, 6, 7},
							&answer))
		return answer;
	if (payment.currency && strcmp(payment.currency, booking->account.currency) != 0)
		refuse(ERROR_CURRENCY_MISMATCH, payment.account_id, booking->account.currency,
			   payment.currency);
	payment.currency = booking->account.currency;
	payment.payer_nano = payment.amount_nano;
	payment.recorded_at = booking->at;
	payment.paid_at = arg_instant(fcinfo, 5, "paid_at", booking->at);
	payment.actor = booking->actor;
	check_payment(booking, &payment);
	try = next_try(&payment);
	if (!operator_call_approved(fcinfo, &call, payment.amount_nano, &answer))
		return answer;

	order = order_bear(&payment, GATEWAY_OFFLINE, booking->at, booking->actor);
	payment.order_id = order.order_id;
	payment_insert(&payment);
	claim(&payment, try);
	overseas_follow(booking, &payment, (OverseasCause){0});
	booking->gateway = payment.gateway;
	booking_load(booking, LOTS_OPEN, 0);
	booking_source(booking, SOURCE_PAYMENT, payment.payment_id, payment.paid_at);
	lot_no = booking_add_lot(booking, lot, BOOK_GATEWAY, payment.order_id);
	receipt_tell(booking, &order, payment.amount_nano);
	return operator_call_end(fcinfo, &call, payment.order_id, lot_no, payment.amount_nano);
}

PG_FUNCTION_INFO_V1(billing_reverse_offline_payment);
Datum
billing_reverse_offline_payment(PG_FUNCTION_ARGS)
{
	int64 order_id = arg_int64(fcinfo, 1, "order_id");
	TakeBack reversal = {.kind = TAKE_BACK_OFFLINE_REVERSAL};
	Payment payment;
	OperatorCall call;
	Datum answer;
	int64 lot_no;

	if (operator_call_begin(fcinfo, &call, "reverse_offline_payment", (OperatorArguments){2, 3, 4},
							&answer))
		return answer;
	if (!payment_that_paid(call.idempotent.account_id, order_id, &payment) ||
		strcmp(payment.gateway, GATEWAY_OFFLINE) != 0)
		refuse(ERROR_ORDER_UNKNOWN, call.idempotent.account_id, order_id);
	if (take_back_total(payment.account_id, payment.payment_id) > 0)
		refuse(ERROR_ORDER_REVERSED, order_id, payment.account_id);
	if (!operator_call_approved(fcinfo, &call, payment.amount_nano, &answer))
		return answer;

	reversal.amount_nano = reversal.payer_nano = payment.amount_nano;
	reversal.occurred_at = call.booking.at;
	reversal.reason = call.reason;
	lot_no = lot_of_order(payment.account_id, order_id);
	if (!take_back_book(&call.booking, &payment, &reversal))
		altered_refuse("a payment of which nothing was taken back");
	return operator_call_end(fcinfo, &call, reversal.take_back_id, lot_no, payment.amount_nano);
}
