/*-------------------------------------------------------------------------
 *
 * lock.c
 *	  The account's set of locks, its rows, and its open orders.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/lock.h"
#include "booking/order.h"
#include "core/lock_reason.h"

void
lock_set(Booking *booking, LockChange *change)
{
	Account *account = &booking->account;

	change->at = booking->at;
	account_lock_insert(account->account_id, change);
	account->locks |= lock_reason_from_name(change->lock);
	order_stop_all(account->account_id, booking->at);
}

void
lock_lift(Booking *booking, LockChange *change)
{
	Account *account = &booking->account;

	change->at = booking->at;
	account_lock_lift(account->account_id, change);
	account->locks &= ~lock_reason_from_name(change->lock);
	account->last_unlocked_at = booking->at;
}
