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
	static Sql read = SQL("SELECT time_zone FROM billing.account_profile WHERE account_id = $1",
						  INT8OID);

	return sql_read(&read, (Datum[]){Int64GetDatum(account_id)}, NULL) > 0 ? column_text(0, 1)
																		   : pstrdup("UTC");
}

TimestampTz
usage_closed_until(void)
{
	static Sql read = SQL("SELECT max(ends_at) FROM billing.closed_month");

	sql_read(&read, NULL, NULL);
	return column_instant(0, 1, DT_NOBEGIN);
}

bool
usage_day_is_cut(int64 account_id, TimestampTz at)
{
	static Sql find = SQL(
		"SELECT FROM billing.usage_day WHERE account_id = $1 AND day_starts_at < $2 AND least("
		"day_ends_at, (SELECT max(ends_at) FROM billing.closed_month)) > $2 LIMIT 1",
		INT8OID, TIMESTAMPTZOID);

	return sql_read(&find, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(at)}, NULL) > 0;
}

/*
 * What an event adds to a line. A line's instant is at: of a charge its
 * booking, of what is not charged its receipt.
 */
#define REQUESTS "(u.status IN ('charged', 'free'))::int"
#define EVENT_SUMS                                                                                   \
	"u.key_id, u.key_name, u.model, " REQUESTS " AS requests, (u.status = 'rejected')::int AS "      \
	"rejected, (u.status = 'unpriced')::int AS unpriced, " REQUESTS " * u.input_tokens AS "          \
	"input_tokens, " REQUESTS " * u.output_tokens AS output_tokens, " REQUESTS                       \
	" * u.cache_read_tokens AS cache_read_tokens, " REQUESTS " * u.cache_write_tokens AS "           \
	"cache_write_tokens, coalesce(u.charge, 0.000000000) AS charge, 0.000000000 AS given_back FROM " \
	"billing.usage_event AS u WHERE u.account_id = $1 AND "
#define REVERSAL_SUMS                                                                            \
	"r.key_id, (SELECT k.name FROM billing.api_key AS k WHERE k.account_id = $1 AND k.key_id = " \
	"r.key_id), r.model, 0, 0, 0, 0, 0, 0, 0, 0.000000000, r.amount FROM "                       \
	"billing.charge_reversal AS r WHERE r.account_id = $1 AND "

/* Booked when received, booked later, summed up by days, and given back. */
#define LINES_BY_RECORDED_AT                                                                               \
	"SELECT u.recorded_at AS at, " EVENT_SUMS "u.recorded_at >= $2 AND u.recorded_at < $3 AND "            \
	"(u.settled_at IS NULL OR u.settled_at = u.recorded_at) UNION ALL SELECT u.settled_at, "               \
	"" EVENT_SUMS "u.settled_at <> u.recorded_at AND u.settled_at >= $2 AND u.settled_at < $3 "            \
	"UNION ALL SELECT d.day_starts_at, d.key_id, d.key_name, d.model, d.requests, d.rejected, "            \
	"0, d.input_tokens, d.output_tokens, d.cache_read_tokens, d.cache_write_tokens, "                      \
	"d.charge, 0.000000000 FROM billing.usage_day AS d WHERE d.account_id = $1 AND d.day_starts_at >= $2 " \
	"AND d.day_starts_at < $3 UNION ALL SELECT r.recorded_at, " REVERSAL_SUMS                              \
	"r.recorded_at >= $2 AND r.recorded_at < $3"

/* [$8, $9) is when such events were received. */
#define LINES_BY_OCCURRED_AT                                                                    \
	"SELECT u.occurred_at AS at, " EVENT_SUMS "u.occurred_at >= $2 AND u.occurred_at < $3 AND " \
	"u.recorded_at >= $8 AND u.recorded_at < $9 UNION "                                         \
	"ALL SELECT r.occurred_at, " REVERSAL_SUMS "r.occurred_at >= $2 AND r.occurred_at < $3"

#define LINES_GROUPED(lines)                                                                      \
	"SELECT period, key_id, max(key_name), model, sum(requests)::bigint, sum(rejected)::bigint, " \
	"sum(unpriced)::bigint, sum(input_tokens)::bigint, sum(output_tokens)::bigint, "              \
	"sum(cache_read_tokens)::bigint, sum(cache_write_tokens)::bigint, sum(charge), "              \
	"sum(given_back) FROM (SELECT date_trunc($4, at, $5) AS period, CASE WHEN $6 THEN key_id "    \
	"END AS key_id, CASE WHEN $6 THEN key_name END AS key_name, CASE WHEN $7 THEN model END AS "  \
	"model, requests, rejected, unpriced, input_tokens, output_tokens, cache_read_tokens, "       \
	"cache_write_tokens, charge, given_back FROM (" lines ") AS l) AS l GROUP BY period, "        \
	"key_id, model ORDER BY period, key_id, model COLLATE \"C\""
#define LINES_TYPES                                                                              \
	INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, BOOLOID, BOOLOID, TIMESTAMPTZOID, \
		TIMESTAMPTZOID

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
	static Sql by_recorded_at = SQL(LINES_GROUPED(LINES_BY_RECORDED_AT), LINES_TYPES);
	static Sql by_occurred_at = SQL(LINES_GROUPED(LINES_BY_OCCURRED_AT), LINES_TYPES);
	char nulls[] = "         ";
	Datum values[9] = {Int64GetDatum(report->account_id), TimestampTzGetDatum(report->from),
					   TimestampTzGetDatum(report->to)};
	uint64 count;

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
	count = sql_read(report->by_occurred_at ? &by_occurred_at : &by_recorded_at, values, nulls);
	for (uint64 row = 0; row < count; row++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[row]);
}
