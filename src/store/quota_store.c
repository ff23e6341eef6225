/*-------------------------------------------------------------------------
 *
 * quota_store.c
 *	  What may be used of subscriptions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "core/books.h"
#include "core/limits.h"
#include "errors.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "store/quota_store.h"

QuotaPart *
quota_parts(int64 account_id, int64 subscription_no, size_t *count)
{
	static Sql list = SQL(
		"SELECT quota_no, starts_at, ends_at, planned_until, amount, given, used, windows_from, continues, carried "
		"FROM " BOOKS "quota WHERE account_id = $1 AND subscription_no = $2 AND "
		"kind = 'part' ORDER BY planned_until, quota_no",
		INT8OID, INT8OID);
	QuotaPart *parts;

	*count = sql_run(&list, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(subscription_no)},
					 NULL);
	parts = palloc((*count + 1) * sizeof(QuotaPart));
	for (size_t i = 0; i < *count; i++)
		parts[i] = (QuotaPart){
			.quota_no = column_int64(i, 1),
			.starts_at = column_instant(i, 2, DT_NOBEGIN),
			.ends_at = column_instant(i, 3, DT_NOEND),
			.planned_until = column_instant(i, 4, DT_NOEND),
			.amount_nano = column_nano(i, 5),
			.given_nano = column_nano(i, 6),
			.used_nano = column_nano(i, 7),
			.windows_from = column_instant(i, 8, DT_NOBEGIN),
			.continues = column_int64(i, 9),
			.carried_nano = column_nano(i, 10),
		};
	return parts;
}

int64
quota_next_no(int64 account_id, int64 subscription_no)
{
	static Sql next = SQL("SELECT coalesce(max(quota_no), 0) + 1 FROM " BOOKS
						  "quota WHERE account_id = $1 AND subscription_no = $2",
						  INT8OID, INT8OID);

	sql_run(&next, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(subscription_no)}, NULL);
	return column_int64(0, 1);
}

void
quota_put_part(int64 account_id, int64 subscription_no, const QuotaPart *part)
{
	static Sql put = SQL(
		"INSERT INTO " BOOKS "quota (account_id, subscription_no, quota_no, kind, starts_at, "
		"ends_at, planned_until, windows_from, amount, continues, given, carried) VALUES ($1, $2, $3, "
		"'part', $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (account_id, subscription_no, quota_no) DO UPDATE SET starts_at = "
		"excluded.starts_at, ends_at = excluded.ends_at, planned_until = excluded.planned_until, "
		"windows_from = excluded.windows_from",
		INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID,
		NUMERICOID, INT8OID, NUMERICOID, NUMERICOID);
	char nulls[] = "           ";
	Datum values[11];

	values[0] = Int64GetDatum(account_id);
	values[1] = Int64GetDatum(subscription_no);
	values[2] = Int64GetDatum(
		part->quota_no != NO_NUMBER ? part->quota_no : quota_next_no(account_id, subscription_no));
	values[3] = TimestampTzGetDatum(part->starts_at);
	values[4] = TimestampTzGetDatum(part->ends_at);
	values[5] = TimestampTzGetDatum(part->planned_until);
	bind_instant(values, nulls, 6, part->windows_from, DT_NOBEGIN);
	values[7] = nano_datum(part->amount_nano);
	bind_number(values, nulls, 8, part->continues);
	values[9] = nano_datum(part->given_nano);
	values[10] = nano_datum(part->carried_nano);
	sql_write(&put, values, nulls);
}

/* Windows count from the begin of a period, which no part is before. */
static bool
is_sound(const Quota *quota)
{
	return quota->starts_at >= INSTANT_MIN && quota->starts_at <= quota->ends_at &&
		   !TIMESTAMP_NOT_FINITE(quota->ends_at) && quota->window_us >= 0 &&
		   (quota->window_us == 0 ||
			(quota->windows_from >= INSTANT_MIN && quota->windows_from <= quota->starts_at));
}

