/*-------------------------------------------------------------------------
 *
 * refund_item.h
 *	  What goes back to one payment of a refund: its states, and what they book
 *	  (R14, B&S 4.5).
 *
 * The account is held by whoever calls these.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_REFUND_ITEM_H
#define BOOKING_REFUND_ITEM_H

#include "postgres.h"

#include "booking/booking.h"
#include "store/gateway_call_store.h"
#include "store/refund_item_store.h"

/* One that waits for its turn looks again by itself after so long; else who was before it wakes it.
 */
#define REFUND_ITEM_TURN_US (600 * USECS_PER_SEC)

/* True where the item's money is on its way, or about to be. */
static inline bool
refund_item_is_going(const RefundItem *item)
{
	return item->state == ITEM_QUEUED || item->state == ITEM_PROCESSING;
}

/* True where nothing can happen to it any more. */
static inline bool
refund_item_is_final(const RefundItem *item)
{
	return item->state == ITEM_PAID || item->state == ITEM_PAID_OFFLINE ||
		   item->state == ITEM_RELEASED;
}

/* Stores an item with its number, and has it sent where it is queued. */
extern void refund_item_begin(const Booking *booking, const RefundItem *item);

/* Refuses what an item's state does not allow. */
extern void refund_item_check(const RefundItem *item, RefundItemEvent event);

/*
 * Moves an item by an event; false where that changes nothing, and refuses what is asked for
 * and is not possible. Where the item becomes final, the reserve is booked and the refund ended
 * with its last item: all lots are loaded then, and the caller finishes the booking.
 */
extern bool refund_item_apply(Booking *booking, RefundItem *item, RefundItemEvent event,
							  const char *reason);

/* The same of a success that a gateway tells of: loads, and finishes. payer_nano: as it says, or 0.
 */
extern void refund_item_pay(Booking *booking, RefundItem *item, int64 payer_nano);

/* Of a payment that was taken back: what of a refund was not sent is not sent any more. */
extern void refund_item_stop(Booking *booking, int64 payment_id);

/* Ends its call, where that is not being sent. */
extern void refund_item_drop_call(const RefundItem *item);

/* Has what failed sent again: by the number it had, or, where that is dead, by a new one. */
extern void refund_item_retry(Booking *booking, RefundItem *item);

/* Gives it up: nothing is sent or asked any more. */
extern void refund_item_give_up(Booking *booking, RefundItem *item);

#endif
