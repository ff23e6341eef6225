/*-------------------------------------------------------------------------
 *
 * column.c
 *	  Reading the rows of the statement that ran last.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "spi/column.h"
#include "spi/nano.h"

static Datum
read_column(uint64 row, int column, bool *is_null)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, is_null);
}

void
column_values(uint64 row, Datum *values, bool *nulls)
{
	heap_deform_tuple(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, values, nulls);
}

bool
column_is_null(uint64 row, int column)
{
	bool is_null;

	(void) read_column(row, column, &is_null);
	return is_null;
}

Datum
column_datum(uint64 row, int column)
{
	bool is_null;

	return read_column(row, column, &is_null);
}

int32
column_int32(uint64 row, int column)
{
	return DatumGetInt32(column_datum(row, column));
}

int64
column_int64(uint64 row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

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
	return DatumGetBool(column_datum(row, column));
}

int64
column_nano(uint64 row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	return is_null ? 0 : nano_from_exact(DatumGetNumeric(value));
}

TimestampTz
column_instant(uint64 row, int column, TimestampTz if_null)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	return is_null ? if_null : DatumGetTimestampTz(value);
}

char *
column_text(uint64 row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	return is_null ? NULL : TextDatumGetCString(value);
}
