/*-------------------------------------------------------------------------
 *
 * drawing.h
 *	  Having documents drawn (B&S 4.6, end): one is claimed in one transaction,
 *	  drawn outside of any, and recorded in another.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_DRAWING_H
#define BOOKING_DRAWING_H

#include "postgres.h"

#include "gateway/bytes.h"
#include "store/document_store.h"

/* An attempt whose end nobody recorded is over by then. */
#define DRAWING_LEASE_US (30 * USECS_PER_SEC)

/* What was claimed, and what is to be drawn. */
typedef struct Drawing
{
	Document document;
	char *text;
} Drawing;

/* Claims the first document that is due, of none of these accounts; false where there is none. The
 * text is of the caller's context. */
extern bool drawing_claim(const int64 *passed, size_t passed_count, Drawing *drawing);

/* It was drawn; or it was not, because of fault: it is tried again later, or given up. */
extern void drawing_record_pdf(Document *document, Bytes pdf);
extern void drawing_record_fault(Document *document, const char *fault);

/* Tells the customer that an invoice or a credit note is there, in a moment in which nobody holds
 * his account; false where somebody does, or it fails. */
extern bool drawing_tell(int64 account_id, int64 invoice_id);

#endif
