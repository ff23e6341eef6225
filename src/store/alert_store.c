/*-------------------------------------------------------------------------
 *
 * alert_store.c
 *	  Balance alerts, and the spend that some go by.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/alert_store.h"
#include "store/clock_repair_store.h"

#define TEXT_OF(number) #number
#define SQL_NUMBER(number) TEXT_OF(number)

Alert *
alert_load(int64 account_id, size_t *count)
{
	static Sql load = SQL(
		"SELECT alert_no, threshold, watch_below, coalesce(runway_hours, 0), notify_recovery, armed, "
		"fired, episode FROM " BOOKS
		"balance_alert WHERE account_id = $1 AND enabled ORDER BY alert_no",
		INT8OID);
	Alert *alerts;

	*count = sql_run(&load, (Datum[]){Int64GetDatum(account_id)}, NULL);
	alerts = palloc0((*count + 1) * sizeof(Alert));
	for (uint64 row = 0; row < *count; row++)
		alerts[row] = (Alert){
			.alert_no = column_int64(row, 1),
			.threshold_nano = column_nano(row, 2),
			.watch_nano = column_nano(row, 3),
			.runway_hours = column_int32(row, 4),
			.notify_recovery = column_bool(row, 5),
			.armed = column_bool(row, 6),
			.fired = column_bool(row, 7),
			.episode = column_int32(row, 8),
		};
	return alerts;
}

void
alert_update(int64 account_id, const Alert *alert)
{
	static Sql update = SQL(
		"UPDATE " BOOKS
		"balance_alert SET threshold = $3, watch_below = $4, armed = $5, fired = $6, "
		"episode = $7 WHERE account_id = $1 AND alert_no = $2",
		INT8OID, INT8OID, NUMERICOID, NUMERICOID, BOOLOID, BOOLOID, INT4OID);

	sql_write(&update,
			  (Datum[]){Int64GetDatum(account_id), Int64GetDatum(alert->alert_no),
						nano_datum(alert->threshold_nano), nano_datum(alert->watch_nano),
						BoolGetDatum(alert->armed), BoolGetDatum(alert->fired),
						Int32GetDatum(alert->episode)},
			  NULL);
}

int64
alert_find(int64 account_id, int64 threshold_nano, int32 runway_hours)
{
	static Sql find = SQL(
		"SELECT alert_no FROM " BOOKS "balance_alert WHERE account_id = $1 AND CASE WHEN $3 = "
		"0 THEN runway_hours IS NULL AND threshold = $2 ELSE runway_hours = $3 END",
		INT8OID, NUMERICOID, INT4OID);

	if (sql_run(&find,
				(Datum[]){Int64GetDatum(account_id), nano_datum(threshold_nano),
						  Int32GetDatum(runway_hours)},
				NULL) == 0)
		return 0;
	return column_int64(0, 1);
}

int64
alert_count(int64 account_id)
{
	static Sql find = SQL("SELECT count(*) FROM " BOOKS "balance_alert WHERE account_id = $1",
						  INT8OID);

	sql_run(&find, (Datum[]){Int64GetDatum(account_id)}, NULL);
	return column_int64(0, 1);
}

void
alert_insert(int64 account_id, const Alert *alert)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS
		"balance_alert (account_id, alert_no, threshold, watch_below, runway_hours, "
		"notify_recovery, enabled, armed, fired, episode) VALUES ($1, $2, $3, $3, nullif($4, 0), $5, "
		"true, $6, false, 0)",
		INT8OID, INT8OID, NUMERICOID, INT4OID, BOOLOID, BOOLOID);

	sql_write(&insert,
			  (Datum[]){Int64GetDatum(account_id), Int64GetDatum(alert->alert_no),
						nano_datum(alert->threshold_nano), Int32GetDatum(alert->runway_hours),
						BoolGetDatum(alert->notify_recovery), BoolGetDatum(alert->armed)},
			  NULL);
}

void
alert_switch(int64 account_id, const Alert *alert, bool enabled)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "balance_alert SET threshold = $3, notify_recovery = $4, armed = CASE WHEN "
		"enabled AND $6 THEN armed ELSE $5 END, fired = fired AND enabled AND $6, enabled = $6 WHERE "
		"account_id = $1 AND alert_no = $2",
		INT8OID, INT8OID, NUMERICOID, BOOLOID, BOOLOID, BOOLOID);

	sql_write(&update,
			  (Datum[]){Int64GetDatum(account_id), Int64GetDatum(alert->alert_no),
						nano_datum(alert->threshold_nano), BoolGetDatum(alert->notify_recovery),
						BoolGetDatum(alert->armed), BoolGetDatum(enabled)},
			  NULL);
}

RecentSpend
alert_recent_spend(int64 account_id, int32 hours, TimestampTz now)
{
	static Sql read = SQL(
		"SELECT least(greatest(sum(CASE 'revenue' WHEN credit THEN amount WHEN debit THEN -amount ELSE 0 "
		"END) FILTER (WHERE counts_at >= $2), 0), 999999999.999999999), count(*), min(counts_at) FROM (SELECT amount, credit, "
		"debit, c.counts_at FROM " BOOKS "ledger_entry AS e " JOIN_COUNTS_AT(
			"e.account_id", "e.entry_no",
			"e.recorded_at") "WHERE e.account_id = $1 ORDER BY e.entry_no DESC LIMIT " SQL_NUMBER(ALERT_ENTRIES_MAX) ") AS e",
		INT8OID, TIMESTAMPTZOID);
	TimestampTz since = now - hours * USECS_PER_HOUR;
	RecentSpend spend;

	sql_run(&read, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(since)}, NULL);
	spend.spent_nano = column_nano(0, 1);
	if (column_int64(0, 2) == ALERT_ENTRIES_MAX)
		since = Max(since, column_instant(0, 3, since));
	spend.observed_us = now - since;
	return spend;
}
