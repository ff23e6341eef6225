/*-------------------------------------------------------------------------
 *
 * calling.c
 *	  Claiming calls, and recording their answers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/booking.h"
#include "booking/calling.h"
#include "booking/order.h"
#include "booking/provider.h"
#include "booking/receipt.h"
#include "booking/take_back.h"
#include "core/order_number.h"
#include "errors.h"
#include "gateway/providers.h"
#include "store/gateway_store.h"
#include "store/payment_store.h"
#include "store/refund_claim_store.h"

#define SECONDS(n) ((n) *USECS_PER_SEC)

/* Parked calls that one call has sent again at the most. */
#define RETRIES_MAX 1000

/* What a call does wrong by itself it may do so often. */
#define ATTEMPTS_MAX 5

/* Waits for another answer, doubled while it is the same. */
#define WAIT_MIN_US SECONDS(2)
#define WAIT_MAX_US SECONDS(600)

/* An order that goes on closing is asked for once in so long at least. */
#define CLOSING_MAX_US SECONDS(60)

/* A create whose answer is unknown is looked at so often: its order is asked for meanwhile. */
#define UNKNOWN_US SECONDS(60)

/* What a gateway does not know so long after it was first sent, it has not got. */
#define ABSENT_US SECONDS(20)

/* A call with all that it is about. The account is held. */
typedef struct Calling
{
	Booking booking;
	CallRow row;
	Order order;
	Payment payment;		 /* KIND_REFUND, KIND_TAKE_BACK */
	const char *last_result; /* of the answer before; NULL: there was none */
	TimestampTz last_answered_at;
} Calling;

/* ---- the row -------------------------------------------------------------- */

/* Moves the call by an event; the same state where it changes nothing. */
static void
move(Calling *calling, CallEvent event)
{
	int next;

	(void) lifecycle_next(&lifecycle_call, calling->row.state, event, &next);
	calling->row.state = (CallState) next;
}

static bool
is_due(const CallRow *row)
{
	return row->state == CALL_QUEUED || row->state == CALL_SENDING || row->state == CALL_UNKNOWN;
}

/* It changes nothing at the gateway: what was not answered is asked again. */
static bool
only_asks(const CallRow *row)
{
	return row->kind == KIND_FOLLOW || row->kind == KIND_TAKE_BACK;
}

/* Writes the call back; due again at an instant, if it is ever. */
static void
put(Calling *calling, TimestampTz due_at)
{
	calling->row.due_at = is_due(&calling->row) ? due_at : DT_NOEND;
	gateway_call_update(&calling->row);
}

/* When it is tried again: soon where the answer is another than before, else after twice as long.
 */
static TimestampTz
back_off(const Calling *calling)
{
	TimestampTz now = calling->booking.at;
	int64 wait_us = 0;

	if (calling->last_result && strcmp(calling->last_result, calling->row.result) == 0)
		wait_us = 2 * (now - calling->last_answered_at);
	return now + Min(Max(wait_us, WAIT_MIN_US), WAIT_MAX_US);
}

/* Loads a call and what it is about under the hold; false where it is gone. */
static bool
load(Calling *calling, const DueCall *due)
{
	CallRow *row = &calling->row;

	booking_begin_held(&calling->booking);
	calling->booking.actor = "gateway";
	if (!gateway_call_find(due->account_id, due->call_id, row))
		return false;
	calling->booking.gateway = row->gateway;
	if (row->order_id != NO_NUMBER &&
		!order_find(row->account_id, row->order_id, sql_run, &calling->order))
		refuse(ERROR_ORDER_UNKNOWN, row->account_id, row->order_id);
	if (row->payment_id != NO_NUMBER &&
		!payment_find(row->account_id, row->payment_id, &calling->payment))
		refuse(ERROR_PAYMENT_UNKNOWN, row->account_id, row->payment_id);
	return true;
}

/* ---- claiming ------------------------------------------------------------- */

