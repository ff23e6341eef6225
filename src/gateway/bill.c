/*-------------------------------------------------------------------------
 *
 * bill.c
 *	  Lines, the header's columns, sums: what all bills have.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/bill.h"

#include "core/money.h"
#include "gateway/charset.h"

#include <stdlib.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define NOWHERE BILL_FIELDS_MAX

struct BillReader
{
	const BillFormat *format;
	BillTaker take;
	void *taker;
	Charset *charset; /* NULL: the bill is UTF-8 */
	const char *fault;
	int64_t rows;
	int64_t other_lines; /* headers, comments, sums, blank ones */
	int files;
	bool in_file; /* one with rows */
	bool is_first_line;
	BillPart part;
	size_t fields_count;				/* of the header, and so of each row */
	size_t column_at[BILL_COLUMNS_MAX]; /* which field it is */
	size_t totals_count;				/* of the header of sums */
	size_t total_at[BILL_TOTALS_MAX];	/* NOWHERE: it is not there */
	int64_t sums_nano[BILL_TOTALS_MAX]; /* of this file */
	size_t line_size;
	char line[BILL_LINE_BYTES_MAX];
	char text[CHARSET_ROOM(BILL_LINE_BYTES_MAX) + 1]; /* of the line, in UTF-8 */
};

/* The first fault counts. */
static bool
refuse(BillReader *reader, const char *fault)
{
	if (reader->fault == NULL)
		reader->fault = fault;
	return false;
}

BillReader *
bill_open(const BillFormat *format, BillTaker take, void *taker)
{
	BillReader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		return NULL;
	reader->format = format;
	reader->take = take;
	reader->taker = taker;
	if (format->is_gbk)
		reader->charset = charset_open();
	if (!format->is_gbk || reader->charset)
		return reader;
	free(reader);
	return NULL;
}

void
bill_close(BillReader *reader)
{
	if (reader == NULL)
		return;
	charset_close(reader->charset);
	free(reader);
}

BillPart
bill_part(const BillReader *reader)
{
	return reader->part;
}

int64_t
bill_rows(const BillReader *reader)
{
	return reader->rows;
}

const char *
bill_fault(const BillReader *reader)
{
	return reader->fault;
}

/* ---- lines --------------------------------------------------------------------- */

/* The line as text, without what ends it; false where it is none. */
static bool
make_text(BillReader *reader)
{
	Bytes line = {reader->line, reader->line_size};
	size_t size = line.size;

	if (memchr(line.data, '\0', line.size) != NULL)
		return false;
	if (reader->charset == NULL)
		memcpy(reader->text, line.data, line.size);
	else if (!charset_convert(reader->charset, line, reader->text, &size))
		return false;
	while (size > 0 && reader->text[size - 1] == '\r')
		size--;
	reader->text[size] = '\0';
	return true;
}

/* A bill has few lines that are no rows: more of them are a bomb. */
static bool
count_line(BillReader *reader, int64_t rows_before)
{
	return reader->rows > rows_before || ++reader->other_lines <= BILL_OTHER_LINES_MAX ||
		   refuse(reader, "bill_lines");
}

