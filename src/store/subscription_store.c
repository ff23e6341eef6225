/*-------------------------------------------------------------------------
 *
 * subscription_store.c
 *	  What was bought of plans, and the quotas of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "core/limits.h"
#include "errors.h"
#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "store/subscription_store.h"

#define SUBSCRIPTION_COLUMNS                                                                            \
	"s.account_id, s.subscription_no, s.order_id, s.state, s.pack_of, s.replaces, s.price, "            \
	"s.booked_at, s.queued_at, s.starts_at, s.ends_at, s.anchor_at, s.anchor_months, "                  \
	"s.extra_days, s.is_rest, s.revoked_at, s.deferred, s.to_earn, s.earn_from, s.earn_at, "            \
	"s.end_is_told, p.plan, p.version, p.region, p.price, p.quota, p.months, p.days, p.monthly_quota, " \
	"p.window_hours, p.window_quota FROM " BOOKS "subscription AS s JOIN " BOOKS "plan AS p ON "        \
	"p.plan = s.plan AND p.version = s.plan_version"

static SubscriptionState
read_state(uint64 row)
{
	int state = lifecycle_state_from_name(&lifecycle_subscription, column_text(row, 4));

	if (state < 0)
		altered_refuse("a subscription's state");
	return (SubscriptionState) state;
}

/* Bounds that nothing computed here has. */
static bool
is_sound(const Subscription *subscription)
{
	const TokenPlan *plan = &subscription->plan;
	bool has_place = subscription->starts_at != DT_NOEND;

	return plan->months >= 0 && plan->months <= PLAN_MONTHS_MAX && plan->days >= 0 &&
		   plan->days <= PLAN_DAYS_MAX && plan->window_hours >= 0 &&
		   plan->window_hours <= WINDOW_HOURS_MAX && plan->quota_nano > 0 &&
		   (!plan->monthly_quota || plan->months > 0) &&
		   !TIMESTAMP_NOT_FINITE(subscription->booked_at) &&
		   has_place == (subscription->ends_at != DT_NOEND) &&
		   subscription->starts_at >= INSTANT_MIN &&
		   subscription->starts_at <= subscription->ends_at &&
		   subscription->earn_from >= INSTANT_MIN &&
		   subscription->earn_at >= subscription->booked_at;
}

static Subscription
read_subscription(uint64 row)
{
	Subscription subscription = {
		.account_id = column_int64(row, 1),
		.money = {column_int64(row, 2), column_nano(row, 17)},
		.order_id = column_int64(row, 3),
		.state = read_state(row),
		.pack_of = column_int64(row, 5),
		.replaces = column_int64(row, 6),
		.price_nano = column_nano(row, 7),
		.booked_at = column_instant(row, 8, DT_NOBEGIN),
		.queued_at = column_instant(row, 9, DT_NOBEGIN),
		.starts_at = column_instant(row, 10, DT_NOEND),
		.ends_at = column_instant(row, 11, DT_NOEND),
		.anchor_at = column_instant(row, 12, DT_NOBEGIN),
		.anchor_months = column_int32(row, 13),
		.extra_days = column_int32(row, 14),
		.is_rest = column_bool(row, 15),
		.revoked_at = column_instant(row, 16, DT_NOEND),
		.to_earn_nano = column_nano(row, 18),
		.earn_from = column_instant(row, 19, DT_NOEND),
		.earn_at = column_instant(row, 20, DT_NOEND),
		.end_is_told = column_bool(row, 21),
		.plan =
			{
				.plan = column_text(row, 22),
				.version = column_int32(row, 23),
				.region = column_text(row, 24),
				.price_nano = column_nano(row, 25),
				.quota_nano = column_nano(row, 26),
				.months = column_int32(row, 27),
				.days = column_int32(row, 28),
				.monthly_quota = column_bool(row, 29),
				.window_hours = column_int32(row, 30),
				.window_nano = column_nano(row, 31),
				.retired_at = DT_NOEND,
			},
	};

	if (!is_sound(&subscription))
		refuse(ERROR_ROW_ALTERED, "the terms or the bounds of a subscription");
	return subscription;
}

static Subscription *
read_all(uint64 count)
{
	Subscription *subscriptions = palloc((count + 1) * sizeof(Subscription));

	for (uint64 row = 0; row < count; row++)
		subscriptions[row] = read_subscription(row);
	return subscriptions;
}

