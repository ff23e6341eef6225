/*-------------------------------------------------------------------------
 *
 * receipt.c
 *	  Booking what gateways report.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/booking.h"
#include "booking/merchant_file.h"
#include "booking/notify.h"
#include "booking/order.h"
#include "booking/overseas.h"
#include "booking/provider.h"
#include "booking/receipt.h"
#include "booking/subscription.h"
#include "booking/take_back.h"
#include "clock.h"
#include "core/gate.h"
#include "core/order_number.h"
#include "core/payment.h"
#include "errors.h"
#include "gateway/frame.h"
#include "store/account_range_store.h"
#include "store/notice_store.h"
#include "store/payment_store.h"
#include "wake.h"

#define ACTOR "gateway"

/* True where the transaction was booked before. */
static bool
is_known(Receipt *receipt)
{
	PaymentClaim claim;

	if (!payment_last_claim(receipt->gateway, receipt->fact->transaction_id, &claim))
		return false;
	receipt->account_id = claim.account_id;
	receipt->payment_id = claim.payment_id;
	return true;
}

/* True where the order was stopped by a lock, or one was in force when it was paid (R13). */
static bool
is_locked(const Booking *booking, const Order *order, TimestampTz paid_at)
{
	const Account *account = &booking->account;

	return (order->close_reason && strcmp(order->close_reason, "locked") == 0) ||
		   (account->locks && (account_locks_at(account->account_id, paid_at) & account->locks));
}

/* A gateway that knows an order by its user says whose it is. */
static bool
is_of_user(const PaymentFact *fact, const Order *order)
{
	return fact->uid[0] == '\0' || (order->uid && strcmp(fact->uid, order->uid) == 0);
}

static PaymentVerdict
judge(const Receipt *receipt, const Booking *booking, const Order *order)
{
	const PaymentFact *fact = receipt->fact;
	PaymentFacts facts = {
		.is_ours = receipt->is_merchants && strcmp(order->gateway, receipt->gateway) == 0,
		.same_currency = strcmp(fact->currency, order->currency) == 0,
		.same_amount = fact->amount_nano == order->pay_nano,
		.same_user = is_of_user(fact, order),
		.was_refunded = fact->refunded_nano > 0,
		.account_closed = (booking->account.locks & LOCK_CLOSED) != 0,
		.order = order->state,
		.order_locked = is_locked(booking, order, fact->paid_at),
		.credits_late = order->plan == NULL &&
						booking->policies.of[POLICY_LATE_PAYMENT] == LATE_PAYMENT_CREDIT,
		.is_useless = !subscription_is_possible(order, booking->at),
		.paid_at = fact->paid_at,
		.payable_until = order->payable_until,
	};

	return payment_judge(&facts);
}

/* Why a payment is not credited at once. */
static const char *
reason_of(PaymentVerdict verdict, const Receipt *receipt, const Booking *booking,
		  const Order *order)
{
	switch (verdict)
	{
		case PAYMENT_IS_CREDITED:
			return NULL;
		case PAYMENT_IS_CREDITED_LATE:
			return "late";
		case PAYMENT_GOES_BACK:
			if (order->state == ORDER_PAID)
				return "second";
			return subscription_is_possible(order, booking->at) ? "late" : "plan_ended";
		case PAYMENT_IS_HELD:
			if (receipt->fact->amount_nano != order->pay_nano)
				return "amount";
			if (!is_of_user(receipt->fact, order))
				return "user";
			if (receipt->fact->refunded_nano > 0)
				return "refunded";
			return booking->account.locks & LOCK_CLOSED ? "closed_account" : "limit";
		case PAYMENT_IS_HELD_BY_HOUSE:
			break;
	}
	return "unknown_order";
}

static PaymentState
state_of(PaymentVerdict verdict)
{
	if (verdict == PAYMENT_IS_CREDITED || verdict == PAYMENT_IS_CREDITED_LATE)
		return PAYMENT_CREDITED;
	return verdict == PAYMENT_GOES_BACK ? PAYMENT_RETURNING : PAYMENT_HELD;
}

/* What a gateway cannot give back goes back by hand. */
static PaymentState
state_at(const Receipt *receipt, PaymentVerdict verdict)
{
	PaymentState state = state_of(verdict);

	return state == PAYMENT_RETURNING && provider_of_lacks(receipt->gateway, CALL_REFUND)
			   ? PAYMENT_HELD
			   : state;
}

/* Stores the payment and its claim: who is second is refused by the claim's key. */
static Payment
store_payment(Receipt *receipt, const Booking *booking, int64 order_id, PaymentState state,
			  const char *reason)
{
	const PaymentFact *fact = receipt->fact;
	Payment payment = {
		.account_id = booking->account.account_id,
		.order_id = order_id,
		.state = state,
		.gateway = receipt->gateway,
		.transaction_id = fact->transaction_id,
		.currency = fact->currency,
		.amount_nano = fact->amount_nano,
		.payer_nano = Min(fact->payer_nano, fact->amount_nano),
		.reason = reason,
		.paid_at = fact->paid_at,
		.recorded_at = booking->at,
		.actor = ACTOR,
	};

	payment_insert(&payment);
	if (!payment_claim(&payment, 1))
		refuse(ERROR_PAYMENT_DUPLICATE, payment.transaction_id, order_id, payment.account_id);
	receipt->account_id = payment.account_id;
	receipt->payment_id = payment.payment_id;
	if (notice_rematch(receipt->gateway, fact->transaction_id))
		wake_at_commit(WORKER_GATEWAY);
	return payment;
}

