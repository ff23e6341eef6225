/*-------------------------------------------------------------------------
 *
 * bill_store.c
 *	  Rows of gateways' bills while they are compared.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/bill_store.h"

/* ---- rows ------------------------------------------------------------------- */

static RowSetShape rows_shape = {
	"gateway, day, run, row_no, kind, order_number, transaction_id, refund_number, refund_id, "
	"amount, fee, at",
	{RECONCILIATION_KEY_TYPES, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, NUMERICOID,
	 NUMERICOID, TIMESTAMPTZOID}};

void
bill_rows_begin(RowSet *rows)
{
	row_set_begin(rows, &rows_shape);
}

void
bill_rows_put(RowSet *rows, const ReconciliationKey *key, int64 row_no, const BillLine *line)
{
	char nulls[] = "            ";
	Datum values[12];

	reconciliation_bind_key(values, nulls, key);
	values[3] = Int64GetDatum(row_no);
	bind_text(values, nulls, 4, line->kind);
	bind_text(values, nulls, 5, line->order_number);
	bind_text(values, nulls, 6, line->transaction_id);
	bind_text(values, nulls, 7, line->refund_number);
	bind_text(values, nulls, 8, line->refund_id);
	values[9] = nano_datum(line->amount_nano);
	values[10] = nano_datum(line->fee_nano);
	bind_instant(values, nulls, 11, line->at, 0);
	row_set_put(rows, values, nulls);
}

void
bill_rows_insert(RowSet *rows)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "bill_row (gateway, day, run, row_no, kind, order_number, "
		"transaction_id, refund_number, refund_id, amount, fee, at, outcome) SELECT gateway, "
		"day::date, run, row_no, kind, order_number, transaction_id, refund_number, refund_id, "
		"amount, fee, at, 'new' FROM rows");

	row_set_write(rows, &insert);
}

void
bill_forget_behind(const ReconciliationKey *key, int64 row_no)
{
	static Sql forget = SQL(
		"DELETE FROM " BOOKS
		"bill_row WHERE gateway = $1 AND day = $2::date AND run = $3 AND row_no "
		"> $4",
		RECONCILIATION_KEY_TYPES, INT8OID);
	char nulls[] = "    ";
	Datum values[4];

	reconciliation_bind_key(values, nulls, key);
	values[3] = Int64GetDatum(row_no);
	(void) sql_run(&forget, values, nulls);
}

int64
bill_forget_old(TimestampTz before, int64 max)
{
	static Sql forget = SQL(
		"DELETE FROM " BOOKS "bill_row WHERE (gateway, day, run, row_no) IN (SELECT b.gateway, "
		"b.day, b.run, b.row_no FROM " BOOKS "reconciliation AS r JOIN " BOOKS
		"bill_row AS b ON b.gateway = r.gateway AND b.day = r.day AND b.run = r.run WHERE "
		"r.finished_at < $1 OR (r.state IN ('done', 'failed') AND EXISTS (SELECT FROM " BOOKS
		"reconciliation AS n WHERE n.gateway = r.gateway AND n.day = r.day AND n.run > r.run AND "
		"n.state = 'done')) LIMIT $2)",
		TIMESTAMPTZOID, INT8OID);

	return (int64) sql_run(&forget, (Datum[]){TimestampTzGetDatum(before), Int64GetDatum(max)},
						   NULL);
}

/* ---- matching --------------------------------------------------------------- */

#define OF_NEW_ROWS                                                                            \
	"b.gateway = $1 AND b.day = $2::date AND b.run = $3 AND b.row_no > $4 AND b.row_no <= $5 " \
	"AND b.outcome = 'new'"
#define ROWS_TYPES RECONCILIATION_KEY_TYPES, INT8OID, INT8OID

static void
match_payments(Datum *values, const char *nulls)
{
	static Sql match = SQL(
		"UPDATE " BOOKS "bill_row AS b SET outcome = CASE WHEN p.amount = b.amount THEN 'matched' "
		"ELSE 'amount' END FROM " BOOKS "payment_claim AS c JOIN " BOOKS
		"payment AS p ON p.account_id = c.account_id AND p.payment_id = c.payment_id "
		"WHERE " OF_NEW_ROWS " AND b.kind = 'payment' AND c.gateway = b.gateway AND "
		"c.transaction_id = b.transaction_id AND c.try = 1",
		ROWS_TYPES);

	(void) sql_run(&match, values, nulls);
}

static void
match_refunds(Datum *values, const char *nulls)
{
	static Sql match = SQL(
		"UPDATE " BOOKS "bill_row AS b SET outcome = CASE WHEN r.amount = b.amount THEN 'matched' "
		"ELSE 'amount' END FROM " BOOKS "refund_claim AS r WHERE " OF_NEW_ROWS
		" AND b.kind = 'refund' AND r.gateway = b.gateway AND r.transaction_id = b.transaction_id "
		"AND r.refund_id = b.refund_id",
		ROWS_TYPES);

	(void) sql_run(&match, values, nulls);
}

