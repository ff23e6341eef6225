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
#include "booking/call_work.h"
#include "booking/calling.h"
#include "booking/invoice_call.h"
#include "booking/order.h"
#include "booking/provider.h"
#include "booking/receipt.h"
#include "booking/red_call.h"
#include "booking/refund_call.h"
#include "errors.h"
#include "gateway/providers.h"
#include "store/payment_store.h"

/* Parked calls that one call has sent again at the most. */
#define RETRIES_MAX 1000

/* An order that goes on closing is asked for once in so long at least. */
#define CLOSING_MAX_US CALL_WORK_SECONDS(60)

/* A create whose answer is unknown is looked at so often: its order is asked for meanwhile. */
#define UNKNOWN_US CALL_WORK_SECONDS(60)

/* ---- the row -------------------------------------------------------------- */

/* Loads a call and what it is about under the hold; false where it is gone. */
static bool
load(CallWork *work, const DueCall *due)
{
	CallRow *row = &work->row;

	booking_begin_held(&work->booking);
	work->booking.actor = "gateway";
	if (!gateway_call_find(due->account_id, due->call_id, row))
		return false;
	work->booking.gateway = row->gateway;
	if (row->order_id != NO_NUMBER &&
		!order_find(row->account_id, row->order_id, sql_run, &work->order))
		refuse(ERROR_ORDER_UNKNOWN, row->account_id, row->order_id);
	if (row->payment_id != NO_NUMBER &&
		!payment_find(row->account_id, row->payment_id, &work->payment))
		refuse(ERROR_PAYMENT_UNKNOWN, row->account_id, row->payment_id);
	if (row->item_id != NO_NUMBER && !refund_item_find(row->account_id, row->item_id, &work->item))
		refuse(ERROR_REFUND_ITEM_UNKNOWN, row->account_id, row->item_id);
	if (row->invoice_id != NO_NUMBER &&
		!invoice_find(row->account_id, row->invoice_id, sql_run, &work->invoice))
		refuse(ERROR_INVOICE_UNKNOWN, row->account_id, row->invoice_id);
	if (row->confirmation_no != NO_NUMBER &&
		!red_find(row->account_id, row->confirmation_no, &work->confirmation))
		refuse(ERROR_RED_UNKNOWN, row->account_id, row->confirmation_no);
	return true;
}

/* ---- claiming ------------------------------------------------------------- */

/* Whoever sent it last does not answer any more: nobody knows what came of it. */
static void
end_lease(CallWork *work)
{
	if (work->row.state != CALL_SENDING)
		return;
	call_work_move(work, call_work_only_asks(&work->row) ? CALL_NOT_DELIVERED : CALL_LEASE_OVER);
	gateway_call_update(&work->row); /* a step of its own: what is done next is another */
}

/* A create that would come too late, or that nobody wants any more. */
static bool
wants_create(const CallWork *work)
{
	const Order *order = &work->order;

	return order_is_payable(order) &&
		   order->payable_until - work->booking.at >= ORDER_CREATE_MARGIN_US;
}

/* An order that has run out closes; where it was never sent, with its calls. */
static void
run_out(CallWork *work)
{
	Order *order = &work->order;

	if (order_is_payable(order) && order->payable_until <= work->booking.at)
		order_stop(order, ORDER_RUNS_OUT, "expired", order->payable_until);
}

/* The first create gives the order its number, and has it followed from then on. */
static void
number_order(CallWork *work, int64 epoch)
{
	Order *order = &work->order;

	if (order->gateway_number == NULL)
	{
		order->gateway_number = call_work_number(order->account_id, epoch, NUMBER_OF_ORDER,
												 order->order_id);
		order_update(order);
	}
	order_ask(order, work->booking.at + ORDER_FIRST_ASK_US);
}

static bool
claim_create(CallWork *work, int64 epoch, CallOperation *operation)
{
	if (order_has_ended(&work->order))
	{
		call_work_move(work, CALL_ABSENT_NOT_WANTED);
		call_work_put(work, DT_NOEND);
		return false;
	}
	/* What was sent and is unknown is found out by asking for the order. */
	if (work->row.state == CALL_UNKNOWN)
	{
		order_ask(&work->order, work->booking.at);
		call_work_put(work, work->booking.at + UNKNOWN_US);
		return false;
	}
	if (!wants_create(work))
	{
		if (gateway_call_was_sent(&work->row) || work->order.state > ORDER_PENDING)
			call_work_move(work, CALL_ABSENT_NOT_WANTED);
		call_work_put(work,
					  Max(work->order.payable_until, work->booking.at + CALL_WORK_WAIT_MIN_US));
		run_out(work);
		return false;
	}
	number_order(work, epoch);
	*operation = CALL_CREATE;
	return true;
}

