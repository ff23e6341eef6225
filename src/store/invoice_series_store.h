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

/* Behind the seller's series, which has no such letter in it: that of its credit notes. */
#define INVOICE_SERIES_NOTES_SUFFIX "-CN"

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

/* Papers that have waited for a number since before an instant, though somebody sells. */
extern int64 invoice_series_count_late(TimestampTz before);

/* Makes a seller's series and that of its credit notes, which give numbers in an epoch (NO_NUMBER:
 * while the books are not armed yet); those that are there stay as they are. */
extern void invoice_series_begin(const char *series, int64 epoch);

/* Lets them give numbers in an epoch: those of one seller's series, or all (NULL). False where
 * there are none. */
extern bool invoice_series_release(const char *series, int64 epoch);

/* Holds the series, and reads how far it is; false where somebody else holds it, or it gives no
 * numbers in that epoch. */
extern bool invoice_series_hold(InvoiceSeries *series, int64 epoch);

/*
 * Issues up to so many of what waits, in the order in which it was made, with the numbers behind
 * the last one and not earlier than that; asks for their documents. Returns how many. A credit note
 * waits for what it corrects.
 */
extern int64 invoice_series_issue(InvoiceSeries *series, int64 max, TimestampTz now);

#endif
