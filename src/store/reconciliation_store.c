/*-------------------------------------------------------------------------
 *
 * reconciliation_store.c
 *	  Runs that compare bills with the books, and what they found.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/payment_store.h"
#include "store/reconciliation_store.h"

static const char *const class_names[RECONCILIATION_CLASSES_COUNT] = {
	[CLASS_FEE] = "fee",
	[CLASS_FEE_RETURNED] = "fee_returned",
	[CLASS_SETTLEMENT] = "settlement",
	[CLASS_FUNDING] = "funding",
};

#define OF_KEY "gateway = $1 AND day = $2::date AND run = $3"

void
reconciliation_bind_key(Datum *values, char *nulls, const ReconciliationKey *key)
{
	bind_text(values, nulls, 0, key->gateway);
	bind_text(values, nulls, 1, key->day);
	values[2] = Int32GetDatum(key->run);
}

/* ---- runs ------------------------------------------------------------------ */

/* What read_run() reads. */
#define RUN_COLUMNS                                                                               \
	"gateway, to_char(day, 'YYYY-MM-DD'), run, state, bill, due_at, requested_at, requested_by, " \
	"attempts, code, rows, matched FROM " BOOKS "reconciliation"

static Reconciliation
read_run(void)
{
	int state = lifecycle_state_from_name(&lifecycle_reconciliation, column_text(0, 4));
	Reconciliation run = {
		.key.gateway = column_text(0, 1),
		.key.run = column_int32(0, 3),
		.bill = column_text_or_null(0, 5),
		.due_at = column_instant(0, 6, DT_NOEND),
		.requested_at = column_instant(0, 7, DT_NOBEGIN),
		.requested_by = column_text(0, 8),
		.attempts = column_int32(0, 9),
		.code = column_text_or_null(0, 10),
		.rows = column_int64(0, 11),
		.matched = column_int64(0, 12),
	};

	if (state < 0)
		altered_refuse("a reconciliation's state");
	run.state = (ReconciliationState) state;
	strlcpy(run.key.day, column_text(0, 2), DAY_SIZE);
	return run;
}

/* The open run of a day. */
static bool
find_open(Reconciliation *run)
{
	static Sql find = SQL("SELECT " RUN_COLUMNS
						  " WHERE gateway = $1 AND day = $2::date AND state IN "
						  "('fetching', 'matching', 'asking')",
						  TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, run->key.gateway);
	bind_text(values, nulls, 1, run->key.day);
	if (sql_run(&find, values, nulls) == 0)
		return false;
	*run = read_run();
	return true;
}

bool
reconciliation_insert(Reconciliation *run)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS
		"reconciliation (gateway, day, run, state, bill, due_at, requested_at, "
		"requested_by) SELECT $1, $2::date, (SELECT coalesce(max(run), 0) + 1 FROM " BOOKS
		"reconciliation WHERE gateway = $1 AND day = $2::date), $3, $4, $5, $5, $6 ON CONFLICT "
		"(gateway, day) WHERE state IN ('fetching', 'matching', 'asking') DO NOTHING RETURNING run",
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "      ";
	Datum values[6];

	bind_text(values, nulls, 0, run->key.gateway);
	bind_text(values, nulls, 1, run->key.day);
	bind_text(values, nulls, 2, lifecycle_state_name(&lifecycle_reconciliation, run->state));
	bind_text(values, nulls, 3, run->bill);
	values[4] = TimestampTzGetDatum(run->requested_at);
	bind_text(values, nulls, 5, run->requested_by);
	if (sql_run(&insert, values, nulls) == 0)
	{
		(void) find_open(run);
		return false;
	}
	run->key.run = column_int32(0, 1);
	return true;
}

bool
reconciliation_find_due(ReconciliationState state, TimestampTz now, Reconciliation *run)
{
	static Sql find = SQL("SELECT " RUN_COLUMNS
						  " WHERE state = $1 AND due_at <= $2 ORDER BY due_at "
						  "LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED",
						  TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, lifecycle_state_name(&lifecycle_reconciliation, state));
	values[1] = TimestampTzGetDatum(now);
	if (sql_run(&find, values, nulls) == 0)
		return false;
	*run = read_run();
	return true;
}

