/*-------------------------------------------------------------------------
 *
 * notification_store.c
 *	  Notifications: to whom they go, which are due, and what became of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "utils/builtins.h"

#include "errors.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/notification_store.h"

/* ---- writing them ----------------------------------------------------------- */

/* Where an account is told of something: an address, and whether that is the default. */
#define ADDRESSES                                                                                \
	"(SELECT 'email' AS channel, NULL::bigint AS endpoint_id, CASE WHEN $9 THEN $10 ELSE "       \
	"p.email END AS address, 'email' AS lane, $11 AS is_default UNION ALL SELECT 'sms', NULL, "  \
	"CASE WHEN $9 THEN $12 ELSE p.mobile END, 'sms', $13 OR CASE WHEN $9 THEN $10 ELSE p.email " \
	"END IS NULL UNION ALL SELECT 'webhook', endpoint_id, url, host, true FROM " BOOKS           \
	"webhook_endpoint WHERE account_id = $1 AND deleted_at IS NULL AND (events IS NULL OR $2 = " \
	"ANY (events)))"

/* An SMS that has no template cannot be sent: it is there to be seen, and to be sent later. */
#define INSERT_NOTIFICATIONS                                                                      \
	"INSERT INTO " BOOKS "notification (account_id, notification_no, event, source_id, episode, " \
	"created_at, channel, endpoint_id, address, lane, language, payload, state, due_at, "         \
	"useful_until, result) SELECT $1, (SELECT coalesce(max(notification_no), 0) FROM " BOOKS      \
	"notification WHERE account_id = $1) + row_number() OVER (ORDER BY w.channel, "               \
	"w.endpoint_id), $2, $3, $4, $5, w.channel, w.endpoint_id, w.address, w.lane, l.language, "   \
	"jsonb_strip_nulls(jsonb_object($7, $8)), CASE WHEN t.is_missing THEN 'dropped' ELSE "        \
	"'pending' END, CASE WHEN NOT t.is_missing THEN $5 END, CASE WHEN w.channel <> 'webhook' "    \
	"THEN $6 END, CASE WHEN t.is_missing THEN 'no_template' END FROM " BOOKS                      \
	"account AS a JOIN " BOOKS "account_profile AS p USING (account_id) CROSS JOIN LATERAL "      \
	"(SELECT coalesce(p.language, CASE a.region WHEN 'cn' THEN 'zh' ELSE 'en' END) AS language) " \
	"AS l CROSS JOIN LATERAL " ADDRESSES " AS w CROSS JOIN LATERAL (SELECT w.channel = 'sms' "    \
	"AND NOT EXISTS (SELECT FROM " BOOKS "sms_template AS s WHERE s.event = $2 AND s.region = "   \
	"a.region AND s.language = l.language) AS is_missing) AS t LEFT JOIN " BOOKS                  \
	"notification_setting AS c ON c.account_id = $1 AND c.event = $2 AND c.channel = w.channel "  \
	"WHERE a.account_id = $1 AND w.address IS NOT NULL AND coalesce(c.enabled, w.is_default) "    \
	"AND (w.channel = 'webhook' OR NOT $14) "                                                     \
	"ON CONFLICT DO NOTHING"

uint64
notification_insert(int64 account_id, const NotificationDraft *draft, TimestampTz at)
{
	static Sql insert = SQL(INSERT_NOTIFICATIONS, INT8OID, TEXTOID, INT8OID, INT4OID,
							TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTARRAYOID, TEXTARRAYOID, BOOLOID,
							TEXTOID, BOOLOID, TEXTOID, BOOLOID, BOOLOID);
	const NotificationRule *rule = notification_rule(draft->event);
	char nulls[] = "              ";
	Datum values[14] = {Int64GetDatum(account_id)};

	bind_text(values, nulls, 1, rule->name);
	values[2] = Int64GetDatum(draft->source_id);
	values[3] = Int32GetDatum(draft->episode);
	values[4] = TimestampTzGetDatum(at);
	bind_instant(values, nulls, 5, at + rule->useful_hours * USECS_PER_HOUR, at);
	values[6] = bind_text_array(draft->names, draft->count);
	values[7] = bind_text_array(draft->values, draft->count);
	values[8] = BoolGetDatum(draft->email || draft->mobile);
	bind_text(values, nulls, 9, draft->email);
	values[10] = BoolGetDatum(rule->by_email);
	bind_text(values, nulls, 11, draft->mobile);
	values[12] = BoolGetDatum(rule->by_sms);
	values[13] = BoolGetDatum(draft->webhooks_alone);
	return sql_run(&insert, values, nulls);
}

