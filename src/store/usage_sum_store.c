/*-------------------------------------------------------------------------
 *
 * usage_sum_store.c
 *	  Making sums of usage, and finding out what stands in them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/clock_repair_store.h"
#include "store/usage_sum_store.h"

/* SQL: the quarter of an hour in which an instant lies. */
#define QUARTER(instant) "date_bin('15 minutes', " instant ", '2000-01-01 00:00+00')"

int64 *
usage_sum_due(TimestampTz since, int64 accounts_max, size_t *count)
{
	static Sql find = SQL(
		"SELECT account_id FROM (SELECT account_id, CASE WHEN isfinite(a.last_booked_at) AND "
		"a.last_booked_at < $1 + interval '1 day' AND s.summed_until >= '2000-01-01 00:00+00' AND "
		"s.summed_until < a.last_booked_at THEN a.last_booked_at - s.summed_until END AS behind "
		"FROM " BOOKS "usage_summed AS s JOIN " BOOKS "account AS a USING (account_id) UNION ALL "
		"SELECT u.account_id, interval '15 minutes' FROM " BOOKS
		"usage_event AS u WHERE u.recorded_at >= $1 AND NOT EXISTS (SELECT "
		"FROM " BOOKS "usage_summed AS s WHERE s.account_id = u.account_id) GROUP BY u.account_id "
		"HAVING count(*) >= $2) AS d WHERE behind >= interval '15 minutes' ORDER BY behind DESC, "
		"account_id LIMIT $3",
		TIMESTAMPTZOID, INT8OID, INT8OID);

	*count = sql_run(&find,
					 (Datum[]){TimestampTzGetDatum(since), Int64GetDatum(USAGE_SUM_REQUESTS_MIN),
							   Int64GetDatum(accounts_max)},
					 NULL);
	return column_int64s(*count);
}

/* An account without sums has some from its oldest request on, of no length yet. */
static void
begin(int64 account_id)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS
		"usage_summed (account_id, summed_from, summed_until) SELECT $1, " QUARTER("u.recorded_at") ", " QUARTER(
			"u.recorded_at") " FROM " BOOKS
							 "usage_event AS u WHERE u.account_id = $1 ORDER BY u.recorded_at LIMIT 1 ON CONFLICT DO "
							 "NOTHING",
		INT8OID);

	sql_run(&insert, (Datum[]){Int64GetDatum(account_id)}, NULL);
}

bool
usage_sum_next(int64 account_id, UsageStretch *next)
{
	static Sql hold = SQL(
		"SELECT s.summed_until, least(s.summed_until + interval '1 day', " QUARTER(
			"(SELECT a.last_booked_at FROM " BOOKS "account AS a WHERE "
			"a.account_id = $1)") ") FROM " BOOKS "usage_summed AS s WHERE "
								  "s.account_id = $1 FOR UPDATE SKIP LOCKED",
		INT8OID);

	begin(account_id);
	if (sql_run(&hold, (Datum[]){Int64GetDatum(account_id)}, NULL) == 0)
		return false;
	*next = (UsageStretch){account_id, column_instant(0, 1, DT_NOEND),
						   column_instant(0, 2, DT_NOBEGIN)};
	return next->from < next->until;
}

