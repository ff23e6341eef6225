/*-------------------------------------------------------------------------
 *
 * row.c
 *	  From a row's columns to C.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "rows/row.h"
#include "spi/nano.h"

static Datum
read_column(const Row *row, int column, bool *is_null)
{
	return slot_getattr(row->slot, row->in.table.numbers[column], is_null);
}

static char *
name_of(const Row *row, int column)
{
	return row_shape_column(row->in.shape, column);
}

static Datum
read_value(const Row *row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	if (is_null)
		row_shape_refuse(row->in.shape, psprintf("null in column %s", name_of(row, column)));
	return value;
}

bool
row_is_null(const Row *row, int column)
{
	bool is_null;

	(void) read_column(row, column, &is_null);
	return is_null;
}

int16
row_int16(const Row *row, int column)
{
	return DatumGetInt16(read_value(row, column));
}

int32
row_int32(const Row *row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	return is_null ? 0 : DatumGetInt32(value);
}

int64
row_int64(const Row *row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	return is_null ? 0 : DatumGetInt64(value);
}

int64
row_nano(const Row *row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	return is_null ? 0 : nano_from_exact(DatumGetNumeric(value));
}

bool
row_bool(const Row *row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	return !is_null && DatumGetBool(value);
}

TimestampTz
row_instant(const Row *row, int column, TimestampTz if_null)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	return is_null ? if_null : DatumGetTimestampTz(value);
}

Digest
row_digest(const Row *row, int column)
{
	bytea *stored = DatumGetByteaPP(read_value(row, column));
	Digest digest;

	if (VARSIZE_ANY_EXHDR(stored) != DIGEST_BYTES)
		row_shape_refuse(row->in.shape, psprintf("no digest in column %s", name_of(row, column)));
	memcpy(digest.bytes, VARDATA_ANY(stored), DIGEST_BYTES);
	return digest;
}

char *
row_text(const Row *row, int column)
{
	return TextDatumGetCString(read_value(row, column));
}
