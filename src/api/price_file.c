/*-------------------------------------------------------------------------
 *
 * price_file.c
 *	  Importing prices (R20): from CSV or JSON text to price rows.
 *
 * Both become records of texts, in the order of field_names, before anything
 * is judged, so that the two formats cannot differ in what they accept.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/arguments.h"
#include "booking/new_price.h"
#include "core/csv.h"
#include "core/price_file.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/price_file_store.h"

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
		refuse(ERROR_PRICE_FILE, record_no,
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
		refuse(ERROR_PRICE_FILE, record_no, psprintf("\"%s\" is no number of tokens", text));
	return tokens_nano / MONEY_NANO_PER_UNIT;
}

/* The row's name: plain where one provider was asked for, else with its provider. */
static const char *
model_name(const PriceRecord *record, const char *provider, int record_no)
{
	const char *model = record->fields[PRICE_FIELD_MODEL];

	if (provider == NULL)
		model = psprintf("%s/%s", record->fields[PRICE_FIELD_PROVIDER], model);
	if (strlen(model) > MODEL_BYTES_MAX)
		refuse(ERROR_PRICE_FILE, record_no, "model is too long");
	return model;
}

static PriceFileRow
read_row(const PriceRecord *record, int record_no)
{
	PriceFileRow row = {.record_no = record_no};
	int64 input_nano = read_price(record, PRICE_FIELD_INPUT, -1, record_no);

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
		refuse(ERROR_PRICE_FILE, reader->record_no - 1, "it is no CSV");
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
			refuse(ERROR_PRICE_FILE, 0, psprintf("field %s is missing", field_names[field]));
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

/* Reads a list of so many records at the most. */
static PriceRecords
read_csv(char *data, int64 records_max)
{
	CsvReader reader = {.next = data};
	PriceRecords records = {.records = palloc((records_max + 1) * sizeof(PriceRecord))};
	CsvRecord line;
	int positions[PRICE_FIELDS];
	int found;
	size_t fields_count;

	fields_count = read_csv_header(&reader, positions);
	for (read_csv_record(&reader, &line, &found); found; read_csv_record(&reader, &line, &found))
	{
		/* They were counted by another look at the same data. */
		if ((int64) records.count == records_max)
			refuse(ERROR_INTERNAL, "a price file has more records than were counted");
		if (line.count != fields_count)
			refuse(ERROR_PRICE_FILE, records.count + 1,
				   psprintf("it has %zu fields, not %zu", line.count, fields_count));
		records.records[records.count++] = read_csv_fields(&line, positions);
	}
	return records;
}

/* All records of a list, which is refused unread where it is too long. */
static PriceRecords
read_records(char *data)
{
	int64 count = price_file_count(data);

	arg_check(LIMIT_PRICE_FILE_ROWS, "rows of data", count);
	return price_file_is_json(data) ? price_file_read_json(data, field_names)
									: read_csv(data, count);
}

/* The rows of a provider, or of all; every record is judged. Returns how many they are. */
static size_t
read_rows(const PriceRecords *records, const char *provider, PriceFileRow *rows)
{
	size_t count = 0;

	for (int i = 0; i < records->count; i++)
	{
		const PriceRecord *record = &records->records[i];
		const char *of_provider = record->fields[PRICE_FIELD_PROVIDER];

		if (is_blank(of_provider) || is_blank(record->fields[PRICE_FIELD_MODEL]))
			refuse(ERROR_PRICE_FILE, i + 1, "provider and model must not be empty");
		rows[count] = read_row(record, i + 1);
		if (provider == NULL || strcmp(of_provider, provider) == 0)
			rows[count++].model = model_name(record, provider, i + 1);
	}
	return count;
}

static void
check_not_repeated(const PriceFileRow *rows, size_t count)
{
	const PriceFileRow **order = palloc((count + 1) * sizeof(PriceFileRow *));
	const PriceFileRow *first;
	const PriceFileRow *again;

	for (size_t i = 0; i < count; i++)
		order[i] = &rows[i];
	if (price_file_find_repeated(order, count, &first, &again))
		refuse(ERROR_PRICE_FILE, again->record_no,
			   psprintf("record %d has a price of model \"%s\" over " INT64_FORMAT
						" prompt tokens already",
						first->record_no, first->model, first->prompt_tokens_over));
}

/* The rows as they are to be added: in a currency and a list, times a factor. */
static PriceRow *
scale_rows(PriceFileRow *rows, size_t count, const char *currency, const char *price_list,
		   int64 factor_nano)
{
	PriceRow *scaled = palloc((count + 1) * sizeof(PriceRow));

	for (size_t i = 0; i < count; i++)
	{
		PriceFileRow *row = &rows[i];

		if (price_file_scale(row, factor_nano) != OUTCOME_OK)
			refuse(ERROR_PRICE_FILE, row->record_no, "a price is out of range");
		scaled[i] = (PriceRow){.currency = currency,
							   .model = row->model,
							   .price = {.price_list = price_list,
										 .variant = "",
										 .hours = "",
										 .prompt_tokens_over = row->prompt_tokens_over}};
		memcpy(scaled[i].price.nano_of, row->nano_of, sizeof(row->nano_of));
	}
	return scaled;
}

PG_FUNCTION_INFO_V1(billing_import_prices);
Datum
billing_import_prices(PG_FUNCTION_ARGS)
{
	char *data = arg_text(fcinfo, 0, "data", PRICE_FILE_BYTES_MAX);
	NewPrices prices = {.action = "import_prices", .currency = arg_currency(fcinfo, 1)};
	int64 factor_nano = arg_amount(fcinfo, 2, "factor", LIMIT_FACTOR);
	char *provider = arg_text_or_null(fcinfo, 3, "provider", IDENTIFIER_BYTES_MAX);
	char *price_list;
	PriceRecords records;
	PriceFileRow *rows;
	int64 added;
	Scope scope;

	prices.effective_from = arg_effective_from(fcinfo, 4);
	price_list = arg_price_list(fcinfo, 5);
	prices.actor = arg_actor(fcinfo, 6);
	prices.reason = arg_reason(fcinfo, 7);
	scope_open(&scope);
	records = read_records(data);
	rows = palloc((records.count + 1) * sizeof(PriceFileRow));
	prices.count = read_rows(&records, provider, rows);
	check_not_repeated(rows, prices.count);
	prices.rows = scale_rows(rows, prices.count, prices.currency, price_list, factor_nano);
	added = new_price_add(&prices);
	scope_close(&scope);
	PG_RETURN_INT64(added);
}
