/*-------------------------------------------------------------------------
 *
 * price_file_store.c
 *	  Price files in JSON: numbers are read as they are written, exactly.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "errors.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/price_file_store.h"
#include "subtransaction.h"

/* What the reading in a subtransaction is about, and what it yields. */
typedef struct JsonRead
{
	Datum *values;
	char *nulls;
	uint64 count;
} JsonRead;

static void
read_json(void *argument)
{
	static Sql read = SQL(
		"SELECT json_typeof(e) = 'object', coalesce(json_typeof(e->$2) IN ('string', 'null') AND "
		"json_typeof(e->$3) IN ('string', 'null'), true), e->>$2, e->>$3, e->>$4, e->>$5, e->>$6, "
		"e->>$7, e->>$8 FROM json_array_elements($1::json) WITH ORDINALITY AS x (e, n) ORDER BY n",
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID);
	JsonRead *json = argument;

	json->count = sql_run(&read, json->values, json->nulls);
}

static PriceRecord
read_record(uint64 row)
{
	PriceRecord record;

	if (!column_bool(row, 1))
		refuse(ERROR_PRICE_FILE, (int) row + 1, "it is no object");
	if (!column_bool(row, 2))
		refuse(ERROR_PRICE_FILE, (int) row + 1, "provider and model must be texts");
	for (int field = 0; field < PRICE_FIELDS; field++)
		record.fields[field] = column_text_or_null(row, field + 3);
	return record;
}

PriceRecords
price_file_read_json(const char *data, const char *const names[PRICE_FIELDS])
{
	char nulls[] = "        ";
	Datum values[PRICE_FIELDS + 1];
	JsonRead json = {.values = values, .nulls = nulls};
	PriceRecords records = {0};

	bind_text(values, nulls, 0, data);
	for (int field = 0; field < PRICE_FIELDS; field++)
		bind_text(values, nulls, field + 1, names[field]);
	if (!subtransaction_read(read_json, &json))
		refuse(ERROR_PRICE_FILE, 0, "it is no JSON");
	records.records = palloc0((json.count + 1) * sizeof(PriceRecord));
	for (uint64 row = 0; row < json.count; row++)
		records.records[records.count++] = read_record(row);
	return records;
}
