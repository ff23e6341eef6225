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

#include "core/books.h"
#include "core/policy.h"
#include "spi/altered.h"
#include "spi/catalog.h"
#include "spi/column.h"
#include "spi/cursor.h"
#include "spi/sql.h"
#include "store/discrepancy_store.h"
#include "store/replay_store.h"
#include "store/schema_store.h"
#include "store/seal_store.h"
#include "store/usage_proof_store.h"
#include "store/verify_store.h"
#include "subtransaction.h"

/*
 * src/verify, joined: each returns check_name, account_id and detail, in their types.
 * The first looks whether there are the tables that all others read.
 */
static Sql checks[] = {
#include "verify_checks.inc"
};

/* The same of one account, which is their argument. */
static Sql account_checks[] = {
#include "verify_account_checks.inc"
};

/* Reads what is damaged, and may fail by that. */
typedef struct Reading
{
	Sql *check;
	Datum *values; /* its arguments */
	ReturnSetInfo *result;
	const char *what; /* is read; NULL: the error says enough */
	int kind;		  /* of sealed rows */
	KeptSeal *kept;
	const int64 *only; /* the account; NULL: all */
} Reading;

static bool
is_of_data(int sqlstate)
{
	return altered_by_rows(sqlstate) ||
		   ERRCODE_TO_CATEGORY(sqlstate) == MAKE_SQLSTATE('L', 'B', '0', '0', '0');
}

/* Where the rows are such that they cannot even be read, that is told, and the rest goes on. */
static void
read_or_tell(void (*read)(void *argument), Reading *reading)
{
	ErrorData *error = subtransaction_run(read, reading, is_of_data);

	if (error)
		discrepancy_put_row(reading->result, "unreadable", NO_NUMBER,
							reading->what ? psprintf("%s: %s", reading->what, error->message)
										  : error->message);
}

static void
read_check(void *argument)
{
	Reading *reading = argument;

	(void) discrepancy_put_rows(reading->check, reading->values, reading->result);
}

bool
verify_tables(ReturnSetInfo *result)
{
	return discrepancy_put_rows(&checks[0], NULL, result) == 0;
}

void
verify_books(ReturnSetInfo *result)
{
	for (size_t i = 1; i < lengthof(checks); i++)
		read_or_tell(read_check, &(Reading){&checks[i], NULL, result});
}

static void
verify_books_of(int64 account_id, ReturnSetInfo *result)
{
	for (size_t i = 0; i < lengthof(account_checks); i++)
	{
		account_checks[i].types[0] = INT8OID;
		read_or_tell(read_check,
					 &(Reading){&account_checks[i], &(Datum){Int64GetDatum(account_id)}, result});
	}
}

/* The days of a month and the requests of its table, %1$s; %2$s is its first day. No more than %3$d
 * rows. */
static const char detached_month_sql[] =
#include "query/detached_month.inc"
	;

static void
verify_detached_month(Telling *telling, const char *table, const char *month)
{
	uint64 count = sql_execute(
		psprintf(detached_month_sql, table, quote_literal_cstr(month), DISCREPANCIES_TOLD_MAX + 1));

	for (uint64 row = 0; row < count; row++)
		discrepancy_put(telling, "detached_month", column_int64(row, 1), column_text(row, 2));
}

