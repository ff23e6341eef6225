/*-------------------------------------------------------------------------
 *
 * invoice_store.h
 *	  Rows of invoice, invoice_line and invoice_title.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_INVOICE_STORE_H
#define STORE_INVOICE_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "funcapi.h"

#include "core/lifecycle.h"
#include "core/limits.h"
#include "core/refund_split.h"
#include "spi/sql.h"

/* In whose name invoices can be made out. */
typedef struct InvoiceTitle
{
	int64 account_id;
	const char *title;
	const char *kind; /* individual or enterprise */
	const char *name;
	const char *tax_number; /* NULL where there is none, as the next */
	const char *address;
	const char *phone;
	const char *bank;
	const char *bank_account;
} InvoiceTitle;

typedef struct Invoice
{
	int64 account_id;
	int64 invoice_id;
	const char *kind;
	InvoiceState state;
	const char *title; /* of which it takes the buyer, when it is stored */
	const char *email;
	const char *mobile;
	TimestampTz created_at;
	TimestampTz due_at;
	int32 seller_no;	   /* NO_NUMBER: only operators have to do with it */
	const char *number;	   /* NULL: it is not issued */
	TimestampTz issued_at; /* DT_NOBEGIN: it is not */
	const char *pdf_url;   /* where its provider has it; NULL: nowhere, as the next */
	const char *ofd_url;
	bool has_document; /* only read */
	Datum document;	   /* bytea; 0: none, or not read */
	const char *red_number;
	const char *reason;
	TimestampTz changed_at;
	const char *actor;
	int64 amount_nano; /* of its lines: only read */
} Invoice;

static inline bool
invoice_is_credit_note(const Invoice *invoice)
{
	return strcmp(invoice->kind, "credit_note") == 0;
}

/* An invoice or a credit note of a global account, which nobody applies for (R18). */
static inline bool
invoice_is_overseas(const Invoice *invoice)
{
	return strcmp(invoice->kind, "overseas") == 0 || invoice_is_credit_note(invoice);
}

/* What of one paid order can be invoiced. */
typedef struct InvoiceableOrder
{
	int64 order_id;
	RefundBasis basis; /* but for what is left of a lot */
	int64 invoiceable_nano;
} InvoiceableOrder;

/* Stores it, or changes what there is of that name. */
extern void invoice_title_put(const InvoiceTitle *title, TimestampTz now);
extern bool invoice_title_find(int64 account_id, const char *name, InvoiceTitle *title);

/* The title that an invoice was applied for with; its own name of it is left out. */
extern InvoiceTitle invoice_buyer(const Invoice *invoice);

/* What of each order stands on an invoice, by order; how many, INVOICE_LINES_MAX at the most. */
extern size_t invoice_lines(const Invoice *invoice, int64 amounts_nano[INVOICE_LINES_MAX]);

/* What of each line red invoices of a part have left; takes so much of each, where that is left. */
extern size_t invoice_lines_left(const Invoice *invoice, int64 left_nano[INVOICE_LINES_MAX]);
extern void invoice_lines_reverse(const Invoice *invoice, const int64 *amounts_nano, size_t count);

/* True where more is invoiced of an order of its than is left of what the payer gave himself:
 * money went back since it was applied for. */
extern bool invoice_is_over(const Invoice *invoice);

/* Accounts with invoices that were applied for before an instant and are nobody's yet, so many at
 * the most, and those of one. */
extern int64 *invoice_due_accounts(TimestampTz before, int64 max, size_t *count);
extern int64 *invoice_due(int64 account_id, TimestampTz before, size_t *count);

/* The next number of an invoice within the account, which is held. */
extern int64 invoice_next_id(int64 account_id);

/* Sets its number; the title is frozen. */
extern void invoice_insert(Invoice *invoice);
extern void invoice_line_insert(const Invoice *invoice, int64 order_id, int64 amount_nano);

/* False where the account has no such invoice. */
extern bool invoice_find(int64 account_id, int64 invoice_id, SqlRunner run, Invoice *invoice);

/*
 * Whose the issued invoice of a number of the bureau's is, where a gateway has a say in it: it
 * issued it, or issues now for the same taxpayer. False where it is nobody's, or none of its.
 */
extern bool invoice_find_listed(const char *number, const char *gateway, int64 *account_id,
								int64 *invoice_id);

/*
 * True where the bureau's number is that of an invoice, or of a red one, of any account, or another
 * transaction is about to record it. Else nobody else records it until this one ends.
 */
extern bool invoice_number_is_taken(const char *number);

/* Writes back what changes of one. */
extern void invoice_update(const Invoice *invoice);

/* Its document; false where it has none. */
extern bool invoice_document(int64 account_id, int64 invoice_id, SqlRunner run, Datum *document);

/*
 * False where lines of an invoice do not count as invoiced (B&S 1.2): it, or what it corrects, is
 * overseas, or it is void. One that is not there yet counts.
 */
extern bool invoice_counts(int64 account_id, int64 invoice_id);

/* What of an order that was paid can be invoiced; false where there is no such order. */
extern bool invoice_limit_find(int64 account_id, int64 order_id, SqlRunner run,
							   InvoiceableOrder *order);

extern void invoice_report_invoiceable(int64 account_id, ReturnSetInfo *result);
extern void invoice_report(int64 account_id, ReturnSetInfo *result);

/* Those that have not ended, with how late they are. */
extern void invoice_report_queue(TimestampTz now, ReturnSetInfo *result);

/* True while the account has an invoice of the mainland that has not ended. */
extern bool invoice_is_any_open(int64 account_id);

#endif
