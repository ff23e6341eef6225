/*-------------------------------------------------------------------------
 *
 * verify_store.c
 *	  Recomputing everything (books-and-states 3, end).
 *
 * The checks stand in src/verify. All read the snapshot of the caller's query,
 * so that they are of one moment while others book.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "spi/sql.h"
#include "store/schema_store.h"
#include "store/verify_store.h"

/* src/verify, joined: each returns check_name, account_id and detail, in their types. */
static Sql checks[] = {
#include "verify_checks.inc"
};

void
verify_books(ReturnSetInfo *result)
{
	for (size_t i = 0; i < lengthof(checks); i++)
		sql_put_rows(&checks[i], NULL, NULL, result);
}

static void
report_guard(const Guard *guard, const char *table, GuardFault fault, void *argument)
{
	static const char *const fault_texts[] = {
		[GUARD_MISSING] = "is missing",
		[GUARD_ALTERED] = "is another than install() makes",
		[GUARD_NOT_ALWAYS] = "is disabled or does not fire always",
	};
	ReturnSetInfo *result = argument;
	bool nulls[] = {false, true, false};

	if (fault == GUARD_HOLDS)
		return;

	Datum values[] = {
		CStringGetTextDatum("guard"), (Datum) 0,
		CStringGetTextDatum(psprintf("trigger %s of table %s %s; billing.install() puts it back",
									 guard->name, table, fault_texts[fault]))};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

void
verify_guards(ReturnSetInfo *result)
{
	schema_visit_guards(report_guard, result);
}