bool
reconciliation_hold(const ReconciliationKey *key, Reconciliation *run)
{
	static Sql find = SQL("SELECT " RUN_COLUMNS " WHERE " OF_KEY " FOR NO KEY UPDATE",
						  RECONCILIATION_KEY_TYPES);
	char nulls[] = "   ";
	Datum values[3];

	reconciliation_bind_key(values, nulls, key);
	if (sql_run(&find, values, nulls) == 0)
		return false;
	*run = read_run();
	return true;
}

TimestampTz
reconciliation_next_due(void)
{
	static Sql next = SQL(
		"SELECT least((SELECT min(due_at) FROM " BOOKS
		"reconciliation WHERE due_at IS NOT NULL), (SELECT min(due_at) FROM " BOOKS
		"bill_row WHERE due_at IS NOT NULL))");

	sql_run(&next, NULL, NULL);
	return column_instant(0, 1, DT_NOEND);
}

void
reconciliation_update(const Reconciliation *run)
{
	static Sql update = SQL("UPDATE " BOOKS
							"reconciliation SET state = $4, bill = $5, due_at = $6, attempts = $7, "
							"code = $8, rows = $9, matched = $10 WHERE " OF_KEY,
							RECONCILIATION_KEY_TYPES, TEXTOID, TEXTOID, TIMESTAMPTZOID, INT4OID,
							TEXTOID, INT8OID, INT8OID);
	char nulls[] = "          ";
	Datum values[10];

	reconciliation_bind_key(values, nulls, &run->key);
	bind_text(values, nulls, 3, lifecycle_state_name(&lifecycle_reconciliation, run->state));
	bind_text(values, nulls, 4, run->bill);
	bind_instant(values, nulls, 5, run->due_at, DT_NOEND);
	values[6] = Int32GetDatum(run->attempts);
	bind_text(values, nulls, 7, run->code);
	values[8] = Int64GetDatum(run->rows);
	values[9] = Int64GetDatum(run->matched);
	sql_write(&update, values, nulls);
}

/* Runs a statement on a part of a run, rows or a time: $4 and $5 are where it begins and ends, $6
 * is now. */
static void
run_on(Sql *statement, const ReconciliationKey *key, int64 from, int64 to, TimestampTz now)
{
	char nulls[] = "      ";
	Datum values[6];

	reconciliation_bind_key(values, nulls, key);
	values[3] = Int64GetDatum(from);
	values[4] = Int64GetDatum(to);
	values[5] = TimestampTzGetDatum(now);
	(void) sql_run(statement, values, nulls);
}

#define OF_ROWS \
	"b.gateway = $1 AND b.day = $2::date AND b.run = $3 AND b.row_no > $4 AND b.row_no <= $5"
#define ROWS_TYPES RECONCILIATION_KEY_TYPES, INT8OID, INT8OID, TIMESTAMPTZOID

void
reconciliation_add_sums(const ReconciliationKey *key, int64 from, int64 to)
{
	static Sql add = SQL(
		"UPDATE " BOOKS "reconciliation AS r SET payments = r.payments + b.payments, refunds = "
		"r.refunds + b.refunds, fees = r.fees + b.fees, fees_returned = r.fees_returned + "
		"b.fees_returned, settled = r.settled + b.settled, funded = r.funded + b.funded FROM ("
		"SELECT coalesce(sum(amount) FILTER (WHERE kind = 'payment'), 0) AS payments, "
		"coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0) AS refunds, "
		"coalesce(sum(fee) FILTER (WHERE fee > 0), 0) AS fees, "
		"coalesce(-sum(fee) FILTER (WHERE fee < 0), 0) AS fees_returned, "
		"coalesce(sum(amount) FILTER (WHERE kind = 'settlement'), 0) AS settled, "
		"coalesce(sum(amount) FILTER (WHERE kind = 'funding'), 0) AS funded FROM " BOOKS
		"bill_row AS b WHERE " OF_ROWS ") AS b WHERE r.gateway = $1 AND r.day = "
		"$2::date AND r.run = $3",
		ROWS_TYPES);

	run_on(&add, key, from, to, 0);
}

void
reconciliation_drop_fee(const ReconciliationKey *key, int64 row_no)
{
	static Sql drop = SQL("UPDATE " BOOKS
						  "reconciliation AS r SET fees = r.fees - greatest(b.fee, 0), "
						  "fees_returned = r.fees_returned - greatest(-b.fee, 0) FROM " BOOKS
						  "bill_row AS b WHERE " OF_ROWS
						  " AND r.gateway = b.gateway AND r.day = b.day AND r.run = b.run",
						  ROWS_TYPES);

	run_on(&drop, key, row_no - 1, row_no, 0);
}

