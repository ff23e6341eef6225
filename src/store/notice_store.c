/*-------------------------------------------------------------------------
 *
 * notice_store.c
 *	  Messages of gateways.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/notice_store.h"

int64
notice_insert(const Notice *notice, TimestampTz now)
{
	static Sql insert = SQL("INSERT INTO " BOOKS "gateway_notice (gateway, received_at, state, "
							"headers, query, body) VALUES ($1, $2, 'received', $3, $4, $5) "
							"RETURNING notice_id",
							TEXTOID, TIMESTAMPTZOID, JSONBOID, TEXTOID, BYTEAOID);
	char nulls[] = "     ";
	Datum values[5];

	bind_text(values, nulls, 0, notice->gateway);
	values[1] = TimestampTzGetDatum(now);
	values[2] = notice->headers;
	bind_text(values, nulls, 3, notice->query);
	values[4] = notice->body;
	sql_write(&insert, values, nulls);
	return column_int64(0, 1);
}

void
notice_update(int64 notice_id, const NoticeOutcome *outcome)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "gateway_notice SET state = $2, verdict = $3, "
		"account_id = $4, payment_id = $5, fact = $6::jsonb WHERE notice_id = $1",
		INT8OID, TEXTOID, TEXTOID, INT8OID, INT8OID, TEXTOID);
	char nulls[] = "      ";
	Datum values[6] = {Int64GetDatum(notice_id)};

	bind_text(values, nulls, 1, outcome->state);
	bind_text(values, nulls, 2, outcome->verdict);
	bind_number(values, nulls, 3, outcome->account_id);
	bind_number(values, nulls, 4, outcome->payment_id);
	bind_text(values, nulls, 5, outcome->fact);
	sql_write(&update, values, nulls);
}

int64
notice_next_waiting(int64 from, WaitingNotice *waiting)
{
	static Sql next = SQL("SELECT notice_id, gateway, verdict, fact::text FROM " BOOKS
						  "gateway_notice WHERE state = 'waiting' AND notice_id >= $1 ORDER BY "
						  "notice_id LIMIT 1",
						  INT8OID);

	if (sql_run(&next, (Datum[]){Int64GetDatum(from)}, NULL) == 0)
		return 0;
	*waiting = (WaitingNotice){column_text(0, 2), column_text(0, 3), column_text(0, 4)};
	return column_int64(0, 1);
}

void
notice_insert_waiting(const char *gateway, const char *verdict, const char *fact, TimestampTz now)
{
	static Sql insert = SQL("INSERT INTO " BOOKS "gateway_notice (gateway, received_at, state, "
							"verdict, headers, body, fact) VALUES ($1, $2, 'waiting', $3, '{}', "
							"'', $4::jsonb)",
							TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID);
	char nulls[] = "    ";
	Datum values[4];

	bind_text(values, nulls, 0, gateway);
	values[1] = TimestampTzGetDatum(now);
	bind_text(values, nulls, 2, verdict);
	bind_text(values, nulls, 3, fact);
	sql_write(&insert, values, nulls);
}

bool
notice_rematch(const char *gateway, const char *transaction_id)
{
	static Sql update = SQL("UPDATE " BOOKS
							"gateway_notice SET state = 'waiting' WHERE gateway = $1 "
							"AND fact ->> 'transaction_id' = $2 AND state = 'unmatched'",
							TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, gateway);
	bind_text(values, nulls, 1, transaction_id);
	return sql_run(&update, values, nulls) > 0;
}

void
notice_rematch_all(void)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "gateway_notice AS n SET state = 'waiting' WHERE n.state = 'unmatched' AND "
		"EXISTS (SELECT FROM " BOOKS "gateway AS g JOIN " BOOKS
		"gateway AS o ON o.provider = g.provider JOIN " BOOKS
		"payment_claim AS c ON c.gateway = o.gateway AND c.transaction_id = n.fact ->> "
		"'transaction_id' WHERE g.gateway = n.gateway)");

	(void) sql_run(&update, NULL, NULL);
}

void
notice_delete(int64 notice_id)
{
	static Sql forget = SQL("DELETE FROM " BOOKS "gateway_notice WHERE notice_id = $1", INT8OID);

	(void) sql_run(&forget, (Datum[]){Int64GetDatum(notice_id)}, NULL);
}

int64
notice_count_unverified(TimestampTz since, int64 max)
{
	static Sql count = SQL("SELECT count(*) FROM (SELECT FROM " BOOKS
						   "gateway_notice WHERE state = "
						   "'unverified' AND received_at > $1 LIMIT $2) AS n",
						   TIMESTAMPTZOID, INT8OID);

	sql_run(&count, (Datum[]){TimestampTzGetDatum(since), Int64GetDatum(max)}, NULL);
	return column_int64(0, 1);
}

int64
notice_forget(TimestampTz before, int64 max)
{
	static Sql forget = SQL("DELETE FROM " BOOKS "gateway_notice WHERE notice_id IN (SELECT "
							"notice_id FROM " BOOKS "gateway_notice WHERE state = 'unverified' AND "
							"received_at < $1 LIMIT $2)",
							TIMESTAMPTZOID, INT8OID);

	return (int64) sql_run(&forget, (Datum[]){TimestampTzGetDatum(before), Int64GetDatum(max)},
						   NULL);
}
