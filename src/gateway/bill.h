/*-------------------------------------------------------------------------
 *
 * bill.h
 *	  A gateway's bill: lines with a header, rows, and at its end what they sum up
 *	  to; a row in words that all gateways share.
 *
 * Bills are signed by nobody: what stands in one is asked for before it is booked.
 * One is read as it comes, line by line, in memory that does not grow with it. It is
 * refused as a whole, by its last line at the latest: rows that were told before are
 * to be forgotten then.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_BILL_H
#define GATEWAY_BILL_H

#include "gateway/bytes.h"
#include "gateway/fact.h"

#define BILL_LINE_BYTES_MAX (16 * 1024)
#define BILL_OTHER_LINES_MAX 1000 /* lines that are no rows, of all files together */
#define BILL_FIELDS_MAX 64
#define BILL_COLUMNS_MAX 12
#define BILL_TOTALS_MAX 6

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
	int64_t amount_nano;				   /* above 0, but of BILL_OTHER */
	int64_t fee_nano;					   /* what the gateway kept; below 0: gave back */
	int64_t at;							   /* microseconds of the server's epoch */
} BillRow;

typedef struct BillReader BillReader;

/* What is to be known of a kind of bill; it stands in the provider's file. */
typedef struct BillFormat
{
	bool is_gbk;						   /* else it is UTF-8 */
	const char *columns[BILL_COLUMNS_MAX]; /* that it must have, up to the first NULL */
	const char *totals[BILL_TOTALS_MAX];   /* the names of its sums, where a header has them */
	/* Of several files: whether it is one with rows. NULL: there is one. */
	bool (*has_rows)(Bytes name);
	/* Takes a line, by the functions below. False, and the bill is refused. */
	bool (*take_line)(BillReader *reader, char *line);
	/* Reads the columns' values, and says what they add to the sums. */
	bool (*read_row)(const char *const *values, BillRow *row, int64_t adds_nano[BILL_TOTALS_MAX]);
} BillFormat;

/* ---- for who reads a bill ------------------------------------------------------ */

/* Who is told of a row; false: he can take no more. */
typedef bool (*BillTaker)(void *taker, const BillRow *row);

/* NULL where there is no memory, or no such character set. */
extern BillReader *bill_open(const BillFormat *format, BillTaker take, void *taker);
extern void bill_close(BillReader *reader);

/* A file begins, goes on, ends. False from the first on that is refused. */
extern bool bill_begin_file(BillReader *reader, Bytes name);
extern bool bill_read(BillReader *reader, Bytes piece);
extern bool bill_end_file(BillReader *reader);

/* True where it came whole. */
extern bool bill_is_whole(const BillReader *reader);

/* How many rows it had, and why it is refused, in a word: NULL, it is not. */
extern int64_t bill_rows(const BillReader *reader);
extern const char *bill_fault(const BillReader *reader);

/* ---- for the providers' files --------------------------------------------------- */

/* A line's fields, in the line. */
typedef struct BillFields
{
	size_t count;
	char *fields[BILL_FIELDS_MAX];
} BillFields;

/* What the reader waits for. */
typedef enum BillPart
{
	BILL_HEADER,
	BILL_ROWS, /* or their end */
	BILL_TOTALS,
	BILL_TAIL /* the bill may end */
} BillPart;

extern BillPart bill_part(const BillReader *reader);

/* Adds a field, without the blanks and tabs around it; false where there are too many. */
extern bool bill_add_field(BillFields *fields, char *field);

/* The header; a row; behind the rows a header of sums, and the sums; or at once the tail. */
extern bool bill_take_header(BillReader *reader, const BillFields *fields);
extern bool bill_take_row(BillReader *reader, const BillFields *fields);
extern bool bill_take_totals_header(BillReader *reader, const BillFields *fields);
extern bool bill_take_totals(BillReader *reader, const BillFields *fields);
extern bool bill_take_end(BillReader *reader);

/* False where the sum of that place among adds_nano is another one. */
extern bool bill_take_total(BillReader *reader, size_t total, const char *text);

/* An amount, perhaps below 0: -0.27000. */
extern bool bill_read_amount(const char *text, int64_t *nano);

/* A number as gateways and merchants make them: printable ASCII. "0" is none. */
extern bool bill_read_number(const char *text, char number[FACT_NUMBER_SIZE]);

#endif