/* Payments p and refunds r of a day, as the gateway would have them in its bill. */
#define PAYMENTS_OF_DAY                                          \
	"p.gateway = $1 AND p.paid_at >= $4 AND p.paid_at < $5 AND " \
	"p.transaction_id NOT LIKE '" PAYMENT_UNDONE "%'"
#define REFUNDS_OF_DAY "r.gateway = $1 AND r.refunded_at >= $4 AND r.refunded_at < $5"
#define DAY_TYPES RECONCILIATION_KEY_TYPES, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID

void
reconciliation_finish(const ReconciliationKey *key, TimestampTz from, TimestampTz to,
					  TimestampTz now)
{
	static Sql finish = SQL(
		"UPDATE " BOOKS "reconciliation SET state = 'done', due_at = NULL, finished_at = $6, "
		"our_payments = (SELECT coalesce(sum(p.amount), 0) FROM " BOOKS "payment AS p JOIN " BOOKS
		"payment_claim AS c ON c.account_id = p.account_id AND c.payment_id = p.payment_id AND c.try "
		"= 1 WHERE " PAYMENTS_OF_DAY
		"), our_refunds = (SELECT coalesce(sum(r.amount), 0) FROM " BOOKS
		"refund_claim AS r WHERE " REFUNDS_OF_DAY ") WHERE " OF_KEY,
		DAY_TYPES);

	run_on(&finish, key, from, to, now);
}

/* ---- what is booked --------------------------------------------------------- */

int64
reconciliation_unbooked(const ReconciliationKey *key, ReconciliationClass class)
{
	static Sql find = SQL(
		"SELECT CASE $4 WHEN 'fee' THEN r.fees WHEN 'fee_returned' THEN r.fees_returned WHEN "
		"'settlement' THEN r.settled ELSE r.funded END - coalesce((SELECT sum(l.amount) FROM " BOOKS
		"reconciliation_line AS l WHERE l.gateway = $1 AND l.day = $2::date AND l.class = $4), 0) "
		"FROM " BOOKS "reconciliation AS r WHERE " OF_KEY,
		RECONCILIATION_KEY_TYPES, TEXTOID);
	char nulls[] = "    ";
	Datum values[4];

	reconciliation_bind_key(values, nulls, key);
	bind_text(values, nulls, 3, class_names[class]);
	sql_run(&find, values, nulls);
	return column_nano(0, 1);
}

int64
reconciliation_insert_line(int64 account_id, const ReconciliationKey *key,
						   ReconciliationClass class, int64 amount_nano, TimestampTz now)
{
	static Sql next = SQL_NEXT_NUMBER("reconciliation_line", "line_no");
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "reconciliation_line (gateway, day, run, account_id, line_no, class, "
		"amount, recorded_at) VALUES ($1, $2::date, $3, $4, $5, $6, $7, $8)",
		RECONCILIATION_KEY_TYPES, INT8OID, INT8OID, TEXTOID, NUMERICOID, TIMESTAMPTZOID);
	int64 line_no = sql_next_number(&next, account_id);
	char nulls[] = "        ";
	Datum values[8];

	reconciliation_bind_key(values, nulls, key);
	values[3] = Int64GetDatum(account_id);
	values[4] = Int64GetDatum(line_no);
	bind_text(values, nulls, 5, class_names[class]);
	values[6] = nano_datum(amount_nano);
	values[7] = TimestampTzGetDatum(now);
	sql_write(&insert, values, nulls);
	return line_no;
}

/* ---- differences ------------------------------------------------------------ */

#define INSERT_DIFFERENCE                                                                      \
	"INSERT INTO " BOOKS "reconciliation_difference AS d (gateway, day, run, class, subject, " \
	"transaction_id, refund_id, number, ours, theirs, state, detail, found_at) "

/* Seen again by a later run it is told of anew, and open again; what an operator settled stays so
 * while it is the same. */
#define STAYS_SETTLED                                                                           \
	"d.state = 'resolved' AND d.resolved_by <> 'reconciliation' AND (d.ours, d.theirs) IS NOT " \
	"DISTINCT FROM (excluded.ours, excluded.theirs)"