/* Whoever sent it last does not answer any more: nobody knows what came of it. */
static void
end_lease(Calling *calling)
{
	if (calling->row.state != CALL_SENDING)
		return;
	move(calling, only_asks(&calling->row) ? CALL_NOT_DELIVERED : CALL_LEASE_OVER);
	gateway_call_update(&calling->row); /* a step of its own: what is done next is another */
}

static const char *
number_of(int64 account_id, int64 epoch, OrderNumberKind kind, int64 id)
{
	OrderNumber number = {account_id, epoch, kind, id};

	return order_number_print(&number, palloc(ORDER_NUMBER_SIZE));
}

/* A create that would come too late, or that nobody wants any more. */
static bool
wants_create(const Calling *calling)
{
	const Order *order = &calling->order;

	return order_is_payable(order) &&
		   order->payable_until - calling->booking.at >= ORDER_CREATE_MARGIN_US;
}

/* An order that has run out closes; where it was never sent, with its calls. */
static void
run_out(Calling *calling)
{
	Order *order = &calling->order;

	if (order_is_payable(order) && order->payable_until <= calling->booking.at)
		order_stop(order, ORDER_RUNS_OUT, "expired", order->payable_until);
}

/* The first create gives the order its number, and has it followed from then on. */
static void
number_order(Calling *calling, int64 epoch)
{
	Order *order = &calling->order;

	if (order->gateway_number == NULL)
	{
		order->gateway_number = number_of(order->account_id, epoch, NUMBER_OF_ORDER,
										  order->order_id);
		order_update(order);
	}
	order_ask(order, calling->booking.at + ORDER_FIRST_ASK_US);
}

static bool
claim_create(Calling *calling, int64 epoch, CallOperation *operation)
{
	if (order_has_ended(&calling->order))
	{
		move(calling, CALL_ABSENT_NOT_WANTED);
		put(calling, DT_NOEND);
		return false;
	}
	/* What was sent and is unknown is found out by asking for the order. */
	if (calling->row.state == CALL_UNKNOWN)
	{
		order_ask(&calling->order, calling->booking.at);
		put(calling, calling->booking.at + UNKNOWN_US);
		return false;
	}
	if (!wants_create(calling))
	{
		if (gateway_call_was_sent(&calling->row) || calling->order.state > ORDER_PENDING)
			move(calling, CALL_ABSENT_NOT_WANTED);
		put(calling, Max(calling->order.payable_until, calling->booking.at + WAIT_MIN_US));
		run_out(calling);
		return false;
	}
	number_order(calling, epoch);
	*operation = CALL_CREATE;
	return true;
}

static bool
claim_follow(Calling *calling, CallOperation *operation)
{
	run_out(calling);
	if (order_has_ended(&calling->order))
	{
		move(calling, CALL_NOT_WANTED);
		put(calling, DT_NOEND);
		return false;
	}
	*operation = calling->row.closes ? CALL_CLOSE : CALL_QUERY;
	return true;
}

/* Refunds wait where the books may be older than what the gateway has done. */
static bool
claim_refund(Calling *calling, int64 epoch, CallOperation *operation)
{
	CallRow *row = &calling->row;

	if (calling->payment.state != PAYMENT_RETURNING)
	{
		move(calling, gateway_call_was_sent(row) ? CALL_ABSENT_NOT_WANTED : CALL_NOT_WANTED);
		put(calling, DT_NOEND);
		return false;
	}
	if (gateway_refunds_epoch(row->gateway) != epoch)
	{
		row->result = "held";
		put(calling, calling->booking.at + WAIT_MAX_US);
		return false;
	}
	if (row->gateway_number == NULL)
		row->gateway_number = number_of(row->account_id, epoch, NUMBER_OF_REFUND, row->call_id);
	*operation = row->state == CALL_UNKNOWN ? CALL_REFUND_QUERY : CALL_REFUND;
	return true;
}

