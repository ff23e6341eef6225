/*-------------------------------------------------------------------------
 *
 * subscription.h
 *	  Periods of Token Plans: where they stand in time (R3, B&S 4.8).
 *
 * An account's periods follow each other without a gap; what is bought while
 * one runs waits behind it. Bounds are instants, fixed when a period gets its
 * place. The account is held, and its books are loaded with room for one more
 * transfer; entries that are made here are written here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_SUBSCRIPTION_H
#define BOOKING_SUBSCRIPTION_H

#include "postgres.h"

#include "booking/booking.h"
#include "store/order_store.h"
#include "store/subscription_store.h"

/*
 * A plan order is paid, from BOOK_GATEWAY or BOOK_SUSPENSE: its period, or its pack, gets its
 * place. The source of the payment is set.
 */
extern void subscription_begin(Booking *booking, const Order *order, int64 paid_nano, Book from);

/* False where nothing can be made of a payment of that order: its pack's period has ended. */
extern bool subscription_is_possible(const Order *order, TimestampTz at);

/*
 * Gives all that wait their places: upgrades end what they replace, the others follow each other.
 * What was paid under the lock of a refund waits for its end.
 */
extern void subscription_place_all(Booking *booking);

/* Its payment is taken back: it ends, and what follows moves up. The source is set. */
extern void subscription_revoke(Booking *booking, Subscription *subscription, int64 taken_nano);

/*
 * A take-back was undone: what is left of it joins the end of the queue, unless more of its payment
 * was taken back, or nothing is left: then the money is earned at once. The source is set.
 */
extern void subscription_restore(Booking *booking, Subscription *subscription, int64 amount_nano,
								 bool is_whole);

/* Adds days to a period that has its place and has not ended, and moves what follows. */
extern void subscription_extend(Booking *booking, Subscription *subscription, int32 days);

/* Tells that the last of its periods has ended, once; ends behind which another stands are no news.
 */
extern void subscription_tell_end(Booking *booking);

/* The account is closed: all of them end, and have earned their money. */
extern void subscription_end_all(Booking *booking);

#endif
