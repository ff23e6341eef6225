/*-------------------------------------------------------------------------
 *
 * rerate_store.c
 *	  Re-ratings, their accounts, and what they pass over.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/lmgr.h"
#include "utils/builtins.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/rerate_store.h"

#define RERATE_COLUMNS                                                                \
	"rerate_no, account_id, occurred_from, occurred_to, model, prices_at, begun_at, " \
	"finished_at, call_account_id, idempotency_key, actor, reason, outdated_by"

static Rerate
read_rerate(void)
{
	return (Rerate){
		.rerate_no = column_int64(0, 1),
		.account_id = column_int64(0, 2),
		.usage = {column_instant(0, 3, 0), column_instant(0, 4, 0), column_text_or_null(0, 5),
				  column_instant(0, 6, 0)},
		.begun_at = column_instant(0, 7, DT_NOEND),
		.finished_at = column_instant(0, 8, DT_NOEND),
		.call_account_id = column_int64(0, 9),
		.idempotency_key = column_text(0, 10),
		.actor = column_text(0, 11),
		.reason = column_text_or_null(0, 12),
		.outdated_by = column_int64(0, 13),
	};
}

void
rerate_hold_for_adding(void)
{
	LockRelationOid(catalog_table("rerate"), ShareUpdateExclusiveLock);
}

bool
rerate_find_call(int64 call_account_id, const char *idempotency_key, Rerate *rerate)
{
	static Sql find = SQL("SELECT " RERATE_COLUMNS " FROM " BOOKS
						  "rerate WHERE call_account_id = $1 AND idempotency_key = $2",
						  INT8OID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2] = {Int64GetDatum(call_account_id)};

	bind_text(values, nulls, 1, idempotency_key);
	if (sql_latest(&find, values, nulls) == 0)
		return false;
	*rerate = read_rerate();
	return true;
}

bool
rerate_find(int64 rerate_no, Rerate *rerate)
{
	static Sql find = SQL("SELECT " RERATE_COLUMNS " FROM " BOOKS "rerate WHERE rerate_no = $1",
						  INT8OID);

	if (sql_latest(&find, (Datum[]){Int64GetDatum(rerate_no)}, NULL) == 0)
		return false;
	*rerate = read_rerate();
	return true;
}

bool
rerate_exists(int64 rerate_no)
{
	static Sql find = SQL("SELECT FROM " BOOKS "rerate WHERE rerate_no = $1", INT8OID);

	return sql_read(&find, (Datum[]){Int64GetDatum(rerate_no)}, NULL) > 0;
}

bool
rerate_find_open(int64 after_rerate_no, Rerate *rerate)
{
	static Sql find = SQL("SELECT " RERATE_COLUMNS " FROM " BOOKS
						  "rerate WHERE begun_at IS NOT NULL AND finished_at IS NULL AND "
						  "rerate_no > $1 ORDER BY rerate_no LIMIT 1",
						  INT8OID);

	if (sql_latest(&find, (Datum[]){Int64GetDatum(after_rerate_no)}, NULL) == 0)
		return false;
	*rerate = read_rerate();
	return true;
}

/* Of which charges it is, from an index on: account, from, to, model, prices_at. */
static void
bind_charges(Datum *values, char *nulls, int index, const Rerate *rerate)
{
	bind_number(values, nulls, index, rerate->account_id);
	values[index + 1] = TimestampTzGetDatum(rerate->usage.occurred_from);
	values[index + 2] = TimestampTzGetDatum(rerate->usage.occurred_to);
	bind_text(values, nulls, index + 3, rerate->usage.model);
	values[index + 4] = TimestampTzGetDatum(rerate->usage.prices_at);
}

/* What may be of some of the same charges as rerate_no $1, which has account $2, [$3, $4), model
 * $5. */
#define OVERLAPS                                                                         \
	"rerate_no <> $1 AND ($2 IS NULL OR account_id IS NULL OR account_id = $2) AND "     \
	"occurred_from < $4 AND occurred_to > $3 AND ($5 IS NULL OR model IS NULL OR model " \
	"= $5)"

