/*-------------------------------------------------------------------------
 *
 * report_store.c
 *	  Statements of account, balances of the past, explanations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/ledger_store.h"
#include "store/report_store.h"

static const char statement_sql[] =
#include "query/statement.inc"
	;
static const char balance_at_sql[] =
#include "query/balance_at.inc"
	;
static const char journal_sql[] =
#include "query/journal.inc"
	;
static const char unsettled_usage_sql[] =
#include "query/unsettled_usage.inc"
	;
static const char unpriced_usage_sql[] =
#include "query/unpriced_usage.inc"
	;
static const char price_fingerprint_sql[] =
#include "query/price_fingerprint.inc"
	;
static const char account_references_sql[] =
#include "query/account_references.inc"
	;
static const char awaiting_second_sql[] =
#include "query/awaiting_second.inc"
	;
static const char reconciled_day_sql[] =
#include "query/reconciled_day.inc"
	;
static const char gateway_balance_sql[] =
#include "query/gateway_balance.inc"
	;
static const char attention_sql[] =
#include "query/attention.inc"
	;
static const char dead_notification_sql[] =
#include "query/dead_notification.inc"
	;
static const char find_payment_sql[] =
#include "query/find_payment.inc"
	;
static const char ahead_sql[] =
#include "query/ahead.inc"
	;
static const char status_sql[] =
#include "query/status.inc"
	;

void
report_statement(int64 account_id, TimestampTz from, TimestampTz to, ReturnSetInfo *result)
{
	static Sql lines = SQL(statement_sql, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID);

	sql_put_rows(
		&lines,
		(Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(from), TimestampTzGetDatum(to)},
		NULL, result);
}

void
report_balance_at(int64 account_id, TimestampTz at, int64 *cash_nano, int64 *bonus_nano,
				  int64 *arrears_nano)
{
	static Sql sums = SQL(balance_at_sql, INT8OID, TIMESTAMPTZOID);

	sql_read(&sums, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(at)}, NULL);
	*cash_nano = column_nano(0, 1);
	*bonus_nano = column_nano(0, 2);
	*arrears_nano = column_nano(0, 3);
}

void
report_journal(TimestampTz from, TimestampTz to, const char *by, const char *time_zone,
			   ReturnSetInfo *result)
{
	static Sql lines = SQL(journal_sql, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID);

	sql_put_rows(&lines,
				 (Datum[]){TimestampTzGetDatum(from), TimestampTzGetDatum(to),
						   CStringGetTextDatum(by), CStringGetTextDatum(time_zone)},
				 NULL, result);
}

/* How a lot l is described to people. */
#define LOT_DETAIL                                                                                        \
	"CASE WHEN l.order_id IS NOT NULL THEN format('%s of order %s (%s, paid %s)', "                       \
	"l.kind, l.order_id, o.method, to_char(o.paid_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS\"Z\"')) " \
	"WHEN l.lot_no IS NOT NULL THEN format('bonus from %s %s%s', l.source_type, l.source_id, "            \
	"', expires ' || to_char(l.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS\"Z\"')) "            \
	"ELSE 'beyond all credit' END"

void
report_slices(int64 account_id, const ChargeShare *share, ReturnSetInfo *result)
{
	static Sql slices = SQL(
		"SELECT CASE e.debit WHEN 'arrears' THEN 'left as arrears' ELSE 'paid by ' || e.debit END, "
		"NULL::bigint, NULL::numeric, e.amount, e.lot_no, l.order_id, e.entry_no, " LOT_DETAIL
		" FROM " LEDGER_SLICES " AS e LEFT JOIN " BOOKS
		"lot AS l ON l.account_id = $1 AND l.lot_no = "
		"e.lot_no LEFT JOIN " BOOKS "payment_order AS o ON o.account_id = $1 AND o.order_id = "
		"l.order_id ORDER BY e.entry_no",
		LEDGER_SLICES_TYPES);

	sql_put_rows(&slices, LEDGER_SLICES_VALUES(account_id, share), NULL, result);
}