#define OR_UPDATE_DIFFERENCE                                                                      \
	" ON CONFLICT (gateway, day, class, subject, transaction_id, refund_id) DO UPDATE SET run = " \
	"excluded.run, ours = excluded.ours, theirs = excluded.theirs, detail = excluded.detail, "    \
	"state = CASE WHEN " STAYS_SETTLED " THEN d.state ELSE excluded.state END, resolved_at = "    \
	"CASE WHEN " STAYS_SETTLED " THEN d.resolved_at ELSE excluded.resolved_at END, resolved_by "  \
	"= CASE WHEN " STAYS_SETTLED " THEN d.resolved_by ELSE excluded.resolved_by END, resolution " \
	"= CASE WHEN " STAYS_SETTLED " THEN d.resolution ELSE excluded.resolution END"

static void
compare_amounts(const ReconciliationKey *key, int64 from, int64 to, TimestampTz now)
{
	static Sql compare = SQL(
		INSERT_DIFFERENCE
		"SELECT DISTINCT ON (b.kind, b.transaction_id, b.refund_id) b.gateway, b.day, b.run, 'amount', b.kind, b.transaction_id, b.refund_id, CASE "
		"b.kind WHEN 'payment' THEN b.order_number ELSE b.refund_number END, coalesce(p.amount, "
		"r.amount), b.amount, 'open', 'the bill has another amount', $6 FROM " BOOKS
		"bill_row AS b LEFT JOIN (" BOOKS "payment_claim AS c JOIN " BOOKS
		"payment AS p ON p.account_id = c.account_id AND p.payment_id = c.payment_id) ON b.kind = "
		"'payment' AND c.gateway = b.gateway AND c.transaction_id = b.transaction_id AND c.try = 1 "
		"LEFT JOIN " BOOKS "refund_claim AS r ON b.kind = 'refund' AND r.gateway = b.gateway AND "
		"r.transaction_id = b.transaction_id AND r.refund_id = b.refund_id WHERE " OF_ROWS
		" AND b.outcome = 'amount'" OR_UPDATE_DIFFERENCE,
		ROWS_TYPES);

	run_on(&compare, key, from, to, now);
}

/*
 * Where the contract's rate is known: a cent off is rounding, of a refund two, whose share is one
 * of a fee that was rounded. Gateways that make bills give fees back with refunds; of others, a
 * fee that is given back is looked at.
 */
#define FEE_DIFFERS                                                                             \
	"CASE b.kind WHEN 'payment' THEN abs(b.fee - round(b.amount * g.fee_rate, 2)) > 0.01 WHEN " \
	"'refund' THEN (b.fee < 0 OR t.bill IS NOT NULL) AND abs(b.fee + round(b.amount * "         \
	"g.fee_rate, 2)) > 0.02 ELSE false END"

static void
compare_fees(const ReconciliationKey *key, int64 from, int64 to, TimestampTz now)
{
	static Sql compare = SQL(
		INSERT_DIFFERENCE
		"SELECT DISTINCT ON (b.kind, b.transaction_id, b.refund_id) b.gateway, b.day, b.run, 'fee', b.kind, b.transaction_id, b.refund_id, CASE "
		"b.kind WHEN 'payment' THEN b.order_number ELSE b.refund_number END, round(CASE b.kind WHEN 'payment' "
		"THEN b.amount ELSE -b.amount END * g.fee_rate, 2), b.fee, 'open', 'the fee is not what the rate gives', $6 "
		"FROM " BOOKS "bill_row AS b JOIN " BOOKS
		"gateway AS g ON g.gateway = b.gateway JOIN " BOOKS
		"reconciliation AS t ON t.gateway = b.gateway AND t.day = b.day AND t.run = b.run WHERE " OF_ROWS
		" AND " FEE_DIFFERS OR_UPDATE_DIFFERENCE,
		ROWS_TYPES);

	run_on(&compare, key, from, to, now);
}

/* What the bill and the books agree on by now was a difference, of this day or carried from
 * another. */
