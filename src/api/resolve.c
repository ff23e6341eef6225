/*-------------------------------------------------------------------------
 *
 * resolve.c
 *	  What an operator does with money that is held (B&S 4.1).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/arguments.h"
#include "api/operator_call.h"
#include "booking/order.h"
#include "booking/provider.h"
#include "booking/receipt.h"
#include "booking/subscription.h"
#include "core/gate.h"
#include "errors.h"
#include "store/order_store.h"
#include "store/payment_store.h"

#define METHOD_RESOLVED "resolved"

/* Where they are in force no held payment is credited (4.10). */
#define LOCKS_ON_CREDIT (LOCK_REFUND | LOCK_CLOSED)

typedef struct Resolution
{
	OperatorCall call;
	Payment payment;
	int64 target_account_id; /* NO_NUMBER: none */
} Resolution;

typedef struct Action
{
	const char *name;
	PaymentEvent event;
	bool needs_second;
	void (*act)(Resolution *resolution);
} Action;

/* Its own order, where that can be paid still; else one born for it. */
static Order
order_for(const Booking *booking, const Payment *payment)
{
	Order order;

	if (payment->order_id != NO_NUMBER &&
		order_find(payment->account_id, payment->order_id, sql_run, &order) &&
		order.state != ORDER_PAID && subscription_is_possible(&order, booking->at))
		return order;
	return order_bear(payment, METHOD_RESOLVED, booking->at, booking->actor);
}

static void
credit(Resolution *resolution)
{
	Booking *booking = &resolution->call.booking;
	Payment *payment = &resolution->payment;
	Order order;

	if (booking->account.account_id < 0)
		refuse(ERROR_PAYMENT_STATE, payment->payment_id, payment->account_id,
			   "it is of the house: move it to its account");
	booking_check_locks(booking, LOCKS_ON_CREDIT);
	order = order_for(booking, payment);
	payment->order_id = order.order_id;
	booking_load(booking, LOTS_OPEN, 3);
	booking_source(booking, SOURCE_PAYMENT, payment->payment_id, payment->paid_at);
	receipt_credit(booking, &order, payment, BOOK_SUSPENSE);
}

static void
send_back(Resolution *resolution)
{
	Booking *booking = &resolution->call.booking;
	const Payment *payment = &resolution->payment;

	if (strncmp(payment->transaction_id, PAYMENT_UNDONE, strlen(PAYMENT_UNDONE)) == 0)
		refuse(
			ERROR_PAYMENT_STATE, payment->payment_id, payment->account_id,
			"its gateway knows no payment that could be given back: pay it by hand, and dismiss");
	if (provider_of_lacks(payment->gateway, CALL_REFUND))
		refuse(ERROR_PAYMENT_STATE, payment->payment_id, payment->account_id,
			   "its gateway takes no refunds: give it back there by hand, and record_take_back()");
	booking_load(booking, LOTS_OPEN, 1);
	booking_source(booking, SOURCE_PAYMENT, resolution->payment.payment_id, booking->at);
	receipt_send_back(&resolution->payment, booking->at);
}

/* Out of suspense: to the gateway, where it is not ours, or to breakage. */
static void
end_suspense(Resolution *resolution, Book credit_book)
{
	Booking *booking = &resolution->call.booking;

	booking_load(booking, LOTS_OPEN, 1);
	booking_source(booking, SOURCE_PAYMENT, resolution->payment.payment_id, booking->at);
	check_outcome(
		books_end_suspense(&booking->books, payment_left_nano(&resolution->payment), credit_book));
}

static void
dismiss(Resolution *resolution)
{
	end_suspense(resolution, BOOK_GATEWAY);
}

static void
forfeit(Resolution *resolution)
{
	end_suspense(resolution, BOOK_BREAKAGE);
}

static void
claim_again(const Payment *payment, const Payment *moved)
{
	PaymentClaim last;

	if (!payment_last_claim(payment->gateway, payment->transaction_id, &last) ||
		last.account_id != payment->account_id || last.payment_id != payment->payment_id ||
		!payment_claim(moved, last.try + 1))
		refuse(ERROR_PAYMENT_DUPLICATE, payment->transaction_id, NO_NUMBER, moved->account_id);
}

/* Books it on its customer's account, as a payment of his; both accounts are held, the house's
 * first.
 */
