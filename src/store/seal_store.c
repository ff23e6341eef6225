/*-------------------------------------------------------------------------
 *
 * seal_store.c
 *	  Seals: the newest chain of each account, and digests of what the ledger does
 *	  not hold.
 *
 * A seal's text is made by one query of its rows, in which its own columns and the
 * root of the seal before it stand; its root is SHA-256 over that text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "core/seal.h"
#include "errors.h"
#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/discrepancy_store.h"
#include "store/seal_store.h"
#include "subtransaction.h"

/* ---- what of other tables is sealed ---------------------------------------- */

/* An instant as text, whatever the session's settings. */
#define AT(column) "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
#define BYTES(column) "encode(sha256(" column "), 'hex')"

/* A kind of rows: what of them never changes, and nobody may have erased. */
typedef struct SealedRows
{
	const char *table;
	const char *at;		 /* when such a row came to be, and stays as it is */
	const char *columns; /* as texts */
	const char *where;	 /* which of them; NULL: all */
	const char *name;	 /* SQL; NULL: the table's */
	const char *from;	 /* SQL; NULL: the table */
} SealedRows;

static const SealedRows sealed_rows[] = {
	{"account", "created_at", "account_id, region, currency"},
	{"account_lock", "locked_at", "account_id, lock_no, lock, locked_by, lock_reason"},
	{"account_price_list", "set_at",
	 "account_id, " AT("effective_from") ", price_list, actor, reason"},
	{"api_key", "created_at", "account_id, key_id, kind"},
	{"api_key_version", "set_at",
	 "account_id, key_id, version_no, " AT("expires_at") ", " AT("old_secret_until") ", models, " BYTES(
		 "secret_hash") ", " BYTES("old_secret_hash") ", actor, reason"},
	{"approval_request", "requested_at",
	 "account_id, idempotency_key, function, " BYTES(
		 "arguments_hash") ", amount, requested_by, requested_session_user, reason"},
	{"audit_log", "recorded_at",
	 "audit_no, account_id, action, object, old_value, CASE WHEN action NOT IN ('set_webhook', "
	 "'rotate_webhook_secret', 'delete_webhook') THEN new_value END, actor, session_user_name, "
	 "reason"},
	{"charge_reversal", "recorded_at",
	 "account_id, reversal_id, request_hash, " AT("event_recorded_at") ", probe, key_id, amount, " AT(
		 "occurred_at") ", model, variant, actor, reason"},
	{"charge_revision", "recorded_at",
	 "account_id, request_hash, probe, " AT(
		 "event_recorded_at") ", revision_no, rerate_no, first_entry_no, entry_count, old_price_id, "
							  "price_id, key_id, old_charge, charge, amount, written_off, model, "
							  "variant"},
	{"clock_repair", "corrected_at",
	 "account_id, repair_no, last_entry_no, " AT("booked_until") ", actor, reason"},
	{"closed_month", "closed_at", AT("ends_at") ", partition_name, events, charge"},
	{"gateway_notice", "received_at", "notice_id, gateway, headers, query, " BYTES("body"),
	 "state NOT IN ('received', 'unverified') AND body <> ''"},
	{"idempotent_call", "recorded_at",
	 "account_id, idempotency_key, function, CASE WHEN function NOT IN ('update_contact', "
	 "'request_invoice', 'set_webhook') THEN " BYTES("arguments_hash") " END, result"},
	{"invoice", "created_at",
	 "account_id, invoice_id, kind, buyer, " AT(
		 "due_at") ", payment_id, corrects, item_id, take_back_id"},
	{"invoice_line", "created_at", "account_id, invoice_id, order_id, amount", NULL, NULL,
	 BOOKS "invoice_line JOIN (SELECT account_id, invoice_id, created_at FROM " BOOKS
		   "invoice) AS i USING (account_id, invoice_id)"},
	{"lot", "created_at",
	 "account_id, lot_no, order_id, source_type, source_id, kind, amount, " AT("expires_at")},
	{"notification", "created_at",
	 "account_id, notification_no, event, source_id, episode, channel, endpoint_id, language, payload"},
	{"payment", "recorded_at",
	 "account_id, payment_id, gateway, transaction_id, currency, amount, payer_amount, " AT(
		 "paid_at") ", actor"},
	{"payment_order", "created_at",
	 "account_id, order_id, kind, method, gateway, product, subject, promotion, currency, "
	 "pay_amount, discount, gift, gift_days, plan, plan_version, replaces, pack_of, " AT(
		 "expires_at") ", actor"},
	{"plan", "created_at",
	 "plan, version, region, price, quota, months, days, window_hours, window_quota, monthly_quota"},
	{"reconciliation_difference", "found_at",
	 "difference_id, gateway, to_char(day, 'YYYY-MM-DD'), class, subject, transaction_id, refund_id"},
	{"reconciliation_line", "recorded_at",
	 "account_id, line_no, gateway, to_char(day, 'YYYY-MM-DD'), run, class, amount"},
	{"red_confirmation", "created_at",
	 "account_id, confirmation_no, invoice_id, started_by, red_reason, provider_id, actor"},
	{"refund", "requested_at", "account_id, refund_id, order_id, reason, requested_by"},
	{"refund_item", "created_at",
	 "account_id, item_id, refund_id, order_id, payment_id, gateway, amount"},
	{"subscription", "booked_at",
	 "account_id, subscription_no, order_id, plan, plan_version, pack_of, replaces, price"},
	{"take_back", "recorded_at",
	 "account_id, take_back_id, payment_id, gateway, refund_id, refund_number, kind, amount, payer_amount, undoes, "
	 "from_suspense, " AT("occurred_at") ", actor, reason"},
	/* What costs nothing has no ledger entry. Once a month is closed, nobody looks at its rows. */
	{"usage_event", "settled_at",
	 "account_id, request_id, probe, " AT("occurred_at") ", " AT(
		 "recorded_at") ", key_id, model, variant, input_tokens, output_tokens, cache_read_tokens, "
						"cache_write_tokens, meters, status, reason, charge, price_id, "
						"subscription_no, quota_no, window_no, weight_id, credits",
	 "first_entry_no IS NULL AND settled_at IS NOT NULL",
	 "'usage_event ' || to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM')"},
};