int64
rerate_find_other(const Rerate *rerate)
{
	static Sql find = SQL(
		"SELECT rerate_no FROM " BOOKS "rerate AS w WHERE " OVERLAPS
		" AND begun_at IS NOT NULL AND finished_at IS NULL AND ($2 IS NULL OR EXISTS (SELECT FROM " BOOKS
		"rerate_account AS a WHERE a.account_id = $2 AND a.rerate_no = w.rerate_no AND a.finished_at "
		"IS NULL)) ORDER BY rerate_no LIMIT 1",
		INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "      ";
	Datum values[6] = {Int64GetDatum(rerate->rerate_no)};

	bind_charges(values, nulls, 1, rerate);
	return sql_latest(&find, values, nulls) > 0 ? column_int64(0, 1) : NO_NUMBER;
}

void
rerate_outdate_others(const Rerate *rerate)
{
	static Sql update = SQL("UPDATE " BOOKS "rerate SET outdated_by = $1 WHERE " OVERLAPS
							" AND begun_at IS NULL AND outdated_by IS NULL",
							INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID,
							TIMESTAMPTZOID);
	char nulls[] = "      ";
	Datum values[6] = {Int64GetDatum(rerate->rerate_no)};

	bind_charges(values, nulls, 1, rerate);
	sql_run(&update, values, nulls);
}

TimestampTz
rerate_prices_at(TimestampTz now, const char *model)
{
	static Sql find = SQL(
		"SELECT greatest($1, (SELECT max(corrected_at) FROM " BOOKS
		"price WHERE corrects IS NOT NULL AND ($2 IS NULL OR model = $2)), (SELECT max(prices_at) "
		"FROM " BOOKS "rerate WHERE $2 IS NULL OR model IS NULL OR model = $2))",
		TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2] = {TimestampTzGetDatum(now)};

	bind_text(values, nulls, 1, model);
	sql_latest(&find, values, nulls);
	return column_instant(0, 1, now);
}

TimestampTz
rerate_newest_prices(const char *model)
{
	static Sql find = SQL(
		"SELECT max(prices_at) FROM " BOOKS "rerate WHERE model IS NULL OR model = $1", TEXTOID);

	sql_latest(&find, (Datum[]){CStringGetTextDatum(model)}, NULL);
	return column_instant(0, 1, DT_NOBEGIN);
}

void
rerate_insert(Rerate *rerate)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS
		"rerate (account_id, occurred_from, occurred_to, model, prices_at, call_account_id, "
		"idempotency_key, actor, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING "
		"rerate_no",
		INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID,
		TEXTOID);
	char nulls[] = "         ";
	Datum values[9];

	bind_charges(values, nulls, 0, rerate);
	values[5] = Int64GetDatum(rerate->call_account_id);
	bind_text(values, nulls, 6, rerate->idempotency_key);
	bind_text(values, nulls, 7, rerate->actor);
	bind_text(values, nulls, 8, rerate->reason);
	sql_write(&insert, values, nulls);
	rerate->rerate_no = column_int64(0, 1);
}

void
rerate_begin(int64 rerate_no, TimestampTz now)
{
	static Sql update = SQL("UPDATE " BOOKS "rerate SET begun_at = $2 WHERE rerate_no = $1",
							INT8OID, TIMESTAMPTZOID);

	sql_write(&update, (Datum[]){Int64GetDatum(rerate_no), TimestampTzGetDatum(now)}, NULL);
}

bool
rerate_finish(int64 rerate_no, TimestampTz now)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "rerate AS w SET finished_at = $2 WHERE rerate_no = $1 AND finished_at IS "
		"NULL AND NOT EXISTS (SELECT FROM " BOOKS
		"rerate_account AS a WHERE a.rerate_no = w.rerate_no AND a.finished_at IS "
		"NULL)",
		INT8OID, TIMESTAMPTZOID);

	return sql_run(&update, (Datum[]){Int64GetDatum(rerate_no), TimestampTzGetDatum(now)}, NULL) >
		   0;
}

/* ---- accounts --------------------------------------------------------------- */

int64 *
rerate_usage_accounts(const Rerate *rerate, size_t *count)
{
	static Sql list = SQL(
		"SELECT DISTINCT account_id FROM " BOOKS
		"usage_event WHERE ($1 IS NULL OR account_id = $1) AND occurred_at >= $2 AND occurred_at < $3 "
		"AND ($4 IS NULL OR model = $4) AND recorded_at <= $5 UNION SELECT account_id FROM " BOOKS
		"usage_day WHERE ($1 IS NULL OR account_id = $1) AND day_ends_at > $2 AND day_starts_at < $3 "
		"AND ($4 IS NULL OR model = $4) ORDER BY account_id",
		INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "     ";
	Datum values[5];

	bind_charges(values, nulls, 0, rerate);
	*count = sql_latest(&list, values, nulls);
	return column_int64s(*count);
}

void
rerate_account_insert(const Account *account, const Rerate *rerate, const RerateSums *sums)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS
		"rerate_account (account_id, rerate_no, events, less, more, last_entry_no, next_reversal_id, "
		"finished_at, booked_until) VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $3 = 0 THEN $8 END, $9)",
		INT8OID, INT8OID, INT8OID, NUMERICOID, NUMERICOID, INT8OID, INT8OID, TIMESTAMPTZOID,
		TIMESTAMPTZOID);

	sql_write(&insert,
			  (Datum[]){Int64GetDatum(account->account_id), Int64GetDatum(rerate->rerate_no),
						Int64GetDatum(sums->events), nano_datum(sums->less_nano),
						nano_datum(sums->more_nano), Int64GetDatum(account->last_entry_no),
						Int64GetDatum(usage_next_reversal_id(account->account_id)),
						TimestampTzGetDatum(rerate->usage.prices_at),
						TimestampTzGetDatum(account->last_booked_at)},
			  NULL);
}

