/*-------------------------------------------------------------------------
 *
 * price_file.c
 *	  Importing prices (R20): from CSV or JSON text to price rows.
 *
 * Both become records of texts, in the order of field_names, before anything
 * is judged, so that the two formats cannot differ in what they accept. All
 * records are judged before any is refused, so that a file is mended once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "api/arguments.h"
#include "booking/new_price.h"
#include "core/csv.h"
#include "core/price_file.h"
#include "core/text.h"
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

/* So many records are told apart where some cannot be read, each in so many bytes. */
#define BAD_RECORDS_TOLD 100
#define PROBLEM_BYTES_MAX 200

/* Records that cannot be read. */
typedef struct BadRecords
{
	int count;
	int first_no;
	const char *first_problem;
	StringInfoData lines; /* one for each that is told */
} BadRecords;

/* Reading one record. */
typedef struct RowReader
{
	const PriceRecord *record;
	const char *problem; /* the first one found; NULL: none */
	bool is_rounded;	 /* a price had too many decimals */
} RowReader;

static void
add_bad_record(BadRecords *bad, int record_no, const char *problem)
{
	char *line = pstrdup(problem);

	if (bad->count == 0)
	{
		bad->first_no = record_no;
		bad->first_problem = problem;
		initStringInfo(&bad->lines);
	}
	if (bad->count++ >= BAD_RECORDS_TOLD)
		return;
	line[pg_mbcliplen(line, strlen(line), PROBLEM_BYTES_MAX)] = '\0';
	appendStringInfo(&bad->lines, "%srecord %d: %s", bad->count > 1 ? "\n" : "", record_no,
					 text_one_line(line));
}

/* All that are told, and how many more there are. */
static char *
list_bad_records(const BadRecords *bad)
{
	int more = bad->count - BAD_RECORDS_TOLD;

	return more > 0 ? psprintf("%s\nand %d more", bad->lines.data, more) : bad->lines.data;
}

/* Refuses a file for its bad records, or says that they are skipped. */
static void
judge_bad_records(const BadRecords *bad, bool skips)
{
	Fault fault;

	if (bad->count == 0)
		return;
	if (skips)
	{
		ereport(WARNING, (errmsg("price file, records skipped: %d", bad->count),
						  errdetail_internal("%s", list_bad_records(bad))));
		return;
	}
	fault = fault_of(ERROR_PRICE_FILE, bad->first_no, bad->first_problem);
	if (bad->count > 1)
		fault.detail = list_bad_records(bad);
	refuse_fault(&fault);
}

static void
note_problem(RowReader *reader, const char *problem)
{
	if (reader->problem == NULL)
		reader->problem = problem;
}

/* A price of a record; if_empty (or a problem, where that is negative) where it names none. */
static int64
read_price(RowReader *reader, PriceField field, int64 if_empty)
{
	const char *text = reader->record->fields[field];
	int64 price_nano = 0;
	bool is_exact;

	if (is_empty(text))
	{
		if (if_empty < 0)
			note_problem(reader, psprintf("%s is missing", field_names[field]));
		return if_empty;
	}
	if (!money_parse_rounded(text, &price_nano, &is_exact) || price_nano > PRICE_NANO_MAX)
		note_problem(reader, psprintf("%s \"%s\" is no price", field_names[field], text));
	else if (price_nano == 0 && !is_exact)
		note_problem(reader, psprintf("%s \"%s\" is too small", field_names[field], text));
	else
		reader->is_rounded |= !is_exact;
	return price_nano;
}

static int64
read_tier(RowReader *reader)
{
	const char *text = reader->record->fields[PRICE_FIELD_PROMPT_TOKENS_OVER];
	int64 tokens_nano = 0;

	if (!is_empty(text) &&
		(!money_parse(text, &tokens_nano) || tokens_nano % MONEY_NANO_PER_UNIT != 0 ||
		 tokens_nano / MONEY_NANO_PER_UNIT > PROMPT_TOKENS_MAX))
		note_problem(reader, psprintf("\"%s\" is no number of tokens", text));
	return tokens_nano / MONEY_NANO_PER_UNIT;
}

/* The row's name: plain where one provider was asked for, else with its provider. */
static const char *
read_name(RowReader *reader, const char *provider)
{
	const char *of_provider = reader->record->fields[PRICE_FIELD_PROVIDER];
	const char *model = reader->record->fields[PRICE_FIELD_MODEL];

	if (is_blank(of_provider) || is_blank(model))
		note_problem(reader, "provider and model must not be empty");
	else if (provider == NULL)
		model = psprintf("%s/%s", of_provider, model);
	if (reader->problem == NULL && strlen(model) > MODEL_BYTES_MAX)
		note_problem(reader, "model is too long");
	return model;
}

static PriceFileRow
read_row(RowReader *reader, const char *provider, int64 factor_nano)
{
	PriceFileRow row = {.model = read_name(reader, provider)};
	int64 input_nano = read_price(reader, PRICE_FIELD_INPUT, -1);

	row.prompt_tokens_over = read_tier(reader);
	row.nano_of[TOKENS_INPUT] = input_nano;
	row.nano_of[TOKENS_OUTPUT] = read_price(reader, PRICE_FIELD_OUTPUT, -1);
	row.nano_of[TOKENS_CACHE_READ] = read_price(reader, PRICE_FIELD_CACHE_READ, input_nano);
	row.nano_of[TOKENS_CACHE_WRITE] = read_price(reader, PRICE_FIELD_CACHE_WRITE, input_nano);
	if (reader->problem == NULL && price_file_scale(&row, factor_nano) != OUTCOME_OK)
		note_problem(reader, "a price is out of range");
	return row;
}