/* The query of a kind of rows: their name, when they came to be, and their lines. */
static char *
rows_query(const SealedRows *rows)
{
	return psprintf("SELECT %s AS name, %s AS at, ROW(%s)::text AS line FROM %s WHERE %s",
					rows->name ? rows->name : quote_literal_cstr(rows->table), rows->at,
					rows->columns, rows->from ? rows->from : psprintf(BOOKS "%s", rows->table),
					rows->where ? rows->where : "true");
}

#define DIGEST_OF_LINES "billing.hash_lines(line ORDER BY line COLLATE \"C\")"

void
seal_list_rows(ReturnSetInfo *result)
{
	for (size_t i = 0; i < lengthof(sealed_rows); i++)
	{
		Datum values[] = {CStringGetTextDatum(sealed_rows[i].table),
						  CStringGetTextDatum(rows_query(&sealed_rows[i]))};
		bool nulls[lengthof(values)] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/* ---- seals ----------------------------------------------------------------- */

void
seal_hold(void)
{
	(void) sql_execute("LOCK TABLE " BOOKS "seal IN SHARE ROW EXCLUSIVE MODE");
}

#define SEAL_COLUMNS "seal_no, sealed_at, rows_before, accounts, version, root"

static void
read_seal(Seal *seal)
{
	*seal = (Seal){
		.seal_no = column_int64(0, 1),
		.sealed_at = column_instant(0, 2, 0),
		.rows_before = column_instant(0, 3, 0),
		.accounts = column_int64(0, 4),
		.version = column_int32(0, 5),
		.root = column_digest(0, 6),
	};
}

bool
seal_newest(Seal *seal)
{
	static Sql find = SQL("SELECT " SEAL_COLUMNS " FROM " BOOKS
						  "seal ORDER BY seal_no DESC LIMIT 1");

	*seal = (Seal){.rows_before = DT_NOBEGIN};
	if (sql_run(&find, NULL, NULL) == 0)
		return false;
	read_seal(seal);
	return true;
}

bool
seal_find(int64 seal_no, Seal *seal)
{
	static Sql find = SQL("SELECT " SEAL_COLUMNS " FROM " BOOKS "seal WHERE seal_no = $1", INT8OID);

	if (sql_read(&find, (Datum[]){Int64GetDatum(seal_no)}, NULL) == 0)
		return false;
	read_seal(seal);
	return true;
}

int64
seal_next(int64 seal_no)
{
	static Sql find = SQL("SELECT 'seal_account' FROM " BOOKS
						  "seal_account WHERE seal_no = $1 UNION ALL SELECT 'seal_rows' FROM " BOOKS
						  "seal_rows WHERE seal_no = $1 LIMIT 1",
						  INT8OID);
	int64 next;

	if (pg_add_s64_overflow(seal_no, 1, &next))
		altered_refuse("the highest number of a seal");
	if (sql_run(&find, (Datum[]){Int64GetDatum(next)}, NULL) > 0)
		altered_refuse(psprintf("rows of seal " INT64_FORMAT " before it is made, in table %s",
								next, column_text(0, 1)));
	return next;
}

/* ---- making one -------------------------------------------------------------- */

static void
put_accounts(void *argument)
{
	static Sql put = SQL(
		"INSERT INTO " BOOKS "seal_account (account_id, seal_no, entry_no, chain) SELECT "
		"a.account_id, $1, a.last_entry_no, a.chain FROM " BOOKS "account AS a WHERE "
		"a.last_entry_no > coalesce((SELECT s.entry_no FROM " BOOKS "seal_account AS s JOIN " BOOKS
		"seal AS b ON b.seal_no = s.seal_no WHERE s.account_id = a.account_id ORDER BY s.seal_no DESC "
		"LIMIT 1), 0)",
		INT8OID);
	Seal *seal = argument;

	seal->accounts = (int64) sql_run(&put, (Datum[]){Int64GetDatum(seal->seal_no)}, NULL);
}

/* Rows of a kind, of a time, which a seal is to hold. */
typedef struct Put
{
	const SealedRows *rows;
	int64 seal_no;
	TimestampTz from;
	TimestampTz to;
} Put;

static void
put_rows(void *argument)
{
	const Put *put = argument;

	(void) sql_execute_with(
		psprintf("INSERT INTO " BOOKS "seal_rows (seal_no, name, rows, digest) SELECT $1, name, "
				 "count(*), " DIGEST_OF_LINES " FROM (%s) AS r WHERE at >= $2 AND at < $3 GROUP BY "
				 "name",
				 rows_query(put->rows)),
		3, (Oid[]){INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID},
		(Datum[]){Int64GetDatum(put->seal_no), TimestampTzGetDatum(put->from),
				  TimestampTzGetDatum(put->to)},
		NULL);
}

/* The text of a seal of these columns, without the line of its root. */
#define BODY(seal_no, sealed_at, rows_before, version)                                                              \
	"format(E'billing seal %s\\nseal %s\\nsealed at %s\\nrows before %s\\nafter %s\\n', " version                   \
	", " seal_no ", " AT(sealed_at) ", coalesce(" AT(                                                               \
		rows_before) ", 'none'), coalesce((SELECT "                                                                 \
					 "string_agg(encode(b.root, 'hex'), ' ') FROM " BOOKS                                           \
					 "seal AS b WHERE b.seal_no = " seal_no " - 1), 'none')) "                                      \
					 "|| coalesce((SELECT string_agg(format(E'rows %s %s %s\\n', r.rows, encode(r.digest, 'hex'), " \
					 "r.name), '' ORDER BY r.name) FROM " BOOKS                                                     \
					 "seal_rows AS r WHERE r.seal_no = " seal_no "), "                                              \
					 "'') || coalesce((SELECT string_agg(format(E'account %s %s %s\\n', a.account_id, "             \
					 "a.entry_no, encode(a.chain, 'hex')), '' ORDER BY a.account_id) FROM " BOOKS                   \
					 "seal_account AS a WHERE a.seal_no = " seal_no "), '')"
#define BODY_OF_ROW BODY("s.seal_no", "s.sealed_at", "s.rows_before", "s.version")

static void
put_seal(void *argument)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "seal (" SEAL_COLUMNS ") SELECT $1, $2, $3, $4, $5, "
		"sha256(convert_to(" BODY("$1", "$2", "$3", "$5") ", 'UTF8')) RETURNING root",
		INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT4OID);
	Seal *seal = argument;

	seal->version = SEAL_VERSION;
	sql_write(&insert,
			  (Datum[]){Int64GetDatum(seal->seal_no), TimestampTzGetDatum(seal->sealed_at),
						TimestampTzGetDatum(seal->rows_before), Int64GetDatum(seal->accounts),
						Int32GetDatum(seal->version)},
			  NULL);
	seal->root = column_digest(0, 1);
}