/* What changes of one, as the arguments from index on. */
static void
bind_changing(Datum *values, char *nulls, int index, const Subscription *subscription)
{
	bool has_anchor = subscription->anchor_at != DT_NOBEGIN;

	bind_text(values, nulls, index,
			  lifecycle_state_name(&lifecycle_subscription, subscription->state));
	values[index + 1] = TimestampTzGetDatum(subscription->queued_at);
	bind_instant(values, nulls, index + 2, subscription->starts_at, DT_NOEND);
	bind_instant(values, nulls, index + 3, subscription->ends_at, DT_NOEND);
	bind_instant(values, nulls, index + 4, subscription->anchor_at, DT_NOBEGIN);
	values[index + 5] = Int32GetDatum(subscription->anchor_months);
	nulls[index + 5] = has_anchor ? ' ' : 'n';
	values[index + 6] = Int32GetDatum(subscription->extra_days);
	values[index + 7] = BoolGetDatum(subscription->is_rest);
	bind_instant(values, nulls, index + 8, subscription->revoked_at, DT_NOEND);
	values[index + 9] = nano_datum(subscription->money.deferred_nano);
	values[index + 10] = nano_datum(subscription->to_earn_nano);
	bind_instant(values, nulls, index + 11, subscription->earn_from, DT_NOEND);
	bind_instant(values, nulls, index + 12, subscription->earn_at, DT_NOEND);
	values[index + 13] = BoolGetDatum(subscription->end_is_told);
}

#define CHANGING_TYPES                                                                         \
	TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID, INT4OID, \
		BOOLOID, TIMESTAMPTZOID, NUMERICOID, NUMERICOID, TIMESTAMPTZOID, TIMESTAMPTZOID, BOOLOID

int64
subscription_next_no(int64 account_id)
{
	static Sql next = SQL_NEXT_NUMBER("subscription", "subscription_no");

	return sql_next_number(&next, account_id);
}

void
subscription_insert(const Subscription *subscription)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "subscription (account_id, subscription_no, order_id, plan, "
		"plan_version, pack_of, replaces, price, booked_at, state, queued_at, starts_at, ends_at, "
		"anchor_at, anchor_months, extra_days, is_rest, revoked_at, deferred, to_earn, earn_from, "
		"earn_at, end_is_told) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
		"$14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
		INT8OID, INT8OID, INT8OID, TEXTOID, INT4OID, INT8OID, INT8OID, NUMERICOID, TIMESTAMPTZOID,
		CHANGING_TYPES);
	char nulls[] = "                       ";
	Datum values[23];

	values[0] = Int64GetDatum(subscription->account_id);
	values[1] = Int64GetDatum(subscription->money.subscription_no);
	values[2] = Int64GetDatum(subscription->order_id);
	bind_text(values, nulls, 3, subscription->plan.plan);
	values[4] = Int32GetDatum(subscription->plan.version);
	bind_number(values, nulls, 5, subscription->pack_of);
	bind_number(values, nulls, 6, subscription->replaces);
	values[7] = nano_datum(subscription->price_nano);
	values[8] = TimestampTzGetDatum(subscription->booked_at);
	bind_changing(values, nulls, 9, subscription);
	sql_write(&insert, values, nulls);
}

void
subscription_update(const Subscription *subscription)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "subscription SET state = $3, queued_at = $4, starts_at = $5, ends_at = "
		"$6, anchor_at = $7, anchor_months = $8, extra_days = $9, is_rest = $10, revoked_at = $11, "
		"deferred = $12, to_earn = $13, earn_from = $14, earn_at = $15, end_is_told = $16 WHERE account_id = $1 AND "
		"subscription_no = $2",
		INT8OID, INT8OID, CHANGING_TYPES);
	char nulls[] = "                ";
	Datum values[16] = {Int64GetDatum(subscription->account_id),
						Int64GetDatum(subscription->money.subscription_no)};

	bind_changing(values, nulls, 2, subscription);
	sql_write(&update, values, nulls);
}

bool
subscription_find(int64 account_id, int64 subscription_no, Subscription *subscription)
{
	static Sql find = SQL("SELECT " SUBSCRIPTION_COLUMNS
						  " WHERE s.account_id = $1 AND s.subscription_no = $2",
						  INT8OID, INT8OID);

	if (sql_run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(subscription_no)},
				NULL) == 0)
		return false;
	*subscription = read_subscription(0);
	return true;
}

bool
subscription_find_of_order(int64 account_id, int64 order_id, Subscription *subscription)
{
	static Sql find = SQL("SELECT " SUBSCRIPTION_COLUMNS
						  " WHERE s.account_id = $1 AND s.order_id = $2",
						  INT8OID, INT8OID);

	if (sql_run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(order_id)}, NULL) == 0)
		return false;
	*subscription = read_subscription(0);
	return true;
}