static void
resolve_matched(const ReconciliationKey *key, int64 from, int64 to, TimestampTz now)
{
	static Sql resolve = SQL(
		"UPDATE " BOOKS "reconciliation_difference AS d SET state = 'resolved', resolved_at = $6, "
		"resolved_by = 'reconciliation', resolution = 'agrees with the bill of ' || to_char(b.day, "
		"'YYYY-MM-DD') FROM " BOOKS "bill_row AS b WHERE " OF_ROWS
		" AND b.outcome IN ('matched', 'found') AND d.gateway = b.gateway AND d.transaction_id = "
		"b.transaction_id AND d.refund_id = b.refund_id AND d.subject = b.kind AND d.state <> "
		"'resolved' AND (d.class = 'missing_there' OR (d.day = b.day AND d.class <> 'fee'))",
		ROWS_TYPES);

	run_on(&resolve, key, from, to, now);
}

void
reconciliation_agree(const ReconciliationKey *key, int64 row_no, TimestampTz now)
{
	resolve_matched(key, row_no - 1, row_no, now);
}

/* The same of fees, where a later run shows another one. */
static void
resolve_fees(const ReconciliationKey *key, int64 from, int64 to, TimestampTz now)
{
	static Sql resolve = SQL(
		"UPDATE " BOOKS "reconciliation_difference AS d SET state = 'resolved', resolved_at = $6, "
		"resolved_by = 'reconciliation', resolution = 'a later bill has another fee' FROM " BOOKS
		"bill_row AS b WHERE " OF_ROWS
		" AND d.gateway = b.gateway AND d.day = b.day AND d.class = 'fee' AND d.subject = b.kind AND "
		"d.transaction_id = b.transaction_id AND d.refund_id = b.refund_id AND d.state <> 'resolved' "
		"AND d.run <> b.run",
		ROWS_TYPES);

	run_on(&resolve, key, from, to, now);
}

void
reconciliation_compare(const ReconciliationKey *key, int64 from, int64 to, TimestampTz now)
{
	compare_amounts(key, from, to, now);
	compare_fees(key, from, to, now);
	resolve_matched(key, from, to, now);
	resolve_fees(key, from, to, now);
}

/* The run of another day that counts. */
#define NEWEST_RUN                                                                          \
	"(SELECT max(n.run) FROM " BOOKS "reconciliation AS n WHERE n.gateway = b.gateway AND " \
	"n.day = b.day AND n.state = 'done')"

/*
 * A bill has up to a million rows, and its statistics are as old as may be: what looks for one of
 * them does so row by row, by the payment's index. OFFSET 0 keeps it from becoming a join that
 * reads all for each.
 */
#define ROW_BY_ROW " OFFSET 0"

/* Nor in the bills of two days. */
static void
compare_days(const ReconciliationKey *key, TimestampTz from, TimestampTz to, TimestampTz now)
{
	static Sql compare = SQL(
		INSERT_DIFFERENCE
		"SELECT DISTINCT ON (t.kind, t.transaction_id, t.refund_id) t.gateway, t.day, t.run, "
		"'amount', t.kind, t.transaction_id, t.refund_id, t.order_number, t.amount, t.amount + "
		"b.amount, 'open', 'the bill of ' || to_char(b.day, 'YYYY-MM-DD') || ' has it, too', $6 FROM " BOOKS
		"bill_row AS t CROSS JOIN LATERAL (SELECT b.day, b.amount FROM " BOOKS
		"bill_row AS b WHERE b.gateway = t.gateway AND b.transaction_id = t.transaction_id AND "
		"b.refund_id = t.refund_id AND b.kind = t.kind AND b.day <> t.day AND b.run = " NEWEST_RUN
			ROW_BY_ROW
		") AS b WHERE t.gateway = $1 AND t.day = $2::date AND t.run = $3 AND t.kind IN ('payment', "
		"'refund')" OR_UPDATE_DIFFERENCE,
		DAY_TYPES);

	run_on(&compare, key, from, to, now);
}

/* A transaction counts once, and may not stand there twice. */
static void
compare_doubles(const ReconciliationKey *key, TimestampTz from, TimestampTz to, TimestampTz now)
{
	static Sql compare = SQL(
		INSERT_DIFFERENCE
		"SELECT $1, $2::date, $3, 'amount', t.kind, t.transaction_id, t.refund_id, min(t.order_number), "
		"min(t.amount), sum(t.amount), 'open', 'the bill has it ' || count(*) || ' times', $6 FROM " BOOKS
		"bill_row AS t WHERE t.gateway = $1 AND t.day = $2::date AND t.run = $3 AND t.kind IN ('payment', "
		"'refund') AND EXISTS (SELECT FROM " BOOKS
		"bill_row AS b WHERE b.gateway = t.gateway AND b.transaction_id = t.transaction_id AND "
		"b.refund_id = t.refund_id AND b.kind = t.kind AND b.day - t.day = 0 AND b.run - t.run = 0 AND "
		"b.row_no <> t.row_no" ROW_BY_ROW
		") GROUP BY t.kind, t.transaction_id, t.refund_id" OR_UPDATE_DIFFERENCE,
		DAY_TYPES);

	run_on(&compare, key, from, to, now);
}

