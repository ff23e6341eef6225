/*-------------------------------------------------------------------------
 *
 * column.h
 *	  The rows of the statement that ran last; rows from 0, columns from 1.
 *
 * Each of these refuses (ERROR_TABLES_ALTERED) a row or column that is not
 * there, one of another type, and a null where it does not say what that means.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_COLUMN_H
#define SPI_COLUMN_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "datatype/timestamp.h"

#include "core/hasher.h"

extern bool column_is_null(uint64 row, int column);
extern Datum column_datum(uint64 row, int column, Oid type);
extern int16 column_int16(uint64 row, int column);
extern int32 column_int32(uint64 row, int column); /* 0 where null, as the next two */
extern int64 column_int64(uint64 row, int column);
extern int64 column_nano(uint64 row, int column);
extern bool column_bool(uint64 row, int column); /* false where null */
extern TimestampTz column_instant(uint64 row, int column, TimestampTz if_null);
extern Digest column_digest(uint64 row, int column);
extern char *column_text(uint64 row, int column);
extern char *column_text_or_null(uint64 row, int column);

/* The first column of all rows, of which there are so many. */
extern int64 *column_int64s(uint64 count);

/* All columns of a row at once, for many rows, of these types; texts stay the statement's. */
extern void column_values(uint64 row, const Oid *types, int count, Datum *values, bool *nulls);

/* Refuses rows of other columns than these. */
extern void column_check_types(TupleDesc found, TupleDesc expected);

#endif
