/*-------------------------------------------------------------------------
 *
 * page_cursor.c
 *	  Encoding and decoding of cursors.
 *
 * Base 32 of the list (4 bytes), the account (8), the three numbers (8 each) and a
 * CRC-32 (4) of all before it.
 *
 *-------------------------------------------------------------------------
 */
#include "core/page_cursor.h"

#include "core/base32.h"
#include "core/big_endian.h"

#define ACCOUNT_AT 4
#define NUMBERS_AT 12
#define CHECKED_BYTES (NUMBERS_AT + 8 * PAGE_NUMBERS)
#define CURSOR_BYTES (CHECKED_BYTES + 4)

_Static_assert(CURSOR_BYTES % BASE32_GROUP_BYTES == 0, "a cursor must be whole groups");
_Static_assert(BASE32_LENGTH(CURSOR_BYTES) == PAGE_CURSOR_LENGTH,
			   "text length must follow from the bytes");

PageCursor
page_cursor_begin(PageList list, int64_t account_id)
{
	PageCursor cursor = {.list = list, .account_id = account_id};

	for (int i = 0; i < PAGE_NUMBERS; i++)
		cursor.after[i] = INT64_MAX;
	return cursor;
}

void
page_cursor_encode(const PageCursor *cursor, char text[PAGE_CURSOR_LENGTH + 1])
{
	uint8_t bytes[CURSOR_BYTES];

	big_endian_put(bytes, (uint64_t) cursor->list, ACCOUNT_AT);
	big_endian_put(bytes + ACCOUNT_AT, (uint64_t) cursor->account_id, 8);
	for (int i = 0; i < PAGE_NUMBERS; i++)
		big_endian_put(bytes + NUMBERS_AT + 8 * i, (uint64_t) cursor->after[i], 8);
	big_endian_put(bytes + CHECKED_BYTES, base32_checksum("", bytes, CHECKED_BYTES), 4);
	base32_encode(bytes, CURSOR_BYTES, text);
	text[PAGE_CURSOR_LENGTH] = '\0';
}

PageCursorFault
page_cursor_decode(const char *text, size_t length, PageCursor *cursor)
{
	uint8_t bytes[CURSOR_BYTES];

	if (length != PAGE_CURSOR_LENGTH || !base32_decode(text, bytes, CURSOR_BYTES) ||
		big_endian_get(bytes + CHECKED_BYTES, 4) != base32_checksum("", bytes, CHECKED_BYTES))
		return PAGE_CURSOR_MALFORMED;
	if (big_endian_get(bytes, ACCOUNT_AT) != (uint64_t) cursor->list)
		return PAGE_CURSOR_OF_OTHER_LIST;
	if (big_endian_get(bytes + ACCOUNT_AT, 8) != (uint64_t) cursor->account_id)
		return PAGE_CURSOR_OF_OTHER_ACCOUNT;
	for (int i = 0; i < PAGE_NUMBERS; i++)
		cursor->after[i] = (int64_t) big_endian_get(bytes + NUMBERS_AT + 8 * i, 8);
	return PAGE_CURSOR_GOOD;
}
