/*-------------------------------------------------------------------------
 *
 * payment.h
 *	  What becomes of money that a gateway reports (R5, R13, B&S 4.1).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_PAYMENT_H
#define CORE_PAYMENT_H

#include "core/lifecycle.h"

#include <stdbool.h>
#include <stdint.h>

/* A verified payment, beside the order whose number it bears. Instants are microseconds. */
typedef struct PaymentFacts
{
	bool is_ours;		/* an order has its number, and was placed with that merchant */
	bool same_currency; /* as its account */
	bool same_amount;	/* as the order asks */
	bool same_user;		/* of the app, as far as the gateway names one */
	bool was_refunded;	/* some of it has gone back already */
	bool account_closed;
	OrderState order;
	bool order_locked;	   /* it closes, or closed, because its account was locked */
	bool credits_late;	   /* policy late_payment, which is for top-ups */
	bool is_useless;	   /* a quota pack whose period has ended */
	int64_t paid_at;	   /* by the gateway's clock */
	int64_t payable_until; /* expiry, cancel or lock, whichever came first */
} PaymentFacts;

typedef enum PaymentVerdict
{
	PAYMENT_IS_CREDITED,
	PAYMENT_IS_CREDITED_LATE, /* through suspense, by policy */
	PAYMENT_GOES_BACK,		  /* late, or the second of its order */
	PAYMENT_IS_HELD, /* on its order's account, for an operator: never goes back by itself */
	PAYMENT_IS_HELD_BY_HOUSE /* it is of no account, or not in its currency */
} PaymentVerdict;

/* The verdict on a payment that was not recorded before. */
extern PaymentVerdict payment_judge(const PaymentFacts *facts);

#endif
