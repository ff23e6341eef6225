/*-------------------------------------------------------------------------
 *
 * take_back.c
 *	  Booking what was taken back, and what came again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/lock.h"
#include "booking/merchant_file.h"
#include "booking/overseas.h"
#include "booking/provider.h"
#include "booking/refund_item.h"
#include "booking/subscription.h"
#include "booking/take_back.h"
#include "core/lock_reason.h"
#include "core/order_number.h"
#include "core/refund_split.h"
#include "errors.h"
#include "gateway/frame.h"
#include "spi/sql.h"
#include "store/gateway_call_store.h"
#include "store/order_store.h"
#include "store/refund_claim_store.h"
#include "wake.h"

#define ACTOR "gateway"

/* ---- whose refund it is --------------------------------------------------- */

/* The gateway of the order that the fact names, where that is the same merchant by another name. */
static const char *
other_name(const TakeBackReport *report)
{
	OrderNumber number;
	Order order;
	Merchant merchant;
	bool is_same;

	if (!report->is_merchants || !order_number_parse(report->fact->order_number, &number) ||
		number.kind != NUMBER_OF_ORDER ||
		!order_find(number.account_id, number.id, sql_run, &order) ||
		!merchant_file_load(order.gateway, &merchant))
		return NULL;
	is_same = merchant_is_named(&merchant, report->fact->merchant_id);
	merchant_free(&merchant);
	return is_same ? order.gateway : NULL;
}

/* Which payment it is of; false where that is not here. */
static bool
find_claim(TakeBackReport *report, PaymentClaim *claim)
{
	const char *other;

	if (payment_last_claim(report->gateway, report->fact->transaction_id, claim))
		return true;
	other = other_name(report);
	if (other == NULL || !payment_last_claim(other, report->fact->transaction_id, claim))
		return false;
	report->gateway = other;
	return true;
}

/* Holds the account of the payment, which may be moved off the house's meanwhile. */
static bool
hold_payment(TakeBackReport *report, Booking *booking, Payment *payment)
{
	PaymentClaim claim;

	if (!find_claim(report, &claim))
		return false;
	do
	{
		report->account_id = claim.account_id;
		booking_begin(booking, claim.account_id);
		(void) find_claim(report, &claim);
	} while (claim.account_id != report->account_id);
	report->payment_id = claim.payment_id;
	if (!payment_find(claim.account_id, claim.payment_id, payment))
		refuse(ERROR_PAYMENT_UNKNOWN, claim.account_id, claim.payment_id);
	return true;
}

/* A call of ours asked for it: it learns what came of it by asking, now. */
static bool
is_asked(CallRow *call, TimestampTz at)
{
	if (call->state != CALL_QUEUED && call->state != CALL_UNKNOWN && call->state != CALL_SENDING)
		return false; /* it was given up: what it says is a late truth */
	if (call->state != CALL_SENDING)
	{
		call->due_at = at;
		gateway_call_update(call);
		wake_at_commit(WORKER_GATEWAY);
	}
	return true;
}

/* Whether anybody still waits for what a call of ours brings. */
static bool
is_wanted(const CallRow *call, const Payment *payment)
{
	RefundItem item;

	if (call->item_id == NO_NUMBER)
		return payment->state == PAYMENT_RETURNING;
	return refund_item_find(call->account_id, call->item_id, &item) && refund_item_is_going(&item);
}

static bool
is_own(const Payment *payment, const char *refund_number, TimestampTz at)
{
	CallRow call;

	/* A number is one of a payment's: another's may bear the same. */
	return refund_number && gateway_call_of_number(payment->account_id, refund_number, &call) &&
		   call.payment_id == payment->payment_id &&
		   (call.state == CALL_DONE || (is_wanted(&call, payment) && is_asked(&call, at)));
}

/*
 * One of ours that was given up, and of which the reserve is still there: that is what
 * went back. False where it is not.
 */
static bool
pay_late(Booking *booking, const Payment *payment, const RefundFact *fact)
{
	CallRow call;
	RefundItem item;
	RefundClaim claim = {
		.gateway = payment->gateway,
		.transaction_id = payment->transaction_id,
		.refund_id = fact->refund_id,
		.account_id = payment->account_id,
		.amount_nano = fact->amount_nano,
		.refunded_at = fact->refunded_at > 0 ? fact->refunded_at : booking->at,
	};

	if (!gateway_call_of_number(payment->account_id, fact->refund_number, &call) ||
		call.item_id == NO_NUMBER || !refund_item_find(payment->account_id, call.item_id, &item) ||
		item.payment_id != payment->payment_id || item.amount_nano != fact->amount_nano ||
		refund_item_is_final(&item))
		return false;
	claim.call_id = call.call_id;
	if (!refund_claim_insert(&claim))
		return false;
	refund_item_drop_call(&item);
	refund_item_pay(booking, &item, fact->payer_nano);
	return true;
}

