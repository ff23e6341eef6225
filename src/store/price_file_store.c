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

/* SQL: the list itself, or the only array among an object's members. */
#define LIST                                                                                   \
	"CASE json_typeof($1::json) WHEN 'array' THEN $1::json ELSE (SELECT CASE count(*) WHEN 1 " \
	"THEN max(value::text)::json ELSE '{}' END FROM json_each($1::json) WHERE "                \
	"json_typeof(value) = 'array') END"

/* SQL: of an element that is an object, a field that is none of ours, or stands there twice. */
#define STRANGE_FIELD                                                                               \
	"(SELECT k FROM json_object_keys(CASE json_typeof(e) WHEN 'object' THEN e ELSE '{}' END) AS k " \
	"GROUP BY k HAVING count(*) > 1 OR k NOT IN ($2, $3, $4, $5, $6, $7, $8) ORDER BY k COLLATE "   \
	"\"C\" LIMIT 1)"

static void
read_json(void *argument)
{
	static Sql read = SQL(
		"SELECT json_typeof(e) = 'object', coalesce(json_typeof(e->$2) IN ('string', 'null') AND "
		"json_typeof(e->$3) IN ('string', 'null'), true), " STRANGE_FIELD
		", e->>$2, e->>$3, e->>$4, e->>$5, e->>$6, e->>$7, e->>$8 FROM json_array_elements(" LIST
		") WITH ORDINALITY AS x (e, n) ORDER BY n",
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID);
	JsonRead *json = argument;

	json->count = sql_run(&read, json->values, json->nulls);
}

static PriceRecord
read_record(uint64 row)
{
	PriceRecord record = {0};
	char *strange_field = column_text_or_null(row, 3);

	if (!column_bool(row, 1))
		record.problem = "it is no object";
	else if (strange_field)
		record.problem = psprintf("field \"%s\" is unknown, or stands there twice", strange_field);
	else if (!column_bool(row, 2))
		record.problem = "provider and model must be texts";
	for (int field = 0; field < PRICE_FIELDS; field++)
		record.fields[field] = column_text_or_null(row, field + 4);
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
		refuse(ERROR_PRICE_FILE, 0,
			   "it is no JSON array of objects, and no object with one such array");
	records.records = palloc0((json.count + 1) * sizeof(PriceRecord));
	for (uint64 row = 0; row < json.count; row++)
		records.records[records.count++] = read_record(row);
	return records;
}
