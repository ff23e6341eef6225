/*-------------------------------------------------------------------------
 *
 * refund.h
 *	  Refunds: what can be, and from the request to what is reserved (R12 to R14,
 *	  B&S 4.4). What is sent back then stands in refund_item.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_REFUND_H
#define BOOKING_REFUND_H

#include "postgres.h"

#include "booking/booking.h"
#include "store/refund_quote_store.h"
#include "store/refund_store.h"

typedef struct RefundQuote
{
	QuotedOrder *orders;
	size_t count;
	int64 total_nano; /* that can be refunded */
} RefundQuote;

/* The quote of all paid orders, or of one (order_id not NO_NUMBER). */
extern RefundQuote refund_quote(int64 account_id, int64 order_id, SqlRunner run);

/* When its gateway takes no more refunds of an order; DT_NOEND: never. */
extern TimestampTz refund_until(const QuotedOrder *order);

/* Why an order's money cannot go back by itself; NULL where it can. */
extern const char *refund_manual_reason(const QuotedOrder *order, TimestampTz at);

/* Accepts a request on a held account: locks it. Refuses where there is nothing to refund. */
extern void refund_accept(Booking *booking, Refund *refund);

/* Reserves what the quote says, and has it sent back. The refund is stored, and all lots are
 * loaded. */
extern void refund_pay(Booking *booking, const Refund *refund, const RefundQuote *quote);

/* Refuses what a refund's state does not allow. */
extern void refund_check(const Refund *refund, RefundRequestEvent event);

/* Moves a refund by what an operator asks for, and refuses what is not possible. */
extern void refund_decide(const Booking *booking, Refund *refund, RefundRequestEvent event,
						  const char *reason);

#endif