static bool
claim_operation(Calling *calling, int64 epoch, CallOperation *operation)
{
	switch (calling->row.kind)
	{
		case KIND_CREATE:
			return claim_create(calling, epoch, operation);
		case KIND_FOLLOW:
			return claim_follow(calling, operation);
		case KIND_REFUND:
			return claim_refund(calling, epoch, operation);
		case KIND_TAKE_BACK:
			*operation = CALL_REFUND_QUERY;
			return true;
	}
	return false;
}

static void
copy(char *to, size_t size, const char *text)
{
	strlcpy(to, text ? text : "", size);
}

/* Fills what is sent, from what is stored: the same whenever it is sent again. */
static void
fill(const Calling *calling, CallOperation operation, GatewayCall *call)
{
	const Order *order = &calling->order;
	const CallRow *row = &calling->row;
	bool is_payments = row->payment_id != NO_NUMBER;

	*call = (GatewayCall){
		.operation = operation,
		.amount_nano = is_payments ? calling->payment.amount_nano : order->pay_nano,
		.refund_nano = row->amount_nano,
		.created_at = is_payments ? row->created_at : order->created_at,
		.expires_at = order->expires_at,
	};
	copy(call->gateway, sizeof(call->gateway), row->gateway);
	copy(call->product, sizeof(call->product), order->product);
	copy(call->order_number, sizeof(call->order_number), order->gateway_number);
	copy(call->refund_number, sizeof(call->refund_number),
		 row->kind == KIND_TAKE_BACK ? row->refund_number : row->gateway_number);
	copy(call->refund_id, sizeof(call->refund_id), row->refund_id);
	copy(call->currency, sizeof(call->currency),
		 is_payments ? calling->payment.currency : order->currency);
	copy(call->description, sizeof(call->description), order->subject);
	copy(call->client_ip, sizeof(call->client_ip), order->client_ip);
	copy(call->email, sizeof(call->email), order->email);
	copy(call->terminal, sizeof(call->terminal), order->terminal);
	copy(call->uid, sizeof(call->uid), order->uid);
	copy(call->return_url, sizeof(call->return_url), order->return_url);
	if (is_payments)
		copy(call->transaction_id, sizeof(call->transaction_id), calling->payment.transaction_id);
}

ClaimResult
calling_claim(const DueCall *due, int64 epoch, GatewayCall *call)
{
	Calling calling = {0};
	CallOperation operation;

	if (!account_hold_if_free(due->account_id, &calling.booking.account))
		return CLAIM_HELD;
	if (!load(&calling, due) || calling.row.due_at > calling.booking.at || !is_due(&calling.row))
		return CLAIM_NOTHING;
	end_lease(&calling);
	if (!claim_operation(&calling, epoch, &operation))
		return CLAIM_NOTHING;
	move(&calling, CALL_CLAIMED);
	if (calling.row.first_sent_at == DT_NOBEGIN)
		calling.row.first_sent_at = calling.booking.at;
	calling.row.asked++;
	fill(&calling, operation, call);
	put(&calling, calling.booking.at + CALLING_LEASE_US);
	booking_finish_unmoved(&calling.booking);
	return CLAIM_SENDS;
}

/* ---- answers of a create -------------------------------------------------- */

static void
store_url(Calling *calling, const GatewayAnswer *answer)
{
	Order *order = &calling->order;
	const Provider *provider = provider_of(order->gateway);
	const ProviderProduct *product = provider ? providers_product(provider, order->product) : NULL;

	order->pay_url = answer->pay_url;
	order->pay_url_until = calling->booking.at + (product ? product->url_lives_us : 0);
	order_update(order);
	(void) order_apply(order, ORDER_CREATE_ACCEPTED, NULL);
}

