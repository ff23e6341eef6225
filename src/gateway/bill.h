/*-------------------------------------------------------------------------
 *
 * bill.h
 *	  A line of a gateway's bill, in words that all gateways share.
 *
 * Bills are signed by nobody: what stands in one is asked for before it is booked.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_BILL_H
#define GATEWAY_BILL_H

#include "gateway/fact.h"

typedef enum BillRowKind
{
	BILL_PAYMENT,
	BILL_REFUND,	 /* of a payment: by us, in the portal, by a dispute */
	BILL_SETTLEMENT, /* from the merchant's balance to the bank */
	BILL_FUNDING,	 /* from the bank to the merchant's balance */
	BILL_OTHER		 /* counted, and asked about by nobody */
} BillRowKind;

#define BILL_ROW_KINDS_COUNT 5

/* Amounts in nano-units; an empty text, 0: not said. */
typedef struct BillRow
{
	BillRowKind kind;
	char order_number[FACT_NUMBER_SIZE];
	char transaction_id[FACT_NUMBER_SIZE]; /* of the payment; of a settlement: its own number */
	char refund_number[FACT_NUMBER_SIZE];  /* by which it was asked for */
	char refund_id[FACT_NUMBER_SIZE];	   /* the gateway's */
	int64_t amount_nano;				   /* above 0 */
	int64_t fee_nano;					   /* what the gateway kept; below 0: gave back */
	int64_t at;							   /* microseconds of the server's epoch */
} BillRow;

#endif
