/*-------------------------------------------------------------------------
 *
 * refund_quote_store.h
 *	  What has become of each paid order's money (B&S 1.2).
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_REFUND_QUOTE_STORE_H
#define STORE_REFUND_QUOTE_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/refund_split.h"
#include "spi/sql.h"

typedef struct QuotedOrder
{
	int64 order_id;
	int64 payment_id;
	int64 lot_no;
	const char *method;
	const char *gateway;
	TimestampTz paid_at;
	RefundBasis basis;
	int64 consumed_nano;
	int64 refundable_nano;
	int32 numbers_used; /* refunds of its payment that a gateway was asked for */
} QuotedOrder;

/* The paid orders of top-ups of an account, in their order; all, or the one of that number. */
extern QuotedOrder *refund_quote_list(int64 account_id, int64 order_id, SqlRunner run,
									  size_t *count);

#endif
