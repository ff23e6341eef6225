/*-------------------------------------------------------------------------
 *
 * price_list.c
 *	  From CSV or JSON text to price rows.
 *
 * Both become records of texts, in the order of field_names, before anything
 * is judged, so that the two formats cannot differ in what they accept.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/price_list.h"
#include "core/csv.h"
#include "core/money.h"
#include "errors.h"
#include "store/price_list_store.h"

static const char *const field_names[PRICE_FIELDS] = {
	[PRICE_FIELD_PROVIDER] = "provider",
	[PRICE_FIELD_MODEL] = "model",
	[PRICE_FIELD_PROMPT_TOKENS_OVER] = "prompt_tokens_over",
	[PRICE_FIELD_INPUT] = "usd_per_million_input",
	[PRICE_FIELD_OUTPUT] = "usd_per_million_output",
	[PRICE_FIELD_CACHE_READ] = "usd_per_million_cache_read",
	[PRICE_FIELD_CACHE_WRITE] = "usd_per_million_cache_write",
};

static bool
is_empty(const char *text)
{
	return text == NULL || text[0] == '\0';
}

static bool
is_blank(const char *text)
{
	return text == NULL || text[strspn(text, " \t")] == '\0';
}

/* A price of a record; if_empty (or an error, where that is negative) where it names none. */
static int64
read_price(const PriceRecord *record, PriceField field, int64 if_empty, int record_no)
{
	int64 price_nano;

	if (is_empty(record->fields[field]))
	{
		if (if_empty < 0)
			refuse(ERROR_PRICE_INCOMPLETE, record->fields[PRICE_FIELD_MODEL],
				   field == PRICE_FIELD_INPUT ? "input" : "output");
		return if_empty;
	}
	if (!money_parse(record->fields[field], &price_nano) || price_nano > PRICE_NANO_MAX)
		refuse(ERROR_PRICE_LIST, record_no,
			   psprintf("%s \"%s\" is no price", field_names[field], record->fields[field]));
	return price_nano;
}

static int64
read_tier(const char *text, int record_no)
{
	int64 tokens_nano;

	if (is_empty(text))
		return 0;
	if (!money_parse(text, &tokens_nano) || tokens_nano % MONEY_NANO_PER_UNIT != 0 ||
		tokens_nano / MONEY_NANO_PER_UNIT > PROMPT_TOKENS_MAX)
		refuse(ERROR_PRICE_LIST, record_no, psprintf("\"%s\" is no number of tokens", text));
	return tokens_nano / MONEY_NANO_PER_UNIT;
}

static PriceListRow
read_row(const PriceRecord *record, int record_no)
{
	PriceListRow row = {.provider = record->fields[PRICE_FIELD_PROVIDER],
						.model = record->fields[PRICE_FIELD_MODEL]};
	int64 input_nano;

	if (is_blank(row.provider) || is_blank(row.model))
		refuse(ERROR_PRICE_LIST, record_no, "provider and model must not be empty");
	input_nano = read_price(record, PRICE_FIELD_INPUT, -1, record_no);
	row.prompt_tokens_over = read_tier(record->fields[PRICE_FIELD_PROMPT_TOKENS_OVER], record_no);
	row.nano_of[TOKENS_INPUT] = input_nano;
	row.nano_of[TOKENS_OUTPUT] = read_price(record, PRICE_FIELD_OUTPUT, -1, record_no);
	row.nano_of[TOKENS_CACHE_READ] = read_price(record, PRICE_FIELD_CACHE_READ, input_nano,
												record_no);
	row.nano_of[TOKENS_CACHE_WRITE] = read_price(record, PRICE_FIELD_CACHE_WRITE, input_nano,
												 record_no);
	return row;
}

static void
read_csv_record(CsvReader *reader, CsvRecord *record, int *found)
{
	if (csv_read(reader, record, found) != OUTCOME_OK)
		refuse(ERROR_PRICE_LIST, reader->record_no - 1, "it is no CSV");
}

/*
 * Where each field stands, by the line of names; -1 where it is missing.
 * Returns how many fields each line has.
 */
static size_t
read_csv_header(CsvReader *reader, int positions[PRICE_FIELDS])
{
	CsvRecord header;
	int found;

	read_csv_record(reader, &header, &found);
	for (int field = 0; field < PRICE_FIELDS; field++)
	{
		positions[field] = -1;
		for (size_t i = 0; found && i < header.count; i++)
			if (strcmp(header.fields[i], field_names[field]) == 0)
				positions[field] = (int) i;
	}
	for (int field = 0; field <= PRICE_FIELD_OUTPUT; field++)
		if (positions[field] < 0)
			refuse(ERROR_PRICE_LIST, 0, psprintf("field %s is missing", field_names[field]));
	return header.count;
}

static PriceRecord
read_csv_fields(const CsvRecord *line, const int positions[PRICE_FIELDS])
{
	PriceRecord record;

	for (int field = 0; field < PRICE_FIELDS; field++)
		record.fields[field] = positions[field] >= 0 ? line->fields[positions[field]] : NULL;
	return record;
}

static PriceRecords
read_csv(char *data)
{
	CsvReader reader = {.next = data};
	PriceRecords records = {.records = palloc(PRICE_LIST_ROWS_MAX * sizeof(PriceRecord))};
	CsvRecord line;
	int positions[PRICE_FIELDS];
	int found;
	size_t fields_count;

	fields_count = read_csv_header(&reader, positions);
	for (read_csv_record(&reader, &line, &found); found; read_csv_record(&reader, &line, &found))
	{
		if (records.count == PRICE_LIST_ROWS_MAX)
			refuse(ERROR_PRICE_LIST, records.count, "the list is too long");
		if (line.count != fields_count)
			refuse(ERROR_PRICE_LIST, records.count + 1,
				   psprintf("it has %zu fields, not %zu", line.count, fields_count));
		records.records[records.count++] = read_csv_fields(&line, positions);
	}
	return records;
}

PriceList
price_list_read(char *data)
{
	PriceRecords records = data[strspn(data, " \t\r\n")] == '['
							   ? price_list_read_json(data, field_names, PRICE_LIST_ROWS_MAX)
							   : read_csv(data);
	PriceList list = {.count = records.count,
					  .rows = palloc((records.count + 1) * sizeof(PriceListRow))};

	for (int i = 0; i < records.count; i++)
		list.rows[i] = read_row(&records.records[i], i + 1);
	return list;
}
