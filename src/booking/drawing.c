/*-------------------------------------------------------------------------
 *
 * drawing.c
 *	  Documents: their attempts, their end, and telling of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/drawing.h"
#include "booking/each_account.h"
#include "booking/failure.h"
#include "booking/notify.h"
#include "clock.h"
#include "core/text.h"
#include "errors.h"
#include "spi/bind.h"
#include "spi/scope.h"
#include "subtransaction.h"

#define ATTEMPTS_MAX 5

/* In one transaction so many that cannot be drawn are looked at. */
#define FAULTS_MAX 100

/* Between attempts: after the first, and how many times as long after each further one. */
#define RETRY_US USECS_PER_SEC
#define RETRY_FACTOR 4

static void
move(Document *document, DocumentEvent event, Datum pdf)
{
	int next;

	if (lifecycle_next(&lifecycle_document, (int) document->state, event, &next) != LIFECYCLE_MOVES)
		return;
	document->state = (DocumentState) next;
	document->changed_at = clock_now();
	document_update(document, pdf);
}

/* For what reads a text in a subtransaction: it outlives that. */
typedef struct Reading
{
	const Document *document;
	MemoryContext context;
	char *text;
} Reading;

static void
read_text(void *argument)
{
	Reading *reading = argument;
	char *text;

	scope_open_inner();
	text = document_says(reading->document);
	if (text)
		reading->text = MemoryContextStrdup(reading->context, text);
	scope_close_inner();
}

/* What it says; one that cannot be read by its own fault keeps no other from being drawn. */
static bool
read_document(Drawing *drawing)
{
	Reading reading = {.document = &drawing->document, .context = CurrentMemoryContext};
	ErrorData *error = subtransaction_run(read_text, &reading, failure_is_of_rows);

	drawing->text = reading.text;
	if (reading.text == NULL)
		drawing_record_fault(&drawing->document,
							 error ? error->message : "what it is of is not there");
	return reading.text != NULL;
}

/* Claims one; false where nothing is to be drawn: that is recorded. */
static bool
claim(Drawing *drawing)
{
	Document *document = &drawing->document;

	if (document->attempts >= ATTEMPTS_MAX)
	{
		drawing_record_fault(document, "the server ended while it was drawn");
		return false;
	}
	document->attempts++;
	document->due_at = clock_now() + DRAWING_LEASE_US;
	document_update(document, (Datum) 0);
	return read_document(drawing);
}

bool
drawing_claim(const int64 *passed, size_t passed_count, Drawing *drawing)
{
	for (int i = 0; i < FAULTS_MAX; i++)
	{
		if (!document_hold_due(clock_now(), passed, passed_count, &drawing->document))
			return false;
		if (claim(drawing))
			return true;
	}
	return false;
}

void
drawing_record_pdf(Document *document, Bytes pdf)
{
	document->fault = NULL;
	move(document, DOCUMENT_DRAWN, bind_bytes(pdf.data, pdf.size));
}

void
drawing_record_fault(Document *document, const char *fault)
{
	int64 wait_us = RETRY_US;

	document->fault = text_one_line(pstrdup(fault));
	if (document->attempts >= ATTEMPTS_MAX)
	{
		move(document, DOCUMENT_ATTEMPTS_SPENT, (Datum) 0);
		return;
	}
	for (int i = 1; i < document->attempts; i++)
		wait_us *= RETRY_FACTOR;
	document->due_at = clock_now() + wait_us;
	document_update(document, (Datum) 0);
}

/* ---- told ------------------------------------------------------------------ */

static void
tell(Booking *booking, void *argument)
{
	const int64 *invoice_id = argument;
	Invoice invoice;

	if (!invoice_find(booking->account.account_id, *invoice_id, sql_run, &invoice))
		refuse(ERROR_ROW_ALTERED, "what a document is of is not there");
	notify_invoice(&invoice, booking->account.currency, booking->at);
	document_set_told(invoice.account_id, invoice.invoice_id);
	booking_finish_unmoved(booking);
}

bool
drawing_tell(int64 account_id, int64 invoice_id)
{
	return each_account_try(account_id, false, tell, &invoice_id);
}
