/*-------------------------------------------------------------------------
 *
 * usage_store.c
 *	  Usage events, their partitions, and finding a request again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "core/request_hash.h"
#include "errors.h"
#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/catalog.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/inbox_store.h"
#include "store/price_of_event.h"
#include "store/usage_store.h"

#define EVENT_COLUMNS                                                                           \
	"recorded_at, probe, status, charge, key_id, model, input_tokens, cache_read_tokens, "      \
	"cache_write_tokens, output_tokens, request_id, reason, occurred_at, settled_at, "          \
	"price_id, first_entry_no, entry_count, key_name, account_id, request_hash, batch_offset, " \
	"subscription_no, quota_no, weight_id, credits, window_no, coalesce(variant, ''), "         \
	"meters::text, tags::text, coalesce(project, '')"

#define EVENT_COLUMNS_COUNT 30

/* Stands for the charge of an event that has none. */
#define NO_CHARGE (-1)

static const char *const status_names[] = {
	[USAGE_STATUS_CHARGED] = "charged",	  [USAGE_STATUS_FREE] = "free",
	[USAGE_STATUS_REJECTED] = "rejected", [USAGE_STATUS_UNPRICED] = "unpriced",
	[USAGE_STATUS_PLAN] = "plan",
};

const char *
usage_status_name(UsageStatus status)
{
	return status_names[status];
}

bool
usage_read_status(const char *name, UsageStatus *status)
{
	for (size_t i = 0; i < lengthof(status_names); i++)
		if (strcmp(status_names[i], name) == 0)
		{
			*status = (UsageStatus) i;
			return true;
		}
	return false;
}

bool
usage_status_exists(const char *name)
{
	UsageStatus status;

	return usage_read_status(name, &status);
}

bool
usage_read_meters(const char *json, const Meters **meters)
{
	Meters *read;

	*meters = NULL;
	if (json == NULL)
		return true;
	*meters = read = palloc(sizeof(Meters));
	return meters_read(json, read) == NULL && read->count > 0;
}

static UsageStatus
read_status(const char *name)
{
	UsageStatus status;

	if (!usage_read_status(name, &status))
		altered_refuse("an unknown status");
	return status;
}

static const Meters *
read_meters(const char *json)
{
	const Meters *meters;

	if (!usage_read_meters(json, &meters))
		altered_refuse("a request's meters");
	return meters;
}

static UsageEvent
read_event(uint64 row)
{
	return (UsageEvent){
		.recorded_at = column_instant(row, 1, 0),
		.probe = column_int16(row, 2),
		.status = read_status(column_text(row, 3)),
		.charge_nano = column_nano(row, 4),
		.payload.key_id = column_int64(row, 5),
		.payload.model = column_text(row, 6),
		.payload.tokens.of[TOKENS_INPUT] = column_int32(row, 7),
		.payload.tokens.of[TOKENS_CACHE_READ] = column_int32(row, 8),
		.payload.tokens.of[TOKENS_CACHE_WRITE] = column_int32(row, 9),
		.payload.tokens.of[TOKENS_OUTPUT] = column_int32(row, 10),
		.request_id = column_text(row, 11),
		.reason = column_text_or_null(row, 12),
		.occurred_at = column_instant(row, 13, 0),
		.settled_at = column_instant(row, 14, 0),
		.price_id = column_int64(row, 15),
		.first_entry_no = column_int64(row, 16),
		.entry_count = column_int32(row, 17),
		.key_name = column_text(row, 18),
		.account_id = column_int64(row, 19),
		.request_hash = column_int64(row, 20),
		.batch_offset_nano = column_is_null(row, 21) ? NO_BATCH : column_nano(row, 21),
		.subscription_no = column_int64(row, 22),
		.quota_no = column_int64(row, 23),
		.weight_id = column_int64(row, 24),
		.credits_nano = column_nano(row, 25),
		.window_no = column_int64(row, 26),
		.payload.variant = column_text(row, 27),
		.payload.meters = read_meters(column_text_or_null(row, 28)),
		.tags = column_text_or_null(row, 29),
		.project = column_text(row, 30),
	};
}

int64
usage_request_hash(const char *request_id)
{
	int64 hash;

	if (!request_hash(request_id, strlen(request_id), &hash))
		refuse(ERROR_INTERNAL, "there is no SHA-256");
	return hash;
}

