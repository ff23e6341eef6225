/*-------------------------------------------------------------------------
 *
 * test_price_file.c
 *	  How long a price file is, scaled prices, and prices that are said twice.
 *
 *-------------------------------------------------------------------------
 */
#include "core/price_file.h"

#include "core/csv.h"
#include "unit.h"

static void
test_count(void **state)
{
	static const struct
	{
		const char *text;
		int64_t count;
	} cases[] = {
		/* JSON: elements of the outer array alone, whatever strings hold */
		{"[]", 0},
		{" \r\n\t[ \n]", 0},
		{"[1]", 1},
		{"[1,1,1]", 3},
		{"[{\"a\": [1, 2], \"b\": {\"c\": 1, \"d\": 2}}, {}]", 2},
		{"[[], [], []]", 3},
		{"[\"a,b]\", \"\\\",\\\\\", \",\"]", 3},
		{"[1, 2] [3, 4]", 2},
		/* of an object the members that are arrays */
		{"{}", 0},
		{" {\"data\": []}", 0},
		{"{\"at\": {\"a\": 1, \"b\": [1, 2]}, \"data\": [{\"a\": [1, 2], \"b\": 2}, {}], \"n\": 1}",
		 2},
		{"{\"a\": [1], \"b\": [2, 3]}", 3},
		{"{\"a,[\": 1, \"b\": \"[1,2]\"}", 0},
		/* not JSON, but no reason to run away */
		{"[", 0},
		{"[1", 1},
		{"[1,", 2},
		{"[\"", 1},
		{"[\"\\", 1},
		{"[,,,", 4},
		{"[1]]]],,", 1},
		{"{", 0},
		{"{[", 0},
		{"{[1,", 2},
		/* CSV: lines without the first */
		{"", 0},
		{"\n\r\n", 0},
		{"names", 0},
		{"names\n", 0},
		{"names\na", 1},
		{"names\r\na\r\n\r\n\nb\n", 2},
		{"names\n\"a\n\nb\"\nc", 2},
		{"\n\nnames\n\"a \"\"b\n\"\"\"\nc", 2},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(price_file_count(cases[i].text), cases[i].count);
}

static void
test_text(void **state)
{
	char marked[] = "\xEF\xBB\xBF[]";
	char half[] = "\xEF\xBB";
	char plain[] = "names";

	(void) state;
	assert_string_equal(price_file_text(marked), "[]");
	assert_string_equal(price_file_text(half), half);
	assert_string_equal(price_file_text(plain), plain);
}

/* The reader of CSV finds as many records as were counted, and never more before it gives up. */
static void
test_count_as_read(void **state)
{
	static const char letters[] = "ab,\"\"\n\n\r";
	int read_to_the_end = 0;

	(void) state;
	for (int round = 0; round < 200000; round++)
	{
		char text[30];
		size_t length = (size_t) random_below(sizeof(text));
		CsvReader reader = {.next = text};
		CsvRecord record;
		Outcome outcome = OUTCOME_OK;
		int64_t count;
		int found = 1;

		for (size_t i = 0; i < length; i++)
			text[i] = letters[random_below(sizeof(letters) - 1)];
		text[length] = '\0';
		count = price_file_count(text);
		while (outcome == OUTCOME_OK && found)
			outcome = csv_read(&reader, &record, &found);
		assert_true(reader.record_no - 1 <= count);
		if (outcome != OUTCOME_OK)
			continue;
		read_to_the_end++;
		assert_int_equal(count, reader.record_no > 0 ? reader.record_no - 1 : 0);
	}
	assert_true(read_to_the_end > 1000);
}

static void
test_scale(void **state)
{
	PriceFileRow row = {.nano_of = {0, 1, 3, PRICE_NANO_MAX}};
	PriceFileRow low = {.nano_of = {0, 4}};
	PriceFileRow high = {.nano_of = {[TOKENS_OUTPUT] = PRICE_NANO_MAX}};

	(void) state;
	assert_int_equal(price_file_scale(&row, MONEY_NANO_PER_UNIT / 2), OUTCOME_OK);
	assert_int_equal(row.nano_of[0], 0);
	assert_int_equal(row.nano_of[1], 1);
	assert_int_equal(row.nano_of[2], 2);
	assert_int_equal(row.nano_of[3], PRICE_NANO_MAX / 2);
	assert_int_equal(price_file_scale(&low, MONEY_NANO_PER_UNIT / 10), OUTCOME_OUT_OF_RANGE);
	low.nano_of[1] = 4;
	assert_int_equal(price_file_scale(&low, 0), OUTCOME_OK);
	assert_int_equal(low.nano_of[1], 0);
	assert_int_equal(price_file_scale(&high, MONEY_NANO_PER_UNIT), OUTCOME_OK);
	assert_int_equal(price_file_scale(&high, MONEY_NANO_PER_UNIT + 1), OUTCOME_OUT_OF_RANGE);
	assert_int_equal(price_file_scale(&high, MONEY_NANO_MAX), OUTCOME_OUT_OF_RANGE);
}

#define ROWS_MAX 40

/* The first row that says again what a row before it says, by looking at all pairs. */
static bool
find_by_pairs(const PriceFileRow *rows, size_t count, int *first_no, int *again_no)
{
	for (size_t again = 1; again < count; again++)
		for (size_t first = again; first-- > 0;)
			if (strcmp(rows[first].model, rows[again].model) == 0 &&
				rows[first].prompt_tokens_over == rows[again].prompt_tokens_over)
			{
				*first_no = rows[first].record_no;
				*again_no = rows[again].record_no;
				return true;
			}
	return false;
}

static void
test_repeated(void **state)
{
	static const char *const models[] = {"a", "b", "ab", "A", "", "a "};
	int found_count = 0;

	(void) state;
	for (int round = 0; round < 20000; round++)
	{
		PriceFileRow rows[ROWS_MAX];
		const PriceFileRow *order[ROWS_MAX];
		const PriceFileRow *first = NULL;
		const PriceFileRow *again = NULL;
		size_t count = (size_t) random_below(ROWS_MAX + 1);
		int first_no = 0;
		int again_no = 0;
		bool found;

		for (size_t i = 0; i < count; i++)
		{
			rows[i] = (PriceFileRow){.record_no = (int) i + 1,
									 .model = models[random_below(LENGTH(models))],
									 .prompt_tokens_over = random_below(20)};
			order[i] = &rows[i];
		}
		found = price_file_find_repeated(order, count, &first, &again);
		assert_int_equal(found, find_by_pairs(rows, count, &first_no, &again_no));
		if (!found)
			continue;
		found_count++;
		assert_int_equal(first->record_no, first_no);
		assert_int_equal(again->record_no, again_no);
	}
	assert_in_range(found_count, 1000, 19000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),		  cmocka_unit_test(test_count),
		cmocka_unit_test(test_count_as_read), cmocka_unit_test(test_scale),
		cmocka_unit_test(test_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
