/*-------------------------------------------------------------------------
 *
 * discrepancy_store.c
 *	  How much of each check is told.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/books.h"
#include "spi/cursor.h"
#include "store/discrepancy_store.h"

typedef struct Told
{
	char check[NAMEDATALEN];
	uint64 found;
} Told;

Telling
discrepancy_begin(ReturnSetInfo *result)
{
	return (Telling){.result = result, .context = CurrentMemoryContext};
}

static Told *
told_of(Telling *telling, const char *check)
{
	HASHCTL control = {.keysize = NAMEDATALEN, .entrysize = sizeof(Told), .hcxt = telling->context};
	bool is_there;
	Told *told;

	if (telling->checks == NULL)
		telling->checks = hash_create("billing told", 16, &control,
									  HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	told = hash_search(telling->checks, check, HASH_ENTER, &is_there);
	if (!is_there)
		told->found = 0;
	return told;
}

void
discrepancy_put_row(ReturnSetInfo *result, const char *check, int64 account_id, const char *detail)
{
	Datum values[] = {CStringGetTextDatum(check), Int64GetDatum(account_id),
					  CStringGetTextDatum(detail)};
	bool nulls[] = {false, account_id == NO_NUMBER, false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

bool
discrepancy_is_told(Telling *telling, const char *check)
{
	Told *told = told_of(telling, check);

	telling->found++;
	told->found++;
	if (told->found == DISCREPANCIES_TOLD_MAX + 1)
		discrepancy_put_row(
			telling->result, check, NO_NUMBER,
			psprintf("and more: only the first %d are told", DISCREPANCIES_TOLD_MAX));
	return told->found <= DISCREPANCIES_TOLD_MAX;
}

void
discrepancy_put(Telling *telling, const char *check, int64 account_id, const char *detail)
{
	if (discrepancy_is_told(telling, check))
		discrepancy_put_row(telling->result, check, account_id, detail);
}

uint64
discrepancy_put_rows(Sql *check, Datum *values, ReturnSetInfo *result)
{
	static const Oid types[] = {TEXTOID, INT8OID, TEXTOID};
	Telling telling = discrepancy_begin(result);
	MemoryContext context = AllocSetContextCreate(telling.context, "billing discrepancy",
												  ALLOCSET_SMALL_SIZES);
	Cursor rows;

	cursor_open(&rows, check, values, types, lengthof(types));
	MemoryContextSwitchTo(context);
	while (cursor_next(&rows))
	{
		discrepancy_put(&telling, cursor_text(&rows, 0), cursor_int64(&rows, 1),
						cursor_text(&rows, 2));
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(telling.context);
	MemoryContextDelete(context);
	cursor_close(&rows);
	return telling.found;
}