/* The newest row of a request_id, by a statement that is run as the caller needs. */
static bool
find_newest(SqlRunner run, int64 account_id, const char *request_id, TimestampTz occurred_at,
			UsageEvent *stored)
{
	static Sql find = SQL(
		"SELECT " EVENT_COLUMNS " FROM " BOOKS "usage_event WHERE account_id = $1 AND "
		"request_hash = $2 AND request_id = $3 AND ($4 IS NULL OR occurred_at = $4) "
		"ORDER BY recorded_at DESC LIMIT 1",
		INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "    ";
	Datum values[4] = {Int64GetDatum(account_id), Int64GetDatum(usage_request_hash(request_id))};

	bind_text(values, nulls, 2, request_id);
	bind_instant(values, nulls, 3, occurred_at, DT_NOBEGIN);
	if (run(&find, values, nulls) == 0)
		return false;
	*stored = read_event(0);
	return true;
}

bool
usage_find(int64 account_id, const char *request_id, TimestampTz occurred_at, UsageEvent *stored)
{
	return find_newest(sql_run, account_id, request_id, occurred_at, stored);
}

bool
usage_read(int64 account_id, const char *request_id, TimestampTz occurred_at, UsageEvent *stored)
{
	return find_newest(sql_read, account_id, request_id, occurred_at, stored);
}

void
usage_update_settled(const UsageEvent *event)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "usage_event SET status = $5, reason = $16, charge = $6, "
		"settled_at = $7, price_id = $8, first_entry_no = $9, entry_count = $10, subscription_no = "
		"$11, quota_no = $12, weight_id = $13, credits = $14, window_no = $15 WHERE "
		"account_id = $1 AND request_hash = $2 AND probe = $3 AND recorded_at = $4",
		INT8OID, INT8OID, INT2OID, TIMESTAMPTZOID, TEXTOID, NUMERICOID, TIMESTAMPTZOID, INT8OID,
		INT8OID, INT4OID, INT8OID, INT8OID, INT8OID, NUMERICOID, INT8OID, TEXTOID);
	bool is_charged = event->status == USAGE_STATUS_CHARGED;
	bool on_plan = event->status == USAGE_STATUS_PLAN;
	char nulls[] = "                ";
	Datum values[16] = {Int64GetDatum(event->account_id), Int64GetDatum(event->request_hash),
						Int16GetDatum(event->probe), TimestampTzGetDatum(event->recorded_at)};

	bind_text(values, nulls, 4, usage_status_name(event->status));
	bind_nano(values, nulls, 5, is_charged ? event->charge_nano : NO_CHARGE, NO_CHARGE);
	values[6] = TimestampTzGetDatum(event->settled_at);
	bind_number(values, nulls, 7, event->price_id);
	bind_number(values, nulls, 8, event->first_entry_no);
	values[9] = Int32GetDatum(event->entry_count);
	bind_number(values, nulls, 10, event->subscription_no);
	bind_number(values, nulls, 11, event->quota_no);
	bind_number(values, nulls, 12, event->weight_id);
	bind_nano(values, nulls, 13, on_plan ? event->credits_nano : NO_CHARGE, NO_CHARGE);
	bind_number(values, nulls, 14, event->window_no);
	bind_text(values, nulls, 15, event->reason);
	sql_write(&update, values, nulls);
}

void
usage_update_rejected(const UsageEvent *event, TimestampTz settled_at)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "usage_event SET status = 'rejected', reason = $6, settled_at = $5 WHERE "
		"account_id = $1 AND request_hash = $2 AND probe = $3 AND recorded_at = $4",
		INT8OID, INT8OID, INT2OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "      ";
	Datum values[6] = {
		Int64GetDatum(event->account_id), Int64GetDatum(event->request_hash),
		Int16GetDatum(event->probe),	  TimestampTzGetDatum(event->recorded_at),
		TimestampTzGetDatum(settled_at),
	};

	bind_text(values, nulls, 5, USAGE_REJECTED_BY_OPERATOR);
	sql_write(&update, values, nulls);
}

/* A request u has a meter without an item of a price p. */
#define HAS_UNLISTED                                                          \
	"EXISTS (SELECT FROM jsonb_object_keys(u.meters) AS k WHERE strpos(', ' " \
	"|| p.meters, ', ' || k || ' ') = 0)"

