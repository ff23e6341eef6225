/*-------------------------------------------------------------------------
 *
 * fact.h
 *	  What a gateway says of payments and of what it gave back, in words that all
 *	  gateways share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_FACT_H
#define GATEWAY_FACT_H

#include <stdint.h>

#define FACT_NUMBER_SIZE 65 /* numbers of orders and transactions, with a NUL */
#define FACT_PARTY_SIZE 33	/* merchants and apps */
#define FACT_UID_SIZE 65	/* users of an app */

typedef enum FactState
{
	FACT_PENDING,
	FACT_PAID,
	FACT_CLOSED /* unpaid */
} FactState;

#define FACT_STATES_COUNT 3

/* Amounts are in nano-units, instants in microseconds of the server's epoch. */
typedef struct PaymentFact
{
	FactState state;
	char order_number[FACT_NUMBER_SIZE];
	char transaction_id[FACT_NUMBER_SIZE]; /* empty where it is not paid */
	char merchant_id[FACT_PARTY_SIZE];
	char app_id[FACT_PARTY_SIZE];
	char uid[FACT_UID_SIZE]; /* whose order it is; empty: not said */
	char currency[4];
	int64_t amount_nano;   /* of the order */
	int64_t payer_nano;	   /* of it what the payer gave himself, without coupons (R15) */
	int64_t refunded_nano; /* given back so far, as far as this says */
	int64_t paid_at;	   /* 0 where it is not paid */
	/* By which a refund was asked for that this tells of, and whose amount it does not; empty:
	 * none. */
	char refund_number[FACT_NUMBER_SIZE];
} PaymentFact;

typedef enum RefundState
{
	REFUND_PENDING,
	REFUND_PAID,
	REFUND_FAILED,	/* for good under that number */
	REFUND_ABNORMAL /* left the merchant, reached nobody */
} RefundState;

#define REFUND_STATES_COUNT 4

/* Money that went back, or was to: a part of a payment, or all of it. Empty: not said. */
typedef struct RefundFact
{
	RefundState state;
	char order_number[FACT_NUMBER_SIZE];
	char transaction_id[FACT_NUMBER_SIZE]; /* of the payment */
	char refund_number[FACT_NUMBER_SIZE];  /* by which it was asked for */
	char refund_id[FACT_NUMBER_SIZE];	   /* the gateway's: no two refunds share it */
	char merchant_id[FACT_PARTY_SIZE];
	char dispute[FACT_PARTY_SIZE]; /* which one it settles; empty: the merchant gave it back */
	char currency[4];
	int64_t amount_nano;
	int64_t payer_nano; /* of it what the payer himself got back, without coupons (R15) */
	int64_t refunded_at;
} RefundFact;

/* What a notice tells of: its verdict says which of the two. */
typedef struct NoticeFact
{
	PaymentFact payment;
	RefundFact refund;
} NoticeFact;

/* What became of a notice. All but the first two mean that nothing in it is to be believed. */
typedef enum NoticeVerdict
{
	NOTICE_OF_PAYMENT,
	NOTICE_OF_REFUND,
	NOTICE_OF_ANOTHER_KIND, /* genuine, and about neither */
	NOTICE_UNKNOWN_KEY,		/* signed by a key that is not here (yet): to be sent again */
	NOTICE_FORGED,			/* the signature does not hold; WeChat's probes are such */
	NOTICE_STALE,			/* signed too long ago, or ahead */
	NOTICE_MALFORMED		/* genuine or not, it cannot be read */
} NoticeVerdict;

#endif
