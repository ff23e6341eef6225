/*-------------------------------------------------------------------------
 *
 * document_store.h
 *	  Rows of document: what is drawn for customers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_DOCUMENT_STORE_H
#define STORE_DOCUMENT_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/lifecycle.h"
#include "spi/sql.h"

/* What it is of. */
typedef enum DocumentKind
{
	DOCUMENT_OF_INVOICE, /* or of a credit note, overseas */
	DOCUMENT_OF_STATEMENT
} DocumentKind;

extern const char *document_kind_name(DocumentKind kind);

typedef struct Document
{
	int64 account_id;
	DocumentKind kind;
	int64 id;
	DocumentState state;
	int32 attempts;
	TimestampTz due_at;
	const char *fault; /* NULL: none */
	TimestampTz changed_at;
} Document;

/* One to be drawn, at once. */
extern void document_insert(int64 account_id, DocumentKind kind, int64 id, TimestampTz now);

/* Holds it, or only looks at it; false where there is no such document. */
extern bool document_find(int64 account_id, DocumentKind kind, int64 id, Document *document);
extern bool document_look(int64 account_id, DocumentKind kind, int64 id, Document *document);

/*
 * The first that is due, of none of these accounts, held until the transaction ends; false where
 * there is none.
 */
extern bool document_hold_due(TimestampTz now, const int64 *passed, size_t passed_count,
							  Document *document);

/* When the next of none of these accounts is due; DT_NOEND: there is none. */
extern TimestampTz document_next_due(const int64 *passed, size_t passed_count);

/* Writes back what changes of one; pdf: 0 where it is not ready. */
extern void document_update(const Document *document, Datum pdf);

/* What it says, as billing-pdf reads it; NULL where what it is of is not there. */
extern char *document_says(const Document *document);

/* The first invoice or credit note that is ready and of which nobody was told, of none of these
 * accounts; false where there is none. */
extern bool document_find_untold(const int64 *passed, size_t passed_count, int64 *account_id,
								 int64 *invoice_id);
extern void document_set_told(int64 account_id, int64 invoice_id);

/* Its bytes; false where there are none (yet). */
extern bool document_pdf(int64 account_id, DocumentKind kind, int64 id, SqlRunner run, Datum *pdf);

#endif
