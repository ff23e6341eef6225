/*-------------------------------------------------------------------------
 *
 * price_file.c
 *	  Counting the records of a price file, scaling and comparing its rows.
 *
 *-------------------------------------------------------------------------
 */
#include "core/price_file.h"

#include <stdlib.h>
#include <string.h>

#define JSON_BLANKS " \t\r\n"

/* Of UTF-8, at the begin of a file: EF BB BF. */
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

char *
price_file_text(char *file)
{
	bool is_marked = strncmp(file, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0;

	return file + (is_marked ? strlen(BYTE_ORDER_MARK) : 0);
}

static const char *
skip_blanks(const char *text)
{
	return text + strspn(text, JSON_BLANKS);
}

bool
price_file_is_json(const char *text)
{
	text = skip_blanks(text);
	return *text == '[' || *text == '{';
}

/* Behind a string of JSON, whose opening quote is at the text's begin. */
static const char *
skip_string(const char *text)
{
	for (text++; *text != '\0' && *text != '"'; text++)
		if (*text == '\\' && text[1] != '\0')
			text++;
	return *text == '"' ? text + 1 : text;
}

/*
 * Elements of the arrays at a depth of a value, which is at the text's begin (1: it is one itself):
 * one more than its own commas, of an array that is not empty.
 */
static int64_t
count_elements(const char *text, int64_t at_depth)
{
	int64_t count = 0;
	int64_t depth = 0;
	bool in_array = false;

	do
	{
		if (*text == '"')
		{
			text = skip_string(text);
			continue;
		}
		depth += (*text == '[' || *text == '{') - (*text == ']' || *text == '}');
		if (depth == at_depth && (*text == '[' || *text == '{'))
		{
			in_array = *text == '[';
			count += in_array && strchr("]", *skip_blanks(text + 1)) == NULL;
		}
		count += *text == ',' && depth == at_depth && in_array;
		text++;
	} while (*text != '\0' && depth > 0);
	return count;
}

/* Lines of CSV that are not empty; a line break within quotes ends none. */
static int64_t
count_lines(const char *text)
{
	int64_t lines = 0;
	bool quoted = false;
	bool empty = true;

	for (; *text != '\0'; text++)
	{
		bool ends = !quoted && (*text == '\n' || *text == '\r');

		quoted ^= *text == '"';
		lines += empty && !ends;
		empty = ends;
	}
	return lines;
}

int64_t
price_file_count(const char *text)
{
	int64_t lines;

	if (price_file_is_json(text))
		return count_elements(skip_blanks(text), *skip_blanks(text) == '[' ? 1 : 2);
	lines = count_lines(text);
	return lines > 0 ? lines - 1 : 0;
}

Outcome
price_file_scale(PriceFileRow *row, int64_t factor_nano)
{
	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
	{
		int64_t *nano = &row->nano_of[token_class];
		bool is_free = *nano == 0 || factor_nano == 0;

		if (!money_divide_half_up((int128_t) *nano * factor_nano, MONEY_NANO_PER_UNIT, nano) ||
			*nano > PRICE_NANO_MAX || (*nano == 0 && !is_free))
			return OUTCOME_OUT_OF_RANGE;
	}
	return OUTCOME_OK;
}

/* By model and tier; below zero, zero and above as strcmp(). */
static int
compare_places(const PriceFileRow *a, const PriceFileRow *b)
{
	int order = strcmp(a->model, b->model);

	if (order != 0)
		return order;
	return (a->prompt_tokens_over > b->prompt_tokens_over) -
		   (a->prompt_tokens_over < b->prompt_tokens_over);
}

static int
compare_rows(const void *left, const void *right)
{
	const PriceFileRow *a = *(const PriceFileRow *const *) left;
	const PriceFileRow *b = *(const PriceFileRow *const *) right;
	int order = compare_places(a, b);

	return order != 0 ? order : a->record_no - b->record_no;
}

bool
price_file_find_repeated(const PriceFileRow **rows, size_t count, const PriceFileRow **first,
						 const PriceFileRow **again)
{
	bool found = false;

	if (count > 0)
		qsort(rows, count, sizeof(rows[0]), compare_rows);
	for (size_t i = 1; i < count; i++)
	{
		if (compare_places(rows[i - 1], rows[i]) != 0 ||
			(found && (*again)->record_no < rows[i]->record_no))
			continue;
		*first = rows[i - 1];
		*again = rows[i];
		found = true;
	}
	return found;
}
