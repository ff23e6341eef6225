/*-------------------------------------------------------------------------
 *
 * lock.c
 *	  The account's set of locks, its rows, and its open orders.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/lock.h"
#include "booking/notify.h"
#include "booking/order.h"
#include "core/lock_reason.h"

/* A customer is told of the lock that a take-back sets. */
static void
tell(int64 account_id, const LockChange *change, int64 lock_no, NotificationEvent event)
{
	NotifyNews news = {.event = event, .source_id = lock_no};

	if (strcmp(change->lock, lock_reason_name(LOCK_DISPUTE)) == 0)
		notify_account(account_id, &news, change->at);
}

void
lock_set(Booking *booking, LockChange *change)
{
	Account *account = &booking->account;

	change->at = booking->at;
	tell(account->account_id, change, account_lock_insert(account->account_id, change),
		 EVENT_DISPUTE_LOCK_SET);
	account->locks |= lock_reason_from_name(change->lock);
	order_stop_all(account->account_id, booking->at);
}

void
lock_lift(Booking *booking, LockChange *change)
{
	Account *account = &booking->account;

	change->at = booking->at;
	tell(account->account_id, change, account_lock_lift(account->account_id, change),
		 EVENT_DISPUTE_LOCK_LIFTED);
	account->locks &= ~lock_reason_from_name(change->lock);
	account->last_unlocked_at = booking->at;
}
