/*-------------------------------------------------------------------------
 *
 * earning.h
 *	  Money of Token Plans that becomes revenue, day by day (B&S 3).
 *
 * A day is one of the books' calendar: China's for CNY, UTC's for USD. What its
 * days have earned is booked when a month or the period ends, and whenever the
 * period changes; entries carry the end of the last day that they pay for.
 * Each function writes the entries that it makes; the books are loaded.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_EARNING_H
#define BOOKING_EARNING_H

#include "postgres.h"

#include "booking/booking.h"
#include "store/subscription_store.h"

/* What is not earned yet is earned from an instant to the period's end. */
extern void earning_begin(const Booking *booking, Subscription *subscription, TimestampTz from);

/* Books what is due: of each month that is over, and all where the period is. */
extern void earning_book_due(Booking *booking, Subscription *subscription);

/* The same, and what the days of this month up to today have earned. */
extern void earning_book_days(Booking *booking, Subscription *subscription);

#endif
