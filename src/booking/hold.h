/*-------------------------------------------------------------------------
 *
 * hold.h
 *	  Holding an account for a caller, who waits for it no longer than policy
 *	  hold_timeout.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_HOLD_H
#define BOOKING_HOLD_H

#include "postgres.h"

#include "store/account_store.h"

/*
 * Holds the account; false when there is none. Where somebody else holds it, it
 * waits for the lesser of policy hold_timeout and the caller's lock_timeout, and
 * then raises 55P03, whose hint says who does.
 */
extern bool hold_account(int64 account_id, Account *account);

/* Between the two no lock is waited for longer than a timeout, such as "200ms"; an error ends it,
 * too. */
extern int hold_limit_begin(const char *timeout);
extern void hold_limit_end(int nest_level);

#endif
