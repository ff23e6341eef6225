/*-------------------------------------------------------------------------
 *
 * usage_report_store.c
 *	  The statements of usage_report().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/timestamp.h"

#include "core/policy.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/usage_report_store.h"

char *
usage_report_time_zone(int64 account_id)
{
	static Sql read = SQL("SELECT billing.known_time_zone(time_zone) FROM " BOOKS
						  "account_profile WHERE account_id = $1",
						  INT8OID);

	return sql_read(&read, (Datum[]){Int64GetDatum(account_id)}, NULL) > 0 ? column_text(0, 1)
																		   : pstrdup("UTC");
}

TimestampTz
usage_report_closed_until(void)
{
	static Sql read = SQL("SELECT max(ends_at) FROM " BOOKS "closed_month");

	sql_read(&read, NULL, NULL);
	return column_instant(0, 1, DT_NOBEGIN);
}

bool
usage_report_day_is_cut(int64 account_id, TimestampTz at)
{
	static Sql find = SQL(
		"SELECT FROM " BOOKS "usage_day WHERE account_id = $1 AND day_starts_at < $2 AND least("
		"day_ends_at, (SELECT max(ends_at) FROM " BOOKS "closed_month)) > $2 LIMIT 1",
		INT8OID, TIMESTAMPTZOID);

	return sql_read(&find, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(at)}, NULL) > 0;
}

char *
usage_report_other_zone(const UsageReport *report)
{
	static Sql find = SQL("SELECT time_zone FROM " BOOKS
						  "usage_day WHERE account_id = $1 AND day_starts_at >= $2 AND "
						  "day_starts_at < $3 AND lower(time_zone) <> lower($4) ORDER BY "
						  "day_starts_at LIMIT 1",
						  INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "    ";
	Datum values[4] = {Int64GetDatum(report->account_id), TimestampTzGetDatum(report->from),
					   TimestampTzGetDatum(report->to)};

	bind_text(values, nulls, 3, report->time_zone);
	return sql_read(&find, values, nulls) > 0 ? column_text(0, 1) : NULL;
}

static const char by_recorded_at_sql[] =
#include "query/usage_report_by_recorded_at.inc"
	;
static const char by_occurred_at_sql[] =
#include "query/usage_report_by_occurred_at.inc"
	;

#define LINES_TYPES                                                                              \
	INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, BOOLOID, BOOLOID, TIMESTAMPTZOID, \
		TIMESTAMPTZOID, BOOLOID, BOOLOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID

/* An instant moved by some microseconds, as far as instants go. */
static TimestampTz
moved(TimestampTz at, int64 by_us)
{
	TimestampTz sum;

	if (TIMESTAMP_NOT_FINITE(at) || pg_add_s64_overflow(at, by_us, &sum) ||
		!IS_VALID_TIMESTAMP(sum))
		return by_us < 0 ? DT_NOBEGIN : DT_NOEND;
	return sum;
}

void
usage_report(const UsageReport *report, ReturnSetInfo *result)
{
	static Sql by_recorded_at = SQL(by_recorded_at_sql, LINES_TYPES);
	static Sql by_occurred_at = SQL(by_occurred_at_sql, LINES_TYPES);
	char nulls[] = "              ";
	Datum values[14] = {Int64GetDatum(report->account_id), TimestampTzGetDatum(report->from),
						TimestampTzGetDatum(report->to)};

	bind_text(values, nulls, 3, report->period);
	bind_text(values, nulls, 4, report->time_zone);
	values[5] = BoolGetDatum(report->by_key);
	values[6] = BoolGetDatum(report->by_model);
	/* Received a tolerance before it was stamped at the earliest, a window after it at the latest.
	 */
	values[7] = TimestampTzGetDatum(
		moved(report->from, -policy_catalog[POLICY_FUTURE_TOLERANCE].max));
	values[8] = TimestampTzGetDatum(
		moved(report->to, policy_catalog[POLICY_DEDUPE_WINDOW].max + 1));
	values[9] = BoolGetDatum(report->by_variant);
	values[10] = BoolGetDatum(report->by_project);
	bind_text(values, nulls, 11, report->by_tag);
	values[12] = TimestampTzGetDatum(report->summed.from);
	values[13] = TimestampTzGetDatum(report->summed.until);
	sql_put_rows(report->by_occurred_at ? &by_occurred_at : &by_recorded_at, values, nulls, result);
}
