/*-------------------------------------------------------------------------
 *
 * fuzz_price_file.c
 *	  Price files: as many records are read as were counted; amounts are read and
 *	  written alike.
 *
 * Input: a list.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "core/csv.h"
#include "core/price_file.h"

#define ROWS_MAX 50

/* What is kept of a list's records. */
typedef struct List
{
	PriceFileRow rows[ROWS_MAX];
	size_t count;
} List;

static int64_t
check_amount(const char *text)
{
	char printed[MONEY_TEXT_SIZE];
	int64_t nano = 0;
	int64_t again;
	bool is_exact;

	if (!money_parse_rounded(text, &nano, &is_exact))
		return 0;
	MUST(money_parse(text, &again) == is_exact);
	MUST(nano >= 0 && nano <= MONEY_NANO_MAX);
	MUST(money_parse(money_print(nano, printed), &again) && again == nano);
	return nano;
}

static void
keep(List *list, const CsvRecord *record, int record_no)
{
	PriceFileRow *row = &list->rows[list->count];

	if (list->count == ROWS_MAX)
		return;
	*row = (PriceFileRow){.record_no = record_no, .model = record->fields[0]};
	for (size_t i = 1; i < record->count; i++)
		row->nano_of[i % TOKEN_CLASSES] = check_amount(record->fields[i]) % (PRICE_NANO_MAX + 1);
	row->prompt_tokens_over = row->nano_of[1] % 3;
	list->count++;
}

static void
check_record(const char *text, size_t size, const CsvRecord *record)
{
	MUST(record->count > 0 && record->count <= CSV_FIELDS_MAX);
	for (size_t i = 0; i < record->count; i++)
	{
		MUST(record->fields[i] >= text && record->fields[i] <= text + size);
		MUST(record->fields[i] + strlen(record->fields[i]) <= text + size);
	}
}

/* Reads a list in place; counted is what it was said to have. */
static void
read_list(char *text, size_t size, int64_t counted, List *list)
{
	CsvReader reader = {.next = text};
	CsvRecord record;
	Outcome outcome;
	int found;

	for (;;)
	{
		outcome = csv_read(&reader, &record, &found);
		if (outcome != OUTCOME_OK || !found)
			break;
		check_record(text, size, &record);
		keep(list, &record, reader.record_no);
	}
	MUST(reader.record_no - 1 <= counted);
	if (outcome == OUTCOME_OK)
		MUST(counted == (reader.record_no > 0 ? reader.record_no - 1 : 0));
}

static void
check_rows(List *list)
{
	const PriceFileRow *order[ROWS_MAX];
	const PriceFileRow *first = NULL;
	const PriceFileRow *again = NULL;

	for (size_t i = 0; i < list->count; i++)
		order[i] = &list->rows[i];
	if (price_file_find_repeated(order, list->count, &first, &again))
		MUST(first != again && first->record_no < again->record_no &&
			 strcmp(first->model, again->model) == 0 &&
			 first->prompt_tokens_over == again->prompt_tokens_over);
	for (size_t i = 0; i < list->count; i++)
	{
		PriceFileRow row = list->rows[i];

		if (price_file_scale(&row, row.nano_of[0]) != OUTCOME_OK)
			continue;
		for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
			MUST(row.nano_of[token_class] >= 0 && row.nano_of[token_class] <= PRICE_NANO_MAX);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static List list;
	char *text = fuzz_text((Bytes){(const char *) data, size});
	size_t length = strlen(text);
	int64_t counted = price_file_count(text);

	list.count = 0;
	MUST(counted >= 0 && counted <= (int64_t) length + 1);
	if (!price_file_is_json(text))
		read_list(text, length, counted, &list);
	check_rows(&list);
	free(text);
	return 0;
}
