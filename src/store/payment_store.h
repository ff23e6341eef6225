/*-------------------------------------------------------------------------
 *
 * payment_store.h
 *	  Rows of payment_order, payment and take_back.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_PAYMENT_STORE_H
#define STORE_PAYMENT_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/numeric.h"

typedef struct Payment
{
	int64 account_id;
	int64 order_id;
	int64 payment_id;
	const char *gateway;
	const char *transaction_id;
	const char *currency;
	int64 amount_nano;
	TimestampTz paid_at;
	TimestampTz recorded_at;
	const char *actor;
} Payment;

/* The gateway of money that an operator books: the bank account. */
#define GATEWAY_OFFLINE "offline"

/* Stores a top-up order and the payment that paid it; sets both their numbers. */
extern void payment_insert(Payment *payment);

/* The order whose payment has that transaction id and is not taken back; 0 if none. */
extern int64 payment_find_order(int64 account_id, const char *gateway, const char *transaction_id);

/* The payment of an order; false when there is none. */
extern bool payment_of_order(int64 account_id, int64 order_id, Payment *payment);

extern bool payment_is_taken_back(int64 account_id, int64 payment_id);
extern int64 payment_next_take_back_id(int64 account_id);
extern void payment_insert_take_back(const Payment *payment, int64 take_back_id, TimestampTz now,
									 const char *actor, const char *reason);

/* Cumulative top-up (R2) and money given back, in the caller's snapshot. */
extern void payment_totals(int64 account_id, Numeric *topup, Numeric *refunded);

#endif
