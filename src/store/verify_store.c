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

#include "core/policy.h"
#include "spi/column.h"
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

/* A discrepancy of no account. */
static void
put_discrepancy(ReturnSetInfo *result, const char *check, const char *detail)
{
	Datum values[] = {CStringGetTextDatum(check), (Datum) 0, CStringGetTextDatum(detail)};
	bool nulls[] = {false, true, false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* What is wrong with a policy's row, which set_policy() cannot have written; null: nothing. */
static const char *
policy_fault(const char *name, const char *currency, int64 value)
{
	PolicyId id = policy_from_name(name);

	if (id == POLICIES_COUNT)
		return psprintf("there is no policy %s", name);
	if ((policy_catalog[id].type == POLICY_AMOUNT) != (currency[0] != '\0'))
		return psprintf("policy %s is set for currency \"%s\"", name, currency);
	if (!policy_accepts(id, value))
		return psprintf("policy %s is " INT64_FORMAT ", out of its bounds", name, value);
	return NULL;
}

void
verify_policies(ReturnSetInfo *result)
{
	static Sql read = SQL("SELECT name, currency, value FROM " BOOKS
						  "policy_setting ORDER BY name, currency");
	uint64 count = sql_read(&read, NULL, NULL);

	for (uint64 row = 0; row < count; row++)
	{
		const char *fault = policy_fault(column_text(row, 1), column_text(row, 2),
										 column_int64(row, 3));

		if (fault)
			put_discrepancy(result, "policy", fault);
	}
}

static void
report_guard(const Guard *guard, const char *table, GuardFault fault, void *argument)
{
	static const char *const fault_texts[] = {
		[GUARD_MISSING] = "is missing",
		[GUARD_ALTERED] = "is another than install() makes",
		[GUARD_NOT_ENABLED] = "is disabled or does not fire always",
	};

	if (fault != GUARD_HOLDS)
		put_discrepancy(argument, "guard",
						psprintf("trigger %s of table %s %s; billing.install() puts it back",
								 guard->name, table, fault_texts[fault]));
}

void
verify_guards(ReturnSetInfo *result)
{
	schema_visit_guards(report_guard, result);
}
