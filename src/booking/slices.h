/*-------------------------------------------------------------------------
 *
 * slices.h
 *	  What is booked of a charge, by whatever re-rated it, and undoing it (R20, R23).
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_SLICES_H
#define BOOKING_SLICES_H

#include "postgres.h"

#include "booking/booking.h"
#include "store/revision_store.h"

typedef struct ChargeSlices
{
	Slice *slices; /* in the order in which they were charged */
	size_t count;
	int64 booked_nano; /* their sum */
	Revision newest;   /* revision_no 0: there is none */
	int64 account_id;
} ChargeSlices;

/* The account is held. */
extern ChargeSlices slices_booked(const UsageEvent *event);

/*
 * Undoes as much of a charge, the latest slices first; what comes back into a lot that has expired
 * meanwhile expires again. All lots are loaded, and the source is said. On any result but
 * OUTCOME_OK the booking's books are unfit for use.
 */
extern Outcome slices_undo(Booking *booking, const ChargeSlices *charge, int64 amount_nano,
						   UndoneCharge *undone);

#endif
