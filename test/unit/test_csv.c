/*-------------------------------------------------------------------------
 *
 * test_csv.c
 *	  Comma-separated values, from good ones to random bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "core/csv.h"

#include "unit.h"

#define TEXT_MAX 400

/* What a text is read as: fields in brackets, records by |, ! where it is malformed. */
static char *
read_all(const char *text, size_t length, char *shown)
{
	char *copy = malloc(length + 1);
	CsvReader reader = {.next = copy};
	CsvRecord record;
	int found = 1;

	memcpy(copy, text, length);
	copy[length] = '\0';
	shown[0] = '\0';
	while (found)
	{
		if (csv_read(&reader, &record, &found) != OUTCOME_OK)
		{
			strcat(shown, "!");
			break;
		}
		if (!found)
			break;
		for (size_t i = 0; i < record.count; i++)
			sprintf(shown + strlen(shown), "[%s]", record.fields[i]);
		strcat(shown, "|");
	}
	free(copy);
	return shown;
}

static void
test_texts(void **state)
{
	static const struct
	{
		const char *text;
		const char *shown;
	} cases[] = {
		{"", ""},
		{"\n\r\n\r", ""},
		{"a", "[a]|"},
		{"a,b", "[a][b]|"},
		{"a,b\n", "[a][b]|"},
		{"a,b\r\nc,d\r\n", "[a][b]|[c][d]|"},
		{"a\rb", "[a]|[b]|"},
		{"a\n\n\r\nb", "[a]|[b]|"},
		{",", "[][]|"},
		{"a,", "[a][]|"},
		{",a", "[][a]|"},
		{",,\n,", "[][][]|[][]|"},
		{" a , b ", "[ a ][ b ]|"},
		{"\"a\"", "[a]|"},
		{"\"\"", "[]|"},
		{"\"a,b\",c", "[a,b][c]|"},
		{"\"a\nb\"\nc", "[a\nb]|[c]|"},
		{"\"a\"\"b\"", "[a\"b]|"},
		{"\"\"\"\"", "[\"]|"},
		{"\"\"\"\"\"\"", "[\"\"]|"},
		{"\"a\",\"b\"\r\n\"c\"", "[a][b]|[c]|"},
		/* malformed: an open quote, a quote in a plain field, text behind a closing quote */
		{"\"", "!"},
		{"\"a", "!"},
		{"\"a\"\"", "!"},
		{"\"\"\"", "!"},
		{"a\"", "!"},
		{"a\"b\"", "!"},
		{"\"a\"b", "!"},
		{"\"a\" ,b", "!"},
		{"a\n\"b", "[a]|!"},
	};
	char shown[4 * TEXT_MAX];

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_string_equal(read_all(cases[i].text, strlen(cases[i].text), shown), cases[i].shown);
}

static void
test_too_many_fields(void **state)
{
	char most[CSV_FIELDS_MAX] = {0};
	char more[CSV_FIELDS_MAX + 1] = {0};
	CsvReader reader = {.next = most};
	CsvRecord record;
	int found;

	(void) state;
	memset(most, ',', CSV_FIELDS_MAX - 1);
	memset(more, ',', CSV_FIELDS_MAX);
	assert_int_equal(csv_read(&reader, &record, &found), OUTCOME_OK);
	assert_int_equal(record.count, CSV_FIELDS_MAX);
	assert_int_equal(csv_read(&reader, &record, &found), OUTCOME_OK);
	assert_false(found);
	reader = (CsvReader){.next = more};
	assert_int_equal(csv_read(&reader, &record, &found), OUTCOME_TOO_MANY);
}

/* Records are counted, empty lines are not. */
static void
test_record_numbers(void **state)
{
	char text[] = "a\n\n\nb\r\n\r\nc";
	CsvReader reader = {.next = text};
	CsvRecord record;
	int found;

	(void) state;
	for (int expected = 1; expected <= 3; expected++)
	{
		assert_int_equal(csv_read(&reader, &record, &found), OUTCOME_OK);
		assert_true(found);
		assert_int_equal(reader.record_no, expected);
	}
}

/* Whatever fields hold: quoted as RFC 4180 says, they are read back. */
static void
test_round_trip(void **state)
{
	static const char letters[] = "ab,\"\n\r \xc3\xa9";

	(void) state;
	for (int round = 0; round < 20000; round++)
	{
		char fields[4][20];
		char text[TEXT_MAX];
		char *to = text;
		size_t count = 1 + (size_t) random_below(4);
		CsvReader reader = {.next = text};
		CsvRecord record;
		int found;

		for (size_t i = 0; i < count; i++)
		{
			size_t length = (size_t) random_below(10);

			for (size_t j = 0; j < length; j++)
				fields[i][j] = letters[random_below(sizeof(letters) - 1)];
			fields[i][length] = '\0';
			*to++ = '"';
			for (const char *from = fields[i]; *from; from++)
			{
				if (*from == '"')
					*to++ = '"';
				*to++ = *from;
			}
			*to++ = '"';
			*to++ = i + 1 < count ? ',' : '\n';
		}
		*to = '\0';
		assert_int_equal(csv_read(&reader, &record, &found), OUTCOME_OK);
		assert_true(found);
		assert_int_equal(record.count, count);
		for (size_t i = 0; i < count; i++)
			assert_string_equal(record.fields[i], fields[i]);
	}
}

/* Random bytes, in blocks of their exact size: the sanitizers see every step beyond them. */
static void
test_random_bytes(void **state)
{
	static const char likely[] = "a,\"\n\r,\"\n";

	(void) state;
	for (int round = 0; round < 200000; round++)
	{
		size_t length = (size_t) random_below(40);
		char *text = malloc(length + 1);
		CsvReader reader = {.next = text};
		CsvRecord record;
		Outcome outcome = OUTCOME_OK;
		int found = 1;

		for (size_t i = 0; i < length; i++)
			text[i] = random_below(8) ? likely[random_below(sizeof(likely) - 1)]
									  : (char) random_next();
		text[length] = '\0';
		for (size_t records = 0; outcome == OUTCOME_OK && found; records++)
		{
			assert_true(records <= length);
			outcome = csv_read(&reader, &record, &found);
			for (size_t i = 0; outcome == OUTCOME_OK && i < record.count; i++)
				assert_true(record.fields[i] >= text &&
							record.fields[i] + strlen(record.fields[i]) <= text + length);
		}
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),		   cmocka_unit_test(test_too_many_fields),
		cmocka_unit_test(test_record_numbers), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