Quotas
quota_list(int64 account_id, TimestampTz since, size_t room, SqlRunner run)
{
	static Sql list = SQL(
		"SELECT q.subscription_no, q.quota_no, s.pack_of, q.kind, q.starts_at, q.ends_at, q.amount, "
		"q.given, q.used, CASE q.kind WHEN 'part' THEN q.windows_from END, p.window_hours, "
		"p.window_quota, q.continues, q.carried FROM " BOOKS "quota AS q JOIN " BOOKS
		"subscription AS s ON s.account_id = "
		"q.account_id AND s.subscription_no = q.subscription_no JOIN " BOOKS
		"plan AS p ON p.plan = s.plan AND p.version = s.plan_version WHERE q.account_id = $1 AND "
		"q.ends_at > $2 ORDER BY q.subscription_no, q.quota_no",
		INT8OID, TIMESTAMPTZOID);
	Quotas quotas;

	quotas.count = run(&list, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(since)},
					   NULL);
	quotas.capacity = quotas.count + room;
	quotas.list = palloc((quotas.capacity + 1) * sizeof(Quota));
	for (size_t i = 0; i < quotas.count; i++)
	{
		quotas.list[i] = (Quota){
			.subscription_no = column_int64(i, 1),
			.quota_no = column_int64(i, 2),
			.pack_of = column_int64(i, 3),
			.kind = strcmp(column_text(i, 4), "part") == 0 ? QUOTA_PART : QUOTA_WINDOW,
			.starts_at = column_instant(i, 5, DT_NOBEGIN),
			.ends_at = column_instant(i, 6, DT_NOEND),
			.amount_nano = column_nano(i, 7),
			.given_nano = column_nano(i, 8),
			.used_nano = column_nano(i, 9),
			.loaded_nano = column_nano(i, 9),
			.windows_from = column_instant(i, 10, 0),
			.window_us = column_is_null(i, 10) ? 0 : column_int32(i, 11) * USECS_PER_HOUR,
			.window_nano = column_nano(i, 12),
			.continues = column_int64(i, 13),
			.carried_nano = column_nano(i, 14),
		};
		if (!is_sound(&quotas.list[i]))
			refuse(ERROR_ROW_ALTERED, "the bounds of a quota");
	}
	return quotas;
}

void
quota_cut_windows(int64 account_id, int64 subscription_no, TimestampTz at)
{
	static Sql cut = SQL(
		"UPDATE " BOOKS "quota SET ends_at = greatest(starts_at, $3) WHERE "
		"account_id = $1 AND subscription_no = $2 AND kind = 'window' AND ends_at > "
		"$3",
		INT8OID, INT8OID, TIMESTAMPTZOID);

	(void) sql_run(&cut,
				   (Datum[]){Int64GetDatum(account_id), Int64GetDatum(subscription_no),
							 TimestampTzGetDatum(at)},
				   NULL);
}

static void
insert_window(int64 account_id, Quota *quota)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "quota (account_id, subscription_no, quota_no, kind, starts_at, "
		"ends_at, planned_until, amount, used) VALUES ($1, $2, $3, 'window', $4, $5, $5, $6, $7)",
		INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, NUMERICOID, NUMERICOID);

	sql_write(&insert,
			  (Datum[]){Int64GetDatum(account_id), Int64GetDatum(quota->subscription_no),
						Int64GetDatum(quota->quota_no), TimestampTzGetDatum(quota->starts_at),
						TimestampTzGetDatum(quota->ends_at), nano_datum(quota->amount_nano),
						nano_datum(quota->used_nano)},
			  NULL);
	quota->is_new = false;
}

void
quota_write(int64 account_id, Quota *quota)
{
	static Sql update = SQL("UPDATE " BOOKS
							"quota SET used = $4, carried = $5 WHERE account_id = $1 AND "
							"subscription_no = $2 AND quota_no = $3",
							INT8OID, INT8OID, INT8OID, NUMERICOID, NUMERICOID);

	if (quota->is_new)
		insert_window(account_id, quota);
	else
		sql_write(&update,
				  (Datum[]){Int64GetDatum(account_id), Int64GetDatum(quota->subscription_no),
							Int64GetDatum(quota->quota_no), nano_datum(quota->used_nano),
							nano_datum(quota->carried_nano)},
				  NULL);
	quota->changed = false;
	quota->loaded_nano = quota->used_nano;
}

void
quota_give(int64 account_id, const Quota *quota, int64 credits_nano)
{
	static Sql update = SQL("UPDATE " BOOKS
							"quota SET given = given + $4 WHERE account_id = $1 AND "
							"subscription_no = $2 AND quota_no = $3",
							INT8OID, INT8OID, INT8OID, NUMERICOID);

	sql_write(&update,
			  (Datum[]){Int64GetDatum(account_id), Int64GetDatum(quota->subscription_no),
						Int64GetDatum(quota->quota_no), nano_datum(credits_nano)},
			  NULL);
}