static void
read_detached_months(void *argument)
{
	Telling telling = discrepancy_begin(((Reading *) argument)->result);
	/* Nothing else is read as one: a table of that name may be anybody's. */
	static Sql find = SQL(
		"SELECT quote_ident(c.relname), m.month::text FROM " BOOKS "closed_month AS m JOIN "
		"pg_class AS c ON c.relnamespace = '" BOOKS_SCHEMA "'::regnamespace AND c.relname::text = "
		"m.partition_name AND c.relkind = 'r' AND NOT c.relispartition WHERE isfinite(m.month) AND "
		"NOT EXISTS (SELECT FROM pg_attribute AS a LEFT JOIN pg_attribute AS d ON d.attrelid = "
		"c.oid AND d.attname = a.attname AND d.atttypid = a.atttypid WHERE a.attrelid = '" BOOKS
		"usage_event'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND d.attrelid IS NULL) "
		"ORDER BY m.month");
	uint64 count = sql_read(&find, NULL, NULL);
	char **tables = palloc((count + 1) * sizeof(char *));
	char **months = palloc((count + 1) * sizeof(char *));

	for (uint64 row = 0; row < count; row++)
	{
		tables[row] = column_text(row, 1);
		months[row] = column_text(row, 2);
	}
	for (uint64 i = 0; i < count; i++)
		verify_detached_month(&telling, tables[i], months[i]);
}

void
verify_detached_months(ReturnSetInfo *result)
{
	read_or_tell(read_detached_months, &(Reading){.result = result});
}

static void
read_seals(void *argument)
{
	Reading *reading = argument;

	seal_verify_roots(reading->result);
}

static void
read_sealed_rows(void *argument)
{
	Reading *reading = argument;

	seal_verify_rows(reading->kind, reading->result);
}

void
verify_seals(ReturnSetInfo *result)
{
	read_or_tell(read_seals, &(Reading){.result = result, .what = "seals"});
	for (int kind = 0; seal_kind(kind); kind++)
		read_or_tell(read_sealed_rows,
					 &(Reading){.result = result,
								.what = psprintf("sealed rows of %s", seal_kind(kind)),
								.kind = kind});
}

static void
read_root(void *argument)
{
	Reading *reading = argument;
	KeptSeal *kept = reading->kept;
	Seal seal;

	kept->is_here = seal_find(kept->seal_no, &seal);
	if (!kept->is_here)
	{
		(void) seal_newest(&seal);
		discrepancy_put_row(reading->result, "seal_ahead", NO_NUMBER,
							psprintf("these books end before seal " INT64_FORMAT
									 ": their newest is " INT64_FORMAT,
									 kept->seal_no, seal.seal_no));
	}
	else if (memcmp(seal.root.bytes, kept->root.bytes, DIGEST_BYTES) != 0)
		discrepancy_put_row(reading->result, "seal", NO_NUMBER,
							psprintf("seal " INT64_FORMAT " is another here", kept->seal_no));
}

static void
read_sealed_accounts(void *argument)
{
	Reading *reading = argument;

	seal_compare(reading->kept, reading->result);
}

void
verify_kept_seal(KeptSeal *kept, ReturnSetInfo *result)
{
	Reading reading = {.result = result, .what = "seals", .kept = kept};

	read_or_tell(read_root, &reading);
	read_or_tell(read_sealed_accounts, &reading);
}

/* ---- replay ---------------------------------------------------------------- */

/* " of lot 3", where there is one. */
static const char *
number_text(const char *of, int64 number)
{
	return number == NO_NUMBER ? "" : psprintf(" of %s " INT64_FORMAT, of, number);
}

/* A transfer as an operator reads it: "cash / arrears 5.000000000 of lot 1, from payment 2 of ...".
 */
static const char *
transfer_text(const Transfer *transfer)
{
	char amount[MONEY_TEXT_SIZE];

	return psprintf("%s / %s %s%s%s, from %s " INT64_FORMAT " of %s%s", book_name(transfer->debit),
					book_name(transfer->credit), money_print(transfer->amount_nano, amount),
					number_text("lot", transfer->lot_no),
					number_text("subscription", transfer->subscription_no),
					book_source_name(transfer->source.type), transfer->source.id,
					timestamptz_to_str(transfer->occurred_at),
					transfer->undoes_entry_no == NO_NUMBER
						? ""
						: psprintf(", undoes entry " INT64_FORMAT, transfer->undoes_entry_no));
}

