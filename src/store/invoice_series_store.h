/*-------------------------------------------------------------------------
 *
 * invoice_series_store.h
 *	  Rows of invoice_series, and the numbers that they give.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_INVOICE_SERIES_STORE_H
#define STORE_INVOICE_SERIES_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* What is numbered in series of their own. */
#define INVOICE_SERIES_OF_INVOICES "overseas"
#define INVOICE_SERIES_OF_NOTES "credit_note"

typedef struct InvoiceSeries
{
	const char *kind; /* of what it numbers */
	const char *series;
	int64 last_no;
	TimestampTz last_issued_at; /* DT_NOBEGIN: it has given none */
	int32 seller_no;			/* in whose name: not of the row */
} InvoiceSeries;

/* True where something of the kind waits for a number. */
extern bool invoice_series_is_awaited(const char *kind);

/* Holds the series, and reads how far it is; false where somebody else holds it. */
extern bool invoice_series_hold(InvoiceSeries *series);

/*
 * Issues up to so many of what waits, in the order in which it was made, with the numbers behind
 * the last one and not earlier than that; asks for their documents. Returns how many. A credit note
 * waits for what it corrects.
 */
extern int64 invoice_series_issue(InvoiceSeries *series, int64 max, TimestampTz now);

#endif
