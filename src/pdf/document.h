/*-------------------------------------------------------------------------
 *
 * document.h
 *	  What is to be drawn: read from JSON, bounded, every member known.
 *
 * README.md has the members. Texts are as they came, in UTF-8; text.h cleans
 * them. One that was not given is NULL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_DOCUMENT_H
#define PDF_DOCUMENT_H

#include "pdf/label.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define DOCUMENT_FAULT_SIZE 160

/* Of a text of each length: bytes at the most. */
#define DOCUMENT_SHORT_MAX 64
#define DOCUMENT_LINE_MAX 400
#define DOCUMENT_LONG_MAX 2000

typedef enum DocumentKind
{
	DOCUMENT_INVOICE,
	DOCUMENT_CREDIT_NOTE,
	DOCUMENT_STATEMENT
} DocumentKind;

typedef struct DocumentParty
{
	const char *name;
	const char *address;
	const char *tax_number;
	const char *registration;
	const char *email;
	const char *phone;
	const char *account;
} DocumentParty;

typedef struct DocumentPayment
{
	const char *method;
	const char *at;
	const char *reference;
} DocumentPayment;

/* A line of an invoice, an entry of a statement, or a total of one (a description and its amount).
 */
typedef struct DocumentRow
{
	const char *at;
	const char *description;
	const char *detail;
	const char *quantity;
	const char *unit_price;
	const char *amount;
	const char *balance;
} DocumentRow;

typedef struct DocumentRows
{
	DocumentRow *rows;
	size_t count;
} DocumentRows;

typedef struct Document
{
	json_t *json; /* which has the texts */
	DocumentKind kind;
	LabelLanguage language;
	const char *kind_name;
	const char *language_name;
	const char *number;
	const char *issued_on; /* YYYY-MM-DD */
	const char *of_invoice;
	const char *reason;
	DocumentParty seller;
	DocumentParty buyer;
	const char *currency;
	DocumentRows lines; /* or a statement's entries */
	const char *subtotal;
	const char *discount;
	const char *tax_label;
	const char *tax;
	const char *total;
	DocumentPayment paid;
	const char *notes;
	const char *account;
	const char *period_from;
	const char *period_to;
	const char *time_zone;
	const char *opening;
	const char *closing;
	DocumentRows totals;
} Document;

/* Reads one; to be closed in any case. False, and fault says why in ASCII, where it is none. */
extern bool document_read(const char *text, size_t size, Document *document,
						  char fault[DOCUMENT_FAULT_SIZE]);
extern void document_close(Document *document);

/* A row's text at that offset. */
extern const char *document_member(const DocumentRow *row, size_t offset);

/* The text of most characters among one member of all rows; NULL where none has it. */
extern const char *document_longest(const DocumentRows *rows, size_t offset);

#endif