/* Days end a little earlier or later at gateways: what the bills beside this one have is not
 * missing. */
static void
compare_ours(const ReconciliationKey *key, TimestampTz from, TimestampTz to, TimestampTz now)
{
	static Sql compare = SQL(
		INSERT_DIFFERENCE
		"SELECT o.gateway, $2::date, $3, 'missing_there', o.subject, o.transaction_id, o.refund_id, "
		"o.number, o.amount, NULL, 'carried', 'the bill does not have it; the next day''s may', $6 "
		"FROM (SELECT p.gateway, 'payment' AS subject, p.transaction_id, '' AS refund_id, "
		"coalesce(q.gateway_number, '') AS number, p.amount FROM " BOOKS "payment AS p JOIN " BOOKS
		"payment_claim AS c ON c.account_id = p.account_id AND c.payment_id = p.payment_id AND c.try "
		"= 1 LEFT JOIN " BOOKS
		"payment_order AS q ON q.account_id = p.account_id AND q.order_id = p.order_id WHERE " PAYMENTS_OF_DAY
		" UNION ALL SELECT r.gateway, 'refund', r.transaction_id, r.refund_id, "
		"coalesce(g.gateway_number, ''), r.amount FROM " BOOKS "refund_claim AS r LEFT JOIN " BOOKS
		"gateway_call AS g ON g.account_id = r.account_id AND g.call_id = r.call_id WHERE " REFUNDS_OF_DAY
		") AS o WHERE NOT EXISTS (SELECT FROM " BOOKS
		"bill_row AS b WHERE b.gateway = $1 AND abs(b.day - $2::date) <= 1 AND "
		"b.run = CASE b.day WHEN $2::date THEN $3 ELSE " NEWEST_RUN " END AND b.transaction_id = "
		"o.transaction_id AND b.refund_id = o.refund_id AND b.kind = o.subject" ROW_BY_ROW
		")" OR_UPDATE_DIFFERENCE,
		DAY_TYPES);

	run_on(&compare, key, from, to, now);
}

void
reconciliation_compare_day(const ReconciliationKey *key, TimestampTz from, TimestampTz to,
						   TimestampTz now)
{
	compare_days(key, from, to, now);
	compare_doubles(key, from, to, now);
	compare_ours(key, from, to, now);
}

void
reconciliation_end_carrying(const char *gateway)
{
	static Sql update = SQL(
		"UPDATE " BOOKS
		"reconciliation_difference AS d SET state = 'open', detail = 'neither the bill "
		"of its day nor the next one has it' WHERE d.gateway = $1 AND d.state = 'carried' AND EXISTS "
		"(SELECT FROM " BOOKS
		"reconciliation AS r WHERE r.gateway = d.gateway AND r.day = d.day + 1 "
		"AND r.state = 'done')",
		TEXTOID);
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, gateway);
	(void) sql_run(&update, values, nulls);
}

void
reconciliation_insert_asked(const ReconciliationKey *key, int64 row_no, const char *class,
							int64 ours_nano, const char *detail, const char *resolution,
							TimestampTz now)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "reconciliation_difference AS d (gateway, day, run, class, subject, "
		"transaction_id, refund_id, number, ours, theirs, state, detail, found_at, resolved_at, "
		"resolved_by, resolution) SELECT b.gateway, b.day, b.run, $5, b.kind, b.transaction_id, "
		"b.refund_id, CASE b.kind WHEN 'payment' THEN b.order_number ELSE b.refund_number END, "
		"$9, b.amount, CASE WHEN $7 IS NULL THEN 'open' ELSE 'resolved' END, $6, $8, CASE WHEN $7 IS NOT "
		"NULL THEN $8 END, CASE WHEN $7 IS NOT NULL THEN 'gateway' END, $7 FROM " BOOKS
		"bill_row AS b WHERE b.gateway = $1 AND b.day = $2::date AND b.run = $3 AND b.row_no = "
		"$4" OR_UPDATE_DIFFERENCE,
		RECONCILIATION_KEY_TYPES, INT8OID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, NUMERICOID);
	char nulls[] = "         ";
	Datum values[9];

	reconciliation_bind_key(values, nulls, key);
	values[3] = Int64GetDatum(row_no);
	bind_text(values, nulls, 4, class);
	bind_text(values, nulls, 5, detail);
	bind_text(values, nulls, 6, resolution);
	values[7] = TimestampTzGetDatum(now);
	bind_nano(values, nulls, 8, ours_nano, 0);
	sql_write(&insert, values, nulls);
}