Subscription *
subscription_list_open(int64 account_id, TimestampTz at, SqlRunner run, size_t *count)
{
	static Sql list = SQL("SELECT " SUBSCRIPTION_COLUMNS
						  " WHERE s.account_id = $1 AND s.state = 'paid' AND (s.ends_at IS NULL OR "
						  "s.ends_at > $2) ORDER BY s.pack_of IS NOT NULL, s.starts_at NULLS LAST, "
						  "s.replaces IS NULL, s.queued_at, s.subscription_no",
						  INT8OID, TIMESTAMPTZOID);

	*count = run(&list, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(at)}, NULL);
	return read_all(*count);
}

Subscription *
subscription_list_packs(int64 account_id, int64 period_no, size_t *count)
{
	static Sql list = SQL(
		"SELECT " SUBSCRIPTION_COLUMNS
		" WHERE s.account_id = $1 AND s.pack_of = $2 AND s.state = 'paid' ORDER BY "
		"s.subscription_no",
		INT8OID, INT8OID);

	*count = sql_run(&list, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(period_no)}, NULL);
	return read_all(*count);
}

Subscription *
subscription_list_unearned(int64 account_id, size_t *count)
{
	static Sql list = SQL("SELECT " SUBSCRIPTION_COLUMNS
						  " WHERE s.account_id = $1 AND s.earn_at IS NOT NULL ORDER BY "
						  "s.subscription_no",
						  INT8OID);

	*count = sql_run(&list, (Datum[]){Int64GetDatum(account_id)}, NULL);
	return read_all(*count);
}

bool
subscription_find_running(int64 account_id, TimestampTz at, SqlRunner run,
						  Subscription *subscription)
{
	static Sql find = SQL("SELECT " SUBSCRIPTION_COLUMNS
						  " WHERE s.account_id = $1 AND s.state = 'paid' AND s.pack_of IS NULL AND "
						  "s.starts_at <= $2 AND s.ends_at > $2",
						  INT8OID, TIMESTAMPTZOID);

	if (run(&find, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(at)}, NULL) == 0)
		return false;
	*subscription = read_subscription(0);
	return true;
}

Subscription *
subscription_list_ended(int64 account_id, TimestampTz at, size_t *count)
{
	static Sql list = SQL("SELECT " SUBSCRIPTION_COLUMNS
						  " WHERE s.account_id = $1 AND s.pack_of IS NULL AND NOT s.end_is_told "
						  "AND s.ends_at <= $2 ORDER BY s.ends_at",
						  INT8OID, TIMESTAMPTZOID);

	*count = sql_run(&list, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(at)}, NULL);
	return read_all(*count);
}

int64 *
subscription_due_accounts(TimestampTz at, int64 accounts_max, size_t *count)
{
	static Sql find = SQL("SELECT account_id FROM (SELECT account_id FROM " BOOKS
						  "subscription WHERE earn_at <= $1 UNION SELECT account_id FROM " BOOKS
						  "subscription WHERE ends_at <= $1 AND pack_of IS NULL AND NOT "
						  "end_is_told LIMIT $2) AS a ORDER BY account_id",
						  TIMESTAMPTZOID, INT8OID);

	*count = sql_run(&find, (Datum[]){TimestampTzGetDatum(at), Int64GetDatum(accounts_max)}, NULL);
	return column_int64s(*count);
}

GateReason
subscription_reason(int64 account_id, TimestampTz at, SqlRunner run, TimestampTz *starts_at)
{
	static Sql find = SQL(
		"SELECT count(*), min(starts_at) FILTER (WHERE state = 'paid' AND starts_at > $2), "
		"coalesce(bool_or(state = 'paid' AND (starts_at IS NULL OR starts_at > $2)), false), "
		"coalesce((array_agg(state ORDER BY least(ends_at, revoked_at) DESC NULLS LAST))[1] = "
		"'revoked', false) FROM " BOOKS "subscription WHERE account_id = $1 AND pack_of IS NULL",
		INT8OID, TIMESTAMPTZOID);

	run(&find, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(at)}, NULL);
	*starts_at = column_instant(0, 2, DT_NOEND);
	if (column_int64(0, 1) == 0)
		return GATE_NO_PLAN;
	if (column_bool(0, 3))
		return GATE_PLAN_NOT_STARTED;
	return column_bool(0, 4) ? GATE_PLAN_REVOKED : GATE_PLAN_ENDED;
}

char *
subscription_time_zone(int64 account_id)
{
	static Sql read = SQL("SELECT time_zone FROM " BOOKS "account_profile WHERE account_id = $1",
						  INT8OID);

	return sql_run(&read, (Datum[]){Int64GetDatum(account_id)}, NULL) > 0 ? column_text(0, 1)
																		  : pstrdup("UTC");
}
