/*-------------------------------------------------------------------------
 *
 * schema_store.c
 *	  The DDL of src/schema, partitions and guards.
 *
 * The tables are not members of the extension: they are made here, by the
 * role that calls install(), so that they dump and restore like any table.
 * The guards refuse changes of history by whomever; they fire ALWAYS, in
 * sessions that apply changes as a replica too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_trigger.h"
#include "utils/builtins.h"

#include "errors.h"
#include "store/schema_store.h"
#include "store/session.h"
#include "store/statement.h"
#include "store/usage_store.h"

/* Months whose partition install() makes: this one and the next three. */
#define PARTITIONS_AHEAD 3

static const struct
{
	const char *name;
	const char *sql;
} schema_files[] = {
#include "schema_ddl.inc"
};

/* Files whose objects are replaced at each install() and migrate(). */
#define REPLACED_FROM "70"

#define REFUSE "EXECUTE FUNCTION billing.history_guard()"
#define FORGET "EXECUTE FUNCTION billing.forget_cached()"

#define NO_CHANGE(table)                                                                  \
	{                                                                                     \
#table, "no_change", "BEFORE UPDATE OR DELETE ON billing.%s FOR EACH ROW " REFUSE \
	}
#define NO_DELETE(table)                                                        \
	{                                                                           \
#table, "no_delete", "BEFORE DELETE ON billing.%s FOR EACH ROW " REFUSE \
	}
#define NO_TRUNCATE(table)                                                                \
	{                                                                                     \
#table, "no_truncate", "BEFORE TRUNCATE ON billing.%s FOR EACH STATEMENT " REFUSE \
	}
#define NO_UPDATE_OF(table, columns)                                                           \
	{                                                                                          \
#table, "no_update", "BEFORE UPDATE OF " columns " ON billing.%s FOR EACH ROW " REFUSE \
	}
#define NO_UPDATE_WHEN(table, condition)                                            \
	{                                                                               \
#table, "no_update",                                                        \
			"BEFORE UPDATE ON billing.%s FOR EACH ROW WHEN (" condition ") " REFUSE \
	}
#define FORGET_CACHED(table)                                                                        \
	{                                                                                               \
#table, "forget_cached",                                                                    \
			"AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON billing.%s FOR EACH STATEMENT " FORGET \
	}

/* It looks at nothing but the row, so that it may fire while data is restored, too. */
#define JUDGE_TRANSFER(table)                                                                    \
	{                                                                                            \
#table, "judge_transfer",                                                                \
			"BEFORE INSERT ON billing.%s FOR EACH ROW EXECUTE FUNCTION billing.judge_transfer()" \
	}

static const Guard guards[] = {
	JUDGE_TRANSFER(ledger_entry),
	NO_CHANGE(ledger_entry),
	NO_TRUNCATE(ledger_entry),
	NO_DELETE(usage_event),
	NO_UPDATE_WHEN(usage_event,
				   "OLD.status <> 'unpriced' OR NEW.status <> 'charged' OR (OLD.account_id, "
				   "OLD.request_hash, OLD.probe, OLD.request_id, OLD.key_id, OLD.key_name, "
				   "OLD.model, OLD.input_tokens, OLD.output_tokens, OLD.cache_read_tokens, "
				   "OLD.cache_write_tokens, OLD.occurred_at, OLD.recorded_at) IS DISTINCT FROM "
				   "(NEW.account_id, NEW.request_hash, NEW.probe, NEW.request_id, NEW.key_id, "
				   "NEW.key_name, NEW.model, NEW.input_tokens, NEW.output_tokens, "
				   "NEW.cache_read_tokens, NEW.cache_write_tokens, NEW.occurred_at, "
				   "NEW.recorded_at)"),
	NO_TRUNCATE(usage_event),
	NO_DELETE(lot),
	NO_UPDATE_OF(lot, "account_id, lot_no, order_id, source_id, created_at, expires_at, amount, "
					  "kind, source_type"),
	NO_TRUNCATE(lot),
	NO_DELETE(account),
	NO_UPDATE_OF(account, "account_id, created_at, region, currency"),
	NO_TRUNCATE(account),
	NO_DELETE(api_key),
	NO_UPDATE_WHEN(api_key,
				   "OLD.deleted_at IS NOT NULL OR (OLD.account_id, OLD.key_id, OLD.kind, OLD.name, "
				   "OLD.secret_hash, OLD.created_at) IS DISTINCT FROM (NEW.account_id, "
				   "NEW.key_id, NEW.kind, NEW.name, NEW.secret_hash, NEW.created_at)"),
	NO_TRUNCATE(api_key),
	NO_DELETE(account_lock),
	NO_UPDATE_WHEN(account_lock,
				   "OLD.unlocked_at IS NOT NULL OR (OLD.account_id, OLD.lock_no, OLD.lock, "
				   "OLD.locked_at, OLD.locked_by, OLD.lock_reason) IS DISTINCT FROM "
				   "(NEW.account_id, NEW.lock_no, NEW.lock, NEW.locked_at, NEW.locked_by, "
				   "NEW.lock_reason)"),
	NO_TRUNCATE(account_lock),
	NO_CHANGE(price),
	NO_TRUNCATE(price),
	NO_CHANGE(payment_order),
	NO_TRUNCATE(payment_order),
	NO_CHANGE(payment),
	NO_TRUNCATE(payment),
	NO_CHANGE(take_back),
	NO_TRUNCATE(take_back),
	NO_CHANGE(charge_reversal),
	NO_TRUNCATE(charge_reversal),
	NO_CHANGE(idempotent_call),
	NO_TRUNCATE(idempotent_call),
	NO_CHANGE(approval_request),
	NO_TRUNCATE(approval_request),
	NO_CHANGE(audit_log),
	NO_TRUNCATE(audit_log),
	FORGET_CACHED(policy_setting),
	FORGET_CACHED(schema_version),
};

