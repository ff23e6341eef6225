/*-------------------------------------------------------------------------
 *
 * overseas.h
 *	  Invoices and credit notes overseas, made as money comes and goes (R18,
 *	  B&S 4.6): what stands on a payment's invoices, less its credit notes, is
 *	  what is kept of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_OVERSEAS_H
#define BOOKING_OVERSEAS_H

#include "postgres.h"

#include "booking/booking.h"
#include "store/payment_store.h"

/*
 * What was done to a payment that is credited; neither: it was credited. A take-back is one, or
 * what undoes one.
 */
typedef struct OverseasCause
{
	int64 item_id;
	int64 take_back_id;
} OverseasCause;

/*
 * Makes what the payment's papers lack now that the cause is stored: an invoice, or a credit note
 * of each invoice that is to be corrected. They get their numbers when the transaction has
 * committed. Nothing on the mainland.
 */
extern void overseas_follow(const Booking *booking, const Payment *payment, OverseasCause cause);

#endif
