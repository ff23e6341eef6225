/*-------------------------------------------------------------------------
 *
 * report_store.c
 *	  Statements of account, balances of the past, explanations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/column.h"
#include "spi/sql.h"
#include "store/ledger_store.h"
#include "store/report_store.h"

/* Puts the rows of a statement, read in the caller's snapshot, into his result. */
static void
put_rows(Sql *statement, Datum *values, ReturnSetInfo *result)
{
	uint64 count = sql_read(statement, values, NULL);

	for (uint64 row = 0; row < count; row++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[row]);
}

void
report_statement(int64 account_id, TimestampTz from, TimestampTz to, ReturnSetInfo *result)
{
	static Sql lines = SQL(
		"WITH opening AS (SELECT coalesce(sum(" LEDGER_CASH
		"), 0) AS cash, coalesce(sum(" LEDGER_BONUS "), 0) AS bonus, coalesce(sum(" LEDGER_ARREARS
		"), 0) AS arrears FROM "
		"billing.ledger_entry AS e WHERE e.account_id = $1 AND e.recorded_at < $2), "
		"line AS (SELECT e.*, o.cash + sum(" LEDGER_CASH
		") OVER w AS cash, o.bonus + sum(" LEDGER_BONUS
		") OVER w AS bonus, o.arrears + sum(" LEDGER_ARREARS ") OVER w AS arrears, " LEDGER_CASH
		" + " LEDGER_BONUS " - " LEDGER_ARREARS " AS change FROM "
		"billing.ledger_entry AS e, opening AS o WHERE e.account_id = $1 AND e.recorded_at >= $2 "
		"AND e.recorded_at < $3 WINDOW w AS (ORDER BY e.entry_no)) "
		"SELECT l.entry_no, l.recorded_at, l.occurred_at, l.source_type, CASE l.source_type WHEN "
		"'charge' THEN (SELECT u.request_id FROM billing.usage_event AS u WHERE u.account_id = $1 "
		"AND u.request_hash = l.source_id AND u.settled_at = l.recorded_at AND l.entry_no >= u.first_entry_no AND l.entry_no < u.first_entry_no + u.entry_count AND u.recorded_at <= "
		"l.recorded_at LIMIT 1) ELSE l.source_id::text END, l.debit, l.credit, l.lot_no, l.amount, "
		"l.cash + l.bonus - l.arrears - l.change, l.cash + l.bonus - l.arrears, l.cash, l.bonus, "
		"l.arrears, l.actor FROM line AS l ORDER BY l.entry_no",
		INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID);

	put_rows(
		&lines,
		(Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(from), TimestampTzGetDatum(to)},
		result);
}

void
report_balance_at(int64 account_id, TimestampTz at, int64 *cash_nano, int64 *bonus_nano,
				  int64 *arrears_nano)
{
	static Sql sums = SQL(
		"SELECT coalesce(sum(e.cash), 0), coalesce(sum(e.bonus) FILTER (WHERE l.expires_at IS NULL "
		"OR l.expires_at > $2), 0), coalesce(sum(e.arrears), 0) FROM (SELECT e.lot_no, sum(" LEDGER_CASH
		") AS cash, sum(" LEDGER_BONUS ") AS bonus, sum(" LEDGER_ARREARS ") AS arrears "
		"FROM billing.ledger_entry AS e WHERE e.account_id = $1 AND e.recorded_at <= $2 GROUP BY "
		"e.lot_no) AS e LEFT JOIN billing.lot AS l ON l.account_id = $1 AND l.lot_no = e.lot_no",
		INT8OID, TIMESTAMPTZOID);

	sql_read(&sums, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(at)}, NULL);
	*cash_nano = column_nano(0, 1);
	*bonus_nano = column_nano(0, 2);
	*arrears_nano = column_nano(0, 3);
}

/* How a lot l is described to people. */
#define LOT_DETAIL                                                                                \
	"CASE WHEN l.order_id IS NOT NULL THEN format('cash of order %s (%s, paid %s)', "             \
	"l.order_id, o.method, to_char(o.paid_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS\"Z\"')) " \
	"WHEN l.lot_no IS NOT NULL THEN format('bonus from %s %s%s', l.source_type, l.source_id, "    \
	"', expires ' || to_char(l.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS\"Z\"')) "    \
	"ELSE 'beyond all credit' END"