/* Another amount than the order asked for, that an operator credits, comes without it. */
static bool
comes_with_bonus(const Order *order, int64 amount_nano)
{
	return amount_nano == order->pay_nano;
}

/* The bonus that comes with an order (R19). */
static void
give_bonus(Booking *booking, const Order *order)
{
	Lot lot = {.kind = LOT_BONUS, .amount_nano = order->discount_nano, .expires_at = NEVER_EXPIRES};

	booking_source(booking, SOURCE_PAYMENT_ORDER, order->order_id, booking->at);
	if (lot.amount_nano > 0)
		(void) booking_add_lot(booking, lot, BOOK_PROMOTION, order->order_id);
	lot.amount_nano = order->gift_nano;
	if (order->gift_days > 0)
		lot.expires_at = booking->at + order->gift_days * USECS_PER_DAY;
	if (lot.amount_nano > 0)
		(void) booking_add_lot(booking, lot, BOOK_PROMOTION, order->order_id);
}

/* A top-up's money is a lot of its own (R6, R19). */
static void
credit_lot(Booking *booking, const Order *order, int64 amount_nano, Book from)
{
	Lot lot = {.kind = LOT_CASH, .amount_nano = amount_nano, .expires_at = NEVER_EXPIRES};

	(void) booking_add_lot(booking, lot, from, order->order_id);
	if (comes_with_bonus(order, amount_nano))
		give_bonus(booking, order);
}

void
receipt_tell(const Booking *booking, const Order *order, int64 amount_nano)
{
	bool is_plan = order->plan != NULL;
	int64 bonus_nano = comes_with_bonus(order, amount_nano)
						   ? order->discount_nano + order->gift_nano
						   : 0;
	NotifyNews news = {
		.event = is_plan ? EVENT_PLAN_BOUGHT : EVENT_TOPUP_RECEIVED,
		.source_id = order->order_id,
		.facts = {{"order_id", notify_number(order->order_id)},
				  {"amount", notify_cents(amount_nano)},
				  {"currency", order->currency},
				  {"method", order->method},
				  {"paid_at", notify_instant(order->paid_at)},
				  {"plan", order->plan}},
	};

	if (!is_plan)
		news.facts[5] = (NotifyFact){"credit", notify_cents(amount_nano + bonus_nano)};
	notify_account(order->account_id, &news, booking->at);
}

void
receipt_credit(Booking *booking, Order *order, const Payment *payment, Book from)
{
	order->paid_at = payment->paid_at;
	(void) order_apply(order, ORDER_CREDITED, NULL);
	if (order->plan)
		subscription_begin(booking, order, payment_left_nano(payment), from);
	else
		credit_lot(booking, order, payment_left_nano(payment), from);
	overseas_follow(booking, payment, (OverseasCause){0});
	receipt_tell(booking, order, payment_left_nano(payment));
}

void
receipt_send_back(const Payment *payment, TimestampTz at)
{
	CallRow call = {
		.account_id = payment->account_id,
		.gateway = payment->gateway,
		.kind = KIND_REFUND,
		.order_id = payment->order_id,
		.payment_id = payment->payment_id,
		.amount_nano = payment_left_nano(payment),
		.state = CALL_QUEUED,
		.due_at = at,
		.created_at = at,
	};

	gateway_call_insert(&call);
	wake_at_commit(WORKER_GATEWAY);
}

/* What a payment that is not credited does to its order. */
static void
end_order(Order *order, PaymentVerdict verdict)
{
	bool is_late = verdict == PAYMENT_GOES_BACK && order->close_reason &&
				   strcmp(order->close_reason, "locked") == 0;

	(void) order_apply(order, is_late ? ORDER_PAID_AFTER_LOCK : ORDER_UNMATCHED, "unmatched");
}

/* Books the payment by the verdict. */
static void
book(Receipt *receipt, Booking *booking, Order *order, PaymentVerdict verdict)
{
	const char *reason;
	Payment payment;
	Book from = verdict == PAYMENT_IS_CREDITED ? BOOK_GATEWAY : BOOK_SUSPENSE;

	booking_load(booking, LOTS_OPEN, 4);
	if (state_of(verdict) == PAYMENT_CREDITED && order->plan == NULL &&
		!books_can_add(&booking->books, order->pay_nano + order->discount_nano + order->gift_nano))
		verdict = PAYMENT_IS_HELD;
	reason = reason_of(verdict, receipt, booking, order);
	payment = store_payment(receipt, booking, order->order_id, state_at(receipt, verdict), reason);
	booking_source(booking, SOURCE_PAYMENT, payment.payment_id, payment.paid_at);
	if (verdict != PAYMENT_IS_CREDITED)
		check_outcome(books_suspend(&booking->books, payment.amount_nano));
	if (payment.state == PAYMENT_CREDITED)
		receipt_credit(booking, order, &payment, from);
	else
		end_order(order, verdict);
	if (payment.state == PAYMENT_RETURNING)
		receipt_send_back(&payment, booking->at);
	booking_finish(booking);
}

