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
#include "store/order_store.h"
#include "store/payment_store.h"
#include "store/refund_item_store.h"

#define CALL_WORK_SECONDS(n) ((n) *USECS_PER_SEC)

/* What a call does wrong by itself it may do so often. */
#define CALL_WORK_ATTEMPTS_MAX 5

/* Waits for another answer, doubled while it is the same. */
#define CALL_WORK_WAIT_MIN_US CALL_WORK_SECONDS(2)
#define CALL_WORK_WAIT_MAX_US CALL_WORK_SECONDS(600)

/* A call with all that it is about. The account is held. */
typedef struct CallWork
{
	Booking booking;
	CallRow row;
	Order order;
	Payment payment;		 /* KIND_REFUND, KIND_TAKE_BACK */
	RefundItem item;		 /* of a refund; item_id NO_NUMBER: there is none */
	const char *last_result; /* of the answer before; NULL: there was none */
	TimestampTz last_answered_at;
} CallWork;

/* Moves the call by an event; the same state where it changes nothing. */
extern void call_work_move(CallWork *work, CallEvent event);

/* True where it is to be sent, is sent, or is to be asked for. */
extern bool call_work_is_due(const CallWork *work);

/* True where it changes nothing at the gateway: what was not answered is asked again. */
extern bool call_work_only_asks(const CallWork *work);

/* Writes the call back; due again at an instant, if it is ever. */
extern void call_work_put(CallWork *work, TimestampTz due_at);

/* When it is tried again: soon where the answer is another than before, else after twice as long.
 */
extern TimestampTz call_work_back_off(const CallWork *work);

/* The number by which a gateway knows an order or a refund. */
extern const char *call_work_number(int64 account_id, int64 epoch, OrderNumberKind kind, int64 id);

#endif