bool
reconciliation_resolve(int64 difference_id, TimestampTz now, const char *actor,
					   const char *resolution)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "reconciliation_difference SET state = 'resolved', resolved_at = $2, "
		"resolved_by = $3, resolution = $4 WHERE difference_id = $1 AND state <> "
		"'resolved'",
		INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID);
	char nulls[] = "    ";
	Datum values[4] = {Int64GetDatum(difference_id), TimestampTzGetDatum(now)};

	bind_text(values, nulls, 2, actor);
	bind_text(values, nulls, 3, resolution);
	return sql_run(&update, values, nulls) > 0;
}

bool
reconciliation_is_traded(const ReconciliationKey *key, TimestampTz from, TimestampTz to)
{
	static Sql find = SQL("SELECT EXISTS (SELECT FROM " BOOKS "payment AS p WHERE " PAYMENTS_OF_DAY
						  ") OR EXISTS (SELECT FROM " BOOKS
						  "refund_claim AS r WHERE " REFUNDS_OF_DAY
						  ") OR EXISTS (SELECT FROM " BOOKS
						  "reconciliation AS r WHERE r.gateway = $1 AND r.day = $2::date "
						  "AND r.run < $3 AND r.state = 'done' AND r.rows > 0)",
						  RECONCILIATION_KEY_TYPES, TIMESTAMPTZOID, TIMESTAMPTZOID);
	char nulls[] = "     ";
	Datum values[5];

	reconciliation_bind_key(values, nulls, key);
	values[3] = TimestampTzGetDatum(from);
	values[4] = TimestampTzGetDatum(to);
	sql_run(&find, values, nulls);
	return column_bool(0, 1);
}

const char **
reconciliation_list_beside(const ReconciliationKey *key, size_t *count)
{
	static Sql list = SQL(
		"SELECT DISTINCT r.gateway FROM " BOOKS "gateway AS g JOIN " BOOKS
		"gateway AS o ON o.provider = g.provider AND o.gateway <> g.gateway JOIN " BOOKS
		"reconciliation AS r ON r.gateway = o.gateway WHERE g.gateway = $1 AND r.day "
		"= $2::date AND r.state <> 'failed' ORDER BY r.gateway",
		TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];
	const char **gateways;

	bind_text(values, nulls, 0, key->gateway);
	bind_text(values, nulls, 1, key->day);
	*count = sql_run(&list, values, nulls);
	gateways = palloc((*count + 1) * sizeof(char *));
	for (size_t i = 0; i < *count; i++)
		gateways[i] = column_text(i, 1);
	return gateways;
}

bool
reconciliation_covers(const char *gateway, TimestampTz from, TimestampTz to, TimestampTz since,
					  int64 offset_us)
{
	static Sql find = SQL(
		"SELECT FROM generate_series((($2 AT TIME ZONE 'UTC') + $5 * interval '1 us')::date, (($3 AT "
		"TIME ZONE 'UTC') + $5 * interval '1 us')::date, interval '1 day') AS d WHERE NOT EXISTS "
		"(SELECT FROM " BOOKS
		"reconciliation AS r WHERE r.gateway = $1 AND r.day = d::date AND r.state = 'done' AND "
		"r.requested_at >= $4) LIMIT 1",
		TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID);
	char nulls[] = "     ";
	Datum values[5] = {0, TimestampTzGetDatum(from), TimestampTzGetDatum(to),
					   TimestampTzGetDatum(since), Int64GetDatum(offset_us)};

	bind_text(values, nulls, 0, gateway);
	return sql_run(&find, values, nulls) == 0;
}
