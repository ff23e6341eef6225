/*-------------------------------------------------------------------------
 *
 * cursor.h
 *	  Reading the rows of a statement bit by bit: of whole tables.
 *
 * Other statements may run, and other cursors be read, between two rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_CURSOR_H
#define SPI_CURSOR_H

#include "postgres.h"

#include "core/hasher.h"
#include "core/money.h"
#include "spi/sql.h"

#define CURSOR_COLUMNS_MAX 40

typedef struct Cursor
{
	Portal portal;
	const Oid *types; /* of its columns */
	int columns;
	SPITupleTable *table; /* the rows that were fetched */
	uint64 count;
	uint64 row;
	Datum values[CURSOR_COLUMNS_MAX]; /* of the row that was read */
	bool nulls[CURSOR_COLUMNS_MAX];
} Cursor;

/* Opens one on a statement that must not write, in the snapshot of the caller's query. */
extern void cursor_open(Cursor *cursor, Sql *statement, Datum *values, const Oid *types,
						int columns);

/* Reads the next row, whose values last until the one after it is read; false: there is none. */
extern bool cursor_next(Cursor *cursor);

extern void cursor_close(Cursor *cursor);

/* Values of the row that was read, columns from 0; a null is 0, or an empty text. */
extern int64 cursor_int64(const Cursor *cursor, int column);
extern bool cursor_nano(const Cursor *cursor, int column, int64 *amount_nano); /* false: it is none
																				*/
extern StoredAmount cursor_amount(const Cursor *cursor, int column);
extern bool cursor_digest(const Cursor *cursor, int column, Digest *digest); /* false: likewise */
extern const char *cursor_text(const Cursor *cursor, int column);

#endif
