/*-------------------------------------------------------------------------
 *
 * invoice_series_store.c
 *	  The series of overseas invoices and credit notes.
 *
 * Nobody holds the accounts of what is numbered here: an invoice that waits for
 * its number is changed by no one else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/invoice_series_store.h"

bool
invoice_series_is_awaited(const char *kind)
{
	static Sql find = SQL(
		"SELECT FROM " BOOKS "invoice WHERE state = 'numbering' AND kind = $1 LIMIT 1", TEXTOID);
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, kind);
	return sql_run(&find, values, nulls) > 0;
}

void
invoice_series_begin(const char *series, int64 epoch)
{
	static Sql begin = SQL("INSERT INTO " BOOKS
						   "invoice_series (series, last_no, epoch) VALUES ($1, 0, $2), ($1 || "
						   "'" INVOICE_SERIES_NOTES_SUFFIX "', 0, $2) ON CONFLICT DO NOTHING",
						   TEXTOID, INT8OID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, series);
	bind_number(values, nulls, 1, epoch);
	sql_run(&begin, values, nulls);
}

bool
invoice_series_release(const char *series, int64 epoch)
{
	static Sql release = SQL("UPDATE " BOOKS
							 "invoice_series SET epoch = $2 WHERE series IN (coalesce($1, series), "
							 "$1 || '" INVOICE_SERIES_NOTES_SUFFIX "')",
							 TEXTOID, INT8OID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, series);
	values[1] = Int64GetDatum(epoch);
	return sql_run(&release, values, nulls) > 0;
}

bool
invoice_series_hold(InvoiceSeries *series, int64 epoch)
{
	static Sql hold = SQL("SELECT last_no, last_issued_at FROM " BOOKS
						  "invoice_series WHERE series = $1 AND epoch IS NOT DISTINCT FROM $2 FOR "
						  "UPDATE SKIP LOCKED",
						  TEXTOID, INT8OID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, series->series);
	bind_number(values, nulls, 1, epoch);
	if (sql_run(&hold, values, nulls) == 0)
		return false;
	series->last_no = column_int64(0, 1);
	series->last_issued_at = column_instant(0, 2, DT_NOBEGIN);
	return true;
}

int64
invoice_series_count_late(TimestampTz before)
{
	static Sql count = SQL(
		"SELECT count(*) FROM " BOOKS
		"invoice WHERE state = 'numbering' AND created_at < $1 AND EXISTS (SELECT "
		"FROM " BOOKS "seller WHERE region = 'global')",
		TIMESTAMPTZOID);

	sql_run(&count, (Datum[]){TimestampTzGetDatum(before)}, NULL);
	return column_int64(0, 1);
}

/* Issues what waits, and asks for its documents; returns how many. */
static int64
issue(const InvoiceSeries *series, int64 max, TimestampTz now)
{
	static Sql issue = SQL(
		"WITH waiting AS (SELECT n.account_id, n.invoice_id, n.created_at FROM " BOOKS
		"invoice AS n WHERE n.state = 'numbering' AND n.kind = $1 AND (n.corrects IS NULL OR EXISTS "
		"(SELECT FROM " BOOKS
		"invoice AS c WHERE c.account_id = n.account_id AND c.invoice_id = n.corrects AND c.state "
		"= 'issued')) ORDER BY n.created_at, n.account_id, n.invoice_id LIMIT $2 FOR UPDATE OF n "
		"SKIP LOCKED), placed AS (SELECT account_id, invoice_id, $4 + row_number() OVER (ORDER BY "
		"created_at, account_id, invoice_id) AS no FROM waiting), issued AS (UPDATE " BOOKS
		"invoice AS n SET state = 'issued', series = $3, series_no = p.no, number = $3 || '-' || "
		"lpad(p.no::text, greatest(6, length(p.no::text)), '0'), seller_no = $5, issued_at = $6, "
		"changed_at = $6, actor = 'clerk' FROM placed AS p WHERE n.account_id = p.account_id AND "
		"n.invoice_id = p.invoice_id RETURNING n.account_id, n.invoice_id) INSERT INTO " BOOKS
		"document (account_id, kind, id, state, attempts, due_at, created_at, changed_at) SELECT "
		"account_id, 'invoice', invoice_id, 'rendering', 0, $7, $7, $7 FROM issued",
		TEXTOID, INT8OID, TEXTOID, INT8OID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID);
	char nulls[] = "       ";
	Datum values[7];

	bind_text(values, nulls, 0, series->kind);
	values[1] = Int64GetDatum(max);
	bind_text(values, nulls, 2, series->series);
	values[3] = Int64GetDatum(series->last_no);
	values[4] = Int32GetDatum(series->seller_no);
	values[5] = TimestampTzGetDatum(series->last_issued_at);
	values[6] = TimestampTzGetDatum(now);
	return (int64) sql_run(&issue, values, nulls);
}

int64
invoice_series_issue(InvoiceSeries *series, int64 max, TimestampTz now)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "invoice_series SET last_no = $2, last_issued_at = $3 WHERE series = $1",
		TEXTOID, INT8OID, TIMESTAMPTZOID);
	char nulls[] = "   ";
	Datum values[3];
	int64 count;

	series->last_issued_at = Max(now, series->last_issued_at);
	count = issue(series, max, now);
	if (count == 0)
		return 0;
	series->last_no += count;
	bind_text(values, nulls, 0, series->series);
	values[1] = Int64GetDatum(series->last_no);
	values[2] = TimestampTzGetDatum(series->last_issued_at);
	sql_write(&update, values, nulls);
	return count;
}