/* Runs DDL, whose text may hold several statements. */
static void
run_ddl(const char *sql)
{
	if (SPI_execute(sql, false, 0) < 0)
		refuse(ERROR_INTERNAL, "a statement of the schema failed");
}

bool
schema_exists(void)
{
	return OidIsValid(session_table("account"));
}

void
schema_create(TimestampTz now)
{
	static Statement stamp = STATEMENT(
		"INSERT INTO billing.schema_version (version, installed_at) VALUES ($1, $2)", INT4OID,
		TIMESTAMPTZOID);
	int month = usage_month(now);

	for (size_t i = 0; i < lengthof(schema_files); i++)
		if (strncmp(schema_files[i].name, REPLACED_FROM, strlen(REPLACED_FROM)) < 0)
			run_ddl(schema_files[i].sql);
	for (int ahead = 0; ahead <= PARTITIONS_AHEAD; ahead++)
		usage_make_partition(month + ahead);
	statement_run(&stamp, (Datum[]){Int32GetDatum(SCHEMA_VERSION), TimestampTzGetDatum(now)}, NULL);
}

/* Puts one guard back where it is missing, and makes it fire always. */
static void
restore_guard(const Guard *guard, const char *table, GuardFault fault, void *argument)
{
	StringInfoData sql;

	if (fault == GUARD_HOLDS)
		return;
	initStringInfo(&sql);
	if (fault == GUARD_MISSING)
	{
		appendStringInfo(&sql, "CREATE TRIGGER %s ", guard->name);
		appendStringInfo(&sql, guard->definition, table);
		appendStringInfoString(&sql, "; ");
	}
	appendStringInfo(&sql, "ALTER TABLE billing.%s ENABLE ALWAYS TRIGGER %s", table, guard->name);
	run_ddl(sql.data);
}

void
schema_refresh(void)
{
	for (size_t i = 0; i < lengthof(schema_files); i++)
		if (strncmp(schema_files[i].name, REPLACED_FROM, strlen(REPLACED_FROM)) >= 0)
			run_ddl(schema_files[i].sql);
	/* The owner must be able to execute it, or verify() fails. */
	run_ddl("SELECT billing.transfer_allowed(1, '', '', NULL, NULL, NULL, '')");
	schema_visit_guards(restore_guard, NULL);
}

/* The table itself and its partitions; a list that outlives later statements. */
static char **
table_and_partitions(const char *table, uint64 *count)
{
	static Statement read = STATEMENT(
		"SELECT $1 UNION ALL (SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class "
		"AS c ON c.oid = i.inhrelid WHERE i.inhparent = ('billing.' || $1)::regclass "
		"ORDER BY 1)",
		TEXTOID);
	char **tables;

	*count = statement_run(&read, (Datum[]){CStringGetTextDatum(table)}, NULL);
	tables = palloc(*count * sizeof(char *));
	for (uint64 row = 0; row < *count; row++)
		tables[row] = column_text(row, 1);
	return tables;
}

static GuardFault
guard_fault(const Guard *guard, const char *table)
{
	static Statement read = STATEMENT(
		"SELECT t.tgenabled = 'A' FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = "
		"t.tgfoid WHERE t.tgrelid = ('billing.' || $1)::regclass AND t.tgname = $2::name "
		"AND p.pronamespace = 'billing'::regnamespace",
		TEXTOID, TEXTOID);

	if (statement_run(&read,
					  (Datum[]){CStringGetTextDatum(table), CStringGetTextDatum(guard->name)},
					  NULL) == 0)
		return GUARD_MISSING;
	return column_bool(0, 1) ? GUARD_HOLDS : GUARD_NOT_ALWAYS;
}

void
schema_visit_guards(GuardVisitor visitor, void *argument)
{
	for (size_t i = 0; i < lengthof(guards); i++)
	{
		uint64 count;
		char **tables = table_and_partitions(guards[i].table, &count);

		/* A partition has clones of row triggers; a lost one cannot occur alone. */
		for (uint64 j = 0; j < count; j++)
			visitor(&guards[i], tables[j], guard_fault(&guards[i], tables[j]), argument);
	}
}
