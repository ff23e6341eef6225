/*-------------------------------------------------------------------------
 *
 * column.c
 *	  Reading the rows of the statement that ran last.
 *
 * The types were right when install() made the tables. Their owner may have
 * altered them since, and a number read as a pointer is the server's memory.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "spi/altered.h"
#include "spi/column.h"
#include "spi/nano.h"

static void
check_type(TupleDesc columns, int column, Oid type)
{
	Oid found = SPI_gettypeid(columns, column);

	if (found != type)
		altered_refuse(psprintf("column %d is %s instead of %s", column,
								OidIsValid(found) ? format_type_be(found) : "not there",
								format_type_be(type)));
}

/* The row, which must be there. */
static HeapTuple
get_row(uint64 row)
{
	if (SPI_tuptable == NULL || row >= SPI_tuptable->numvals)
		altered_refuse(psprintf("no row " UINT64_FORMAT, row + 1));
	return SPI_tuptable->vals[row];
}

static Datum
read_column(uint64 row, int column, Oid type, bool *is_null)
{
	HeapTuple tuple = get_row(row);

	check_type(SPI_tuptable->tupdesc, column, type);
	return SPI_getbinval(tuple, SPI_tuptable->tupdesc, column, is_null);
}

Datum
column_datum(uint64 row, int column, Oid type)
{
	bool is_null;
	Datum value = read_column(row, column, type, &is_null);

	if (is_null)
		altered_refuse(psprintf("null in column %d", column));
	return value;
}

void
column_values(uint64 row, const Oid *types, int count, Datum *values, bool *nulls)
{
	HeapTuple tuple = get_row(row);

	if (SPI_tuptable->tupdesc->natts != count)
		altered_refuse(psprintf("%d columns", SPI_tuptable->tupdesc->natts));
	for (int i = 0; i < count; i++)
		check_type(SPI_tuptable->tupdesc, i + 1, types[i]);
	heap_deform_tuple(tuple, SPI_tuptable->tupdesc, values, nulls);
}

void
column_check_types(TupleDesc found, TupleDesc expected)
{
	if (found->natts != expected->natts)
		altered_refuse(psprintf("%d columns", found->natts));
	for (int i = 0; i < expected->natts; i++)
		check_type(found, i + 1, TupleDescAttr(expected, i)->atttypid);
}

bool
column_is_null(uint64 row, int column)
{
	bool is_null;

	(void) SPI_getbinval(get_row(row), SPI_tuptable->tupdesc, column, &is_null);
	return is_null;
}

int16
column_int16(uint64 row, int column)
{
	return DatumGetInt16(column_datum(row, column, INT2OID));
}

int32
column_int32(uint64 row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, INT4OID, &is_null);

	return is_null ? 0 : DatumGetInt32(value);
}

int64
column_int64(uint64 row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, INT8OID, &is_null);

	return is_null ? 0 : DatumGetInt64(value);
}

int64 *
column_int64s(uint64 count)
{
	int64 *numbers = palloc((count + 1) * sizeof(int64));

	for (uint64 row = 0; row < count; row++)
		numbers[row] = column_int64(row, 1);
	return numbers;
}

bool
column_bool(uint64 row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, BOOLOID, &is_null);

	return !is_null && DatumGetBool(value);
}

int64
column_nano(uint64 row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, NUMERICOID, &is_null);

	return is_null ? 0 : nano_from_exact(DatumGetNumeric(value));
}

TimestampTz
column_instant(uint64 row, int column, TimestampTz if_null)
{
	bool is_null;
	Datum value = read_column(row, column, TIMESTAMPTZOID, &is_null);

	return is_null ? if_null : DatumGetTimestampTz(value);
}

Digest
column_digest(uint64 row, int column)
{
	bytea *stored = DatumGetByteaPP(column_datum(row, column, BYTEAOID));
	Digest digest;

	if (VARSIZE_ANY_EXHDR(stored) != DIGEST_BYTES)
		altered_refuse(psprintf("no digest in column %d", column));
	memcpy(digest.bytes, VARDATA_ANY(stored), DIGEST_BYTES);
	return digest;
}

char *
column_text(uint64 row, int column)
{
	return TextDatumGetCString(column_datum(row, column, TEXTOID));
}

char *
column_text_or_null(uint64 row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, TEXTOID, &is_null);

	return is_null ? NULL : TextDatumGetCString(value);
}