static void
record_create(Calling *calling, const GatewayAnswer *answer)
{
	switch (answer->result)
	{
		case RESULT_DONE:
			move(calling, CALL_SUCCEEDED);
			put(calling, DT_NOEND);
			store_url(calling, answer);
			return;
		case RESULT_REFUSED:
			move(calling, CALL_REFUSED);
			put(calling, DT_NOEND);
			(void) order_apply(&calling->order, ORDER_CREATE_REFUSED, "refused");
			return;
		case RESULT_BUSY:
		case RESULT_NO_FUNDS:
		case RESULT_NOT_DELIVERED:
			move(calling, CALL_NOT_DELIVERED);
			break;
		case RESULT_MISCONFIGURED:
			move(calling, CALL_MISCONFIGURED);
			break;
		case RESULT_UNCLEAR:
		case RESULT_ABSENT:
		case RESULT_UNANSWERED:
			move(calling, CALL_UNANSWERED);
			order_ask(&calling->order, calling->booking.at + WAIT_MIN_US);
			break;
	}
	put(calling, back_off(calling));
}

/* ---- answers of asking and closing ---------------------------------------- */

/* When an order that can be paid is asked for next: 15 s, 30 s, 1, 2, 5 min, every 5 min after it
 * was sent. */
static TimestampTz
next_ask(const Calling *calling)
{
	static const int64 asks_us[] = {SECONDS(15), SECONDS(30), SECONDS(60), SECONDS(120),
									SECONDS(300)};
	TimestampTz sent_at = calling->order.created_at;
	int64 age_us = calling->booking.at - sent_at;

	for (size_t i = 0; i < lengthof(asks_us); i++)
		if (asks_us[i] > age_us)
			return sent_at + asks_us[i];
	return calling->booking.at + SECONDS(300);
}

static bool
is_closing(const Calling *calling)
{
	return calling->order.state == ORDER_CLOSING;
}

/* While an order closes it is asked for soon, and less often the longer that lasts. */
static TimestampTz
next_close(const Calling *calling)
{
	int64 closing_us = calling->booking.at - calling->order.payable_until;

	return Max(back_off(calling), calling->booking.at + Min(closing_us, CLOSING_MAX_US));
}

/* Asked again in its time. */
static void
ask_again(Calling *calling)
{
	const Order *order = &calling->order;
	TimestampTz now = calling->booking.at;
	TimestampTz next = is_closing(calling) ? next_close(calling)
										   : Min(next_ask(calling), order->payable_until);

	calling->row.closes = false;
	move(calling, CALL_NOT_DELIVERED);
	put(calling, Max(next, now + WAIT_MIN_US / 2));
}

static void
close_next(Calling *calling)
{
	calling->row.closes = true;
	move(calling, CALL_NOT_DELIVERED);
	put(calling, calling->booking.at);
}

/* What the gateway says of the order's end; true where it has ended. */
static bool
end_order(Calling *calling, OrderEvent event, const char *reason)
{
	(void) order_apply(&calling->order, event, reason);
	if (!order_has_ended(&calling->order))
		return false;
	move(calling, CALL_SUCCEEDED);
	put(calling, DT_NOEND);
	return true;
}

/* A create whose answer nobody knows is sent again, to get what is paid with. */
static void
repeat_create(const Calling *calling)
{
	Calling create = *calling;

	if (!gateway_call_of_order(calling->order.account_id, calling->order.order_id, KIND_CREATE,
							   &create.row) ||
		create.row.state != CALL_UNKNOWN)
		return;
	move(&create, wants_create(calling) ? CALL_ABSENT : CALL_ABSENT_NOT_WANTED);
	put(&create, calling->booking.at);
}

/* Books what a query says of the merchant that asked; the house's is left to the worker. */
static void
book(const Calling *calling, const PaymentFact *fact)
{
	Receipt receipt = {.fact = fact, .gateway = calling->row.gateway, .is_merchants = true};

	if (receipt_book(&receipt) == RECEIPT_OF_HOUSE)
		receipt_leave(&receipt, calling->booking.at);
}

static void
record_paid(Calling *calling, const PaymentFact *fact)
{
	calling->row.closes = false;
	book(calling, fact);
	(void) order_find(calling->order.account_id, calling->order.order_id, sql_run, &calling->order);
	if (!end_order(calling, ORDER_UNMATCHED, "unmatched"))
		ask_again(calling);
}

