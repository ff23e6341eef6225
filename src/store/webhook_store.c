/*-------------------------------------------------------------------------
 *
 * webhook_store.c
 *	  Where accounts want to be told by webhook.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "store/webhook_store.h"

void
webhook_insert(WebhookEndpoint *endpoint)
{
	static Sql next = SQL_NEXT_NUMBER("webhook_endpoint", "endpoint_id");
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "webhook_endpoint (account_id, endpoint_id, url, host, events, "
		"secret_version, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTARRAYOID, INT8OID, TIMESTAMPTZOID);
	char nulls[] = "       ";
	Datum values[7] = {Int64GetDatum(endpoint->account_id)};

	endpoint->endpoint_id = sql_next_number(&next, endpoint->account_id);
	values[1] = Int64GetDatum(endpoint->endpoint_id);
	bind_text(values, nulls, 2, endpoint->url);
	bind_text(values, nulls, 3, endpoint->host);
	if (endpoint->events)
		values[4] = bind_text_array(endpoint->events, endpoint->events_count);
	else
		nulls[4] = 'n';
	values[5] = Int64GetDatum(endpoint->secret_version);
	values[6] = TimestampTzGetDatum(endpoint->created_at);
	sql_write(&insert, values, nulls);
}

bool
webhook_find(int64 account_id, int64 endpoint_id, SqlRunner run, WebhookEndpoint *endpoint)
{
	static Sql find = SQL("SELECT url, host, secret_version, previous_version, previous_until, "
						  "created_at, deleted_at FROM " BOOKS
						  "webhook_endpoint WHERE account_id = $1 AND endpoint_id = $2",
						  INT8OID, INT8OID);

	if (run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(endpoint_id)}, NULL) == 0)
		return false;
	*endpoint = (WebhookEndpoint){
		.account_id = account_id,
		.endpoint_id = endpoint_id,
		.url = column_text(0, 1),
		.host = column_text(0, 2),
		.secret_version = column_int64(0, 3),
		.previous_version = column_int64(0, 4),
		.previous_until = column_instant(0, 5, DT_NOBEGIN),
		.created_at = column_instant(0, 6, DT_NOBEGIN),
		.deleted_at = column_instant(0, 7, DT_NOEND),
	};
	return true;
}

int64
webhook_count(int64 account_id)
{
	static Sql count = SQL("SELECT count(*) FROM " BOOKS
						   "webhook_endpoint WHERE account_id = $1 AND deleted_at IS NULL",
						   INT8OID);

	sql_run(&count, (Datum[]){Int64GetDatum(account_id)}, NULL);
	return column_int64(0, 1);
}

void
webhook_update(const WebhookEndpoint *endpoint)
{
	static Sql update = SQL("UPDATE " BOOKS
							"webhook_endpoint SET secret_version = $3, previous_version = $4, "
							"previous_until = $5, deleted_at = $6 WHERE account_id = $1 AND "
							"endpoint_id = $2",
							INT8OID, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID);
	char nulls[] = "      ";
	Datum values[6] = {Int64GetDatum(endpoint->account_id), Int64GetDatum(endpoint->endpoint_id),
					   Int64GetDatum(endpoint->secret_version)};

	bind_number(values, nulls, 3, endpoint->previous_version);
	bind_instant(values, nulls, 4, endpoint->previous_until, DT_NOBEGIN);
	bind_instant(values, nulls, 5, endpoint->deleted_at, DT_NOEND);
	sql_write(&update, values, nulls);
}

void
webhook_report(int64 account_id, ReturnSetInfo *result)
{
	static Sql list = SQL("SELECT endpoint_id, url, events, created_at, previous_until FROM " BOOKS
						  "webhook_endpoint WHERE account_id = $1 AND deleted_at IS NULL ORDER BY "
						  "endpoint_id",
						  INT8OID);

	sql_put_rows(&list, (Datum[]){Int64GetDatum(account_id)}, NULL, result);
}
