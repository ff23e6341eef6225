/*-------------------------------------------------------------------------
 *
 * column.h
 *	  The rows of the statement that ran last; rows from 0, columns from 1.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_COLUMN_H
#define SPI_COLUMN_H

#include "postgres.h"

#include "datatype/timestamp.h"

extern bool column_is_null(uint64 row, int column);
extern Datum column_datum(uint64 row, int column);
extern int32 column_int32(uint64 row, int column);
extern int64 column_int64(uint64 row, int column); /* 0 where null */
extern bool column_bool(uint64 row, int column);
extern int64 column_nano(uint64 row, int column); /* 0 where null */
extern TimestampTz column_instant(uint64 row, int column, TimestampTz if_null);
extern char *column_text(uint64 row, int column); /* NULL where null */

/* The first column of all rows, of which there are so many. */
extern int64 *column_int64s(uint64 count);

/* All columns of a row at once, for many rows; texts stay the statement's. */
extern void column_values(uint64 row, Datum *values, bool *nulls);

#endif
