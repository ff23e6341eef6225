/*-------------------------------------------------------------------------
 *
 * payment_store.h
 *	  Rows of payment and payment_claim.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_PAYMENT_STORE_H
#define STORE_PAYMENT_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/numeric.h"

#include "core/books.h"
#include "core/lifecycle.h"

typedef struct Payment
{
	int64 account_id;
	int64 payment_id;
	int64 order_id; /* NO_NUMBER: of none */
	PaymentState state;
	const char *gateway;
	const char *transaction_id;
	const char *currency;
	int64 amount_nano;
	int64 payer_nano;	/* of it what the payer gave himself (R15) */
	int64 taken_nano;	/* of it taken back while it was held or returning */
	const char *reason; /* why it is held or goes back; NULL: credited at once */
	TimestampTz paid_at;
	TimestampTz recorded_at;
	const char *actor;
} Payment;

/* What can still be credited or sent back. */
static inline int64
payment_left_nano(const Payment *payment)
{
	return payment->amount_nano - payment->taken_nano;
}

/* How the transaction of money begins that had been taken back and came again: no gateway knows it.
 */
#define PAYMENT_UNDONE "undone "

/* The gateway of money that an operator books: the bank account. */
#define GATEWAY_OFFLINE "offline"

/* Stores a payment; sets its number. */
extern void payment_insert(Payment *payment);

/* The last booking of a gateway's transaction, in whatever account it was. */
typedef struct PaymentClaim
{
	int32 try; /* from 1 */
	int64 account_id;
	int64 payment_id;
	int64 order_id;
	bool is_reversed; /* it was a mistake: the transaction may be booked once more */
} PaymentClaim;

/* False where that transaction was never booked. */
extern bool payment_last_claim(const char *gateway, const char *transaction_id,
							   PaymentClaim *claim);

/*
 * Makes a stored payment that try of its transaction; false where another has
 * made it meanwhile. Waits for one who is about to.
 */
extern bool payment_claim(const Payment *payment, int32 try);

/* The payment that was credited for an order; false when there is none. */
extern bool payment_that_paid(int64 account_id, int64 order_id, Payment *payment);

/* False where the account has no such payment. */
extern bool payment_find(int64 account_id, int64 payment_id, Payment *payment);

/* Writes back what changes of a payment: state, order, reason, what was taken of it. */
extern void payment_update(const Payment *payment);

/* True where money of the account is held, or on its way back. */
extern bool payment_is_any_open(int64 account_id);

/* Cumulative top-up (R2: what was credited for orders of top-ups, less mistakes) and money given
 * back, in the caller's snapshot. */
extern void payment_totals(int64 account_id, Numeric *topup, Numeric *refunded);

#endif
