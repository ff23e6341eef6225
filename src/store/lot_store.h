/*-------------------------------------------------------------------------
 *
 * lot_store.h
 *	  Rows of lot.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_LOT_STORE_H
#define STORE_LOT_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/books.h"

/* Which lots of an account are wanted. */
typedef enum LotSelection
{
	LOTS_OPEN, /* that hold something */
	LOTS_ALL
} LotSelection;

/*
 * Loads lots into books->lots, in the order in which they pay, with room for
 * one more. Writers only: it sees what was committed before it runs.
 */
extern void lot_load(int64 account_id, LotSelection selection, Books *books);

/* The same of many accounts, given in the order of their ids: the open ones. */
extern void lot_load_open(const int64 *accounts, Books *const *books, size_t count);

/* The number of the account's next lot. */
extern int64 lot_next_no(int64 account_id);

/* order_id is NO_NUMBER for a lot that came with no order. */
extern void lot_insert(int64 account_id, const Lot *lot, int64 order_id, Source source,
					   TimestampTz created_at);

/* Writes back what is left in the lots of some accounts that changed, by one command. */
extern void lot_update(const int64 *accounts, Books *const *books, size_t count);

/* Writes back what of one went back to the payer; few bookings change that. */
extern void lot_update_given_back(int64 account_id, const Lot *lot);

/*
 * What lots that expired at or before an instant still hold: for readers in the
 * caller's snapshot, for writers who hold the account.
 */
extern int64 lot_expired(int64 account_id, TimestampTz at);
extern int64 lot_expired_under_hold(int64 account_id, TimestampTz at);

/* Accounts with open lots that expired at or before an instant, in the order of their ids. */
extern int64 *lot_expired_accounts(TimestampTz at, int64 accounts_max, size_t *count);

/* The lot that a payment made; NO_NUMBER when there is none. */
extern int64 lot_of_order(int64 account_id, int64 order_id);

/* True when the lot is a bonus that was granted. */
extern bool lot_is_grant(int64 account_id, int64 lot_no);

#endif
