/*-------------------------------------------------------------------------
 *
 * settle_group.h
 *	  Settling a group of rows of the inbox.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_SETTLE_GROUP_H
#define BOOKING_SETTLE_GROUP_H

#include "postgres.h"

#include "store/inbox_store.h"

/* What to do about an account that somebody else holds. */
typedef enum SettleWait
{
	SETTLE_SKIP,		/* leave its rows */
	SETTLE_WAIT_FOR_ONE /* wait for the first account, up to lock_timeout; skip others */
} SettleWait;

/*
 * Takes rows out of the inbox and books each account's as one batch; what
 * cannot be usage is set aside. refs are sorted by account, and marked where
 * their row was taken. Returns how many were. Leaves the accounts held.
 */
extern int64 settle_group(InboxRef *refs, size_t count, SettleWait wait);

#endif
