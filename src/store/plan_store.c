/*-------------------------------------------------------------------------
 *
 * plan_store.c
 *	  The catalog of plans, and the weights of models.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/clock_repair_store.h"
#include "store/plan_store.h"
#include "store/price_store.h"

#define PLAN_COLUMNS                                                                   \
	"plan, version, region, price, quota, months, days, monthly_quota, window_hours, " \
	"window_quota, retired_at"

static TokenPlan
read_plan(void)
{
	return (TokenPlan){
		.plan = column_text(0, 1),
		.version = column_int32(0, 2),
		.region = column_text(0, 3),
		.price_nano = column_nano(0, 4),
		.quota_nano = column_nano(0, 5),
		.months = column_int32(0, 6),
		.days = column_int32(0, 7),
		.monthly_quota = column_bool(0, 8),
		.window_hours = column_int32(0, 9),
		.window_nano = column_nano(0, 10),
		.retired_at = column_instant(0, 11, DT_NOEND),
	};
}

bool
plan_find_newest(const char *name, TokenPlan *plan)
{
	static Sql find = SQL("SELECT " PLAN_COLUMNS " FROM " BOOKS
						  "plan WHERE plan = $1 ORDER BY version DESC LIMIT 1",
						  TEXTOID);
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, name);
	if (sql_run(&find, values, nulls) == 0)
		return false;
	*plan = read_plan();
	return true;
}

bool
plan_find(const char *name, int32 version, TokenPlan *plan)
{
	static Sql find = SQL("SELECT " PLAN_COLUMNS " FROM " BOOKS
						  "plan WHERE plan = $1 AND version = $2",
						  TEXTOID, INT4OID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, name);
	values[1] = Int32GetDatum(version);
	if (sql_run(&find, values, nulls) == 0)
		return false;
	*plan = read_plan();
	return true;
}

void
plan_hold_for_adding(void)
{
	(void) sql_execute("LOCK TABLE " BOOKS "plan IN SHARE ROW EXCLUSIVE MODE");
}

void
plan_insert(const TokenPlan *plan, TimestampTz now)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "plan (plan, version, region, price, quota, months, days, "
		"monthly_quota, window_hours, window_quota, created_at) VALUES ($1, $2, $3, $4, $5, $6, "
		"$7, $8, $9, $10, $11)",
		TEXTOID, INT4OID, TEXTOID, NUMERICOID, NUMERICOID, INT4OID, INT4OID, BOOLOID, INT4OID,
		NUMERICOID, TIMESTAMPTZOID);
	char nulls[] = "           ";
	Datum values[11];

	bind_text(values, nulls, 0, plan->plan);
	values[1] = Int32GetDatum(plan->version);
	bind_text(values, nulls, 2, plan->region);
	values[3] = nano_datum(plan->price_nano);
	values[4] = nano_datum(plan->quota_nano);
	values[5] = Int32GetDatum(plan->months);
	nulls[5] = plan->months == 0 ? 'n' : ' ';
	values[6] = Int32GetDatum(plan->days);
	nulls[6] = plan->days == 0 ? 'n' : ' ';
	values[7] = BoolGetDatum(plan->monthly_quota);
	values[8] = Int32GetDatum(plan->window_hours);
	nulls[8] = plan->window_hours == 0 ? 'n' : ' ';
	bind_nano(values, nulls, 9, plan->window_nano, 0);
	values[10] = TimestampTzGetDatum(now);
	sql_write(&insert, values, nulls);
}

bool
plan_retire(const char *name, TimestampTz now)
{
	static Sql retire = SQL("UPDATE " BOOKS
							"plan SET retired_at = $2 WHERE plan = $1 AND retired_at IS NULL AND "
							"version = (SELECT max(version) FROM " BOOKS "plan WHERE plan = $1)",
							TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, name);
	values[1] = TimestampTzGetDatum(now);
	return sql_run(&retire, values, nulls) > 0;
}

/* ---- weights --------------------------------------------------------------- */

#define WEIGHT_COLUMNS \
	"weight_id, prompt_tokens_over, effective_from, input, cache_read, cache_write, output, variant, meters, unlisted_meters"

Price *
plan_weights(const char *plan, const char *model, SqlRunner run, size_t *count)
{
	static Sql list = SQL(
		"SELECT " WEIGHT_COLUMNS " FROM " BOOKS
		"plan_weight WHERE plan = $1 AND model = $2 ORDER BY variant COLLATE \"C\", "
		"prompt_tokens_over, effective_from DESC, weight_id DESC",
		TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];
	Price *weights;

	bind_text(values, nulls, 0, plan);
	bind_text(values, nulls, 1, model);
	*count = run(&list, values, nulls);
	weights = palloc((*count + 1) * sizeof(Price));
	for (size_t i = 0; i < *count; i++)
		weights[i] = price_read(i);
	return weights;
}