/* The same rows, looked at. */
static void
look_at_rows(void *argument)
{
	const Put *put = argument;

	(void) sql_execute_with(
		psprintf("SELECT " DIGEST_OF_LINES " FROM (%s) AS r WHERE at >= $1 AND at < $2",
				 rows_query(put->rows)),
		2, (Oid[]){TIMESTAMPTZOID, TIMESTAMPTZOID},
		(Datum[]){TimestampTzGetDatum(put->from), TimestampTzGetDatum(put->to)}, NULL);
}

static bool
can_be_read(Put put)
{
	ErrorData *error = subtransaction_run(look_at_rows, &put, altered_by_rows);

	if (error)
		FreeErrorData(error);
	return error == NULL;
}

/* Refuses the first of these rows that cannot be read, by its instant. */
static void
refuse_rows(Put put, const char *message)
{
	const char *table = put.rows->table;

	if (can_be_read(put))
		altered_refuse(psprintf("rows of %s that no seal can hold (%s)", table, message));
	while (put.from + 1 < put.to)
	{
		Put half = put;

		half.to = put.from + (int64) (((uint64) put.to - (uint64) put.from) / 2);
		if (can_be_read(half))
			put.from = half.to;
		else
			put.to = half.to;
	}
	altered_refuse(psprintf("a row of %s, of %s, that no seal can hold (%s)", table,
							timestamptz_to_str(put.from), message));
}