/* ---- booking -------------------------------------------------------------- */

static void
claim(const Payment *payment, const TakeBack *take_back)
{
	RefundClaim claim = {
		.gateway = payment->gateway,
		.transaction_id = payment->transaction_id,
		.refund_id = take_back->refund_id,
		.account_id = payment->account_id,
		.take_back_id = take_back->take_back_id,
		.amount_nano = take_back->amount_nano,
		.refunded_at = take_back->occurred_at,
	};

	if (take_back->refund_id && !refund_claim_insert(&claim))
		refuse(ERROR_TAKE_BACK_DUPLICATE, take_back->refund_id, payment->payment_id,
			   payment->account_id);
}

static void
lock_account(Booking *booking)
{
	LockChange change = {.lock = lock_reason_name(LOCK_DISPUTE),
						 .actor = booking->actor,
						 .reason = "money was taken back"};

	if (booking->policies.of[POLICY_LOCK_ON_TAKE_BACK] == 0 ||
		booking->account.locks & (LOCK_DISPUTE | LOCK_CLOSED))
		return;
	lock_set(booking, &change);
}

static void
take_from_lot(Booking *booking, const Payment *payment, const TakeBack *take_back)
{
	int64 lot_no = lot_of_order(payment->account_id, payment->order_id);

	booking_load(booking, LOTS_ALL, 1);
	booking_source(booking, SOURCE_TAKE_BACK, take_back->take_back_id, take_back->occurred_at);
	check_outcome(books_take_back(&booking->books, lot_no, take_back->amount_nano));
	if (take_back->kind != TAKE_BACK_OFFLINE_REVERSAL)
		lock_account(booking);
}

/* The money of a plan: what was not earned of it, then revenue; its period ends. */
static void
take_from_plan(Booking *booking, Subscription *subscription, const TakeBack *take_back)
{
	booking_load(booking, LOTS_OPEN, 1);
	booking_source(booking, SOURCE_TAKE_BACK, take_back->take_back_id, take_back->occurred_at);
	subscription_revoke(booking, subscription, take_back->amount_nano);
	lock_account(booking);
}

static void
take_credited(Booking *booking, const Payment *payment, const TakeBack *take_back)
{
	Subscription subscription;

	if (subscription_find_of_order(payment->account_id, payment->order_id, &subscription))
		take_from_plan(booking, &subscription, take_back);
	else
		take_from_lot(booking, payment, take_back);
}

/* Our own way back for it ends, unless it was sent: then it ends by its answer; is_whole: or has no
 * answer that could matter. */
static bool
drop_return(const Payment *payment, bool is_whole)
{
	CallRow call;
	int next;

	if (!gateway_call_of_return(payment->account_id, payment->payment_id, &call))
		return true;
	if (gateway_call_was_sent(&call) && (!is_whole || call.state != CALL_PARKED))
		return false;
	(void) lifecycle_next(&lifecycle_call, call.state, CALL_NOT_WANTED, &next);
	call.state = (CallState) next;
	call.due_at = DT_NOEND;
	gateway_call_update(&call);
	return true;
}

/* How a payment in suspense goes on when something, or all of it, was taken. */
static void
end_payment(Payment *payment)
{
	bool is_whole = payment_left_nano(payment) == 0;
	int next = payment->state;

	if (payment->state == PAYMENT_RETURNING && !drop_return(payment, is_whole) && !is_whole)
		return;
	(void) lifecycle_next(&lifecycle_payment, payment->state,
						  is_whole ? PAYMENT_TAKEN_BACK : PAYMENT_RETURN_IMPOSSIBLE, &next);
	payment->state = (PaymentState) next;
	payment->reason = "taken_back";
}

static void
take_from_suspense(Booking *booking, Payment *payment, const TakeBack *take_back)
{
	booking_load(booking, LOTS_OPEN, 1);
	booking_source(booking, SOURCE_TAKE_BACK, take_back->take_back_id, take_back->occurred_at);
	check_outcome(books_end_suspense(&booking->books, take_back->amount_nano, BOOK_GATEWAY));
	payment->taken_nano += take_back->amount_nano;
	end_payment(payment);
	payment_update(payment);
}