/* An unpriced row u of account a that has a price by now, or a weight on its plan. */
#define HAS_PRICE                                                                                                                     \
	"CASE WHEN " CAN_BE_PRICED                                                                                                        \
	" IS NOT TRUE THEN false WHEN u.subscription_no IS NULL THEN " PRICE_CHOICE_OF_EVENT                                              \
	" IS NOT NULL ELSE EXISTS (SELECT FROM (SELECT p.meters, p.unlisted_meters FROM " BOOKS                                           \
	"subscription AS s JOIN " BOOKS                                                                                                   \
	"plan_weight AS p ON p.plan = s.plan WHERE s.account_id = u.account_id AND "                                                      \
	"s.subscription_no = u.subscription_no AND p.model = u.model AND p.variant = "                                                    \
	"coalesce(u.variant, '') AND p.effective_from <= u.occurred_at AND (p.prompt_tokens_over "                                        \
	"= 0 OR p.prompt_tokens_over < " USAGE_PROMPT_TOKENS                                                                              \
	") ORDER BY p.prompt_tokens_over DESC, p.effective_from DESC LIMIT 1) AS p WHERE p.unlisted_meters = 'free' OR NOT " HAS_UNLISTED \
	") END"

int64 *
usage_settleable_accounts(int64 after, int64 accounts_max, size_t *count)
{
	static Sql find = SQL(
		"SELECT DISTINCT account_id FROM " BOOKS "usage_event AS u JOIN " BOOKS
		"account AS a USING "
		"(account_id) WHERE account_id > $1 AND u.status = 'unpriced' AND " HAS_PRICE
		" ORDER BY account_id LIMIT $2",
		INT8OID, INT8OID);

	*count = sql_run(&find, (Datum[]){Int64GetDatum(after), Int64GetDatum(accounts_max)}, NULL);
	return column_int64s(*count);
}

UsageEvent *
usage_settleable(int64 account_id, const UsageEvent *after, int64 events_max, size_t *count)
{
	static Sql find = SQL(
		"SELECT " EVENT_COLUMNS " FROM (SELECT u.* FROM " BOOKS "usage_event AS u JOIN " BOOKS
		"account AS a USING (account_id) WHERE account_id = $1 AND u.status = "
		"'unpriced' AND (u.occurred_at, u.request_id COLLATE \"C\", u.recorded_at) > ($2, $3 COLLATE "
		"\"C\", $4) AND " HAS_PRICE " ORDER BY u.occurred_at, u.request_id COLLATE \"C\", "
		"u.recorded_at LIMIT $5) AS u ORDER BY occurred_at, request_id COLLATE \"C\", recorded_at",
		INT8OID, TIMESTAMPTZOID, TEXTOID, TIMESTAMPTZOID, INT8OID);
	char nulls[] = "     ";
	Datum values[5] = {Int64GetDatum(account_id), TimestampTzGetDatum(after->occurred_at), 0,
					   TimestampTzGetDatum(after->recorded_at), Int64GetDatum(events_max)};
	UsageEvent *events;

	bind_text(values, nulls, 2, after->request_id);
	*count = sql_run(&find, values, nulls);
	events = palloc((*count + 1) * sizeof(UsageEvent));
	for (uint64 row = 0; row < *count; row++)
		events[row] = read_event(row);
	return events;
}

CorrectedEvent *
usage_list_corrected(int64 account_id, const CorrectedUsage *usage, UsageBooked booked,
					 const UsageCursor *after, int64 events_max, size_t *count)
{
	static Sql list = SQL(
		"SELECT " EVENT_COLUMNS ", now_price_id, charge + moved, reversal_id FROM (SELECT u.*, "
		"coalesce(r.now_price_id, u.price_id) AS now_price_id, coalesce(r.moved, 0) AS moved, "
		"(SELECT c.reversal_id FROM " BOOKS
		"charge_reversal AS c WHERE c.account_id = u.account_id AND c.request_hash = u.request_hash "
		"AND c.probe = u.probe AND c.event_recorded_at = u.recorded_at) AS reversal_id FROM " BOOKS
		"usage_event AS u CROSS JOIN LATERAL (SELECT (array_agg(r.price_id ORDER BY r.revision_no "
		"DESC))[1] AS now_price_id, sum(r.amount) AS moved FROM " BOOKS
		"charge_revision AS r WHERE r.account_id = u.account_id AND r.request_hash = u.request_hash "
		"AND r.probe = u.probe AND r.event_recorded_at = u.recorded_at) AS r WHERE u.account_id = $1 "
		"AND u.status = 'charged' AND u.occurred_at >= $2 AND u.occurred_at < $3 AND ($4 IS NULL OR "
		"u.model = $4) AND coalesce(u.first_entry_no <= $10, u.settled_at <= $11) AND (u.request_hash, u.probe, "
		"u.recorded_at) > ($6, $7, $8) AND EXISTS (SELECT FROM " BOOKS "price AS p JOIN " BOOKS
		"price AS c ON c.corrects = coalesce(p.corrects, p.price_id) AND c.price_id > p.price_id AND "
		"c.corrected_at <= $5 WHERE p.price_id = coalesce(r.now_price_id, u.price_id)) ORDER BY "
		"u.request_hash, u.probe, u.recorded_at LIMIT $9) AS u ORDER BY request_hash, probe, "
		"recorded_at",
		INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TIMESTAMPTZOID, INT8OID, INT2OID,
		TIMESTAMPTZOID, INT8OID, INT8OID, TIMESTAMPTZOID);
	char nulls[] = "           ";
	Datum values[11] = {Int64GetDatum(account_id), TimestampTzGetDatum(usage->occurred_from),
						TimestampTzGetDatum(usage->occurred_to)};
	CorrectedEvent *events;

	bind_text(values, nulls, 3, usage->model);
	values[4] = TimestampTzGetDatum(usage->prices_at);
	values[5] = Int64GetDatum(after->recorded_at == DT_NOBEGIN ? PG_INT64_MIN
															   : after->request_hash);
	values[6] = Int16GetDatum(after->probe);
	values[7] = TimestampTzGetDatum(after->recorded_at);
	values[8] = Int64GetDatum(events_max);
	values[9] = Int64GetDatum(booked.last_entry_no);
	values[10] = TimestampTzGetDatum(booked.until);
	*count = sql_latest(&list, values, nulls);
	events = palloc((*count + 1) * sizeof(CorrectedEvent));
	for (uint64 row = 0; row < *count; row++)
		events[row] = (CorrectedEvent){read_event(row), column_int64(row, EVENT_COLUMNS_COUNT + 1),
									   column_nano(row, EVENT_COLUMNS_COUNT + 2),
									   column_int64(row, EVENT_COLUMNS_COUNT + 3)};
	return events;
}