bool
plan_weights_are_readable(const char *plan, const char *model)
{
	static Sql find = SQL("SELECT FROM " BOOKS
						  "plan_weight WHERE plan = $1 AND model = $2 AND (NOT "
						  "billing.are_price_items(meters) OR 'NaN' IN (input, cache_read, "
						  "cache_write, output)) LIMIT 1",
						  TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, plan);
	bind_text(values, nulls, 1, model);
	return sql_read(&find, values, nulls) == 0;
}

bool
plan_weight_get(int64 weight_id, Price *weight)
{
	static Sql get = SQL("SELECT " WEIGHT_COLUMNS " FROM " BOOKS "plan_weight WHERE weight_id = $1",
						 INT8OID);

	if (sql_read(&get, (Datum[]){Int64GetDatum(weight_id)}, NULL) == 0)
		return false;
	*weight = price_read(0);
	return true;
}

static bool
find_same(const WeightRow *row, Price *existing)
{
	static Sql find = SQL("SELECT " WEIGHT_COLUMNS " FROM " BOOKS
						  "plan_weight WHERE plan = $1 AND model = $2 AND prompt_tokens_over = $3 "
						  "AND effective_from = $4 AND variant = $5",
						  TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "     ";
	Datum values[5];

	bind_text(values, nulls, 0, row->plan);
	bind_text(values, nulls, 1, row->model);
	values[2] = Int64GetDatum(row->weight.prompt_tokens_over);
	values[3] = TimestampTzGetDatum(row->weight.effective_from);
	bind_text(values, nulls, 4, row->weight.variant);
	if (sql_latest(&find, values, nulls) == 0)
		return false;
	*existing = price_read(0);
	return true;
}

bool
plan_weight_insert(WeightRow *row, Price *existing)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "plan_weight (plan, model, prompt_tokens_over, effective_from, input, "
		"cache_read, cache_write, output, variant, meters, unlisted_meters) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
		"RETURNING weight_id",
		TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID, NUMERICOID, NUMERICOID, NUMERICOID, NUMERICOID,
		TEXTOID, TEXTOID, TEXTOID);
	char nulls[] = "           ";
	Datum values[11];

	if (find_same(row, existing))
		return false;
	bind_text(values, nulls, 0, row->plan);
	bind_text(values, nulls, 1, row->model);
	price_bind(values, nulls, 2, &row->weight);
	sql_write(&insert, values, nulls);
	row->weight.price_id = column_int64(0, 1);
	return true;
}

TimestampTz
plan_weight_newest_use(const WeightRow *row, TimestampTz recorded_since)
{
	static Sql newest = SQL(
		"SELECT max(u.occurred_at) FROM " BOOKS "usage_event AS u JOIN " BOOKS
		"plan_weight AS w ON w.weight_id = u.weight_id " JOIN_COUNTS_AT(
			"u.account_id", "u.first_entry_no",
			"u.settled_at") "WHERE u.status = 'plan' AND u.model = $2 AND u.recorded_at >= $3 AND "
							"w.plan = $1 AND w.variant = $4 AND c.counts_at = u.settled_at",
		TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "    ";
	Datum values[4];

	bind_text(values, nulls, 0, row->plan);
	bind_text(values, nulls, 1, row->model);
	values[2] = TimestampTzGetDatum(recorded_since);
	bind_text(values, nulls, 3, row->weight.variant);
	sql_latest(&newest, values, nulls);
	return column_instant(0, 1, DT_NOBEGIN);
}

void
plan_report(ReturnSetInfo *result)
{
	static Sql plans = SQL(
		"SELECT p.plan, p.version, p.region, p.price, p.quota, p.months, p.days, p.monthly_quota, "
		"p.window_hours, p.window_quota, p.created_at, p.retired_at FROM (SELECT DISTINCT ON (plan) "
		"* FROM " BOOKS "plan ORDER BY plan, version DESC) AS p ORDER BY p.plan");

	sql_put_rows(&plans, NULL, NULL, result);
}

void
plan_report_weights(ReturnSetInfo *result)
{
	static Sql weights = SQL(
		"SELECT w.plan, w.model, w.prompt_tokens_over, w.effective_from, "
		"w.input, w.output, w.cache_read, w.cache_write, w.variant, w.meters, w.unlisted_meters FROM " BOOKS
		"plan_weight AS w ORDER BY w.plan, w.model, w.variant, w.prompt_tokens_over, "
		"w.effective_from");

	sql_put_rows(&weights, NULL, NULL, result);
}