/* One that closes and that nobody can close at the gateway has its end when nobody can pay for it
 * any more. */
static void
wait_for_end(Calling *calling)
{
	TimestampTz end = calling->order.expires_at + ORDER_CLOSE_GRACE_US;

	if (calling->booking.at >= end)
	{
		(void) end_order(calling, ORDER_CLOSE_CONFIRMED, NULL);
		return;
	}
	ask_again(calling);
	put(calling, end);
}

static void
record_fact(Calling *calling, const PaymentFact *fact)
{
	switch (fact->state)
	{
		case FACT_PAID:
			record_paid(calling, fact);
			return;
		case FACT_CLOSED:
			if (!end_order(calling, ORDER_GATEWAY_CLOSED, "gateway"))
				ask_again(calling);
			return;
		case FACT_PENDING:
			repeat_create(calling);
			if (!is_closing(calling))
				ask_again(calling);
			else if (provider_of_lacks(calling->row.gateway, CALL_CLOSE))
				wait_for_end(calling);
			else
				close_next(calling);
			return;
	}
}

/*
 * The gateway knows no such order. One that closes has its end when nobody can
 * pay for it any more; until then a code that was not scanned yet may be.
 */
static void
record_absent(Calling *calling, CallOperation operation)
{
	bool is_over = calling->booking.at >= calling->order.expires_at + ORDER_CLOSE_GRACE_US;

	repeat_create(calling);
	if (!is_closing(calling))
		ask_again(calling);
	else if (!is_over && operation == CALL_QUERY && calling->row.attempts == 0 &&
			 !provider_of_lacks(calling->row.gateway, CALL_CLOSE))
	{
		/* Closing may keep it from being paid; once is enough. */
		calling->row.attempts = 1;
		close_next(calling);
	}
	else
		wait_for_end(calling);
}

static void
record_follow(Calling *calling, CallOperation operation, const GatewayAnswer *answer)
{
	switch (answer->result)
	{
		case RESULT_DONE:
			if (operation == CALL_QUERY)
				record_fact(calling, &answer->payment);
			else if (!end_order(calling, ORDER_CLOSE_CONFIRMED, NULL))
				ask_again(calling);
			return;
		case RESULT_ABSENT:
			record_absent(calling, operation);
			return;
		case RESULT_MISCONFIGURED:
			move(calling, CALL_MISCONFIGURED);
			put(calling, DT_NOEND);
			return;
		default:
			ask_again(calling);
			return;
	}
}

/* ---- answers of a refund -------------------------------------------------- */

/* The payment went back, or cannot go back by itself. */
static void
end_return(Calling *calling, PaymentEvent event, const char *reason)
{
	Booking *booking = &calling->booking;
	Payment *payment = &calling->payment;
	int next;

	if (lifecycle_next(&lifecycle_payment, payment->state, event, &next) != LIFECYCLE_MOVES)
		return;
	payment->state = (PaymentState) next;
	if (reason)
		payment->reason = reason;
	payment_update(payment);
	if (payment->state != PAYMENT_RETURNED)
		return;
	booking_load(booking, LOTS_OPEN, 1);
	booking_source(booking, SOURCE_PAYMENT, payment->payment_id, booking->at);
	check_outcome(books_end_suspense(&booking->books, payment_left_nano(payment), BOOK_GATEWAY));
	booking_finish(booking);
}

/* Somebody must look: what it says cannot be, or it goes on failing by its own fault. */
static void
park(Calling *calling)
{
	move(calling, calling->row.state == CALL_SENDING ? CALL_MISCONFIGURED : CALL_ATTEMPTS_SPENT);
}

static void
fail_return(Calling *calling)
{
	move(calling, CALL_REFUSED);
	put(calling, DT_NOEND);
	end_return(calling, PAYMENT_RETURN_IMPOSSIBLE, "return_failed");
}

