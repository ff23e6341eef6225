/*-------------------------------------------------------------------------
 *
 * page_cursor.h
 *	  Where a list goes on that is read page by page, as a text.
 *
 * A list is sorted by up to three whole numbers, the highest first; its cursor is
 * those of the last row that was shown, with the list and the account that they
 * are of. It is no secret and gives no right: whoever makes one up reads the
 * same account from another place on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_PAGE_CURSOR_H
#define CORE_PAGE_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_CURSOR_LENGTH 64
#define PAGE_NUMBERS 3

/* The lists, by the calls that read them. Their numbers stand in cursors: none is used again. */
typedef enum PageList
{
	PAGE_LIST_API_KEYS = 1,
	PAGE_LIST_USAGE,
	PAGE_LIST_STATEMENT,
	PAGE_LIST_ORDERS,
	PAGE_LIST_BALANCE_ALERTS,
	PAGE_LIST_NOTIFICATIONS,
	PAGE_LISTS_COUNT
} PageList;

typedef struct PageCursor
{
	PageList list;
	int64_t account_id;
	int64_t after[PAGE_NUMBERS]; /* those that a list has not are 0 */
} PageCursor;

/* Where a list begins. */
extern PageCursor page_cursor_begin(PageList list, int64_t account_id);

/* Writes the cursor's text and a NUL. */
extern void page_cursor_encode(const PageCursor *cursor, char text[PAGE_CURSOR_LENGTH + 1]);

typedef enum PageCursorFault
{
	PAGE_CURSOR_GOOD,
	PAGE_CURSOR_MALFORMED,
	PAGE_CURSOR_OF_OTHER_LIST,
	PAGE_CURSOR_OF_OTHER_ACCOUNT
} PageCursorFault;

/* Reads where the list of the account goes on that *cursor names; nothing but a good one is set. */
extern PageCursorFault page_cursor_decode(const char *text, size_t length, PageCursor *cursor);

#endif
