/*-------------------------------------------------------------------------
 *
 * order_store.h
 *	  Rows of payment_order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_ORDER_STORE_H
#define STORE_ORDER_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/lifecycle.h"
#include "spi/sql.h"

typedef struct Order
{
	int64 account_id;
	int64 order_id;
	const char *method;
	const char *gateway;
	const char *product;		/* NULL: of an offline payment */
	const char *subject;		/* what the payer reads; NULL as product */
	const char *gateway_number; /* NULL: it was never sent */
	const char *promotion;		/* NULL where there is none, as the next four */
	const char *payer;			/* a JSON object */
	const char *client_ip;		/* of the payer, as the next three: only read */
	const char *email;
	const char *terminal;
	const char *uid;
	const char *return_url;
	const char *pay_url;
	TimestampTz pay_url_until; /* DT_NOBEGIN: there is none */
	TimestampTz refreshed_at;  /* DT_NOBEGIN: never */
	OrderState state;
	const char *close_reason; /* NULL where it neither closes nor closed */
	const char *currency;
	int64 pay_nano;
	int64 discount_nano; /* bonus beyond what is paid, as the next (R19) */
	int64 gift_nano;
	int32 gift_days; /* 0: it does not expire */
	TimestampTz created_at;
	TimestampTz expires_at;	   /* DT_NOEND: of an offline payment, as the next */
	TimestampTz payable_until; /* expires_at, or cancel or lock if that came first */
	TimestampTz paid_at;	   /* DT_NOBEGIN: it is not paid */
	const char *plan;		   /* NULL: it is a top-up */
	int32 plan_version;
	int64 replaces; /* subscription whose running period it ends; NO_NUMBER: none, as the next */
	int64 pack_of;	/* subscription that a quota pack is drawn beside */
	const char *actor;
} Order;

/* What is credited: what is paid and the discount. */
static inline int64
order_amount_nano(const Order *order)
{
	return order->pay_nano + order->discount_nano;
}

/* Can be paid, unless it has run out. */
static inline bool
order_is_payable(const Order *order)
{
	return order->state == ORDER_CREATED || order->state == ORDER_PENDING;
}

/* Nothing is asked of its gateway any more. */
static inline bool
order_has_ended(const Order *order)
{
	return order->state == ORDER_CLOSED || order->state == ORDER_PAID;
}

/* Stores an order; sets its number. */
extern void order_insert(Order *order);

/* False where the account has no such order. */
extern bool order_find(int64 account_id, int64 order_id, SqlRunner run, Order *order);

/* Writes back what changes of an order. */
extern void order_update(const Order *order);

/* The account's open orders, which can be paid or are about to be, in their order. */
extern Order *order_list_open(int64 account_id, size_t *count);

/* True where an order of the account is not ended yet. */
extern bool order_is_any_open(int64 account_id);

/* How many orders of the account use a promotion, closed ones left out (R19). */
extern int64 order_count_promoted(int64 account_id, const char *promotion);

#endif