RerateSums
rerate_sums(int64 rerate_no)
{
	/* What is more than an amount can be is as much as one can be: it needs a second person. */
	static Sql read = SQL(
		"SELECT count(*) FILTER (WHERE events > 0), coalesce(sum(events), 0)::bigint, "
		"least(coalesce(sum(less), 0), 999999999.999999999), least(coalesce(sum(more), 0), "
		"999999999.999999999) FROM " BOOKS "rerate_account WHERE rerate_no = $1",
		INT8OID);

	sql_run(&read, (Datum[]){Int64GetDatum(rerate_no)}, NULL);
	return (RerateSums){column_int64(0, 1), column_int64(0, 2), column_nano(0, 3),
						column_nano(0, 4)};
}

int64 *
rerate_open_accounts(int64 rerate_no, int64 accounts_max, size_t *count)
{
	static Sql list = SQL("SELECT account_id FROM " BOOKS
						  "rerate_account WHERE rerate_no = $1 AND finished_at IS NULL ORDER BY "
						  "account_id LIMIT $2",
						  INT8OID, INT8OID);

	*count = sql_latest(&list, (Datum[]){Int64GetDatum(rerate_no), Int64GetDatum(accounts_max)},
						NULL);
	return column_int64s(*count);
}

RerateProgress
rerate_progress(int64 account_id, int64 rerate_no)
{
	static Sql read = SQL(
		"SELECT events, moved, after_hash, after_probe, after_recorded_at, "
		"finished_at, last_entry_no, passed_over, next_reversal_id, booked_until FROM " BOOKS
		"rerate_account WHERE account_id = $1 AND rerate_no = $2 FOR NO KEY UPDATE",
		INT8OID, INT8OID);
	bool has_begun;

	sql_write(&read, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(rerate_no)}, NULL);
	has_begun = !column_is_null(0, 3);
	return (RerateProgress){
		.events = column_int64(0, 1),
		.moved = column_int64(0, 2),
		.after = {column_int64(0, 3), has_begun ? column_int16(0, 4) : 0,
				  column_instant(0, 5, DT_NOBEGIN)},
		.finished_at = column_instant(0, 6, DT_NOEND),
		.booked = {column_int64(0, 7), column_instant(0, 10, DT_NOBEGIN)},
		.passed_over = column_int64(0, 8),
		.next_reversal_id = column_int64(0, 9),
	};
}

void
rerate_account_update(int64 account_id, int64 rerate_no, const RerateProgress *progress,
					  int64 given_back_nano, int64 charged_nano)
{
	static Sql update = SQL(
		"UPDATE " BOOKS
		"rerate_account SET moved = $3, given_back = given_back + $4, charged = charged + $5, "
		"after_hash = $6, after_probe = $7, after_recorded_at = $8, finished_at = $9, passed_over = $10 "
		"WHERE account_id = $1 AND rerate_no = $2",
		INT8OID, INT8OID, INT8OID, NUMERICOID, NUMERICOID, INT8OID, INT2OID, TIMESTAMPTZOID,
		TIMESTAMPTZOID, INT8OID);
	bool has_begun = progress->after.recorded_at != DT_NOBEGIN;
	char nulls[] = "          ";
	Datum values[10] = {
		Int64GetDatum(account_id),
		Int64GetDatum(rerate_no),
		Int64GetDatum(progress->moved),
		nano_datum(given_back_nano),
		nano_datum(charged_nano),
		Int64GetDatum(progress->after.request_hash),
		Int16GetDatum(progress->after.probe),
	};

	nulls[5] = nulls[6] = has_begun ? ' ' : 'n';
	bind_instant(values, nulls, 7, progress->after.recorded_at, DT_NOBEGIN);
	bind_instant(values, nulls, 8, progress->finished_at, DT_NOEND);
	values[9] = Int64GetDatum(progress->passed_over);
	sql_write(&update, values, nulls);
}