void
usage_sum_add(const UsageStretch *stretch)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "usage_sum (account_id, starts_at, key_id, model, variant, "
		"requests, rejected, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, "
		"charge, meters, project) SELECT $1, " QUARTER(
			"u.recorded_at") ", u.key_id, u.model, "
							 "coalesce(u.variant, ''), sum(r.requests), count(*) FILTER (WHERE u.status = 'rejected'), "
							 "sum(r.requests * u.input_tokens), sum(r.requests * u.output_tokens), sum(r.requests * "
							 "u.cache_read_tokens), sum(r.requests * u.cache_write_tokens), coalesce(sum(u.charge), "
							 "0.000000000), billing.sum_meters(CASE r.requests WHEN 1 THEN u.meters END), coalesce(u.project, '') FROM " BOOKS
							 "usage_event AS u CROSS JOIN LATERAL (SELECT (u.status IN ('charged', 'free'))::int AS "
							 "requests) AS r " JOIN_COUNTS_AT(
								 "u.account_id", "u.first_entry_no",
								 "u.settled_at") "WHERE u.account_id = $1 AND u.recorded_at >= $2 AND u.recorded_at < $3 AND "
												 "u.settled_at = u.recorded_at AND c.counts_at = u.settled_at GROUP BY 2, u.key_id, u.model, coalesce(u.variant, ''), coalesce(u.project, '')",
		INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID);
	static Sql note = SQL("UPDATE " BOOKS
						  "usage_summed SET summed_until = $3 WHERE account_id = $1 AND "
						  "summed_until = $2",
						  INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID);
	Datum values[] = {Int64GetDatum(stretch->account_id), TimestampTzGetDatum(stretch->from),
					  TimestampTzGetDatum(stretch->until)};

	sql_run(&insert, values, NULL);
	sql_write(&note, values, NULL);
}

void
usage_sum_forget(TimestampTz before)
{
	static Sql delete_sums = SQL("DELETE FROM " BOOKS "usage_sum WHERE starts_at < $1",
								 TIMESTAMPTZOID);
	static Sql delete_notes = SQL("DELETE FROM " BOOKS "usage_summed WHERE summed_until <= $1",
								  TIMESTAMPTZOID);
	static Sql note = SQL(
		"UPDATE " BOOKS "usage_summed SET summed_from = $1 WHERE summed_from < $1", TIMESTAMPTZOID);
	Datum values[] = {TimestampTzGetDatum(before)};

	sql_run(&delete_sums, values, NULL);
	sql_run(&delete_notes, values, NULL);
	sql_run(&note, values, NULL);
}

void
usage_sum_forget_account(int64 account_id)
{
	static Sql delete_sums = SQL("DELETE FROM " BOOKS "usage_sum WHERE account_id = $1", INT8OID);
	static Sql note = SQL("DELETE FROM " BOOKS "usage_summed WHERE account_id = $1", INT8OID);
	Datum values[] = {Int64GetDatum(account_id)};

	sql_run(&note, values, NULL);
	sql_run(&delete_sums, values, NULL);
}

bool
usage_sum_covers(int64 account_id, TimestampTz from, TimestampTz to, const char *time_zone,
				 UsageStretch *covered)
{
	static Sql read = SQL(
		"SELECT c.from, c.until FROM " BOOKS "usage_summed AS s CROSS JOIN LATERAL (SELECT "
		"greatest(s.summed_from, CASE WHEN isfinite($2) THEN " QUARTER(
			"$2 + interval '15 minutes' - interval '1 microsecond'") " ELSE $2 END) AS \"from\", "
																	 "least(s.summed_until, CASE WHEN isfinite($3) THEN " QUARTER(
																		 "$3") " ELSE $3 END) AS until) AS "
																			   "c WHERE s.account_id = $1 AND c.from < c.until AND extract(epoch FROM (c.from AT TIME ZONE $4) "
																			   "- (c.from AT TIME ZONE 'UTC'))::int % 900 = 0 AND extract(epoch FROM (c.until AT TIME ZONE "
																			   "$4) - (c.until AT TIME ZONE 'UTC'))::int % 900 = 0",
		INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "    ";
	Datum values[4] = {Int64GetDatum(account_id), TimestampTzGetDatum(from),
					   TimestampTzGetDatum(to)};

	bind_text(values, nulls, 3, time_zone);
	if (sql_read(&read, values, nulls) == 0)
		return false;
	*covered = (UsageStretch){account_id, column_instant(0, 1, DT_NOEND),
							  column_instant(0, 2, DT_NOBEGIN)};
	return true;
}
