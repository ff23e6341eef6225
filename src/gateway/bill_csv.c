/*-------------------------------------------------------------------------
 *
 * bill_csv.c
 *	  Reading a bill that an operator brings.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/bill_csv.h"

#include "core/csv.h"
#include "core/money.h"
#include "gateway/instant.h"

#include <stdio.h>
#include <string.h>

typedef enum Column
{
	COLUMN_KIND,
	COLUMN_ORDER_NUMBER,
	COLUMN_TRANSACTION_ID,
	COLUMN_REFUND_NUMBER,
	COLUMN_REFUND_ID,
	COLUMN_AMOUNT,
	COLUMN_FEE,
	COLUMN_AT
} Column;

#define COLUMNS_COUNT 8

static const char *const column_names[COLUMNS_COUNT] = {
	"kind", "order_number", "transaction_id", "refund_number", "refund_id", "amount", "fee", "at",
};

static const char *const kind_names[] = {
	[BILL_PAYMENT] = "payment",
	[BILL_REFUND] = "refund",
	[BILL_SETTLEMENT] = "settlement",
	[BILL_FUNDING] = "funding",
};

/* Where each column stands; -1: nowhere. */
typedef struct Header
{
	int places[COLUMNS_COUNT];
	size_t count;
} Header;

static bool
fail(char *fault, int record_no, const char *what)
{
	(void) snprintf(fault, BILL_CSV_FAULT_SIZE, "line %d: %s", record_no, what);
	return false;
}

static int
column_of(const char *name)
{
	for (int i = 0; i < COLUMNS_COUNT; i++)
		if (strcmp(column_names[i], name) == 0)
			return i;
	return -1;
}

static bool
read_header(const CsvRecord *record, Header *header, char *fault)
{
	for (int i = 0; i < COLUMNS_COUNT; i++)
		header->places[i] = -1;
	header->count = record->count;
	for (size_t i = 0; i < record->count; i++)
	{
		int column = column_of(record->fields[i]);

		if (column < 0)
			return fail(fault, 1, "there is no such column");
		if (header->places[column] >= 0)
			return fail(fault, 1, "a column stands twice");
		header->places[column] = (int) i;
	}
	return (header->places[COLUMN_KIND] >= 0 && header->places[COLUMN_AMOUNT] >= 0) ||
		   fail(fault, 1, "kind and amount are needed");
}

/* A field's text; empty where it has no column. */
static const char *
field(const CsvRecord *record, const Header *header, Column column)
{
	int place = header->places[column];

	return place < 0 ? "" : record->fields[place];
}

/* A number of somebody's: printable, without blanks, at most 64 bytes. */
static bool
read_number(const char *text, char number[FACT_NUMBER_SIZE])
{
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i++)
		if ((unsigned char) text[i] <= ' ' || (unsigned char) text[i] >= 0x7f)
			return false;
	if (size >= FACT_NUMBER_SIZE)
		return false;
	memcpy(number, text, size + 1);
	return true;
}

static bool
read_kind(const char *name, BillRowKind *kind)
{
	for (size_t i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++)
		if (strcmp(kind_names[i], name) == 0)
		{
			*kind = (BillRowKind) i;
			return true;
		}
	return false;
}

/* What the gateway kept; with a sign what it gave back. */
static bool
read_fee(const char *text, int64_t *fee_nano)
{
	bool is_back = text[0] == '-';

	if (text[0] == '\0')
		return true;
	if (!money_parse(text + is_back, fee_nano))
		return false;
	if (is_back)
		*fee_nano = -*fee_nano;
	return true;
}

static bool
read_amounts(const CsvRecord *record, const Header *header, BillRow *row)
{
	return money_parse(field(record, header, COLUMN_AMOUNT), &row->amount_nano) &&
		   row->amount_nano > 0 && row->amount_nano % MONEY_NANO_PER_CENT == 0 &&
		   read_fee(field(record, header, COLUMN_FEE), &row->fee_nano);
}

static bool
read_at(const char *text, int64_t *at)
{
	return text[0] == '\0' ||
		   ((instant_from_rfc3339(text, at) || instant_from_utc(text, at)) && *at > 0);
}

/* A payment and a refund say of which transaction they are, and a refund which one it is. */
static bool
has_numbers(const BillRow *row)
{
	if (row->kind != BILL_PAYMENT && row->kind != BILL_REFUND)
		return true;
	return row->transaction_id[0] != '\0' &&
		   (row->kind == BILL_PAYMENT) == (row->refund_id[0] == '\0');
}

static bool
read_row(const CsvRecord *record, const Header *header, int record_no, BillRow *row, char *fault)
{
	*row = (BillRow){0};
	if (record->count != header->count)
		return fail(fault, record_no, "it has another number of fields than the header");
	if (!read_kind(field(record, header, COLUMN_KIND), &row->kind))
		return fail(fault, record_no, "kind is none of payment, refund, settlement and funding");
	if (!read_number(field(record, header, COLUMN_ORDER_NUMBER), row->order_number) ||
		!read_number(field(record, header, COLUMN_TRANSACTION_ID), row->transaction_id) ||
		!read_number(field(record, header, COLUMN_REFUND_NUMBER), row->refund_number) ||
		!read_number(field(record, header, COLUMN_REFUND_ID), row->refund_id))
		return fail(fault, record_no, "a number is too long, or has blanks");
	if (!has_numbers(row))
		return fail(fault, record_no,
					"transaction_id, and refund_id of a refund alone, are needed");
	if (!read_amounts(record, header, row))
		return fail(fault, record_no, "amount or fee is none");
	return read_at(field(record, header, COLUMN_AT), &row->at) ||
		   fail(fault, record_no, "at is no time");
}

bool
bill_csv_read(char *text, BillCsvTaker take, void *argument, char fault[BILL_CSV_FAULT_SIZE])
{
	CsvReader reader = {.next = text};
	CsvRecord record;
	Header header;
	BillRow row;
	int found;

	if (csv_read(&reader, &record, &found) != OUTCOME_OK || !found)
		return fail(fault, 1, "a header is needed");
	if (!read_header(&record, &header, fault))
		return false;
	for (;;)
	{
		if (csv_read(&reader, &record, &found) != OUTCOME_OK)
			return fail(fault, reader.record_no, "it is no CSV");
		if (!found)
			return true;
		if (!read_row(&record, &header, reader.record_no, &row, fault))
			return false;
		take(argument, &row);
	}
}
