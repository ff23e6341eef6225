/*-------------------------------------------------------------------------
 *
 * placing.h
 *	  The bounds of a subscription, and of the parts of its quota (B&S 4.8).
 *
 * What was drawn on stays where it was: where a subscription is cut, its parts
 * keep what they would have had; laid out again, that rest is a part of its own,
 * which continues the one before. The account is held; rows of quota are written
 * here, those of subscription by the caller.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_PLACING_H
#define BOOKING_PLACING_H

#include "postgres.h"

#include "store/subscription_store.h"

static inline bool
placing_has_begun(const Subscription *subscription, TimestampTz at)
{
	return subscription->starts_at <= at;
}

static inline bool
placing_is_pack(const Subscription *subscription)
{
	return subscription->pack_of != NO_NUMBER;
}

/* Gives a period its place at an instant, behind another (NULL: none), or moves it there. */
extern void placing_set(Subscription *period, TimestampTz at, const Subscription *before);

/* Gives a pack what its period has of time from an instant on; false where nothing is left of it.
 */
extern bool placing_set_pack(Subscription *pack, const Subscription *period, TimestampTz at);

/* Moves the end of a period that has its place. */
extern void placing_move_end(Subscription *period, TimestampTz ends_at);

/* Ends it at an instant; keeps_rest: what is left may be laid out again. */
extern void placing_cut(Subscription *subscription, TimestampTz at, bool keeps_rest);

/* Takes a period out of its place; false where nothing is left of it. */
extern bool placing_unset(Subscription *period, TimestampTz at);

#endif