bool
usage_is_unsettled(int64 account_id)
{
	static Sql find = SQL("SELECT FROM " BOOKS "usage_event WHERE account_id = $1 AND "
						  "status = 'unpriced' LIMIT 1",
						  INT8OID);

	return sql_run(&find, (Datum[]){Int64GetDatum(account_id)}, NULL) > 0;
}

bool
usage_is_reversed(const UsageEvent *event)
{
	static Sql find = SQL("SELECT FROM " BOOKS
						  "charge_reversal WHERE account_id = $1 AND request_hash = $2 "
						  "AND probe = $3 AND event_recorded_at = $4",
						  INT8OID, INT8OID, INT2OID, TIMESTAMPTZOID);

	return sql_run(&find,
				   (Datum[]){Int64GetDatum(event->account_id), Int64GetDatum(event->request_hash),
							 Int16GetDatum(event->probe), TimestampTzGetDatum(event->recorded_at)},
				   NULL) > 0;
}

int64
usage_next_reversal_id(int64 account_id)
{
	static Sql next = SQL_NEXT_NUMBER("charge_reversal", "reversal_id");

	return sql_next_number(&next, account_id);
}

void
usage_insert_reversal(const UsageEvent *event, int64 reversal_id, int64 amount_nano,
					  TimestampTz now, const char *actor, const char *reason)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "charge_reversal (account_id, reversal_id, request_hash, "
		"event_recorded_at, recorded_at, probe, amount, key_id, model, occurred_at, actor, reason, "
		"variant, tags, project) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
		INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT2OID, NUMERICOID, INT8OID,
		TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID, TEXTOID);
	char nulls[] = "              ";
	Datum values[14] = {
		Int64GetDatum(event->account_id),
		Int64GetDatum(reversal_id),
		Int64GetDatum(event->request_hash),
		TimestampTzGetDatum(event->recorded_at),
		TimestampTzGetDatum(now),
		Int16GetDatum(event->probe),
		nano_datum(amount_nano),
		Int64GetDatum(event->payload.key_id),
	};

	bind_text(values, nulls, 8, event->payload.model);
	values[9] = TimestampTzGetDatum(event->occurred_at);
	bind_text(values, nulls, 10, actor);
	bind_text(values, nulls, 11, reason);
	bind_label(values, nulls, 12, event->payload.variant);
	bind_json(values, nulls, 13, event->tags);
	bind_label(values, nulls, 14, event->project);
	sql_write(&insert, values, nulls);
}

int64
usage_unpriced(TimestampTz before)
{
	static Sql count = SQL(
		"SELECT count(*) FROM (SELECT FROM " BOOKS
		"usage_event WHERE status = 'unpriced' AND recorded_at < $1 LIMIT $2) AS "
		"w",
		TIMESTAMPTZOID, INT8OID);

	sql_run(&count, (Datum[]){TimestampTzGetDatum(before), Int64GetDatum(WAITING_COUNT_MAX)}, NULL);
	return column_int64(0, 1);
}