/* The gateway's refund is ours; false where it was booked as something else. */
static bool
claim_refunded(const Calling *calling, const RefundFact *fact)
{
	return refund_claim_insert(&(RefundClaim){
		.gateway = calling->row.gateway,
		.transaction_id = calling->payment.transaction_id,
		.refund_id = fact->refund_id[0] ? fact->refund_id : calling->row.gateway_number,
		.account_id = calling->row.account_id,
		.call_id = calling->row.call_id,
		.amount_nano = fact->amount_nano,
		.refunded_at = fact->refunded_at > 0 ? fact->refunded_at : calling->booking.at,
	});
}

static void
record_refunded(Calling *calling, const RefundFact *fact)
{
	if (fact->state == REFUND_FAILED || fact->state == REFUND_ABNORMAL)
	{
		fail_return(calling);
		return;
	}
	if (fact->state == REFUND_PENDING)
		move(calling, CALL_UNANSWERED);
	else if (fact->amount_nano != calling->row.amount_nano ||
			 (calling->payment.state == PAYMENT_RETURNING &&
			  fact->amount_nano != payment_left_nano(&calling->payment)) ||
			 !claim_refunded(calling, fact))
		park(calling);
	else
		move(calling, CALL_SUCCEEDED);
	put(calling, back_off(calling));
	if (calling->row.state == CALL_DONE)
		end_return(calling, PAYMENT_RETURN_PAID, NULL);
}

/* Refused, perhaps because it has happened: asked for; but not for ever. */
static void
doubt(Calling *calling)
{
	bool was_absent = calling->last_result &&
					  strcmp(calling->last_result, call_result_name(RESULT_ABSENT)) == 0;

	move(calling, CALL_UNANSWERED);
	if (++calling->row.attempts < ATTEMPTS_MAX)
		put(calling, back_off(calling));
	else if (was_absent)
		fail_return(calling); /* the gateway has not got it, and does not take it */
	else
	{
		park(calling);
		put(calling, DT_NOEND);
	}
}

/* A gateway may not know yet what it was sent a moment ago. */
static void
send_again(Calling *calling)
{
	if (calling->booking.at - calling->row.first_sent_at >= ABSENT_US)
		move(calling, CALL_ABSENT);
	put(calling, back_off(calling));
}

static void
record_refund(Calling *calling, CallOperation operation, const GatewayAnswer *answer)
{
	switch (answer->result)
	{
		case RESULT_DONE:
			record_refunded(calling, &answer->refund);
			return;
		case RESULT_REFUSED:
			/* Sent again it may be refused because it was accepted before. */
			if (operation == CALL_REFUND && calling->row.asked <= 1)
				fail_return(calling);
			else
				doubt(calling);
			return;
		case RESULT_ABSENT:
			if (operation == CALL_REFUND)
				doubt(calling);
			else
				send_again(calling);
			return;
		case RESULT_UNCLEAR:
			doubt(calling);
			return;
		case RESULT_BUSY:
		case RESULT_NO_FUNDS:
		case RESULT_NOT_DELIVERED:
			move(calling, CALL_NOT_DELIVERED);
			break;
		case RESULT_MISCONFIGURED:
			park(calling);
			break;
		case RESULT_UNANSWERED:
			move(calling, CALL_UNANSWERED);
			break;
	}
	put(calling, back_off(calling));
}

/* ---- answers about a refund that the gateway told of ----------------------- */

/* What it says of it is booked, or cannot be: then somebody must look. */
static void
record_taken(Calling *calling, const RefundFact *fact)
{
	TakeBackReport report = {.fact = fact, .gateway = calling->row.gateway, .is_merchants = true};
	TakeBackResult result = take_back_report(&report);

	move(calling, result == TAKE_BACK_CONTRADICTS ? CALL_MISCONFIGURED : CALL_SUCCEEDED);
	if (result == TAKE_BACK_CONTRADICTS)
		calling->row.result = "contradiction";
	put(calling, DT_NOEND);
}

