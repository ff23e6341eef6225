/*-------------------------------------------------------------------------
 *
 * take_back.h
 *	  Money that a gateway gave back, and not because these books asked for it
 *	  (R22): booked once, whoever says so and how often.
 *
 * What counts is one refund by the gateway's own number. A sum of all that went
 * back of a payment books nothing: which refund it means is asked for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_TAKE_BACK_H
#define BOOKING_TAKE_BACK_H

#include "postgres.h"

#include "booking/booking.h"
#include "gateway/fact.h"
#include "store/payment_store.h"
#include "store/take_back_store.h"

typedef enum TakeBackResult
{
	TAKE_BACK_BOOKED,
	TAKE_BACK_KNOWN,	  /* booked before; or a call of ours that is asked for now */
	TAKE_BACK_OF_NOTHING, /* no money moved, or none that is ours */
	TAKE_BACK_UNMATCHED,  /* of a payment that is not here (yet) */
	TAKE_BACK_CONTRADICTS /* it cannot be: more than came in, or of what has gone another way */
} TakeBackResult;

/* A refund, verified, and where it was told of. */
typedef struct TakeBackReport
{
	const RefundFact *fact;
	const char *gateway;
	bool is_merchants; /* the fact is about the gateway's own merchant */
	/* Set by the function: of whose payment; else NO_NUMBER. */
	int64 account_id;
	int64 payment_id;
} TakeBackReport;

/* Holds the payment's account and books the refund, if it is one that these books did not make. */
extern TakeBackResult take_back_report(TakeBackReport *report);

/* The fact as text, as it waits. */
extern char *take_back_fact_text(const RefundFact *fact);

/* The state of a message that told of it. */
extern const char *take_back_notice_state(TakeBackResult result);

/* What of a payment can still be taken back: neither was before, nor went back by a refund. */
extern int64 take_back_takable_nano(const Payment *payment);

/*
 * Books a take-back of a payment on its held account: out of suspense, or from its lot and
 * the rest as arrears; policy lock_on_take_back. Sets its number. False where there is not so
 * much of the payment; refuses a refund that is booked already.
 */
extern bool take_back_book(Booking *booking, Payment *payment, TakeBack *take_back);

/*
 * Books that a take-back came again, into the lot that it was taken from; what a closed
 * account or suspense would get becomes a payment of its own, held. Returns the number of
 * the row that undoes it.
 */
extern int64 take_back_undo(Booking *booking, Payment *payment, const TakeBack *undone,
							const char *reason);

/* Has the gateway asked for a refund of a payment that it told of by a number; once. */
extern void take_back_ask(int64 account_id, int64 payment_id, const char *refund_number,
						  const char *refund_id);

#endif
