/*-------------------------------------------------------------------------
 *
 * operation_store.c
 *	  The audit log, keyed calls and approvals.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "clock.h"
#include "errors.h"
#include "store/operation_store.h"
#include "store/statement.h"

void
audit_insert(const AuditLine *line)
{
	static Statement insert = STATEMENT(
		"INSERT INTO billing.audit_log (recorded_at, account_id, action, object, "
		"old_value, new_value, actor, session_user_name, reason) VALUES ($1, $2, $3, $4, "
		"$5, $6, $7, session_user, $8)",
		TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID);
	char nulls[] = "        ";
	Datum values[8] = {TimestampTzGetDatum(clock_now())};

	set_number(values, nulls, 1, line->account_id);
	set_text(values, nulls, 2, line->action);
	set_text(values, nulls, 3, line->object);
	set_text(values, nulls, 4, line->old_value);
	set_text(values, nulls, 5, line->new_value);
	set_text(values, nulls, 6, line->actor);
	set_text(values, nulls, 7, line->reason);
	statement_run(&insert, values, nulls);
}

static Datum
digest_datum(const KeyedCall *call)
{
	bytea *digest = palloc(VARHDRSZ + REQUEST_DIGEST_BYTES);

	SET_VARSIZE(digest, VARHDRSZ + REQUEST_DIGEST_BYTES);
	memcpy(VARDATA(digest), call->digest, REQUEST_DIGEST_BYTES);
	return PointerGetDatum(digest);
}

/* The first four arguments of the statements about a keyed call. */
static void
set_call(Datum *values, char *nulls, const KeyedCall *call)
{
	values[0] = Int64GetDatum(call->account_id);
	set_text(values, nulls, 1, call->idempotency_key);
	set_text(values, nulls, 2, call->function);
	values[3] = digest_datum(call);
}

/*
 * Runs a look for a key, whose first columns tell whether the request is the
 * same, and the function; *function is set on a conflict.
 */
static KeyedCallState
find_call(Statement *statement, const KeyedCall *call, const char **function)
{
	char nulls[] = "    ";
	Datum values[4];

	set_call(values, nulls, call);
	if (statement_run(statement, values, nulls) == 0)
		return CALL_IS_NEW;
	if (column_bool(0, 1))
		return CALL_IS_KNOWN;
	*function = column_text(0, 2);
	return CALL_CONFLICTS;
}

KeyedCallState
idempotent_call_find(const KeyedCall *call, const char **function)
{
	static Statement find = STATEMENT(
		"SELECT function = $3 AND request_hash = $4, function FROM "
		"billing.idempotent_call WHERE account_id = $1 AND idempotency_key = $2",
		INT8OID, TEXTOID, TEXTOID, BYTEAOID);

	return find_call(&find, call, function);
}

Datum
idempotent_call_result(const KeyedCall *call, Oid type)
{
	StringInfoData sql;
	char nulls[] = "  ";
	Datum values[2] = {Int64GetDatum(call->account_id)};
	Oid types[2] = {INT8OID, TEXTOID};

	/* The type is one of ours; a replay is rare enough to be planned each time. */
	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "SELECT jsonb_populate_record(NULL::%s, result) FROM billing.idempotent_call "
					 "WHERE account_id = $1 AND idempotency_key = $2",
					 format_type_be_qualified(type));
	set_text(values, nulls, 1, call->idempotency_key);
	if (SPI_execute_with_args(sql.data, 2, types, values, nulls, false, 1) != SPI_OK_SELECT)
		refuse(ERROR_INTERNAL, "the result of a keyed call could not be read");
	return column_datum(0, 1);
}

void
idempotent_call_insert(const KeyedCall *call, Datum result, Oid type)
{
	char nulls[] = "      ";
	Datum values[6];
	Oid types[6] = {INT8OID, TEXTOID, TEXTOID, BYTEAOID, TIMESTAMPTZOID, type};

	set_call(values, nulls, call);
	values[4] = TimestampTzGetDatum(clock_now());
	values[5] = result;
	if (SPI_execute_with_args("INSERT INTO billing.idempotent_call (account_id, idempotency_key, "
							  "function, request_hash, recorded_at, result) VALUES ($1, $2, $3, "
							  "$4, $5, to_jsonb($6))",
							  6, types, values, nulls, false, 0) != SPI_OK_INSERT)
		refuse(ERROR_INTERNAL, "the result of a keyed call could not be stored");
}

KeyedCallState
approval_find(const KeyedCall *call, Approval *approval, const char **function)
{
	static Statement find = STATEMENT(
		"SELECT function = $3 AND request_hash = $4, function, requested_by, "
		"requested_session_user, amount FROM billing.approval_request WHERE account_id = $1 AND "
		"idempotency_key = $2",
		INT8OID, TEXTOID, TEXTOID, BYTEAOID);
	KeyedCallState state = find_call(&find, call, function);

	if (state == CALL_IS_KNOWN)
		*approval = (Approval){column_text(0, 3), column_text(0, 4), column_nano(0, 5)};
	return state;
}

void
approval_insert(const KeyedCall *call, int64 amount_nano, const char *actor, const char *reason)
{
	static Statement insert = STATEMENT(
		"INSERT INTO billing.approval_request (account_id, idempotency_key, function, "
		"request_hash, amount, requested_at, requested_by, requested_session_user, "
		"reason) VALUES ($1, $2, $3, $4, $5, $6, $7, session_user, $8)",
		INT8OID, TEXTOID, TEXTOID, BYTEAOID, NUMERICOID, TIMESTAMPTZOID, TEXTOID, TEXTOID);
	char nulls[] = "        ";
	Datum values[8];

	set_call(values, nulls, call);
	values[4] = nano_datum(amount_nano);
	values[5] = TimestampTzGetDatum(clock_now());
	set_text(values, nulls, 6, actor);
	set_text(values, nulls, 7, reason);
	statement_run(&insert, values, nulls);
}
