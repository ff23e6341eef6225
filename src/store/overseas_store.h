/*-------------------------------------------------------------------------
 *
 * overseas_store.h
 *	  Rows of invoice that are overseas: invoices and credit notes of payments.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_OVERSEAS_STORE_H
#define STORE_OVERSEAS_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "spi/sql.h"
#include "store/payment_store.h"

/* An invoice or a credit note; a credit note has the buyer of what it corrects. */
typedef struct OverseasPaper
{
	int64 account_id;
	int64 invoice_id;
	int64 payment_id;
	int64 order_id;
	int64 amount_nano;
	int64 corrects;		/* NO_NUMBER: it is an invoice */
	int64 item_id;		/* NO_NUMBER: no refund is its cause, as the next */
	int64 take_back_id; /* or what undoes one */
	TimestampTz created_at;
	const char *actor;
} OverseasPaper;

/* An invoice of a payment, and what of it no credit note has corrected. */
typedef struct OverseasInvoice
{
	int64 invoice_id;
	int64 left_nano;
} OverseasInvoice;

/* Stores one, with its line, in state numbering; sets its number within the account. */
extern void overseas_insert(OverseasPaper *paper);

/* The payment's invoices, the newest first. */
extern OverseasInvoice *overseas_list(const Payment *payment, size_t *count);

/* What of the payment, once it was credited, went back to its payer, less what came again. */
extern int64 overseas_returned_nano(const Payment *payment);

/* The first invoice of an order; NO_NUMBER where it has none. */
extern int64 overseas_invoice_of_order(int64 account_id, int64 order_id);

#endif