int64
notification_count_of_keys(int64 account_id, TimestampTz since, int64 max)
{
	static Sql count = SQL("SELECT count(*) FROM (SELECT FROM " BOOKS
						   "notification WHERE account_id = $1 AND event IN ('key_created', "
						   "'key_deleted') AND channel <> 'webhook' AND created_at > $2 LIMIT $3) "
						   "AS n",
						   INT8OID, TIMESTAMPTZOID, INT8OID);

	sql_run(&count,
			(Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(since), Int64GetDatum(max)},
			NULL);
	return column_int64(0, 1);
}

void
notification_setting_put(int64 account_id, const char *event, const char *channel, bool enabled)
{
	static Sql put = SQL("INSERT INTO " BOOKS
						 "notification_setting (account_id, event, channel, enabled) VALUES ($1, "
						 "$2, $3, $4) ON CONFLICT (account_id, event, channel) DO UPDATE SET "
						 "enabled = excluded.enabled",
						 INT8OID, TEXTOID, TEXTOID, BOOLOID);
	char nulls[] = "    ";
	Datum values[4] = {Int64GetDatum(account_id)};

	bind_text(values, nulls, 1, event);
	bind_text(values, nulls, 2, channel);
	values[3] = BoolGetDatum(enabled);
	sql_write(&put, values, nulls);
}

/* ---- what is due -------------------------------------------------------------- */

char **
notification_list_lanes(const char *behind, int max, size_t *count)
{
	/* From one lane to the next, however much waits in each. */
	static Sql list = SQL(
		"WITH RECURSIVE lanes AS ((SELECT lane FROM " BOOKS
		"notification WHERE due_at IS NOT NULL AND lane > $1 ORDER BY lane LIMIT 1) UNION ALL "
		"SELECT (SELECT n.lane FROM " BOOKS
		"notification AS n WHERE n.due_at IS NOT NULL AND n.lane > l.lane ORDER BY n.lane LIMIT "
		"1) FROM lanes AS l WHERE l.lane IS NOT NULL) SELECT lane FROM lanes WHERE lane IS NOT "
		"NULL LIMIT $2",
		TEXTOID, INT4OID);
	char **lanes;

	*count = sql_run(&list, (Datum[]){CStringGetTextDatum(behind), Int32GetDatum(max)}, NULL);
	lanes = palloc((*count + 1) * sizeof(char *));
	for (size_t i = 0; i < *count; i++)
		lanes[i] = column_text(i, 1);
	return lanes;
}

DueNotification *
notification_list_due(TimestampTz now, const LaneFilter *filter, int per_lane, size_t *count)
{
	static Sql list = SQL("SELECT n.account_id, n.notification_no, l.lane FROM unnest($1) AS l "
						  "(lane) CROSS JOIN LATERAL (SELECT account_id, notification_no, due_at "
						  "FROM " BOOKS
						  "notification WHERE lane = l.lane AND due_at <= $2 AND account_id <> ALL "
						  "($4) ORDER BY due_at LIMIT $3) AS n ORDER BY n.due_at",
						  TEXTARRAYOID, TIMESTAMPTZOID, INT4OID, INT8ARRAYOID);
	DueNotification *due;

	*count = sql_run(
		&list,
		(Datum[]){bind_text_array((const char *const *) filter->lanes, filter->lanes_count),
				  TimestampTzGetDatum(now), Int32GetDatum(per_lane),
				  bind_int64_array(filter->passed, filter->passed_count)},
		NULL);
	due = palloc((*count + 1) * sizeof(DueNotification));
	for (size_t i = 0; i < *count; i++)
		due[i] = (DueNotification){column_int64(i, 1), column_int64(i, 2), column_text(i, 3)};
	return due;
}

TimestampTz
notification_next_due(const LaneFilter *filter)
{
	static Sql next = SQL(
		"SELECT min(n.due_at) FROM unnest($1) AS l (lane) CROSS JOIN LATERAL "
		"(SELECT due_at FROM " BOOKS
		"notification WHERE lane = l.lane AND due_at IS NOT NULL AND account_id <> "
		"ALL ($2) ORDER BY due_at LIMIT 1) AS n",
		TEXTARRAYOID, INT8ARRAYOID);

	sql_run(&next,
			(Datum[]){bind_text_array((const char *const *) filter->lanes, filter->lanes_count),
					  bind_int64_array(filter->passed, filter->passed_count)},
			NULL);
	return column_instant(0, 1, DT_NOEND);
}

/* ---- one of them -------------------------------------------------------------- */

/* An alert's later word to the same address makes this one stale, and so does the end of an
 * endpoint. */
#define ALERTS "('balance_low', 'balance_recovered', 'runway_low', 'runway_recovered')"
#define IS_STALE                                                                                 \
	"CASE WHEN n.endpoint_id IS NOT NULL THEN EXISTS (SELECT FROM " BOOKS "webhook_endpoint AS " \
	"e WHERE e.account_id = n.account_id AND e.endpoint_id = n.endpoint_id AND e.deleted_at IS " \
	"NOT NULL) ELSE n.event IN " ALERTS " AND EXISTS (SELECT FROM " BOOKS "notification AS l "   \
	"WHERE l.account_id = n.account_id AND l.event IN " ALERTS " AND l.source_id = n.source_id " \
	"AND l.channel = n.channel AND l.notification_no > n.notification_no) END"