void
report_slices(int64 account_id, const ChargeShare *share, ReturnSetInfo *result)
{
	static Sql slices = SQL(
		"SELECT CASE e.debit WHEN 'arrears' THEN 'left as arrears' ELSE 'paid by ' || e.debit END, "
		"NULL::bigint, NULL::numeric, e.amount, e.lot_no, l.order_id, e.entry_no, " LOT_DETAIL
		" FROM " LEDGER_SLICES
		" AS e LEFT JOIN billing.lot AS l ON l.account_id = $1 AND l.lot_no = "
		"e.lot_no LEFT JOIN billing.payment_order AS o ON o.account_id = $1 AND o.order_id = "
		"l.order_id ORDER BY e.entry_no",
		LEDGER_SLICES_TYPES);

	put_rows(&slices, LEDGER_SLICES_VALUES(account_id, share), result);
}

void
report_reversal(int64 account_id, int64 request_hash, int16 probe, TimestampTz event_recorded_at,
				ReturnSetInfo *result)
{
	static Sql lines = SQL(
		"SELECT 'given back to ' || e.credit, NULL::bigint, NULL::numeric, -e.amount, e.lot_no, "
		"l.order_id, e.entry_no, format('reversal %s by %s%s', r.reversal_id, r.actor, ': ' || "
		"r.reason) FROM billing.charge_reversal AS r JOIN billing.ledger_entry AS e ON "
		"e.account_id = $1 AND e.source_type = 'reversal' AND e.source_id = r.reversal_id AND "
		"e.debit = 'revenue' LEFT JOIN billing.lot AS l ON l.account_id = $1 AND l.lot_no = "
		"e.lot_no WHERE r.account_id = $1 AND r.request_hash = $2 AND r.probe = $3 AND "
		"r.event_recorded_at = $4 AND e.recorded_at = r.recorded_at ORDER BY e.entry_no",
		INT8OID, INT8OID, INT2OID, TIMESTAMPTZOID);

	put_rows(&lines,
			 (Datum[]){Int64GetDatum(account_id), Int64GetDatum(request_hash), Int16GetDatum(probe),
					   TimestampTzGetDatum(event_recorded_at)},
			 result);
}

void
report_status(ReturnSetInfo *result)
{
	static Sql lines = SQL(
		"SELECT 'owner of the books', pg_get_userbyid(relowner)::text, NULL FROM pg_class WHERE "
		"oid = 'billing.account'::regclass "
		"UNION ALL SELECT 'accounts', count(*)::text, format('%s of them locked, %s in arrears', "
		"count(*) FILTER (WHERE locks <> 0), count(*) FILTER (WHERE arrears > 0)) FROM "
		"billing.account "
		"UNION ALL SELECT 'usage partitions', count(*)::text, format('%s to %s, and the default "
		"one', min(c.relname), max(c.relname)) FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = "
		"i.inhrelid WHERE i.inhparent = 'billing.usage_event'::regclass AND c.relname <> "
		"'usage_event_default' "
		"UNION ALL SELECT 'usage in the default partition', CASE WHEN EXISTS (SELECT FROM "
		"billing.usage_event_default) THEN 'yes' ELSE 'no' END, 'usage received in a month without "
		"a partition' "
		"UNION ALL SELECT 'closed months', count(*)::text, 'up to ' || max(month) FROM "
		"billing.closed_month "
		"UNION ALL SELECT 'metered usage, not settled', count(*)::text, 'rows of "
		"billing.usage_inbox: see billing.settler_lag' FROM billing.usage_inbox "
		"UNION ALL SELECT 'metered usage, set aside', count(*)::text, 'rows of "
		"billing.usage_set_aside' || ', the last at ' || max(set_aside_at) FROM "
		"billing.usage_set_aside "
		"UNION ALL SELECT 'usage without a price', (SELECT count(*) FROM billing.usage_event WHERE "
		"status = 'unpriced')::text, 'events: see billing.unpriced_usage' "
		"UNION ALL SELECT 'notifications to send', count(*)::text, 'rows of billing.notification' "
		"FROM billing.notification WHERE state = 'pending' "
		"UNION ALL SELECT 'awaiting a second person', (SELECT count(*) FROM "
		"billing.awaiting_second)::text, 'see billing.awaiting_second'");

	put_rows(&lines, NULL, result);
}
