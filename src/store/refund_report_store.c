/*-------------------------------------------------------------------------
 *
 * refund_report_store.c
 *	  Reports of refunds.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/sql.h"
#include "store/refund_report_store.h"

/* When a refund is overdue: its target is 3 to 5 working days. */
#define TARGET_DAYS "5"

/*
 * Working days of refund r after the day of its request, up to the end or now ($1), by the
 * operators' calendar: of China, abroad of UTC. Counted for a year; an instant that cannot be
 * has none.
 */
#define JOIN_DAYS                                                                                 \
	" JOIN " BOOKS                                                                                \
	"account AS c ON c.account_id = r.account_id CROSS JOIN LATERAL (SELECT CASE c.region WHEN "  \
	"'cn' THEN 'Asia/Shanghai' ELSE 'UTC' END AS zone) AS z CROSS JOIN LATERAL (SELECT count(*) " \
	"FILTER (WHERE coalesce(w.working, extract(isodow FROM d) < 6)) AS days FROM "                \
	"generate_series(CASE WHEN r.requested_at BETWEEN '2000-01-01+00' AND $1 THEN "               \
	"(r.requested_at AT TIME ZONE z.zone)::date + 1 END, least((least(r.ended_at, $1) AT TIME "   \
	"ZONE z.zone)::date, (least(r.requested_at, $1) AT TIME ZONE z.zone)::date + 366), interval " \
	"'1 day') AS d LEFT JOIN " BOOKS "working_day AS w ON w.day = d::date) AS d "

#define IS_OPEN "i.state NOT IN ('paid', 'paid_offline', 'released')"

/* What of refund r has become what. */
#define JOIN_ITEMS                                                                       \
	" CROSS JOIN LATERAL (SELECT sum(i.amount) FILTER (WHERE i.state IN ('paid', "       \
	"'paid_offline')) AS paid, sum(i.amount) FILTER (WHERE i.state = 'released') AS "    \
	"released, sum(i.amount) FILTER (WHERE " IS_OPEN                                     \
	") AS waiting, string_agg(format('%s %s%s', i.item_id, i.state, ': ' || i.reason), " \
	"', ' ORDER BY i.item_id) FILTER (WHERE " IS_OPEN ") AS open FROM " BOOKS            \
	"refund_item AS i WHERE i.account_id = r.account_id AND i.refund_id = r.refund_id) AS i "

void
refund_report_list(int64 account_id, TimestampTz now, ReturnSetInfo *result)
{
	static Sql list = SQL(
		"SELECT r.refund_id, r.order_id, r.state, r.amount, round(coalesce(i.paid, 0), 9), "
		"round(coalesce(i.waiting, 0), 9), round(coalesce(i.released, 0), 9), r.reason, r.requested_at, "
		"r.decided_at, r.ended_at, d.days, NULL::boolean FROM " BOOKS
		"refund AS r" JOIN_DAYS JOIN_ITEMS "WHERE r.account_id = $2 ORDER BY r.refund_id DESC",
		TIMESTAMPTZOID, INT8OID);

	sql_put_rows(&list, (Datum[]){TimestampTzGetDatum(now), Int64GetDatum(account_id)}, NULL,
				 result);
}

void
refund_report_items(int64 account_id, int64 refund_id, ReturnSetInfo *result)
{
	static Sql list = SQL("SELECT i.item_id, i.refund_id, i.order_id, o.method, i.gateway, "
						  "i.state, i.amount, i.reason, i.reference, i.changed_at FROM " BOOKS
						  "refund_item AS i JOIN " BOOKS "payment_order AS o ON o.account_id = "
						  "i.account_id AND o.order_id = i.order_id WHERE i.account_id = $1 AND "
						  "($2 IS NULL OR i.refund_id = $2) ORDER BY i.item_id",
						  INT8OID, INT8OID);
	char nulls[] = "  ";
	Datum values[2] = {Int64GetDatum(account_id)};

	bind_number(values, nulls, 1, refund_id);
	sql_put_rows(&list, values, nulls, result);
}

void
refund_report_queue(TimestampTz now, int64 settle_wait_us, ReturnSetInfo *result)
{
	static Sql list = SQL(
		"SELECT r.account_id, r.refund_id, r.state, r.amount, c.currency, r.requested_at, "
		"d.days, d.days > " TARGET_DAYS ", CASE r.state WHEN 'accepted' THEN "
		"least(r.requested_at, $1) + $2 * interval '1 us' END, i.open, r.reason FROM " BOOKS
		"refund AS r" JOIN_DAYS JOIN_ITEMS
		"WHERE r.state IN ('accepted', 'paying') ORDER BY r.requested_at, r.account_id",
		TIMESTAMPTZOID, INT8OID);

	sql_put_rows(&list, (Datum[]){TimestampTzGetDatum(now), Int64GetDatum(settle_wait_us)}, NULL,
				 result);
}
