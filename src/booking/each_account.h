/*-------------------------------------------------------------------------
 *
 * each_account.h
 *	  Work on many accounts, one after the other: one that cannot be booked
 *	  does not stop the others.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_EACH_ACCOUNT_H
#define BOOKING_EACH_ACCOUNT_H

#include "postgres.h"

#include "booking/booking.h"

/*
 * Holds an account, begins a booking, and works on it, in a subtransaction. False where somebody
 * else holds it (waits: it is waited for), or where the work fails by what the account's own rows
 * say: that is told in the log, and nothing of it stays.
 */
extern bool each_account_try(int64 account_id, bool waits,
							 void (*work)(Booking *booking, void *argument), void *argument);

/* The same with all of some that are free; returns with how many. */
extern int64 each_account_run(const int64 *accounts, size_t count,
							  void (*work)(Booking *booking, void *argument));

#endif
