/*-------------------------------------------------------------------------
 *
 * paper.h
 *	  What is to be drawn: read from JSON, bounded, every member known.
 *
 * README.md has the members. Texts are as they came, in UTF-8; text.h cleans
 * them. One that was not given is NULL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_PAPER_H
#define PDF_PAPER_H

#include "pdf/label.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define PAPER_FAULT_SIZE 160

/* Of a text of each length: bytes at the most. */
#define PAPER_SHORT_MAX 64
#define PAPER_MARK_MAX 256 /* what a party, or its payment, is known by */
#define PAPER_LINE_MAX 400
#define PAPER_LONG_MAX 2000

typedef enum PaperKind
{
	PAPER_INVOICE,
	PAPER_CREDIT_NOTE,
	PAPER_STATEMENT
} PaperKind;

typedef struct PaperParty
{
	const char *name;
	const char *address;
	const char *tax_number;
	const char *registration;
	const char *email;
	const char *phone;
	const char *account;
} PaperParty;

typedef struct PaperPayment
{
	const char *method;
	const char *at;
	const char *reference;
} PaperPayment;

/* A line of an invoice, an entry of a statement, or a total of one (a description and its amount).
 */
typedef struct PaperRow
{
	const char *at;
	const char *description;
	const char *detail;
	const char *quantity;
	const char *unit_price;
	const char *amount;
	const char *balance;
} PaperRow;

typedef struct PaperRows
{
	PaperRow *rows;
	size_t count;
} PaperRows;

typedef struct Paper
{
	json_t *json; /* which has the texts */
	PaperKind kind;
	LabelLanguage language;
	const char *kind_name;
	const char *language_name;
	const char *number;
	const char *issued_on; /* YYYY-MM-DD */
	const char *of_invoice;
	const char *reason;
	PaperParty seller;
	PaperParty buyer;
	const char *currency;
	PaperRows lines; /* or a statement's entries */
	const char *subtotal;
	const char *discount;
	const char *tax_label;
	const char *tax;
	const char *total;
	PaperPayment paid;
	const char *notes;
	const char *account;
	const char *period_from;
	const char *period_to;
	const char *time_zone;
	const char *opening;
	const char *closing;
	PaperRows totals;
} Paper;

/* Reads one; to be closed in any case. False, and fault says why in ASCII, where it is none. */
extern bool paper_read(const char *text, size_t size, Paper *paper, char fault[PAPER_FAULT_SIZE]);
extern void paper_close(Paper *paper);

/* A row's text at that offset. */
extern const char *paper_member(const PaperRow *row, size_t offset);

/* The text of most characters among one member of all rows; NULL where none has it. */
extern const char *paper_longest(const PaperRows *rows, size_t offset);

#endif
