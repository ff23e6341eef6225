/*-------------------------------------------------------------------------
 *
 * feed.c
 *	  Cursors that go side by side, account by account.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "spi/feed.h"

void
feed_next(Feed *feed)
{
	feed->has_row = cursor_next(&feed->cursor);
}

void
feed_open(Feed *feed, Sql *of_all_and_of_one, const int64 *only, const Oid *types, int columns)
{
	cursor_open(&feed->cursor, &of_all_and_of_one[only != NULL],
				(Datum[]){Int64GetDatum(only ? *only : 0)}, types, columns);
	feed_next(feed);
}

void
feed_close(Feed *feed)
{
	cursor_close(&feed->cursor);
}

bool
feed_is_at(const Feed *feed, int64 account_id)
{
	return feed->has_row && cursor_int64(&feed->cursor, 0) == account_id;
}

void
feed_skip_to(Feed *feed, int64 account_id)
{
	while (feed->has_row && cursor_int64(&feed->cursor, 0) < account_id)
		feed_next(feed);
}

int64
feed_first(const Feed *feed, int64 next)
{
	return feed->has_row ? Min(cursor_int64(&feed->cursor, 0), next) : next;
}

void *
feed_grow(void *memory, size_t size)
{
	return memory ? repalloc_huge(memory, size)
				  : MemoryContextAllocHuge(CurrentMemoryContext, size);
}

void *
feed_make_room(void *list, size_t count, size_t element_size)
{
	if (count & (count - 1))
		return list;
	return feed_grow(list, Max(2 * count, 1) * element_size);
}