static bool
claim_follow(CallWork *work, CallOperation *operation)
{
	run_out(work);
	if (order_has_ended(&work->order))
	{
		call_work_move(work, CALL_NOT_WANTED);
		call_work_put(work, DT_NOEND);
		return false;
	}
	*operation = work->row.acts ? CALL_CLOSE : CALL_QUERY;
	return true;
}

static bool
claim_operation(CallWork *work, int64 epoch, CallOperation *operation)
{
	switch (work->row.kind)
	{
		case KIND_CREATE:
			return claim_create(work, epoch, operation);
		case KIND_FOLLOW:
			return claim_follow(work, operation);
		case KIND_REFUND:
			return refund_call_claim(work, epoch, operation);
		case KIND_TAKE_BACK:
			*operation = CALL_REFUND_QUERY;
			return true;
		case KIND_ISSUE:
		case KIND_DOCUMENT:
			return invoice_call_claim(work, epoch, operation);
		case KIND_RED:
			return red_call_claim(work, epoch, operation);
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
fill(const CallWork *work, CallOperation operation, GatewayCall *call)
{
	const Order *order = &work->order;
	const CallRow *row = &work->row;
	bool is_payments = row->payment_id != NO_NUMBER;

	*call = (GatewayCall){
		.operation = operation,
		.amount_nano = is_payments ? work->payment.amount_nano : order->pay_nano,
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
		 is_payments ? work->payment.currency : order->currency);
	copy(call->description, sizeof(call->description), order->subject);
	copy(call->client_ip, sizeof(call->client_ip), order->client_ip);
	copy(call->email, sizeof(call->email), order->email);
	copy(call->terminal, sizeof(call->terminal), order->terminal);
	copy(call->uid, sizeof(call->uid), order->uid);
	copy(call->return_url, sizeof(call->return_url), order->return_url);
	if (is_payments)
		copy(call->transaction_id, sizeof(call->transaction_id), work->payment.transaction_id);
	if (row->confirmation_no != NO_NUMBER)
		red_call_fill(work, call);
	else if (row->invoice_id != NO_NUMBER)
		invoice_call_fill(work, call);
}

ClaimResult
calling_claim(const DueCall *due, int64 epoch, GatewayCall *call)
{
	CallWork work = {0};
	CallOperation operation;

	if (!account_hold_if_free(due->account_id, &work.booking.account))
		return CLAIM_HELD;
	if (!load(&work, due) || work.row.due_at > work.booking.at || !call_work_is_due(&work))
		return CLAIM_NOTHING;
	end_lease(&work);
	if (!claim_operation(&work, epoch, &operation))
		return CLAIM_NOTHING;
	call_work_move(&work, CALL_CLAIMED);
	if (work.row.first_sent_at == DT_NOBEGIN)
		work.row.first_sent_at = work.booking.at;
	work.row.asked++;
	fill(&work, operation, call);
	call_work_put(&work, work.booking.at + CALLING_LEASE_US);
	booking_finish_unmoved(&work.booking);
	return CLAIM_SENDS;
}

/* ---- answers of a create -------------------------------------------------- */

static void
store_url(CallWork *work, const GatewayAnswer *answer)
{
	Order *order = &work->order;
	const Provider *provider = provider_of(order->gateway);
	const ProviderProduct *product = provider ? providers_product(provider, order->product) : NULL;

	order->pay_url = answer->pay_url;
	order->pay_url_until = work->booking.at + (product ? product->url_lives_us : 0);
	order_update(order);
	(void) order_apply(order, ORDER_CREATE_ACCEPTED, NULL);
}

static void
record_create(CallWork *work, const GatewayAnswer *answer)
{
	switch (answer->result)
	{
		case RESULT_DONE:
			call_work_move(work, CALL_SUCCEEDED);
			call_work_put(work, DT_NOEND);
			store_url(work, answer);
			return;
		case RESULT_REFUSED:
			call_work_move(work, CALL_REFUSED);
			call_work_put(work, DT_NOEND);
			(void) order_apply(&work->order, ORDER_CREATE_REFUSED, "refused");
			return;
		case RESULT_BUSY:
		case RESULT_NO_FUNDS:
		case RESULT_NOT_DELIVERED:
			call_work_move(work, CALL_NOT_DELIVERED);
			break;
		case RESULT_MISCONFIGURED:
			call_work_move(work, CALL_MISCONFIGURED);
			break;
		case RESULT_UNCLEAR:
		case RESULT_ABSENT:
		case RESULT_UNANSWERED:
			call_work_move(work, CALL_UNANSWERED);
			order_ask(&work->order, work->booking.at + CALL_WORK_WAIT_MIN_US);
			break;
	}
	call_work_put(work, call_work_back_off(work));
}

/* ---- answers of asking and closing ---------------------------------------- */

/* When an order that can be paid is asked for next: 15 s, 30 s, 1, 2, 5 min, every 5 min after it
 * was sent. */
static TimestampTz
next_ask(const CallWork *work)
{
	static const int64 asks_us[] = {CALL_WORK_SECONDS(15), CALL_WORK_SECONDS(30),
									CALL_WORK_SECONDS(60), CALL_WORK_SECONDS(120),
									CALL_WORK_SECONDS(300)};
	TimestampTz sent_at = work->order.created_at;
	int64 age_us = work->booking.at - sent_at;

	for (size_t i = 0; i < lengthof(asks_us); i++)
		if (asks_us[i] > age_us)
			return sent_at + asks_us[i];
	return work->booking.at + CALL_WORK_SECONDS(300);
}

static bool
is_closing(const CallWork *work)
{
	return work->order.state == ORDER_CLOSING;
}

/* While an order closes it is asked for soon, and less often the longer that lasts. */
static TimestampTz
next_close(const CallWork *work)
{
	int64 closing_us = work->booking.at - work->order.payable_until;

	return Max(call_work_back_off(work), work->booking.at + Min(closing_us, CLOSING_MAX_US));
}

/* Asked again in its time. */
static void
ask_again(CallWork *work)
{
	const Order *order = &work->order;
	TimestampTz now = work->booking.at;
	TimestampTz next = is_closing(work) ? next_close(work)
										: Min(next_ask(work), order->payable_until);

	work->row.acts = false;
	call_work_move(work, CALL_NOT_DELIVERED);
	call_work_put(work, Max(next, now + CALL_WORK_WAIT_MIN_US / 2));
}

static void
close_next(CallWork *work)
{
	work->row.acts = true;
	call_work_move(work, CALL_NOT_DELIVERED);
	call_work_put(work, work->booking.at);
}

/* What the gateway says of the order's end; true where it has ended. */
static bool
end_order(CallWork *work, OrderEvent event, const char *reason)
{
	(void) order_apply(&work->order, event, reason);
	if (!order_has_ended(&work->order))
		return false;
	call_work_move(work, CALL_SUCCEEDED);
	call_work_put(work, DT_NOEND);
	return true;
}

/* A create whose answer nobody knows is sent again, to get what is paid with. */
static void
repeat_create(const CallWork *work)
{
	CallWork create = *work;

	if (!gateway_call_of_order(work->order.account_id, work->order.order_id, KIND_CREATE,
							   &create.row) ||
		create.row.state != CALL_UNKNOWN)
		return;
	call_work_move(&create, wants_create(work) ? CALL_ABSENT : CALL_ABSENT_NOT_WANTED);
	call_work_put(&create, work->booking.at);
}

/* Books what a query says of the merchant that asked; the house's is left to the worker. */
static void
book(const CallWork *work, const PaymentFact *fact)
{
	Receipt receipt = {.fact = fact, .gateway = work->row.gateway, .is_merchants = true};

	if (receipt_book(&receipt) == RECEIPT_OF_HOUSE)
		receipt_leave(&receipt, work->booking.at);
}

static void
record_paid(CallWork *work, const PaymentFact *fact)
{
	work->row.acts = false;
	book(work, fact);
	(void) order_find(work->order.account_id, work->order.order_id, sql_run, &work->order);
	if (!end_order(work, ORDER_UNMATCHED, "unmatched"))
		ask_again(work);
}

/* One that closes and that nobody can close at the gateway has its end when nobody can pay for it
 * any more. */
static void
wait_for_end(CallWork *work)
{
	TimestampTz end = work->order.expires_at + ORDER_CLOSE_GRACE_US;

	if (work->booking.at >= end)
	{
		(void) end_order(work, ORDER_CLOSE_CONFIRMED, NULL);
		return;
	}
	ask_again(work);
	call_work_put(work, end);
}

static void
record_fact(CallWork *work, const PaymentFact *fact)
{
	switch (fact->state)
	{
		case FACT_PAID:
			record_paid(work, fact);
			return;
		case FACT_CLOSED:
			if (!end_order(work, ORDER_GATEWAY_CLOSED, "gateway"))
				ask_again(work);
			return;
		case FACT_PENDING:
			repeat_create(work);
			if (!is_closing(work))
				ask_again(work);
			else if (provider_of_lacks(work->row.gateway, CALL_CLOSE))
				wait_for_end(work);
			else
				close_next(work);
			return;
	}
}

/*
 * The gateway knows no such order. One that closes has its end when nobody can
 * pay for it any more; until then a code that was not scanned yet may be.
 */
static void
record_absent(CallWork *work, CallOperation operation)
{
	bool is_over = work->booking.at >= work->order.expires_at + ORDER_CLOSE_GRACE_US;

	repeat_create(work);
	if (!is_closing(work))
		ask_again(work);
	else if (!is_over && operation == CALL_QUERY && work->row.attempts == 0 &&
			 !provider_of_lacks(work->row.gateway, CALL_CLOSE))
	{
		/* Closing may keep it from being paid; once is enough. */
		work->row.attempts = 1;
		close_next(work);
	}
	else
		wait_for_end(work);
}

static void
record_follow(CallWork *work, CallOperation operation, const GatewayAnswer *answer)
{
	switch (answer->result)
	{
		case RESULT_DONE:
			if (operation == CALL_QUERY)
				record_fact(work, &answer->payment);
			else if (!end_order(work, ORDER_CLOSE_CONFIRMED, NULL))
				ask_again(work);
			return;
		case RESULT_ABSENT:
			record_absent(work, operation);
			return;
		case RESULT_MISCONFIGURED:
			call_work_move(work, CALL_MISCONFIGURED);
			call_work_put(work, DT_NOEND);
			return;
		default:
			ask_again(work);
			return;
	}
}

/* ---- recording ------------------------------------------------------------ */

/* A truth that came after the call had ended, or was sent anew. */
static void
record_late(const CallWork *work, const GatewayCall *call, const GatewayAnswer *answer)
{
	if (call->operation == CALL_QUERY && answer->result == RESULT_DONE)
		book(work, &answer->payment);
	if (call->operation == CALL_REFUND || call->operation == CALL_REFUND_QUERY)
		refund_call_record_late(work, answer);
}

void
calling_record(const DueCall *due, const GatewayCall *call, const GatewayAnswer *answer,
			   Bytes document)
{
	CallWork work = {0};

	booking_begin(&work.booking, due->account_id);
	if (!load(&work, due))
		return;
	work.last_result = work.row.result;
	work.last_answered_at = work.row.answered_at;
	work.row.result = call_result_name(answer->result);
	work.row.code = answer->code[0] ? answer->code : NULL;
	work.row.answered_at = work.booking.at;
	if (!call_work_is_due(&work) || work.row.state == CALL_QUEUED)
		record_late(&work, call, answer);
	else if (work.row.kind == KIND_CREATE)
		record_create(&work, answer);
	else if (work.row.kind == KIND_FOLLOW)
		record_follow(&work, call->operation, answer);
	else if (work.row.kind == KIND_REFUND)
		refund_call_record(&work, call->operation, answer);
	else if (work.row.kind == KIND_TAKE_BACK)
		refund_call_record_take_back(&work, answer);
	else if (work.row.kind == KIND_RED)
		red_call_record(&work, call->operation, answer);
	else
		invoice_call_record(&work, call->operation, answer, document);
}

void
calling_put_off(const DueCall *due)
{
	CallWork work = {0};

	if (!account_hold_if_free(due->account_id, &work.booking.account) || !load(&work, due) ||
		!call_work_is_due(&work))
		return;
	work.row.result = "unrecorded";
	end_lease(&work);
	if (++work.row.attempts >= CALL_WORK_ATTEMPTS_MAX)
		call_work_move(&work, CALL_ATTEMPTS_SPENT);
	call_work_put(&work, work.booking.at + (CALL_WORK_WAIT_MIN_US << work.row.attempts));
}

/* ---- parked ones ---------------------------------------------------------- */

static void
retry(CallWork *work)
{
	call_work_resend(&work->row, work->booking.at);
	booking_finish_unmoved(&work->booking);
}

void
calling_retry(int64 account_id, int64 call_id)
{
	DueCall due = {account_id, call_id, NULL};
	CallWork work = {0};

	booking_begin(&work.booking, account_id);
	if (!load(&work, &due) || work.row.state != CALL_PARKED)
		refuse(ERROR_CALL_UNKNOWN, account_id, call_id);
	retry(&work);
}

int64
calling_retry_free(const char *gateway)
{
	size_t count;
	DueCall *parked = gateway_call_list_parked(gateway, RETRIES_MAX, &count);
	int64 retried = 0;

	for (size_t i = 0; i < count; i++)
	{
		CallWork work = {0};

		if (!account_hold_if_free(parked[i].account_id, &work.booking.account) ||
			!load(&work, &parked[i]) || work.row.state != CALL_PARKED)
			continue;
		retry(&work);
		retried++;
	}
	return retried;
}