void
bill_match(const ReconciliationKey *key, int64 from, int64 to, TimestampTz now)
{
	static Sql ask = SQL("UPDATE " BOOKS
						 "bill_row AS b SET outcome = CASE WHEN b.kind IN ('payment', 'refund') "
						 "THEN 'asking' ELSE 'matched' END, due_at = CASE WHEN b.kind IN "
						 "('payment', 'refund') THEN $6 END WHERE " OF_NEW_ROWS,
						 ROWS_TYPES, TIMESTAMPTZOID);
	char nulls[] = "      ";
	Datum values[6];

	reconciliation_bind_key(values, nulls, key);
	values[3] = Int64GetDatum(from);
	values[4] = Int64GetDatum(to);
	values[5] = TimestampTzGetDatum(now);
	match_payments(values, nulls);
	match_refunds(values, nulls);
	(void) sql_run(&ask, values, nulls);
}

/* ---- asking ----------------------------------------------------------------- */

bool
bill_is_asked(const ReconciliationKey *key)
{
	static Sql find = SQL(
		"SELECT FROM " BOOKS
		"bill_row WHERE gateway = $1 AND day = $2::date AND run = $3 AND due_at IS "
		"NOT NULL LIMIT 1",
		RECONCILIATION_KEY_TYPES);
	char nulls[] = "   ";
	Datum values[3];

	reconciliation_bind_key(values, nulls, key);
	return sql_run(&find, values, nulls) > 0;
}

bool
bill_claim_asked(TimestampTz now, TimestampTz due_at, const char *busy, AskedRow *row)
{
	static Sql claim = SQL(
		"UPDATE " BOOKS
		"bill_row AS b SET due_at = $2 FROM (SELECT gateway, day, run, row_no FROM " BOOKS
		"bill_row WHERE due_at <= $1 AND gateway <> ALL (string_to_array($3, ',')) ORDER BY due_at "
		"LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) AS d WHERE b.gateway = d.gateway AND b.day = d.day "
		"AND b.run = d.run AND b.row_no = d.row_no RETURNING b.gateway, to_char(b.day, "
		"'YYYY-MM-DD'), b.run, b.row_no, b.kind = 'refund', b.order_number, b.transaction_id, "
		"b.refund_number, b.refund_id, b.attempts, b.amount",
		TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "   ";
	Datum values[3] = {TimestampTzGetDatum(now), TimestampTzGetDatum(due_at)};

	bind_text(values, nulls, 2, busy);
	if (sql_run(&claim, values, nulls) == 0)
		return false;
	*row = (AskedRow){.key = {.gateway = column_text(0, 1), .run = column_int32(0, 3)},
					  .row_no = column_int64(0, 4),
					  .is_refund = column_bool(0, 5),
					  .attempts = column_int32(0, 10),
					  .amount_nano = column_nano(0, 11)};
	strlcpy(row->key.day, column_text(0, 2), DAY_SIZE);
	strlcpy(row->order_number, column_text(0, 6), BILL_NUMBER_SIZE);
	strlcpy(row->transaction_id, column_text(0, 7), BILL_NUMBER_SIZE);
	strlcpy(row->refund_number, column_text(0, 8), BILL_NUMBER_SIZE);
	strlcpy(row->refund_id, column_text(0, 9), BILL_NUMBER_SIZE);
	return true;
}

static void
write_outcome(const AskedRow *row, const char *outcome, TimestampTz due_at)
{
	static Sql update = SQL("UPDATE " BOOKS
							"bill_row SET outcome = $5, due_at = $6, attempts = $7 WHERE gateway = "
							"$1 AND day = $2::date AND run = $3 AND row_no = $4",
							RECONCILIATION_KEY_TYPES, INT8OID, TEXTOID, TIMESTAMPTZOID, INT4OID);
	char nulls[] = "       ";
	Datum values[7];

	reconciliation_bind_key(values, nulls, &row->key);
	values[3] = Int64GetDatum(row->row_no);
	bind_text(values, nulls, 4, outcome);
	bind_instant(values, nulls, 5, due_at, DT_NOEND);
	values[6] = Int32GetDatum(row->attempts);
	sql_write(&update, values, nulls);
}

void
bill_ask_again(const AskedRow *row, TimestampTz due_at)
{
	write_outcome(row, "asking", due_at);
}

void
bill_end_asking(const AskedRow *row, const char *outcome)
{
	write_outcome(row, outcome, DT_NOEND);
}
