/*-------------------------------------------------------------------------
 *
 * refund_call.c
 *	  Payments and refunds on their way back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/notify.h"
#include "booking/provider.h"
#include "booking/refund_call.h"
#include "booking/refund_item.h"
#include "booking/take_back.h"
#include "core/order_number.h"
#include "errors.h"
#include "store/gateway_store.h"
#include "store/notice_store.h"
#include "store/refund_claim_store.h"

static bool
is_of_item(const CallWork *work)
{
	return work->row.item_id != NO_NUMBER;
}

/* ---- claiming --------------------------------------------------------------- */

static bool
is_wanted(const CallWork *work)
{
	return is_of_item(work) ? refund_item_is_going(&work->item)
							: work->payment.state == PAYMENT_RETURNING;
}

/* One that was given up while it was being sent: nobody has been asked yet what came of it. */
static bool
is_asked_once_more(const CallWork *work)
{
	return is_of_item(work) && work->row.state == CALL_UNKNOWN && work->row.attempts == 0;
}

/* When a gateway takes it: two refunds of a payment are apart, at some two of a payer as well. */
static TimestampTz
takes_it_at(const CallWork *work)
{
	const Provider *provider = provider_of(work->row.gateway);
	TimestampTz last = provider ? gateway_call_last_refund(&work->row) : DT_NOBEGIN;

	if (last != DT_NOBEGIN && last + provider->refunds.pause_us > work->booking.at)
		return last + provider->refunds.pause_us;
	return provider && provider->refunds.one_by_one && gateway_call_is_refund_open(&work->row)
			   ? work->booking.at + REFUND_ITEM_TURN_US
			   : work->booking.at;
}

/* Refunds wait where the books may be older than what the gateway has done. */
bool
refund_call_claim(CallWork *work, int64 epoch, CallOperation *operation)
{
	CallRow *row = &work->row;
	TimestampTz at;

	if (!is_wanted(work) && is_asked_once_more(work))
	{
		row->attempts++;
		*operation = CALL_REFUND_QUERY;
		return true;
	}
	if (!is_wanted(work))
	{
		call_work_move(work, gateway_call_was_sent(row) ? CALL_ABSENT_NOT_WANTED : CALL_NOT_WANTED);
		call_work_put(work, DT_NOEND);
		return false;
	}
	if (gateway_refunds_epoch(row->gateway) != epoch)
	{
		row->result = "held";
		call_work_put(work, work->booking.at + CALL_WORK_WAIT_MAX_US);
		return false;
	}
	at = row->state == CALL_UNKNOWN ? work->booking.at : takes_it_at(work);
	if (at > work->booking.at)
	{
		call_work_put(work, at);
		return false;
	}
	if (row->gateway_number == NULL)
		row->gateway_number = call_work_number(row->account_id, epoch, NUMBER_OF_REFUND,
											   row->call_id);
	if (is_of_item(work))
		(void) refund_item_apply(&work->booking, &work->item, ITEM_SENT, NULL);
	*operation = row->state == CALL_UNKNOWN ? CALL_REFUND_QUERY : CALL_REFUND;
	return true;
}

/* ---- answers of a refund -------------------------------------------------- */

static void
tell_returned(const Booking *booking, const Payment *payment)
{
	NotifyNews news = {
		.event = EVENT_PAYMENT_RETURNED,
		.source_id = payment->payment_id,
		.facts = {{"payment_id", notify_number(payment->payment_id)},
				  {"order_id", notify_number(payment->order_id)},
				  {"amount", notify_cents(payment_left_nano(payment))},
				  {"currency", payment->currency},
				  {"reason", payment->reason}},
	};

	notify_account(payment->account_id, &news, booking->at);
}

/* The payment went back, or cannot go back by itself. */
static void
end_return(CallWork *work, PaymentEvent event, const char *reason)
{
	Booking *booking = &work->booking;
	Payment *payment = &work->payment;
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
	tell_returned(booking, payment);
	booking_finish(booking);
}