static void
read_csv_record(CsvReader *reader, CsvRecord *record, int *found)
{
	if (csv_read(reader, record, found) != OUTCOME_OK)
		refuse(ERROR_PRICE_FILE, reader->record_no - 1, "it is no CSV");
}

static int
field_of_name(const char *name)
{
	for (int field = 0; field < PRICE_FIELDS; field++)
		if (strcmp(name, field_names[field]) == 0)
			return field;
	return -1;
}

/* Refuses names that are unknown, as a mistyped one would be passed over in silence, or twice
 * there. */
static void
read_names(const CsvRecord *header, int positions[PRICE_FIELDS])
{
	for (size_t i = 0; i < header->count; i++)
	{
		int field = field_of_name(header->fields[i]);

		if (field < 0 || positions[field] >= 0)
			refuse(ERROR_PRICE_FILE, 0,
				   psprintf("field \"%s\" is unknown, or stands there twice", header->fields[i]));
		positions[field] = (int) i;
	}
}

/*
 * Where each field stands, by the line of names; -1 where it is missing.
 * Returns how many fields each line has.
 */
static size_t
read_csv_header(CsvReader *reader, int positions[PRICE_FIELDS])
{
	CsvRecord header = {0};
	int found;

	read_csv_record(reader, &header, &found);
	for (int field = 0; field < PRICE_FIELDS; field++)
		positions[field] = -1;
	read_names(&header, positions);
	for (int field = 0; field <= PRICE_FIELD_OUTPUT; field++)
		if (positions[field] < 0)
			refuse(ERROR_PRICE_FILE, 0, psprintf("field %s is missing", field_names[field]));
	return header.count;
}

static PriceRecord
read_csv_fields(const CsvRecord *line, const int positions[PRICE_FIELDS], size_t fields_count)
{
	PriceRecord record = {0};

	if (line->count != fields_count)
		record.problem = psprintf("it has %zu fields, not %zu", line->count, fields_count);
	for (int field = 0; field < PRICE_FIELDS; field++)
		if (positions[field] >= 0 && record.problem == NULL)
			record.fields[field] = line->fields[positions[field]];
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
		records.records[records.count++] = read_csv_fields(&line, positions, fields_count);
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

/* How a file is read. */
typedef struct Import
{
	const char *provider; /* NULL: all */
	int64 factor_nano;
	bool skips_bad_records;
} Import;

static void
tell_rounded(int count, int first_no)
{
	if (count > 0)
		ereport(NOTICE, (errmsg("price file, records with prices that are rounded to %d "
								"decimals: %d, the first: record %d",
								MONEY_DECIMALS, count, first_no)));
}

/* The rows of a provider, or of all, scaled; every record is judged. Returns how many they are. */
static size_t
read_rows(const PriceRecords *records, const Import *import, PriceFileRow *rows)
{
	BadRecords bad = {0};
	size_t count = 0;
	int rounded_count = 0;
	int first_rounded_no = 0;

	for (int i = 0; i < records->count; i++)
	{
		const PriceRecord *record = &records->records[i];
		RowReader reader = {.record = record, .problem = record->problem};
		PriceFileRow row = read_row(&reader, import->provider, import->factor_nano);

		row.record_no = i + 1;
		if (reader.problem)
			add_bad_record(&bad, row.record_no, reader.problem);
		else if (import->provider == NULL ||
				 strcmp(record->fields[PRICE_FIELD_PROVIDER], import->provider) == 0)
		{
			if (reader.is_rounded && rounded_count++ == 0)
				first_rounded_no = row.record_no;
			rows[count++] = row;
		}
	}
	judge_bad_records(&bad, import->skips_bad_records);
	tell_rounded(rounded_count, first_rounded_no);
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

/* The rows as they are to be added: in a currency and a list. */
static PriceRow *
place_rows(const PriceFileRow *rows, size_t count, const char *currency, const char *price_list)
{
	PriceRow *placed = palloc((count + 1) * sizeof(PriceRow));

	for (size_t i = 0; i < count; i++)
	{
		placed[i] = (PriceRow){.currency = currency,
							   .model = rows[i].model,
							   .price = {.price_list = price_list,
										 .variant = "",
										 .meters = "",
										 .hours = "",
										 .prompt_tokens_over = rows[i].prompt_tokens_over}};
		memcpy(placed[i].price.nano_of, rows[i].nano_of, sizeof(rows[i].nano_of));
	}
	return placed;
}

PG_FUNCTION_INFO_V1(billing_import_prices);
Datum
billing_import_prices(PG_FUNCTION_ARGS)
{
	char *data = arg_text(fcinfo, 0, "data", PRICE_FILE_BYTES_MAX);
	NewPrices prices = {.action = "import_prices", .currency = arg_currency(fcinfo, 1)};
	Import import = {.factor_nano = arg_amount(fcinfo, 2, "factor", LIMIT_FACTOR),
					 .provider = arg_text_or_null(fcinfo, 3, "provider", IDENTIFIER_BYTES_MAX)};
	char *price_list;
	PriceRecords records;
	PriceFileRow *rows;
	int64 added;
	Scope scope;

	prices.effective_from = arg_effective_from(fcinfo, 4);
	price_list = arg_price_list(fcinfo, 5);
	prices.actor = arg_actor(fcinfo, 6);
	prices.reason = arg_reason(fcinfo, 7);
	import.skips_bad_records = arg_bool(fcinfo, 8, "skip_bad_records");
	scope_open(&scope);
	records = read_records(price_file_text(data));
	rows = palloc((records.count + 1) * sizeof(PriceFileRow));
	prices.count = read_rows(&records, &import, rows);
	check_not_repeated(rows, prices.count);
	prices.rows = place_rows(rows, prices.count, prices.currency, price_list);
	added = new_price_add(&prices);
	scope_close(&scope);
	PG_RETURN_INT64(added);
}
