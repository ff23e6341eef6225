/*-------------------------------------------------------------------------
 *
 * bind.c
 *	  Arguments of statements, nulls among them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "spi/bind.h"
#include "spi/nano.h"

void
bind_text(Datum *values, char *nulls, int index, const char *text)
{
	nulls[index] = text ? ' ' : 'n';
	values[index] = text ? CStringGetTextDatum(text) : (Datum) 0;
}

void
bind_label(Datum *values, char *nulls, int index, const char *label)
{
	bind_text(values, nulls, index, label[0] ? label : NULL);
}

void
bind_json(Datum *values, char *nulls, int index, const char *json)
{
	nulls[index] = json ? ' ' : 'n';
	values[index] = json ? DirectFunctionCall1(jsonb_in, CStringGetDatum(json)) : (Datum) 0;
}

void
bind_instant(Datum *values, char *nulls, int index, TimestampTz instant, TimestampTz none)
{
	nulls[index] = instant == none ? 'n' : ' ';
	values[index] = TimestampTzGetDatum(instant);
}

void
bind_number(Datum *values, char *nulls, int index, int64 number)
{
	nulls[index] = number == 0 ? 'n' : ' ';
	values[index] = Int64GetDatum(number);
}

void
bind_nano(Datum *values, char *nulls, int index, int64 amount_nano, int64 none)
{
	nulls[index] = amount_nano == none ? 'n' : ' ';
	values[index] = amount_nano == none ? (Datum) 0 : nano_datum(amount_nano);
}

void
bind_digest(Datum *values, char *nulls, int index, const Digest *digest)
{
	nulls[index] = digest ? ' ' : 'n';
	values[index] = digest ? bind_bytes(digest->bytes, DIGEST_BYTES) : (Datum) 0;
}

Datum
bind_bytes(const void *data, size_t size)
{
	bytea *bytes = palloc(VARHDRSZ + size);

	SET_VARSIZE(bytes, VARHDRSZ + size);
	memcpy(VARDATA(bytes), data, size);
	return PointerGetDatum(bytes);
}

Datum
bind_int64_array(const int64 *numbers, size_t count)
{
	Datum *elements = palloc((count + 1) * sizeof(Datum));

	for (size_t i = 0; i < count; i++)
		elements[i] = Int64GetDatum(numbers[i]);
	return PointerGetDatum(construct_array(elements, (int) count, INT8OID, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

Datum
bind_text_array(const char *const *texts, size_t count)
{
	Datum *elements = palloc((count + 1) * sizeof(Datum));
	bool *nulls = palloc((count + 1) * sizeof(bool));
	int length = (int) count;
	int from = 1;

	for (size_t i = 0; i < count; i++)
	{
		nulls[i] = texts[i] == NULL;
		elements[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	return PointerGetDatum(
		construct_md_array(elements, nulls, 1, &length, &from, TEXTOID, -1, false, TYPALIGN_INT));
}