/* What the call was for ends: the payment is returned, or the item is paid. */
static void
succeed(CallWork *work, const RefundFact *fact)
{
	if (is_of_item(work))
		refund_item_pay(&work->booking, &work->item, fact->payer_nano);
	else
		end_return(work, PAYMENT_RETURN_PAID, NULL);
}

/* It does not: definitely, by event and reason where it is an item's. */
static void
fail(CallWork *work, RefundItemEvent event, const char *reason)
{
	call_work_move(work, CALL_REFUSED);
	call_work_put(work, DT_NOEND);
	if (is_of_item(work))
		(void) refund_item_apply(&work->booking, &work->item, event, reason);
	else
		end_return(work, PAYMENT_RETURN_IMPOSSIBLE, "return_failed");
}

/* The gateway's refund is ours; false where it was booked as something else. */
static bool
claim_refunded(const CallWork *work, const RefundFact *fact)
{
	return refund_claim_insert(&(RefundClaim){
		.gateway = work->row.gateway,
		.transaction_id = work->payment.transaction_id,
		.refund_id = fact->refund_id[0] ? fact->refund_id : work->row.gateway_number,
		.account_id = work->row.account_id,
		.call_id = work->row.call_id,
		.amount_nano = fact->amount_nano,
		.refunded_at = fact->refunded_at > 0 ? fact->refunded_at : work->booking.at,
	});
}

/* Money that went back although it was given up and settled otherwise: taken back. */
static void
record_given_up(CallWork *work, const RefundFact *fact)
{
	TakeBackReport report = {.fact = fact, .gateway = work->row.gateway, .is_merchants = true};

	if (take_back_report(&report) == TAKE_BACK_CONTRADICTS)
		call_work_park(work);
	else
		call_work_move(work, CALL_REFUSED);
	call_work_put(work, DT_NOEND);
}

static bool
is_settled_otherwise(const CallWork *work)
{
	return is_of_item(work) && refund_item_is_final(&work->item);
}

static void
record_refunded(CallWork *work, const RefundFact *fact)
{
	if (fact->state == REFUND_FAILED)
	{
		fail(work, ITEM_FAILS, "closed");
		return;
	}
	if (fact->state == REFUND_ABNORMAL)
	{
		fail(work, ITEM_GETS_STUCK, "stuck");
		return;
	}
	if (fact->state == REFUND_PAID && is_settled_otherwise(work))
	{
		record_given_up(work, fact);
		return;
	}
	if (fact->state == REFUND_PENDING)
		call_work_move(work, CALL_UNANSWERED);
	else if (fact->amount_nano != work->row.amount_nano ||
			 (work->payment.state == PAYMENT_RETURNING &&
			  fact->amount_nano != payment_left_nano(&work->payment)) ||
			 !claim_refunded(work, fact))
		call_work_park(work);
	else
		call_work_move(work, CALL_SUCCEEDED);
	call_work_put(work, call_work_back_off(work));
	if (work->row.state == CALL_DONE)
		succeed(work, fact);
}

/* Asked for, unless it is clear by now that the gateway does not take it. */
static void
doubt(CallWork *work)
{
	if (call_work_doubt(work))
		fail(work, ITEM_FAILS, "refused");
}

static void
record_answer(CallWork *work, CallOperation operation, const GatewayAnswer *answer)
{
	switch (answer->result)
	{
		case RESULT_DONE:
			record_refunded(work, &answer->refund);
			return;
		case RESULT_REFUSED:
			/* Sent again it may be refused because it was accepted before. */
			if (operation == CALL_REFUND && work->row.asked <= 1)
				fail(work, ITEM_FAILS, "refused");
			else
				doubt(work);
			return;
		case RESULT_ABSENT:
			if (operation == CALL_REFUND)
				doubt(work);
			else
				call_work_send_again(work);
			return;
		case RESULT_UNCLEAR:
			doubt(work);
			return;
		case RESULT_BUSY:
		case RESULT_NO_FUNDS:
		case RESULT_NOT_DELIVERED:
			call_work_move(work, CALL_NOT_DELIVERED);
			break;
		case RESULT_MISCONFIGURED:
			call_work_park(work);
			break;
		case RESULT_UNANSWERED:
			call_work_move(work, CALL_UNANSWERED);
			break;
	}
	call_work_put(work, call_work_back_off(work));
}

