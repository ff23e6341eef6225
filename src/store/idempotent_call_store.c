/*-------------------------------------------------------------------------
 *
 * idempotent_call_store.c
 *	  Calls that were done, by their idempotency keys.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "clock.h"
#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/idempotent_call_store.h"

void
idempotent_call_bind(Datum *values, char *nulls, const IdempotentCall *call)
{
	values[0] = Int64GetDatum(call->account_id);
	bind_text(values, nulls, 1, call->idempotency_key);
	bind_text(values, nulls, 2, call->function);
	values[3] = bind_bytes(call->arguments_hash, ARGUMENTS_HASH_BYTES);
}

IdempotentCallState
idempotent_call_look_up(Sql *statement, const IdempotentCall *call, const char **function)
{
	char nulls[] = "    ";
	Datum values[4];

	idempotent_call_bind(values, nulls, call);
	if (sql_run(statement, values, nulls) == 0)
		return CALL_IS_NEW;
	if (column_bool(0, 1))
		return CALL_IS_KNOWN;
	*function = column_text(0, 2);
	return CALL_CONFLICTS;
}

IdempotentCallState
idempotent_call_find(const IdempotentCall *call, const char **function)
{
	static Sql find = SQL("SELECT function = $3 AND arguments_hash = $4, function FROM " BOOKS
						  "idempotent_call WHERE account_id = $1 AND idempotency_key = $2",
						  INT8OID, TEXTOID, TEXTOID, BYTEAOID);

	return idempotent_call_look_up(&find, call, function);
}

Datum
idempotent_call_result(const IdempotentCall *call, Oid type)
{
	StringInfoData sql;
	char nulls[] = "  ";
	Datum values[2] = {Int64GetDatum(call->account_id)};
	Oid types[2] = {INT8OID, TEXTOID};

	/* The type is one of ours; a replay is rare enough to be planned each time. */
	initStringInfo(&sql);
	appendStringInfo(
		&sql,
		"SELECT jsonb_populate_record(NULL::%s, result || '{\"replayed\": true}') FROM " BOOKS
		"idempotent_call WHERE account_id = $1 AND idempotency_key = $2",
		format_type_be_qualified(type));
	bind_text(values, nulls, 1, call->idempotency_key);
	(void) sql_execute_with(sql.data, 2, types, values, nulls);
	return column_datum(0, 1, type);
}

void
idempotent_call_insert(const IdempotentCall *call, Datum result, Oid type)
{
	char nulls[] = "      ";
	Datum values[6];
	Oid types[6] = {INT8OID, TEXTOID, TEXTOID, BYTEAOID, TIMESTAMPTZOID, type};

	idempotent_call_bind(values, nulls, call);
	values[4] = TimestampTzGetDatum(clock_now());
	values[5] = result;
	altered_check_rows(
		sql_execute_with("INSERT INTO " BOOKS "idempotent_call (account_id, idempotency_key, "
						 "function, arguments_hash, recorded_at, result) VALUES ($1, $2, $3, "
						 "$4, $5, to_jsonb($6))",
						 6, types, values, nulls),
		1);
}
