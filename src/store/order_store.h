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

typedef struct Order
{
	int64 account_id;
	int64 order_id;
	const char *method;
	const char *gateway;
	OrderState state;
	const char *currency;
	int64 pay_nano;
	int64 discount_nano; /* bonus beyond what is paid, as the next (R19) */
	int64 gift_nano;
	int32 gift_days; /* 0: it does not expire */
	TimestampTz created_at;
	TimestampTz payable_until; /* DT_NOEND: of an offline payment */
	TimestampTz paid_at;	   /* DT_NOBEGIN: it is not paid */
	const char *actor;
} Order;

/* Stores a top-up order; sets its number. */
extern void order_insert(Order *order);

#endif