static bool
take_line(BillReader *reader)
{
	char *text = reader->text;
	int64_t rows = reader->rows;

	if (!make_text(reader))
		return refuse(reader, "bill_text");
	if (reader->is_first_line && strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		text += strlen(BYTE_ORDER_MARK);
	reader->is_first_line = false;
	reader->line_size = 0;
	return (reader->format->take_line(reader, text) || refuse(reader, "bill_line")) &&
		   count_line(reader, rows);
}

/* Adds to the line; false where it becomes too long. */
static bool
add_to_line(BillReader *reader, Bytes piece)
{
	if (piece.size > BILL_LINE_BYTES_MAX - reader->line_size)
		return refuse(reader, "bill_line");
	if (piece.size > 0)
		memcpy(reader->line + reader->line_size, piece.data, piece.size);
	reader->line_size += piece.size;
	return true;
}

bool
bill_read(BillReader *reader, Bytes piece)
{
	while (reader->in_file && !reader->fault && piece.size > 0)
	{
		const char *end = memchr(piece.data, '\n', piece.size);
		size_t size = end ? (size_t) (end - piece.data) : piece.size;
		size_t taken = size + (end != NULL);

		if (add_to_line(reader, (Bytes){piece.data, size}) && end)
			(void) take_line(reader);
		piece = (Bytes){piece.data + taken, piece.size - taken};
	}
	return reader->fault == NULL;
}

/* ---- files --------------------------------------------------------------------- */

bool
bill_begin_file(BillReader *reader, Bytes name)
{
	const BillFormat *format = reader->format;

	reader->in_file = format->has_rows == NULL || format->has_rows(name);
	reader->files += reader->in_file;
	reader->is_first_line = true;
	reader->part = BILL_HEADER;
	reader->line_size = 0;
	memset(reader->sums_nano, 0, sizeof(reader->sums_nano));
	return reader->fault == NULL;
}

/* The last line need not be ended. */
bool
bill_end_file(BillReader *reader)
{
	if (reader->in_file && !reader->fault && reader->line_size > 0)
		(void) take_line(reader);
	if (reader->in_file && reader->part != BILL_TAIL)
		(void) refuse(reader, "bill_end");
	reader->in_file = false;
	return reader->fault == NULL;
}

bool
bill_is_whole(const BillReader *reader)
{
	return reader->files > 0 && !reader->in_file && !reader->fault;
}

/* ---- fields -------------------------------------------------------------------- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
bill_add_field(BillFields *fields, char *field)
{
	size_t size;

	if (fields->count == BILL_FIELDS_MAX)
		return false;
	while (is_blank(*field))
		field++;
	for (size = strlen(field); size > 0 && is_blank(field[size - 1]); size--)
		;
	field[size] = '\0';
	fields->fields[fields->count++] = field;
	return true;
}

/* A header's name ends where its unit begins, in brackets of either width: the width differs. */
static size_t
size_of_name(const char *field)
{
	const char *narrow = strchr(field, '(');
	const char *wide = strstr(field, "（");
	size_t size = strlen(field);

	if (narrow)
		size = (size_t) (narrow - field);
	return wide && (size_t) (wide - field) < size ? (size_t) (wide - field) : size;
}

/* Which field has a name; NOWHERE, and *times says whether none has, or several. */
static size_t
find_field(const BillFields *fields, const char *name, int *times)
{
	size_t found = NOWHERE;

	*times = 0;
	for (size_t i = 0; i < fields->count; i++)
		if (bytes_equal((Bytes){fields->fields[i], size_of_name(fields->fields[i])},
						bytes_of(name)))
		{
			found = i;
			(*times)++;
		}
	return *times == 1 ? found : NOWHERE;
}

bool
bill_take_header(BillReader *reader, const BillFields *fields)
{
	const char *const *columns = reader->format->columns;
	int times;

	for (size_t i = 0; i < BILL_COLUMNS_MAX && columns[i]; i++)
	{
		reader->column_at[i] = find_field(fields, columns[i], &times);
		if (times != 1)
			return refuse(reader, "bill_header");
	}
	reader->fields_count = fields->count;
	reader->part = BILL_ROWS;
	return true;
}

/* ---- rows ---------------------------------------------------------------------- */

static bool
add_to_sums(BillReader *reader, const int64_t adds_nano[BILL_TOTALS_MAX])
{
	for (size_t i = 0; i < BILL_TOTALS_MAX; i++)
		if (!money_add(reader->sums_nano[i], adds_nano[i], &reader->sums_nano[i]))
			return false;
	return true;
}

/* Whoever is told of a row may rely on what bill.h says of it. */
static bool
is_sound(const BillRow *row)
{
	return row->kind == BILL_OTHER || (row->amount_nano > 0 && row->transaction_id[0] != '\0' &&
									   (row->kind != BILL_REFUND || row->refund_id[0] != '\0'));
}

bool
bill_take_row(BillReader *reader, const BillFields *fields)
{
	const char *values[BILL_COLUMNS_MAX] = {NULL};
	int64_t adds_nano[BILL_TOTALS_MAX] = {0};
	BillRow row = {.kind = BILL_OTHER};

	if (fields->count != reader->fields_count)
		return refuse(reader, "bill_row");
	for (size_t i = 0; i < BILL_COLUMNS_MAX && reader->format->columns[i]; i++)
		values[i] = fields->fields[reader->column_at[i]];
	if (!reader->format->read_row(values, &row, adds_nano) || !is_sound(&row))
		return refuse(reader, "bill_row");
	if (!add_to_sums(reader, adds_nano))
		return refuse(reader, "bill_total");
	reader->rows++;
	return reader->take(reader->taker, &row) || refuse(reader, "bill_row");
}

bool
bill_read_amount(const char *text, int64_t *nano)
{
	bool is_negative = text[0] == '-';

	if (!money_parse(text + is_negative, nano))
		return false;
	if (is_negative)
		*nano = -*nano;
	return true;
}

bool
bill_read_number(const char *text, char number[FACT_NUMBER_SIZE])
{
	size_t size = strlen(text);

	number[0] = '\0';
	if (size == 0 || strcmp(text, "0") == 0)
		return true;
	if (size >= FACT_NUMBER_SIZE)
		return false;
	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f)
			return false;
	memcpy(number, text, size + 1);
	return true;
}

/* ---- sums ---------------------------------------------------------------------- */

bool
bill_take_totals_header(BillReader *reader, const BillFields *fields)
{
	const char *const *totals = reader->format->totals;
	int times;

	for (size_t i = 0; i < BILL_TOTALS_MAX; i++)
	{
		reader->total_at[i] = NOWHERE;
		if (totals[i] == NULL)
			continue;
		reader->total_at[i] = find_field(fields, totals[i], &times);
		if (times > 1)
			return refuse(reader, "bill_header");
	}
	reader->totals_count = fields->count;
	reader->part = BILL_TOTALS;
	return true;
}

bool
bill_take_total(BillReader *reader, size_t total, const char *text)
{
	int64_t nano;

	return (bill_read_amount(text, &nano) && nano == reader->sums_nano[total]) ||
		   refuse(reader, "bill_total");
}

bool
bill_take_totals(BillReader *reader, const BillFields *fields)
{
	if (fields->count != reader->totals_count)
		return refuse(reader, "bill_total");
	for (size_t i = 0; i < BILL_TOTALS_MAX; i++)
		if (reader->total_at[i] != NOWHERE &&
			!bill_take_total(reader, i, fields->fields[reader->total_at[i]]))
			return false;
	return bill_take_end(reader);
}

bool
bill_take_end(BillReader *reader)
{
	reader->part = BILL_TAIL;
	return true;
}