/* It is asked again, and for ever where nobody answers; what is not there, a few times. */
static void
record_take_back(Calling *calling, const GatewayAnswer *answer)
{
	bool is_own_fault = answer->result == RESULT_ABSENT || answer->result == RESULT_REFUSED ||
						answer->result == RESULT_UNCLEAR;

	if (answer->result == RESULT_DONE && answer->refund.state != REFUND_PENDING)
	{
		record_taken(calling, &answer->refund);
		return;
	}
	if (answer->result == RESULT_MISCONFIGURED ||
		(is_own_fault && ++calling->row.attempts >= ATTEMPTS_MAX))
		move(calling, CALL_MISCONFIGURED);
	else
		move(calling, CALL_NOT_DELIVERED);
	put(calling, back_off(calling));
}

/* ---- recording ------------------------------------------------------------ */

/* A truth that came after the call had ended, or was sent anew. */
static void
record_late(const Calling *calling, const GatewayCall *call, const GatewayAnswer *answer)
{
	if (call->operation == CALL_QUERY && answer->result == RESULT_DONE)
		book(calling, &answer->payment);
}

void
calling_record(const DueCall *due, const GatewayCall *call, const GatewayAnswer *answer)
{
	Calling calling = {0};

	booking_begin(&calling.booking, due->account_id);
	if (!load(&calling, due))
		return;
	calling.last_result = calling.row.result;
	calling.last_answered_at = calling.row.answered_at;
	calling.row.result = call_result_name(answer->result);
	calling.row.code = answer->code[0] ? answer->code : NULL;
	calling.row.answered_at = calling.booking.at;
	if (!is_due(&calling.row) || calling.row.state == CALL_QUEUED)
		record_late(&calling, call, answer);
	else if (calling.row.kind == KIND_CREATE)
		record_create(&calling, answer);
	else if (calling.row.kind == KIND_FOLLOW)
		record_follow(&calling, call->operation, answer);
	else if (calling.row.kind == KIND_REFUND)
		record_refund(&calling, call->operation, answer);
	else
		record_take_back(&calling, answer);
}

void
calling_put_off(const DueCall *due)
{
	Calling calling = {0};

	if (!account_hold_if_free(due->account_id, &calling.booking.account) || !load(&calling, due) ||
		!is_due(&calling.row))
		return;
	calling.row.result = "unrecorded";
	end_lease(&calling);
	if (++calling.row.attempts >= ATTEMPTS_MAX)
		move(&calling, CALL_ATTEMPTS_SPENT);
	put(&calling, calling.booking.at + (WAIT_MIN_US << calling.row.attempts));
}

/* ---- parked ones ---------------------------------------------------------- */

/* Asking can be done again at once; of what was sent it is asked first what came of it. */
static void
retry(Calling *calling)
{
	CallRow *row = &calling->row;

	move(calling,
		 !only_asks(row) && gateway_call_was_sent(row) ? CALL_RETRY_SENT : CALL_RETRY_UNSENT);
	row->attempts = 0;
	put(calling, calling->booking.at);
	booking_finish_unmoved(&calling->booking);
}

void
calling_retry(int64 account_id, int64 call_id)
{
	DueCall due = {account_id, call_id, NULL};
	Calling calling = {0};

	booking_begin(&calling.booking, account_id);
	if (!load(&calling, &due) || calling.row.state != CALL_PARKED)
		refuse(ERROR_CALL_UNKNOWN, account_id, call_id);
	retry(&calling);
}

int64
calling_retry_free(const char *gateway)
{
	size_t count;
	DueCall *parked = gateway_call_list_parked(gateway, RETRIES_MAX, &count);
	int64 retried = 0;

	for (size_t i = 0; i < count; i++)
	{
		Calling calling = {0};

		if (!account_hold_if_free(parked[i].account_id, &calling.booking.account) ||
			!load(&calling, &parked[i]) || calling.row.state != CALL_PARKED)
			continue;
		retry(&calling);
		retried++;
	}
	return retried;
}
