/*-------------------------------------------------------------------------
 *
 * call_work.h
 *	  A call with all that it is about, while somebody works on it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_CALL_WORK_H
#define BOOKING_CALL_WORK_H

#include "postgres.h"

#include "booking/booking.h"
#include "core/order_number.h"
#include "gateway/call.h"
#include "store/gateway_call_store.h"
#include "store/invoice_store.h"
#include "store/order_store.h"
#include "store/payment_store.h"
#include "store/red_store.h"
#include "store/refund_item_store.h"

#define CALL_WORK_SECONDS(n) ((n) *USECS_PER_SEC)

/* What a call does wrong by itself it may do so often. */
#define CALL_WORK_ATTEMPTS_MAX 5

/* Waits for another answer, doubled while it is the same. */
#define CALL_WORK_WAIT_MIN_US CALL_WORK_SECONDS(2)
#define CALL_WORK_WAIT_MAX_US CALL_WORK_SECONDS(600)

/* What was accepted, and takes its time, is asked for after so long. */
#define CALL_WORK_ACCEPTED_US CALL_WORK_SECONDS(4)

/* What a gateway does not know so long after it was first sent, it has not got. */
#define CALL_WORK_ABSENT_US CALL_WORK_SECONDS(20)

/* One that was sent and asked for so often at the most is sent again at once. */
#define CALL_WORK_ASKED_FEW 8

/* A call with all that it is about. The account is held. */
typedef struct CallWork
{
	Booking booking;
	CallRow row;
	Order order;
	Payment payment;			  /* KIND_REFUND, KIND_TAKE_BACK */
	RefundItem item;			  /* of a refund; item_id NO_NUMBER: there is none */
	Invoice invoice;			  /* KIND_ISSUE, KIND_DOCUMENT, KIND_RED */
	RedConfirmation confirmation; /* KIND_RED */
	const char *last_result;	  /* of the answer before; NULL: there was none */
	TimestampTz last_answered_at;
} CallWork;

/* Moves the call by an event; the same state where it changes nothing. */
extern void call_work_move(CallWork *work, CallEvent event);

/* True where it is to be sent, is sent, or is to be asked for. */
extern bool call_work_is_due(const CallWork *work);

/* True where it changes nothing at the gateway: what was not answered is asked again. */
extern bool call_work_only_asks(const CallRow *call);

/* Writes the call back; due again at an instant, if it is ever. */
extern void call_work_put(CallWork *work, TimestampTz due_at);

/* Nobody knows yet: asked for at an instant. */
extern void call_work_ask(CallWork *work, TimestampTz at);

/* It did not get there: sent again, or asked again, later. */
extern void call_work_deliver_later(CallWork *work);

/* Ends it by an event. */
extern void call_work_end(CallWork *work, CallEvent event);

/* When it is tried again: soon where the answer is another than before, else after twice as long.
 */
extern TimestampTz call_work_back_off(const CallWork *work);

/* Has one that has ended, or waits for somebody, sent at an instant: of what was sent it is asked
 * first what came of it, except where sending only asks. Written in any case: who saw an older row
 * gets 40001. */
extern void call_work_resend(CallRow *call, TimestampTz at);

/* Nobody wants one any more: it is dropped, unless it is being sent, and is then when that ends. */
extern void call_work_drop(CallRow *call);

/* The gateway has not got what was sent, or does not know yet of what it got a moment ago: sent
 * again, when that is clear. */
extern void call_work_send_again(CallWork *work);

/* Said to be there, and not found: asked for later and later, and then somebody looks. It is never
 * taken for refused. */
extern void call_work_ask_patiently(CallWork *work);

/* Refused, perhaps because it has happened: asked for; but not for ever. True where it is refused
 * for good, since the gateway has not got it, either. */
extern bool call_work_doubt(CallWork *work);

/* Somebody must look: what was answered cannot be, or is the call's own fault again and again. */
extern void call_work_park(CallWork *work);

/* The same, and written: what is said cannot be. */
extern void call_work_contradict(CallWork *work);

/* The number by which a gateway knows an order or a refund. */
extern const char *call_work_number(int64 account_id, int64 epoch, OrderNumberKind kind, int64 id);

#endif
