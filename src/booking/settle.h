/*-------------------------------------------------------------------------
 *
 * settle.h
 *	  Metered usage becomes charges: rows of the inbox, and events that
 *	  waited for a price.
 *
 * The functions work inside the caller's session and transaction, which ends
 * soon after: they leave accounts held.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_SETTLE_H
#define BOOKING_SETTLE_H

#include "postgres.h"

#include "booking/settle_group.h"

/*
 * Called before the accounts are worked on, sorted, by all functions below: a
 * worker notes down what it does, should it crash (crash_mark.h). NULL: nobody does.
 */
typedef void (*SettleNote)(const int64 *accounts, size_t count);
extern SettleNote settle_note;

/*
 * Puts rows behind the others that are not to be settled now: of parked accounts,
 * and those of which passes() says so (NULL: none); they are marked as failed.
 * Returns how many rows are left.
 */
extern size_t settle_pass_over(InboxRef *refs, size_t count,
							   bool (*passes)(const InboxRef *ref, void *argument), void *argument);

/* Sorts what inbox_list() returned for the functions below. */
extern void settle_sort(InboxRef *refs, size_t count);

/*
 * Settles rows of the inbox as settle_group() does. A group whose booking fails is
 * halved until the row is found, which is set aside, or stays and is marked as
 * failed (see booking/failure).
 */
extern int64 settle_inbox(InboxRef *refs, size_t count, SettleWait wait);

/*
 * Settles the rows of the first account, waiting for it for as long as timeout
 * says, a value of lock_timeout; returns how many, 0 where it is not to be had.
 */
extern int64 settle_waiting(InboxRef *refs, size_t count, const char *timeout);

/*
 * Settles that many events at the most, of whatever kind; where it can settle
 * nothing else it waits for one account, 3 s at the most.
 */
extern int64 settle_all(int64 events_max);

/* Charges unpriced usage that has a price by now; returns how many events. */
extern int64 settle_unpriced(int64 events_max, SettleWait wait);

#endif
