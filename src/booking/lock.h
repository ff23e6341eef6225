/*-------------------------------------------------------------------------
 *
 * lock.h
 *	  Setting and lifting locks, with all that belongs to it (R13, B&S 4.10).
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_LOCK_H
#define BOOKING_LOCK_H

#include "postgres.h"

#include "booking/booking.h"

/* Sets a lock that is not in force: orders that can be paid are stopped. Sets change->at. */
extern void lock_set(Booking *booking, LockChange *change);

/* Lifts one that is. */
extern void lock_lift(Booking *booking, LockChange *change);

#endif
