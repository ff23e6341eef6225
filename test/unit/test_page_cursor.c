/*-------------------------------------------------------------------------
 *
 * test_page_cursor.c
 *	  The text of a cursor: what it says, and whose it is.
 *
 *-------------------------------------------------------------------------
 */
#include "core/page_cursor.h"

#include "unit.h"

/* list_usage() of account 7 behind (1, -1, 0); computed by another program. */
#define FIXED_TEXT "000000g000000000003g000000000001zzzzzzzzzzzzy0000000000003cwpaf2"

static PageCursor
random_cursor(void)
{
	PageCursor cursor = {.list = (PageList) (1 + random_below(PAGE_LISTS_COUNT - 1)),
						 .account_id = (int64_t) random_next() >> random_below(62)};

	for (int i = 0; i < PAGE_NUMBERS; i++)
		cursor.after[i] = (int64_t) random_next() >> random_below(62);
	return cursor;
}

static PageCursorFault
decode(const char *text, PageCursor *cursor)
{
	return page_cursor_decode(text, strlen(text), cursor);
}

static void
test_round_trip(void **state)
{
	char text[PAGE_CURSOR_LENGTH + 1];

	(void) state;
	for (int round = 0; round < 20000; round++)
	{
		PageCursor cursor = random_cursor();
		PageCursor decoded = page_cursor_begin(cursor.list, cursor.account_id);

		page_cursor_encode(&cursor, text);
		assert_int_equal(strlen(text), PAGE_CURSOR_LENGTH);
		assert_int_equal(decode(text, &decoded), PAGE_CURSOR_GOOD);
		assert_memory_equal(decoded.after, cursor.after, sizeof(cursor.after));
	}
}

/* Pages that are open while the library is replaced go on. */
static void
test_fixed_text(void **state)
{
	PageCursor cursor = {.list = PAGE_LIST_USAGE, .account_id = 7, .after = {1, -1, 0}};
	char text[PAGE_CURSOR_LENGTH + 1];

	(void) state;
	page_cursor_encode(&cursor, text);
	assert_string_equal(text, FIXED_TEXT);
}

static void
test_other_list_and_account(void **state)
{
	PageCursor cursor = random_cursor();
	PageCursor other = page_cursor_begin(cursor.list, cursor.account_id);
	char text[PAGE_CURSOR_LENGTH + 1];

	(void) state;
	page_cursor_encode(&cursor, text);
	for (PageList list = 1; list < PAGE_LISTS_COUNT; list++)
	{
		other.list = list;
		assert_int_equal(decode(text, &other),
						 list == cursor.list ? PAGE_CURSOR_GOOD : PAGE_CURSOR_OF_OTHER_LIST);
	}
	for (int bit = 0; bit < 64; bit++)
	{
		other = page_cursor_begin(cursor.list,
								  (int64_t) ((uint64_t) cursor.account_id ^ UINT64_C(1) << bit));
		assert_int_equal(decode(text, &other), PAGE_CURSOR_OF_OTHER_ACCOUNT);
		assert_int_equal(other.after[0], INT64_MAX);
	}
}

/* Any other byte in any one place, any other length: no cursor. */
static void
test_every_mutation_fails(void **state)
{
	PageCursor cursor = random_cursor();
	PageCursor decoded = page_cursor_begin(cursor.list, cursor.account_id);
	char text[PAGE_CURSOR_LENGTH + 2] = {0};

	(void) state;
	page_cursor_encode(&cursor, text);
	for (size_t at = 0; at < PAGE_CURSOR_LENGTH; at++)
	{
		char good = text[at];

		for (int byte = 0; byte < 256; byte++)
		{
			text[at] = (char) byte;
			if (text[at] != good)
				assert_int_equal(page_cursor_decode(text, PAGE_CURSOR_LENGTH, &decoded),
								 PAGE_CURSOR_MALFORMED);
		}
		text[at] = good;
	}
	for (size_t length = 0; length <= PAGE_CURSOR_LENGTH + 1; length++)
		assert_int_equal(page_cursor_decode(text, length, &decoded),
						 length == PAGE_CURSOR_LENGTH ? PAGE_CURSOR_GOOD : PAGE_CURSOR_MALFORMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_fixed_text),
		cmocka_unit_test(test_other_list_and_account),
		cmocka_unit_test(test_every_mutation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
