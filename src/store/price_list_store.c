/*-------------------------------------------------------------------------
 *
 * price_list_store.c
 *	  Price lists in JSON: numbers are read as they are written, exactly.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "errors.h"
#include "store/price_list_store.h"
#include "store/statement.h"

PriceRecords
price_list_read_json(const char *data, const char *const names[PRICE_FIELDS], int records_max)
{
	static Statement read = STATEMENT(
		"SELECT jsonb_typeof(e) = 'object', e->>$2, e->>$3, e->>$4, e->>$5, e->>$6, e->>$7, "
		"e->>$8 FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS x (e, n) ORDER BY n",
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID);
	char nulls[] = "        ";
	Datum values[PRICE_FIELDS + 1];
	PriceRecords records = {0};

	set_text(values, nulls, 0, data);
	for (int field = 0; field < PRICE_FIELDS; field++)
		set_text(values, nulls, field + 1, names[field]);
	records.count = (int) Min(statement_run(&read, values, nulls), (uint64) records_max + 1);
	if (records.count > records_max)
		refuse(ERROR_PRICE_LIST, records.count, "the list is too long");
	records.records = palloc0((records.count + 1) * sizeof(PriceRecord));
	for (int row = 0; row < records.count; row++)
	{
		if (!column_bool(row, 1))
			refuse(ERROR_PRICE_LIST, row + 1, "it is no object");
		for (int field = 0; field < PRICE_FIELDS; field++)
			records.records[row].fields[field] = column_text(row, field + 2);
	}
	return records;
}
