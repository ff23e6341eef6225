/*-------------------------------------------------------------------------
 *
 * row.h
 *	  Reading a row that was found; columns by their places in the shape.
 *
 * The types were compared when the table was looked at. As spi/column.h does it,
 * these refuse a null where they do not say what that means.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_H
#define ROWS_ROW_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "executor/tuptable.h"

#include "core/hasher.h"
#include "rows/row_table.h"

typedef struct Row
{
	RowOpened in;
	TupleTableSlot *slot;
} Row;

extern bool row_is_null(const Row *row, int column);
extern int16 row_int16(const Row *row, int column);
extern int32 row_int32(const Row *row, int column); /* 0 where null, as the next two */
extern int64 row_int64(const Row *row, int column);
extern int64 row_nano(const Row *row, int column);
extern bool row_bool(const Row *row, int column); /* false where null */
extern TimestampTz row_instant(const Row *row, int column, TimestampTz if_null);
extern Digest row_digest(const Row *row, int column);
extern char *row_text(const Row *row, int column);
extern char *row_label(const Row *row, int column); /* a text; empty where null */
extern char *row_json(const Row *row, int column);	/* a jsonb as text; NULL where null */

/* A text of which no more is read than its first characters; NULL where null. */
extern char *row_text_cut(const Row *row, int column, int characters);

/* Copies a bytea, which must have that length. */
extern void row_bytes(const Row *row, int column, void *bytes, size_t length);

/* Is a text an element of a text[]? */
extern bool row_has_text(const Row *row, int column, const text *element);

#endif
