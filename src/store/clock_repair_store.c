/*-------------------------------------------------------------------------
 *
 * clock_repair_store.c
 *	  Writing down repairs of accounts that are ahead of the clock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/cached_table.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/clock_repair_store.h"

static CachedTable repair_cache = {.name = "clock_repair"};
static TimestampTz furthest;

void
clock_repair_init(void)
{
	cached_table_register(&repair_cache);
}

TimestampTz
clock_repair_furthest(void)
{
	static Sql find = SQL("SELECT max(booked_until) FROM " BOOKS "clock_repair");

	if (!cached_table_is_fresh(&repair_cache))
	{
		cached_table_begin_load(&repair_cache);
		sql_latest(&find, NULL, NULL);
		furthest = column_instant(0, 1, DT_NOBEGIN);
		cached_table_end_load(&repair_cache);
	}
	return furthest;
}

EarlyExpiry *
clock_repair_early_expiries(const ClockRepair *repair, size_t *count)
{
	static Sql find = SQL(
		"SELECT e.entry_no, e.amount, l.expires_at FROM " BOOKS "ledger_entry AS e JOIN " BOOKS
		"lot AS l ON l.account_id = e.account_id AND l.lot_no = e.lot_no WHERE e.account_id = $1 AND "
		"e.entry_no > coalesce((SELECT g.entry_no FROM " BOOKS
		"ledger_entry AS g WHERE g.account_id = $1 AND g.recorded_at <= $2 ORDER BY g.entry_no DESC "
		"LIMIT 1), 0) AND e.entry_no <= $3 AND e.debit = 'bonus' AND e.credit = 'breakage' AND "
		"e.source_type = 'lot' AND l.expires_at > $2 AND NOT EXISTS (SELECT FROM " BOOKS
		"ledger_entry AS u WHERE u.account_id = $1 AND u.undoes_entry_no = e.entry_no) ORDER BY "
		"e.entry_no",
		INT8OID, TIMESTAMPTZOID, INT8OID);
	EarlyExpiry *expiries;

	*count = sql_run(&find,
					 (Datum[]){Int64GetDatum(repair->account_id),
							   TimestampTzGetDatum(repair->corrected_at),
							   Int64GetDatum(repair->last_entry_no)},
					 NULL);
	expiries = palloc((*count + 1) * sizeof(EarlyExpiry));
	for (size_t i = 0; i < *count; i++)
		expiries[i] = (EarlyExpiry){column_int64(i, 1), column_nano(i, 2),
									column_instant(i, 3, DT_NOEND)};
	return expiries;
}

void
clock_repair_insert(const ClockRepair *repair)
{
	static Sql next = SQL_NEXT_NUMBER("clock_repair", "repair_no");
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "clock_repair (account_id, repair_no, last_entry_no, booked_until, "
		"corrected_at, actor, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID);
	char nulls[] = "       ";
	Datum values[7] = {Int64GetDatum(repair->account_id)};

	values[1] = Int64GetDatum(sql_next_number(&next, repair->account_id));
	values[2] = Int64GetDatum(repair->last_entry_no);
	values[3] = TimestampTzGetDatum(repair->booked_until);
	values[4] = TimestampTzGetDatum(repair->corrected_at);
	bind_text(values, nulls, 5, repair->actor);
	bind_text(values, nulls, 6, repair->reason);
	sql_write(&insert, values, nulls);
}

bool
clock_repair_moves(int64 account_id, TimestampTz at)
{
	static Sql look = SQL("SELECT c.counts_at < $2 FROM billing.counts_at($1, NULL, $2) AS c",
						  INT8OID, TIMESTAMPTZOID);

	sql_run(&look, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(at)}, NULL);
	return column_bool(0, 1);
}
