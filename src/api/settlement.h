/*-------------------------------------------------------------------------
 *
 * settlement.h
 *	  Metered usage becomes charges: rows of the inbox, and events that
 *	  waited for a price.
 *
 * Both functions work inside the caller's session and transaction, which ends
 * soon after: they leave accounts locked.
 *
 *-------------------------------------------------------------------------
 */
#ifndef API_SETTLEMENT_H
#define API_SETTLEMENT_H

#include "postgres.h"

#include "store/inbox_store.h"

/* What to do about an account that somebody else holds. */
typedef enum SettleWait
{
	SETTLE_SKIP,		/* leave its rows */
	SETTLE_WAIT_FOR_ONE /* wait for the first account, as long as lock_timeout allows; skip others
						 */
} SettleWait;

/*
 * Settles rows of the inbox: takes them out, and books each account's as one
 * batch. What cannot be usage is set aside, and so is a row that makes the
 * booking fail: a failing group is halved until the row is found. refs are
 * sorted by account and marked where their row was taken. Returns how many
 * rows were taken.
 */
extern int64 settle_inbox(InboxRef *refs, size_t count, SettleWait wait);

/*
 * Settles rows of one account, waiting for it for as long as timeout says, a
 * value of lock_timeout; returns how many, 0 where it is not to be had.
 */
extern int64 settle_waiting(InboxRef *refs, size_t count, const char *timeout);

/* Sorts what inbox_list() returned for settle_inbox(). */
extern void settle_sort(InboxRef *refs, size_t count);

/* Charges unpriced usage that has a price by now; returns how many events. */
extern int64 settle_unpriced(int64 events_max, SettleWait wait);

#endif
