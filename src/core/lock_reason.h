/*-------------------------------------------------------------------------
 *
 * lock_reason.h
 *	  The locks: reasons why an account may not act (books-and-states 4.10).
 *
 * A lock is an operator's word or a refund's; what a transaction has of the
 * account's row is its hold (booking_begin()), never called a lock.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_LOCK_REASON_H
#define CORE_LOCK_REASON_H

/* Reasons why an account may not act; a set of them is a bit mask. */
typedef enum LockReason
{
	LOCK_REFUND = 1 << 0,
	LOCK_OPERATOR = 1 << 1,
	LOCK_DISPUTE = 1 << 2,
	LOCK_CLOSED = 1 << 3
} LockReason;

extern const char *lock_reason_name(LockReason lock);

/* The lock of that name; 0 when there is none. */
extern unsigned lock_reason_from_name(const char *name);

#endif