void
seal_write(Seal *seal, TimestampTz rows_from)
{
	altered_run(put_accounts, seal, "accounts that no seal can hold");
	for (size_t i = 0; i < lengthof(sealed_rows) && rows_from < seal->rows_before; i++)
	{
		Put put = {&sealed_rows[i], seal->seal_no, rows_from, seal->rows_before};
		ErrorData *error = subtransaction_run(put_rows, &put, altered_by_rows);

		if (error)
			refuse_rows(put, error->message);
	}
	altered_run(put_seal, seal, "what makes no seal");
}

/* Of a seal. */
typedef struct Body
{
	int64 seal_no;
	char *text;
} Body;

static void
read_body(void *argument)
{
	static Sql read = SQL("SELECT " BODY_OF_ROW " FROM " BOOKS "seal AS s WHERE s.seal_no = $1",
						  INT8OID);
	Body *body = argument;

	if (sql_read(&read, (Datum[]){Int64GetDatum(body->seal_no)}, NULL) == 0)
		refuse(ERROR_SEAL_UNKNOWN, body->seal_no);
	body->text = column_text(0, 1);
}

char *
seal_body(int64 seal_no)
{
	Body body = {.seal_no = seal_no};

	altered_run(read_body, &body, "a seal that makes no text");
	return body.text;
}

/* ---- verify() and verify_seal() ---------------------------------------------- */

void
seal_verify_roots(ReturnSetInfo *result)
{
	static Sql roots = SQL(
		"SELECT 'seal'::text, NULL::bigint, format('seal %s has another root than its rows, and the "
		"seal before it, make', s.seal_no) FROM " BOOKS "seal AS s WHERE s.root IS DISTINCT FROM "
		"sha256(convert_to(" BODY_OF_ROW
		", 'UTF8')) UNION ALL SELECT 'seal', NULL, format('seal %s "
		"is missing', s.seal_no - 1) FROM " BOOKS "seal AS s WHERE s.seal_no > 1 AND NOT EXISTS "
		"(SELECT FROM " BOOKS "seal AS b WHERE b.seal_no = s.seal_no - 1)");

	discrepancy_put_rows(&roots, NULL, result);
}