static bool
find_order(const Receipt *receipt, OrderNumber *number)
{
	return order_number_parse(receipt->fact->order_number, number) &&
		   number->kind == NUMBER_OF_ORDER && account_exists(number->account_id);
}

/* Two names of one merchant account: the payment is the order's, whichever of them heard of it. */
static bool
is_of_other_name(const Receipt *receipt, const Order *order)
{
	Merchant merchant;
	bool is_same;

	if (!receipt->is_merchants || strcmp(order->gateway, receipt->gateway) == 0 ||
		!merchant_file_load(order->gateway, &merchant))
		return false;
	is_same = merchant_is_of(&merchant, receipt->fact);
	merchant_free(&merchant);
	return is_same;
}

/* Books the payment, or finds it booked. */
static ReceiptResult
book_payment(Receipt *receipt)
{
	Booking booking;
	OrderNumber number;
	Order order;
	PaymentVerdict verdict;

	receipt->account_id = receipt->payment_id = NO_NUMBER;
	if (receipt->fact->state != FACT_PAID)
		return RECEIPT_OF_NOTHING;
	if (!find_order(receipt, &number))
		return is_known(receipt) ? RECEIPT_KNOWN : RECEIPT_OF_HOUSE;
	booking_begin(&booking, number.account_id);
	if (is_known(receipt))
		return RECEIPT_KNOWN;
	/* A number of another epoch is of an order that these books do not have (any more). */
	if (!order_find(number.account_id, number.id, sql_run, &order) ||
		order.gateway_number == NULL ||
		strcmp(order.gateway_number, receipt->fact->order_number) != 0)
		return RECEIPT_OF_HOUSE;
	if (is_of_other_name(receipt, &order))
	{
		receipt->gateway = order.gateway;
		if (is_known(receipt))
			return RECEIPT_KNOWN;
	}
	booking.actor = ACTOR;
	booking.gateway = receipt->gateway;
	verdict = judge(receipt, &booking, &order);
	if (verdict == PAYMENT_IS_HELD_BY_HOUSE)
		return RECEIPT_OF_HOUSE;
	book(receipt, &booking, &order, verdict);
	return RECEIPT_BOOKED;
}

/* What the fact says of a refund is a sum, or nothing but its number: that one is asked for. */
static void
ask_for_refund(const Receipt *receipt)
{
	if (receipt->fact->refund_number[0] != '\0' && receipt->payment_id != NO_NUMBER)
		take_back_ask(receipt->account_id, receipt->payment_id, receipt->fact->refund_number, NULL);
}

ReceiptResult
receipt_book(Receipt *receipt)
{
	ReceiptResult result = book_payment(receipt);

	ask_for_refund(receipt);
	return result;
}

/* Why it is of no customer here: another database may have the account that its order names. */
static const char *
house_reason(const Receipt *receipt)
{
	OrderNumber number;

	if (!receipt->is_merchants)
		return "merchant";
	if (order_number_parse(receipt->fact->order_number, &number) &&
		!account_range_has(number.account_id))
		return psprintf("other_database: account " INT64_FORMAT, number.account_id);
	return "unknown_order";
}

ReceiptResult
receipt_book_on_house(Receipt *receipt)
{
	Booking booking;
	Payment payment;

	booking_begin(&booking, account_house(receipt->fact->currency, clock_now()));
	if (is_known(receipt))
		return RECEIPT_KNOWN;
	booking.actor = ACTOR;
	booking.gateway = receipt->gateway;
	booking_load(&booking, LOTS_OPEN, 1);
	payment = store_payment(receipt, &booking, NO_NUMBER, PAYMENT_HELD, house_reason(receipt));
	booking_source(&booking, SOURCE_PAYMENT, payment.payment_id, payment.paid_at);
	check_outcome(books_suspend(&booking.books, payment.amount_nano));
	booking_finish(&booking);
	ask_for_refund(receipt);
	return RECEIPT_BOOKED;
}

char *
receipt_fact_text(const Receipt *receipt)
{
	char *text = palloc(FRAME_FACT_ROOM);

	if (frame_write_payment(receipt->fact, text) == 0)
		refuse(ERROR_INTERNAL, "a fact does not fit");
	return text;
}

void
receipt_leave(const Receipt *receipt, TimestampTz at)
{
	notice_insert_waiting(receipt->gateway, receipt->is_merchants ? "payment" : "other_merchant",
						  receipt_fact_text(receipt), at);
	wake_at_commit(WORKER_GATEWAY);
}