int64
rerate_left(int64 rerate_no)
{
	static Sql count = SQL(
		"SELECT coalesce(sum(greatest(events - moved - passed_over, 1)), 0)::bigint FROM " BOOKS
		"rerate_account WHERE rerate_no = $1 AND finished_at IS NULL",
		INT8OID);

	sql_run(&count, (Datum[]){Int64GetDatum(rerate_no)}, NULL);
	return column_int64(0, 1);
}

int64
rerate_end(int64 rerate_no, TimestampTz now)
{
	static Sql end = SQL(
		"WITH open AS (SELECT account_id, events - moved - passed_over AS rest FROM " BOOKS
		"rerate_account WHERE rerate_no = $1 AND finished_at IS NULL FOR NO KEY UPDATE SKIP LOCKED), "
		"ended AS (UPDATE " BOOKS
		"rerate_account AS a SET finished_at = $2, passed_over = passed_over + greatest(rest, 0) FROM "
		"open WHERE a.account_id = open.account_id AND a.rerate_no = $1) INSERT INTO " BOOKS
		"rerate_skip (account_id, rerate_no, reason, events) SELECT account_id, $1, 'ended', rest FROM "
		"open WHERE rest > 0",
		INT8OID, TIMESTAMPTZOID);

	sql_write(&end, (Datum[]){Int64GetDatum(rerate_no), TimestampTzGetDatum(now)}, NULL);
	(void) rerate_finish(rerate_no, now);
	return rerate_left(rerate_no);
}

TimestampTz
rerate_open_from(void)
{
	static Sql find = SQL("SELECT min(occurred_from) FROM " BOOKS
						  "rerate WHERE begun_at IS NOT NULL AND finished_at IS NULL");

	sql_latest(&find, NULL, NULL);
	return column_instant(0, 1, DT_NOEND);
}

/* ---- what is passed over ---------------------------------------------------- */

void
rerate_skip(int64 account_id, int64 rerate_no, const char *reason, int64 events)
{
	static Sql count = SQL(
		"INSERT INTO " BOOKS
		"rerate_skip AS s (account_id, rerate_no, reason, events) VALUES ($1, $2, "
		"$3, $4) ON CONFLICT (account_id, rerate_no, reason) DO UPDATE SET events "
		"= s.events + excluded.events",
		INT8OID, INT8OID, TEXTOID, INT8OID);

	if (events > 0)
		sql_write(&count,
				  (Datum[]){Int64GetDatum(account_id), Int64GetDatum(rerate_no),
							CStringGetTextDatum(reason), Int64GetDatum(events)},
				  NULL);
}

void
rerate_skip_uncharged(const Rerate *rerate)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS
		"rerate_skip (account_id, rerate_no, reason, events) SELECT account_id, $1, status, count(*) "
		"FROM " BOOKS
		"usage_event WHERE ($2 IS NULL OR account_id = $2) AND occurred_at >= $3 AND occurred_at < $4 "
		"AND ($5 IS NULL OR model = $5) AND recorded_at <= $6 AND status <> 'charged' GROUP BY "
		"account_id, status UNION ALL SELECT account_id, $1, 'closed_month', sum(requests)::bigint "
		"FROM " BOOKS
		"usage_day WHERE ($2 IS NULL OR account_id = $2) AND day_ends_at > $3 AND day_starts_at < $4 "
		"AND ($5 IS NULL OR model = $5) GROUP BY account_id HAVING sum(requests) > 0",
		INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "      ";
	Datum values[6] = {Int64GetDatum(rerate->rerate_no)};

	bind_charges(values, nulls, 1, rerate);
	sql_run(&insert, values, nulls);
}

void
rerate_report_accounts(int64 rerate_no, ReturnSetInfo *result)
{
	static Sql rows = SQL(
		"SELECT r.account_id, a.currency, r.events, r.less::numeric, r.more::numeric, r.moved, "
		"r.given_back, r.charged, (SELECT jsonb_object_agg(s.reason, s.events) FROM " BOOKS
		"rerate_skip AS s WHERE s.account_id = r.account_id AND s.rerate_no = r.rerate_no), "
		"r.finished_at FROM " BOOKS "rerate_account AS r JOIN " BOOKS
		"account AS a USING (account_id) WHERE r.rerate_no = $1 ORDER BY r.account_id",
		INT8OID);

	sql_put_rows(&rows, (Datum[]){Int64GetDatum(rerate_no)}, NULL, result);
}