#define HOLD_NOTIFICATION                                                                        \
	"SELECT n.event, n.source_id, n.channel, n.endpoint_id, n.address, n.language, n.state, "    \
	"n.created_at, n.due_at, n.useful_until, n.attempts, n.first_sent_at, n.result, n.code, "    \
	"n.answered_at, a.region, p.external_ref, p.time_zone, n.payload::text, " IS_STALE           \
	" FROM " BOOKS "notification AS n JOIN " BOOKS "account AS a USING (account_id) JOIN " BOOKS \
	"account_profile AS p USING (account_id) WHERE n.account_id = $1 AND n.notification_no = "   \
	"$2 FOR NO KEY UPDATE OF n"

static NotificationEvent
read_event(const char *name)
{
	NotificationEvent event;

	if (!notification_event_from_name(name, &event))
		refuse(ERROR_ROW_ALTERED, "a notification's event");
	return event;
}

static DeliveryState
read_state(const char *name)
{
	int state = lifecycle_state_from_name(&lifecycle_notification, name);

	if (state < 0)
		refuse(ERROR_ROW_ALTERED, "a notification's state");
	return (DeliveryState) state;
}

bool
notification_hold(int64 account_id, int64 notification_no, bool waits, Notification *notification)
{
	static Sql hold = SQL(HOLD_NOTIFICATION, INT8OID, INT8OID);
	static Sql hold_if_free = SQL(HOLD_NOTIFICATION " SKIP LOCKED", INT8OID, INT8OID);

	if (sql_run(waits ? &hold : &hold_if_free,
				(Datum[]){Int64GetDatum(account_id), Int64GetDatum(notification_no)}, NULL) == 0)
		return false;
	*notification = (Notification){
		.account_id = account_id,
		.notification_no = notification_no,
		.event = read_event(column_text(0, 1)),
		.source_id = column_int64(0, 2),
		.channel = column_text(0, 3),
		.endpoint_id = column_int64(0, 4),
		.address = column_text(0, 5),
		.language = column_text(0, 6),
		.state = read_state(column_text(0, 7)),
		.created_at = column_instant(0, 8, DT_NOBEGIN),
		.due_at = column_instant(0, 9, DT_NOEND),
		.useful_until = column_instant(0, 10, DT_NOEND),
		.attempts = column_int32(0, 11),
		.first_sent_at = column_instant(0, 12, DT_NOBEGIN),
		.result = column_text_or_null(0, 13),
		.code = column_text_or_null(0, 14),
		.answered_at = column_instant(0, 15, DT_NOBEGIN),
		.region = column_text(0, 16),
		.external_ref = column_text_or_null(0, 17),
		.time_zone = column_text(0, 18),
		.payload = column_text(0, 19),
		.is_stale = column_bool(0, 20),
	};
	return true;
}

NotificationFact *
notification_facts(const Notification *notification, size_t *count)
{
	static Sql read = SQL("SELECT key, coalesce(value, '') FROM jsonb_each_text($1::jsonb) ORDER "
						  "BY key",
						  TEXTOID);
	NotificationFact *facts;

	*count = sql_run(&read, (Datum[]){CStringGetTextDatum(notification->payload)}, NULL);
	facts = palloc((*count + 1) * sizeof(NotificationFact));
	for (size_t i = 0; i < *count; i++)
		facts[i] = (NotificationFact){column_text(i, 1), column_text(i, 2)};
	return facts;
}

void
notification_update(const Notification *notification)
{
	static Sql update = SQL("UPDATE " BOOKS
							"notification SET state = $3, due_at = $4, useful_until = $5, attempts "
							"= $6, first_sent_at = $7, result = $8, code = $9, answered_at = $10 "
							"WHERE account_id = $1 AND notification_no = $2",
							INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID,
							TIMESTAMPTZOID, TEXTOID, TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "          ";
	Datum values[10] = {Int64GetDatum(notification->account_id),
						Int64GetDatum(notification->notification_no)};

	bind_text(values, nulls, 2, lifecycle_state_name(&lifecycle_notification, notification->state));
	bind_instant(values, nulls, 3, notification->due_at, DT_NOEND);
	bind_instant(values, nulls, 4, notification->useful_until, DT_NOEND);
	values[5] = Int32GetDatum(notification->attempts);
	bind_instant(values, nulls, 6, notification->first_sent_at, DT_NOBEGIN);
	bind_text(values, nulls, 7, notification->result);
	bind_text(values, nulls, 8, notification->code);
	bind_instant(values, nulls, 9, notification->answered_at, DT_NOBEGIN);
	sql_write(&update, values, nulls);
}
