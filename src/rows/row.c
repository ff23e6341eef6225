/*-------------------------------------------------------------------------
 *
 * row.c
 *	  From a row's columns to C.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
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

void
row_bytes(const Row *row, int column, void *bytes, size_t length)
{
	bytea *stored = DatumGetByteaPP(read_value(row, column));

	if (VARSIZE_ANY_EXHDR(stored) != length)
		row_shape_refuse(row->in.shape,
						 psprintf("column %s is of another length", name_of(row, column)));
	memcpy(bytes, VARDATA_ANY(stored), length);
}

Digest
row_digest(const Row *row, int column)
{
	Digest digest;

	row_bytes(row, column, digest.bytes, DIGEST_BYTES);
	return digest;
}

static bool
is_text(Datum value, const text *other)
{
	text *one = DatumGetTextPP(value);

	return VARSIZE_ANY_EXHDR(one) == VARSIZE_ANY_EXHDR(other) &&
		   memcmp(VARDATA_ANY(one), VARDATA_ANY(other), VARSIZE_ANY_EXHDR(one)) == 0;
}

bool
row_has_text(const Row *row, int column, const text *element)
{
	Datum *values;
	bool *nulls;
	int count;

	deconstruct_array(DatumGetArrayTypeP(read_value(row, column)), TEXTOID, -1, false, TYPALIGN_INT,
					  &values, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i] && is_text(values[i], element))
			return true;
	return false;
}

char *
row_text(const Row *row, int column)
{
	return TextDatumGetCString(read_value(row, column));
}

char *
row_label(const Row *row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	return is_null ? pstrdup("") : TextDatumGetCString(value);
}

char *
row_json(const Row *row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);
	Jsonb *json;

	if (is_null)
		return NULL;
	json = DatumGetJsonbP(value);
	return JsonbToCString(NULL, &json->root, VARSIZE(json));
}

char *
row_text_cut(const Row *row, int column, int characters)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	if (is_null)
		return NULL;
	if (toast_raw_datum_size(value) - VARHDRSZ > (Size) characters)
		value = DirectFunctionCall2Coll(text_left, C_COLLATION_OID, value,
										Int32GetDatum(characters));
	return TextDatumGetCString(value);
}
