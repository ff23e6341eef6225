/*-------------------------------------------------------------------------
 *
 * feed.h
 *	  Cursors that go side by side, account by account.
 *
 * The first column of each is the account, by which its rows are in order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_FEED_H
#define SPI_FEED_H

#include "postgres.h"

#include "spi/cursor.h"

/* A cursor, and whether it stands on a row. */
typedef struct Feed
{
	Cursor cursor;
	bool has_row;
} Feed;

/* Two Sql, of all accounts and of one, of a macro that makes the text with a condition in it. */
#define FEED_OF_ALL_AND_OF_ONE(statement)                                     \
	{                                                                         \
		SQL(statement("")), SQL(statement("WHERE account_id = $1 "), INT8OID) \
	}

/* Opens one of such two, only NULL: that of all accounts, and reads its first row. */
extern void feed_open(Feed *feed, Sql *of_all_and_of_one, const int64 *only, const Oid *types,
					  int columns);
extern void feed_next(Feed *feed);
extern void feed_close(Feed *feed);

extern bool feed_is_at(const Feed *feed, int64 account_id);

/* Passes over the rows of accounts before this one. */
extern void feed_skip_to(Feed *feed, int64 account_id);

/* The account of its row, or next where that is less or there is none. */
extern int64 feed_first(const Feed *feed, int64 next);

/* Memory of the current context, enlarged; a list's where it holds as many as a power of two. */
extern void *feed_grow(void *memory, size_t size);
extern void *feed_make_room(void *list, size_t count, size_t element_size);

#endif