void
report_reversal(int64 account_id, int64 request_hash, int16 probe, TimestampTz event_recorded_at,
				ReturnSetInfo *result)
{
	static Sql lines = SQL(
		"SELECT 'given back to ' || e.credit, NULL::bigint, NULL::numeric, -e.amount, e.lot_no, "
		"l.order_id, e.entry_no, format('reversal %s by %s%s', r.reversal_id, r.actor, ': ' || "
		"r.reason) FROM " BOOKS "charge_reversal AS r JOIN " BOOKS "ledger_entry AS e ON "
		"e.account_id = $1 AND e.source_type = 'reversal' AND e.source_id = r.reversal_id AND "
		"e.debit = 'revenue' LEFT JOIN " BOOKS "lot AS l ON l.account_id = $1 AND l.lot_no = "
		"e.lot_no WHERE r.account_id = $1 AND r.request_hash = $2 AND r.probe = $3 AND "
		"r.event_recorded_at = $4 AND e.recorded_at = r.recorded_at ORDER BY e.entry_no",
		INT8OID, INT8OID, INT2OID, TIMESTAMPTZOID);

	sql_put_rows(&lines,
				 (Datum[]){Int64GetDatum(account_id), Int64GetDatum(request_hash),
						   Int16GetDatum(probe), TimestampTzGetDatum(event_recorded_at)},
				 NULL, result);
}

void
report_unsettled_usage(ReturnSetInfo *result)
{
	static Sql rows = SQL(unsettled_usage_sql);

	sql_put_rows(&rows, NULL, NULL, result);
}

void
report_unpriced_usage(ReturnSetInfo *result)
{
	static Sql rows = SQL(unpriced_usage_sql);

	sql_put_rows(&rows, NULL, NULL, result);
}

void
report_attention(ReturnSetInfo *result)
{
	static Sql rows = SQL(attention_sql);

	sql_put_rows(&rows, NULL, NULL, result);
}

void
report_reconciled_days(ReturnSetInfo *result)
{
	static Sql rows = SQL(reconciled_day_sql);

	sql_put_rows(&rows, NULL, NULL, result);
}

void
report_gateway_balances(ReturnSetInfo *result)
{
	static Sql rows = SQL(gateway_balance_sql);

	sql_put_rows(&rows, NULL, NULL, result);
}

void
report_dead_notifications(ReturnSetInfo *result)
{
	static Sql rows = SQL(dead_notification_sql);

	sql_put_rows(&rows, NULL, NULL, result);
}

void
report_find_payment(const char *gateway, const char *number, ReturnSetInfo *result)
{
	static Sql found = SQL(find_payment_sql, TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, gateway);
	bind_text(values, nulls, 1, number);
	sql_put_rows(&found, values, nulls, result);
}

void
report_awaiting_second(ReturnSetInfo *result)
{
	static Sql rows = SQL(awaiting_second_sql);

	sql_put_rows(&rows, NULL, NULL, result);
}

void
report_account_references(ReturnSetInfo *result)
{
	static Sql rows = SQL(account_references_sql);

	sql_put_rows(&rows, NULL, NULL, result);
}

char *
report_price_fingerprint(void)
{
	static Sql read = SQL(price_fingerprint_sql);

	(void) sql_read(&read, NULL, NULL);
	return column_text(0, 1);
}

void
report_status(TimestampTz latest, ReturnSetInfo *result)
{
	static Sql lines = SQL(status_sql, TIMESTAMPTZOID);

	sql_put_rows(&lines, (Datum[]){TimestampTzGetDatum(latest)}, NULL, result);
}

int64
report_ahead(TimestampTz latest, char **furthest)
{
	static Sql rows = SQL(ahead_sql, TIMESTAMPTZOID);
	int64 count = (int64) sql_read(&rows, (Datum[]){TimestampTzGetDatum(latest)}, NULL);

	*furthest = count == 0 ? NULL
						   : psprintf("%s is of %s", column_text(0, 1),
									  timestamptz_to_str(column_instant(0, 2, latest)));
	return count;
}
