/*-------------------------------------------------------------------------
 *
 * order.h
 *	  How an order that is paid through a gateway begins, runs out and ends
 *	  (R4, B&S 4.2), with the calls that belong to it.
 *
 * The account is held by whoever calls these.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_ORDER_H
#define BOOKING_ORDER_H

#include "postgres.h"

#include "store/gateway_call_store.h"
#include "store/order_store.h"
#include "store/payment_store.h"

/* No create goes out, first or again, later than this before the order runs out. */
#define ORDER_CREATE_MARGIN_US (60 * INT64CONST(1000000))

/* When an order is first asked for, after it was sent. */
#define ORDER_FIRST_ASK_US (15 * INT64CONST(1000000))

/* How long a gateway may not know of a payment that was made in time. */
#define ORDER_CLOSE_GRACE_US (120 * INT64CONST(1000000))

/* Stores an order and the call that places it at the gateway. */
extern void order_place(Order *order);

/* Stores an order that is born paid (B&S 4.2), for a payment that has none. */
extern Order order_bear(const Payment *payment, const char *method, TimestampTz at,
						const char *actor);

/*
 * Moves an order by an event, and ends its calls where that ends it. reason: why it
 * closes. Refuses what is asked for and is not possible; false where nothing changed.
 */
extern bool order_apply(Order *order, OrderEvent event, const char *reason);

/*
 * No more can be paid from an instant on, by ORDER_RUNS_OUT, ORDER_LOCKED or
 * ORDER_CANCEL: it closes, at once where the gateway never heard of it.
 */
extern void order_stop(Order *order, OrderEvent event, const char *reason, TimestampTz at);

/* A lock stops all open orders of an account. */
extern void order_stop_all(int64 account_id, TimestampTz at);

/* Has a pay URL that runs out made anew, by the same create, where there is time for one. */
extern void order_renew(const Order *order, TimestampTz at);

/* Has the gateway asked what became of an order, at an instant or earlier. */
extern void order_ask(const Order *order, TimestampTz at);

#endif
