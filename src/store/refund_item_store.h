/*-------------------------------------------------------------------------
 *
 * refund_item_store.h
 *	  Rows of refund_item.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_REFUND_ITEM_STORE_H
#define STORE_REFUND_ITEM_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/lifecycle.h"

/* payer_nano of one of which the gateway did not say. */
#define PAYER_NOT_SAID (-1)

typedef struct RefundItem
{
	int64 account_id;
	int64 item_id;
	int64 refund_id;
	int64 order_id;
	int64 payment_id;
	const char *gateway;
	RefundItemState state;
	int64 amount_nano;
	int64 payer_nano;	   /* of it what the payer himself got back (R15) */
	const char *reason;	   /* why it stands where it stands; NULL: it goes on */
	const char *reference; /* of the bank; NULL: none */
	TimestampTz created_at;
	TimestampTz changed_at;
	const char *actor;
} RefundItem;

/* The number of the account's next item. */
extern int64 refund_item_next_id(int64 account_id);

extern void refund_item_insert(const RefundItem *item);

/* False where the account has no such item. */
extern bool refund_item_find(int64 account_id, int64 item_id, RefundItem *item);

/* The items of a refund, in their order. */
extern RefundItem *refund_item_list(int64 account_id, int64 refund_id, size_t *count);

/* An item of that payment which was not sent yet; false where there is none. */
extern bool refund_item_find_queued(int64 account_id, int64 payment_id, RefundItem *item);

/* Writes back what changes of an item. */
extern void refund_item_update(const RefundItem *item);

/* What of a payment was paid back through its gateway. */
extern int64 refund_item_paid_nano(int64 account_id, int64 payment_id);

/* What a refund paid back for an order, and what came with that order as bonus and is left. */
typedef struct LinkedBonus
{
	int64 lot_no;
	int64 granted_nano;
	int64 left_nano;
	int64 refunded_now_nano;
	int64 paid_nano;
	int64 cash_left_nano; /* of the order */
} LinkedBonus;

extern LinkedBonus *refund_item_list_bonus(int64 account_id, int64 refund_id, size_t *count);

#endif
