/*-------------------------------------------------------------------------
 *
 * waiting.h
 *	  Booking what gateways said and nobody has booked yet: their accounts were
 *	  held, or they are of the house (B&S 4.12).
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_WAITING_H
#define BOOKING_WAITING_H

#include "postgres.h"

typedef struct Waiting
{
	int64 notice_id;  /* 0: there was none */
	bool is_held;	  /* its account is: it can be booked soon */
	bool is_of_house; /* it is to be booked in another transaction, by waiting_book_on_house() */
} Waiting;

/* Books the first that waits from a number on; where that fails it goes on waiting. */
extern Waiting waiting_book(int64 from);
extern void waiting_book_on_house(int64 notice_id);

#endif