int64
take_back_takable_nano(const Payment *payment)
{
	if (payment->state == PAYMENT_CREDITED)
		return payment_left_nano(payment) -
			   take_back_total(payment->account_id, payment->payment_id) -
			   refund_item_paid_nano(payment->account_id, payment->payment_id);
	return payment->state == PAYMENT_HELD || payment->state == PAYMENT_RETURNING
			   ? payment_left_nano(payment)
			   : 0;
}

bool
take_back_book(Booking *booking, Payment *payment, TakeBack *take_back)
{
	if (take_back->amount_nano > take_back_takable_nano(payment))
		return false;
	take_back->account_id = payment->account_id;
	take_back->payment_id = payment->payment_id;
	take_back->gateway = booking->gateway = payment->gateway;
	take_back->recorded_at = booking->at;
	take_back->actor = booking->actor;
	take_back->from_suspense = payment->state != PAYMENT_CREDITED;
	take_back_insert(take_back);
	claim(payment, take_back);
	refund_item_stop(booking, payment->payment_id);
	if (payment->state != PAYMENT_CREDITED)
	{
		take_from_suspense(booking, payment, take_back);
		return true;
	}
	take_credited(booking, payment, take_back);
	overseas_follow(booking, payment, (OverseasCause){.take_back_id = take_back->take_back_id});
	return true;
}

/* ---- what a gateway reports ----------------------------------------------- */

/* What became of the refund before; TAKE_BACK_BOOKED: nothing. */
static TakeBackResult
look_at_claim(const TakeBackReport *report)
{
	const RefundFact *fact = report->fact;
	RefundClaim claim = {.gateway = report->gateway,
						 .transaction_id = fact->transaction_id,
						 .refund_id = fact->refund_id};

	if (!refund_claim_find(&claim))
		return TAKE_BACK_BOOKED;
	return fact->state == REFUND_PAID && fact->amount_nano != claim.amount_nano
			   ? TAKE_BACK_CONTRADICTS
			   : TAKE_BACK_KNOWN;
}

static TakeBack
take_back_of(const RefundFact *fact, const Payment *payment, TimestampTz at)
{
	bool is_dispute = fact->dispute[0] != '\0';
	int64 share_nano = refund_split_payer_share(fact->amount_nano, payment->amount_nano,
												payment->payer_nano);

	return (TakeBack){
		.kind = is_dispute ? TAKE_BACK_DISPUTE : TAKE_BACK_REFUND,
		.amount_nano = fact->amount_nano,
		.payer_nano = fact->payer_nano > 0 ? fact->payer_nano : share_nano,
		.refund_id = fact->refund_id,
		.refund_number = fact->refund_number[0] ? fact->refund_number : NULL,
		.occurred_at = fact->refunded_at > 0 ? fact->refunded_at : at,
		.reason = is_dispute ? fact->dispute : NULL,
	};
}

TakeBackResult
take_back_report(TakeBackReport *report)
{
	const RefundFact *fact = report->fact;
	TakeBackResult known;
	Booking booking;
	Payment payment;
	TakeBack take_back;

	report->account_id = report->payment_id = NO_NUMBER;
	if (!hold_payment(report, &booking, &payment))
		return fact->state == REFUND_PAID ? TAKE_BACK_UNMATCHED : TAKE_BACK_OF_NOTHING;
	known = look_at_claim(report);
	if (known != TAKE_BACK_BOOKED)
		return known;
	if (is_own(&payment, fact->refund_number, booking.at))
		return TAKE_BACK_KNOWN;
	/* What an operator dismissed was not ours, and is his to give back. */
	if (fact->state != REFUND_PAID || payment.state == PAYMENT_DISMISSED)
		return TAKE_BACK_OF_NOTHING;
	booking.actor = ACTOR;
	if (report->is_merchants && pay_late(&booking, &payment, fact))
		return TAKE_BACK_BOOKED;
	take_back = take_back_of(fact, &payment, booking.at);
	if (!report->is_merchants || strcmp(fact->currency, payment.currency) != 0 ||
		!take_back_book(&booking, &payment, &take_back))
		return TAKE_BACK_CONTRADICTS;
	booking_finish(&booking);
	return TAKE_BACK_BOOKED;
}

char *
take_back_fact_text(const RefundFact *fact)
{
	char *text = palloc(FRAME_FACT_ROOM);

	if (frame_write_refund(fact, text) == 0)
		refuse(ERROR_INTERNAL, "a fact does not fit");
	return text;
}