/* What replaying an account found. */
static const char *
replay_text(const ReplayFinding *finding)
{
	static const char *const texts[] = {
		[REPLAY_FALLS] = "it is recorded before the entry in front of it, and no repair says why",
		[REPLAY_HAS_NO_CAUSE] = "nothing makes it there",
		[REPLAY_IS_STAMPED] = "its number or its instant is not one of such an act",
		[REPLAY_IS_REFUSED] = "the rules refuse it",
		[REPLAY_IS_OTHERWISE] = "its re-rating or reversal says another amount or other entries",
	};

	switch (finding->fault)
	{
		case REPLAY_IS_UNREADABLE:
			return psprintf("entry " INT64_FORMAT " cannot be read", finding->entry_no);
		case REPLAY_IS_NOT_NEXT:
			return psprintf("entry " INT64_FORMAT " does not follow the one before it",
							finding->entry_no);
		case REPLAY_IS_ANOTHER:
			return psprintf("entry " INT64_FORMAT " is %s; expected %s", finding->entry_no,
							transfer_text(&finding->found), transfer_text(&finding->expected));
		case REPLAY_IS_MISSING:
			return psprintf("behind entry " INT64_FORMAT " is none; expected %s", finding->entry_no,
							transfer_text(&finding->expected));
		default:
			return psprintf("entry " INT64_FORMAT " is %s; %s", finding->entry_no,
							transfer_text(&finding->found), texts[finding->fault]);
	}
}

static void
read_usage(void *argument)
{
	Reading *reading = argument;
	Telling telling = discrepancy_begin(reading->result);

	usage_proof_run(reading->only, &telling);
}

void
verify_usage(ReturnSetInfo *result)
{
	read_or_tell(read_usage, &(Reading){.result = result, .what = "usage"});
}

static void
report_replay(int64 account_id, const ReplayFinding *finding, Telling *telling)
{
	if (finding->fault != REPLAY_HOLDS && discrepancy_is_told(telling, "replay"))
		discrepancy_put_row(telling->result, "replay", account_id, replay_text(finding));
}

static void
read_replay(void *argument)
{
	Reading *reading = argument;
	Telling telling = discrepancy_begin(reading->result);

	replay_visit(reading->only, report_replay, &telling);
}

void
verify_replay(ReturnSetInfo *result)
{
	read_or_tell(read_replay, &(Reading){.result = result});
}

void
verify_account(int64 account_id, ReturnSetInfo *result)
{
	Reading reading = {.result = result, .only = &account_id};

	verify_books_of(account_id, result);
	reading.what = "usage";
	read_or_tell(read_usage, &reading);
	reading.what = NULL;
	read_or_tell(read_replay, &reading);
}

/* ---- policies and guards ---------------------------------------------------- */

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

static void
read_policies(void *argument)
{
	Telling telling = discrepancy_begin(((Reading *) argument)->result);
	static Sql read = SQL("SELECT name, currency, value FROM " BOOKS
						  "policy_setting ORDER BY name, currency");
	static const Oid types[] = {TEXTOID, TEXTOID, INT8OID};
	Cursor rows;

	cursor_open(&rows, &read, NULL, types, lengthof(types));
	while (cursor_next(&rows))
	{
		const char *fault = policy_fault(cursor_text(&rows, 0), cursor_text(&rows, 1),
										 cursor_int64(&rows, 2));

		if (fault)
			discrepancy_put(&telling, "policy", NO_NUMBER, fault);
	}
	cursor_close(&rows);
}

void
verify_policies(ReturnSetInfo *result)
{
	read_or_tell(read_policies, &(Reading){.result = result});
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
		discrepancy_put(argument, "guard", NO_NUMBER,
						psprintf("trigger %s of table %s %s; billing.install() puts it back",
								 guard->name, table, fault_texts[fault]));
}

void
verify_guards(ReturnSetInfo *result)
{
	Telling telling = discrepancy_begin(result);

	schema_visit_guards(report_guard, &telling);
}