/* True while nobody knows whether the gateway has accepted it. */
static bool
is_in_flight(const CallWork *work)
{
	return work->row.state == CALL_SENDING ||
		   (work->row.state == CALL_UNKNOWN &&
			strcmp(work->row.result, call_result_name(RESULT_DONE)) != 0);
}

void
refund_call_record(CallWork *work, CallOperation operation, const GatewayAnswer *answer)
{
	const Provider *provider = provider_of(work->row.gateway);

	record_answer(work, operation, answer);
	if (provider && provider->refunds.one_by_one && !is_in_flight(work))
		gateway_call_hasten_refund(&work->row, work->booking.at);
	if (is_of_item(work) && work->row.state == CALL_QUEUED)
		(void) refund_item_apply(&work->booking, &work->item, ITEM_UNSENT, NULL);
}

void
refund_call_record_late(const CallWork *work, const GatewayAnswer *answer)
{
	TakeBackReport report = {
		.fact = &answer->refund, .gateway = work->row.gateway, .is_merchants = true};

	/* What cannot be waits in the operator's list. */
	if (answer->result == RESULT_DONE && answer->refund.state == REFUND_PAID &&
		take_back_report(&report) == TAKE_BACK_CONTRADICTS)
		notice_insert_waiting(work->row.gateway, "refund", take_back_fact_text(&answer->refund),
							  work->booking.at);
}

/* ---- answers about a refund that the gateway told of ----------------------- */

/* What it says of it is booked, or cannot be: then somebody must look. */
static void
record_taken(CallWork *work, const RefundFact *fact)
{
	TakeBackReport report = {.fact = fact, .gateway = work->row.gateway, .is_merchants = true};
	TakeBackResult result = take_back_report(&report);

	call_work_move(work, result == TAKE_BACK_CONTRADICTS ? CALL_MISCONFIGURED : CALL_SUCCEEDED);
	if (result == TAKE_BACK_CONTRADICTS)
		work->row.result = "contradiction";
	call_work_put(work, DT_NOEND);
}

/* Where a gateway tells of a refund and names no number, the order's own is tried: a guess. */
static bool
is_guess(const CallRow *row)
{
	OrderNumber number;

	return row->refund_number && order_number_parse(row->refund_number, &number) &&
		   number.kind == NUMBER_OF_ORDER;
}

/*
 * It is asked again, and for ever where nobody answers; what is not there, a few times: then
 * somebody must look, or the guess was wrong, and the bill tells what it was.
 */
void
refund_call_record_take_back(CallWork *work, const GatewayAnswer *answer)
{
	bool is_absent = answer->result == RESULT_ABSENT;
	bool is_own_fault = is_absent || answer->result == RESULT_REFUSED ||
						answer->result == RESULT_UNCLEAR;
	bool is_spent = is_own_fault && ++work->row.attempts >= CALL_WORK_ATTEMPTS_MAX;

	if (answer->result == RESULT_DONE && answer->refund.state != REFUND_PENDING)
	{
		record_taken(work, &answer->refund);
		return;
	}
	if (is_spent && is_absent && is_guess(&work->row))
		call_work_move(work, CALL_REFUSED);
	else if (is_spent || answer->result == RESULT_MISCONFIGURED)
		call_work_move(work, CALL_MISCONFIGURED);
	else
		call_work_move(work, CALL_NOT_DELIVERED);
	call_work_put(work, call_work_back_off(work));
}