const char *
take_back_notice_state(TakeBackResult result)
{
	static const char *const states[] = {
		[TAKE_BACK_BOOKED] = "applied",
		[TAKE_BACK_KNOWN] = "duplicate",
		[TAKE_BACK_OF_NOTHING] = "applied",
		[TAKE_BACK_UNMATCHED] = "unmatched",
		[TAKE_BACK_CONTRADICTS] = "contradiction",
	};

	return states[result];
}

/* ---- what came again ------------------------------------------------------ */

/* Money without a lot that may take it: a payment of its own, which an operator gives back. */
static void
hold_again(Booking *booking, const Payment *payment, const TakeBack *undone, int64 amount_nano)
{
	Payment again = *payment;

	again.state = PAYMENT_HELD;
	again.transaction_id = psprintf(PAYMENT_UNDONE INT64_FORMAT "." INT64_FORMAT,
									undone->account_id, undone->take_back_id);
	again.amount_nano = again.payer_nano = amount_nano;
	again.taken_nano = 0;
	again.reason = "undone";
	again.paid_at = again.recorded_at = booking->at;
	again.actor = booking->actor;
	payment_insert(&again);
	if (!payment_claim(&again, 1))
		refuse(ERROR_PAYMENT_DUPLICATE, again.transaction_id, again.order_id, again.account_id);
	booking_source(booking, SOURCE_PAYMENT, again.payment_id, booking->at);
	check_outcome(books_suspend(&booking->books, amount_nano));
}

/* What of it goes where it was taken from: all; on a closed account what is owed, of a plan
 * nothing; out of suspense nothing. */
static int64
nano_into_books(const Booking *booking, const Payment *payment, const TakeBack *undone,
				bool is_plan)
{
	if (payment->state != PAYMENT_CREDITED || undone->from_suspense)
		return 0;
	if (booking->account.locks & LOCK_CLOSED)
		return is_plan ? 0 : Min(undone->amount_nano, booking->books.arrears_nano);
	return undone->amount_nano;
}

/* Books what comes again: into the lot, or (plan not NULL) for the plan. */
static void
take_again(Booking *booking, const TakeBack *again, const Payment *payment, Subscription *plan)
{
	booking_source(booking, SOURCE_TAKE_BACK, again->take_back_id, booking->at);
	if (plan)
		subscription_restore(booking, plan, again->amount_nano,
							 take_back_total(payment->account_id, payment->payment_id) == 0);
	else
		check_outcome(books_undo_take_back(&booking->books,
										   lot_of_order(payment->account_id, payment->order_id),
										   again->amount_nano));
}

int64
take_back_undo(Booking *booking, Payment *payment, const TakeBack *undone, const char *reason)
{
	TakeBack again = *undone;
	Subscription plan;
	bool is_plan = subscription_find_of_order(payment->account_id, payment->order_id, &plan);

	booking->gateway = payment->gateway;
	booking_load(booking, LOTS_ALL, 2);
	again.kind = TAKE_BACK_UNDONE;
	again.undoes = undone->take_back_id;
	again.amount_nano = nano_into_books(booking, payment, undone, is_plan);
	again.payer_nano = Min(undone->payer_nano, again.amount_nano);
	again.refund_id = NULL;
	again.occurred_at = again.recorded_at = booking->at;
	again.actor = booking->actor;
	again.reason = reason;
	take_back_insert(&again);
	if (again.amount_nano > 0)
	{
		take_again(booking, &again, payment, is_plan ? &plan : NULL);
		overseas_follow(booking, payment, (OverseasCause){.take_back_id = again.take_back_id});
	}
	if (again.amount_nano < undone->amount_nano)
		hold_again(booking, payment, undone, undone->amount_nano - again.amount_nano);
	return again.take_back_id;
}

/* ---- asking --------------------------------------------------------------- */

void
take_back_ask(int64 account_id, int64 payment_id, const char *refund_number, const char *refund_id)
{
	Booking booking;
	Payment payment;
	CallRow call;

	booking_begin(&booking, account_id);
	if (!payment_find(account_id, payment_id, &payment))
		refuse(ERROR_PAYMENT_UNKNOWN, account_id, payment_id);
	if (is_own(&payment, refund_number, booking.at) ||
		provider_of_lacks(payment.gateway, CALL_REFUND_QUERY))
		return;
	call = (CallRow){
		.account_id = account_id,
		.gateway = payment.gateway,
		.kind = KIND_TAKE_BACK,
		.order_id = payment.order_id,
		.payment_id = payment_id,
		.refund_number = refund_number,
		.refund_id = refund_id,
		.state = CALL_QUEUED,
		.due_at = booking.at,
		.created_at = booking.at,
	};
	if (gateway_call_insert_new(&call))
		wake_at_commit(WORKER_GATEWAY);
}