static void
book_on_target(const Resolution *resolution)
{
	const Payment *payment = &resolution->payment;
	Booking booking;
	Payment moved = *payment;
	Order order;

	booking_begin(&booking, resolution->target_account_id);
	booking.actor = resolution->call.booking.actor;
	booking.gateway = payment->gateway;
	booking_check_locks(&booking, LOCKS_ON_CREDIT);
	if (strcmp(booking.account.currency, payment->currency) != 0)
		refuse(ERROR_CURRENCY_MISMATCH, booking.account.account_id, booking.account.currency,
			   payment->currency);
	moved.account_id = booking.account.account_id;
	order = order_bear(&moved, METHOD_RESOLVED, booking.at, booking.actor);
	moved.order_id = order.order_id;
	moved.amount_nano = payment_left_nano(payment);
	moved.payer_nano = Min(moved.payer_nano, moved.amount_nano);
	moved.taken_nano = 0;
	moved.state = PAYMENT_CREDITED;
	moved.recorded_at = booking.at;
	moved.actor = booking.actor;
	payment_insert(&moved);
	claim_again(payment, &moved);
	booking_load(&booking, LOTS_OPEN, 3);
	booking_source(&booking, SOURCE_PAYMENT, moved.payment_id, moved.paid_at);
	receipt_credit(&booking, &order, &moved, BOOK_GATEWAY);
	booking_finish(&booking);
}

static void
move(Resolution *resolution)
{
	const Payment *payment = &resolution->payment;

	if (payment->account_id > 0)
		refuse(ERROR_PAYMENT_STATE, payment->payment_id, payment->account_id,
			   "it is on a customer's account already");
	if (resolution->target_account_id <= 0)
		refuse(ERROR_NULL_ARGUMENT, "target_account_id");
	end_suspense(resolution, BOOK_GATEWAY);
	book_on_target(resolution);
}

static const Action actions[] = {
	{"credit", PAYMENT_CREDIT, false, credit},	  {"return", PAYMENT_RETURN, false, send_back},
	{"dismiss", PAYMENT_DISMISS, false, dismiss}, {"forfeit", PAYMENT_FORFEIT, true, forfeit},
	{"move", PAYMENT_MOVE, false, move},
};

static const Action *
arg_action(FunctionCallInfo fcinfo, int index)
{
	char *name = arg_text(fcinfo, index, "action", VALUE_BYTES_MAX);

	for (size_t i = 0; i < lengthof(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	refuse(ERROR_INVALID_VALUE, "action", name);
}

/* Moves the payment by what is asked for, where its state allows it. */
static void
change_state(Payment *payment, const Action *action)
{
	int next;

	if (lifecycle_next(&lifecycle_payment, payment->state, action->event, &next) != LIFECYCLE_MOVES)
		refuse(ERROR_PAYMENT_STATE, payment->payment_id, payment->account_id,
			   psprintf("it is %s", lifecycle_state_name(&lifecycle_payment, payment->state)));
	payment->state = (PaymentState) next;
}

PG_FUNCTION_INFO_V1(billing_resolve_payment);
Datum
billing_resolve_payment(PG_FUNCTION_ARGS)
{
	int64 payment_id = arg_int64(fcinfo, 1, "payment_id");
	const Action *action = arg_action(fcinfo, 2);
	Resolution resolution = {.target_account_id = PG_ARGISNULL(4)
													  ? NO_NUMBER
													  : arg_int64(fcinfo, 4, "target_account_id")};
	OperatorCall *call = &resolution.call;
	Payment *payment = &resolution.payment;
	Datum answer;

	if (operator_call_begin(fcinfo, call, "resolve_payment", (OperatorArguments){3, 5, 6}, &answer))
		return answer;
	call->needs_second = action->needs_second;
	if (!payment_find(call->idempotent.account_id, payment_id, payment))
		refuse(ERROR_PAYMENT_UNKNOWN, call->idempotent.account_id, payment_id);
	change_state(payment, action);
	if (!operator_call_approved(fcinfo, call, payment->amount_nano, &answer))
		return answer;
	call->booking.gateway = payment->gateway;
	action->act(&resolution);
	payment_update(payment);
	return operator_call_end(fcinfo, call, payment->payment_id, NO_NUMBER, payment->amount_nano);
}