/* What is wrong with a kind of rows: the digest of each time between two seals is another. */
#define CHECK_ROWS                                                                                         \
	"WITH bounds AS (SELECT array_agg(rows_before ORDER BY seal_no) AS b, count(*) AS seals FROM " BOOKS   \
	"seal), found AS (SELECT name, width_bucket(at, b) + 1 AS seal_no, count(*) AS rows, " DIGEST_OF_LINES \
	" AS digest FROM (%s) AS r CROSS JOIN bounds WHERE at < b[seals] AND EXISTS (SELECT FROM " BOOKS       \
	"seal) GROUP BY 1, "                                                                                   \
	"2) SELECT 'sealed_rows'::text, NULL::bigint, format('%%s has %%s rows of the time of seal "           \
	"%%s, which are not the %%s that were sealed', coalesce(f.name, s.name), coalesce(f.rows, 0), "        \
	"coalesce(f.seal_no, s.seal_no), coalesce(s.rows, 0)) FROM found AS f FULL JOIN (SELECT * FROM " BOOKS \
	"seal_rows WHERE split_part(name, ' ', 1) = %s) AS s ON s.name = f.name AND s.seal_no = "              \
	"f.seal_no WHERE (f.rows, f.digest) IS DISTINCT FROM (s.rows, s.digest)"

/* Nobody looks at the usage of a month any more that is closed, and whose partition is none. */
#define IS_OF_OPEN_MONTH                                                                           \
	" AND NOT EXISTS (SELECT FROM " BOOKS "closed_month AS m WHERE to_char(m.month, 'YYYY-MM') = " \
	"split_part(coalesce(f.name, s.name), ' ', 2) AND NOT EXISTS (SELECT FROM pg_inherits AS i "   \
	"JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = '" BOOKS                         \
	"usage_event'::regclass "                                                                      \
	"AND c.relname::text IN (m.partition_name, 'usage_event_' || to_char(m.month, 'YYYY_MM'))))"

const char *
seal_kind(int kind)
{
	return (size_t) kind < lengthof(sealed_rows) ? sealed_rows[kind].table : NULL;
}

void
seal_verify_rows(int kind, ReturnSetInfo *result)
{
	static Sql check = SQL(NULL);
	const SealedRows *rows = &sealed_rows[kind];

	sql_replace(&check, psprintf(rows->name ? CHECK_ROWS IS_OF_OPEN_MONTH : CHECK_ROWS,
								 rows_query(rows), quote_literal_cstr(rows->table)));
	discrepancy_put_rows(&check, NULL, result);
}

void
seal_compare(const KeptSeal *kept, ReturnSetInfo *result)
{
	static Sql compare = SQL(
		"SELECT CASE WHEN NOT $2 AND e.chain IS NULL AND coalesce(a.last_entry_no, 0) < k.entry_no THEN 'seal_ahead' ELSE "
		"'sealed_entry' END, k.account_id, CASE WHEN e.chain IS NOT NULL THEN format('entry %s has "
		"another chain than was sealed', k.entry_no) WHEN a.account_id IS NULL THEN 'the account is "
		"not here' ELSE format('entry %s was sealed, and the account ends at %s', k.entry_no, "
		"a.last_entry_no) END FROM (SELECT split_part(l, ' ', 2)::bigint AS account_id, "
		"split_part(l, ' ', 3)::bigint AS entry_no, decode(split_part(l, ' ', 4), 'hex') AS chain "
		"FROM string_to_table($1, E'\\n') AS l WHERE l LIKE 'account %') AS k LEFT JOIN " BOOKS
		"account AS a ON a.account_id = k.account_id LEFT JOIN " BOOKS
		"ledger_entry AS e ON e.account_id = k.account_id AND e.entry_no = k.entry_no WHERE e.chain "
		"IS DISTINCT FROM k.chain",
		TEXTOID, BOOLOID);

	discrepancy_put_rows(
		&compare, (Datum[]){CStringGetTextDatum(kept->text), BoolGetDatum(kept->is_here)}, result);
}
