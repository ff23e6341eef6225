/*-------------------------------------------------------------------------
 *
 * approval_store.c
 *	  Calls that wait for a second person.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "clock.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/approval_store.h"

IdempotentCallState
approval_find(const IdempotentCall *call, Approval *approval, const char **function)
{
	static Sql find = SQL("SELECT function = $3 AND arguments_hash = $4, function, requested_by, "
						  "requested_session_user, amount, withdrawn_at IS NOT NULL FROM " BOOKS
						  "approval_request WHERE account_id = $1 AND "
						  "idempotency_key = $2",
						  INT8OID, TEXTOID, TEXTOID, BYTEAOID);
	IdempotentCallState state = idempotent_call_look_up(&find, call, function);

	if (state == CALL_IS_KNOWN)
		*approval = (Approval){column_text(0, 3), column_text(0, 4), column_nano(0, 5),
							   column_bool(0, 6)};
	return state;
}

void
approval_insert(const IdempotentCall *call, int64 amount_nano, const char *actor,
				const char *reason)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "approval_request (account_id, idempotency_key, function, "
		"arguments_hash, amount, requested_at, requested_by, requested_session_user, "
		"reason) VALUES ($1, $2, $3, $4, $5, $6, $7, session_user, $8)",
		INT8OID, TEXTOID, TEXTOID, BYTEAOID, NUMERICOID, TIMESTAMPTZOID, TEXTOID, TEXTOID);
	char nulls[] = "        ";
	Datum values[8];

	idempotent_call_bind(values, nulls, call);
	values[4] = nano_datum(amount_nano);
	values[5] = TimestampTzGetDatum(clock_now());
	bind_text(values, nulls, 6, actor);
	bind_text(values, nulls, 7, reason);
	sql_write(&insert, values, nulls);
}

ApprovalState
approval_state(int64 account_id, const char *idempotency_key)
{
	static Sql find = SQL(
		"SELECT withdrawn_at IS NOT NULL FROM " BOOKS "approval_request AS r WHERE "
		"account_id = $1 AND idempotency_key = $2 AND NOT EXISTS (SELECT FROM " BOOKS
		"idempotent_call AS c WHERE c.account_id = $1 AND c.idempotency_key = $2)",
		INT8OID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2] = {Int64GetDatum(account_id)};

	bind_text(values, nulls, 1, idempotency_key);
	if (sql_run(&find, values, nulls) == 0)
		return APPROVAL_IS_NONE;
	return column_bool(0, 1) ? APPROVAL_IS_WITHDRAWN : APPROVAL_WAITS;
}

void
approval_withdraw(int64 account_id, const char *idempotency_key, TimestampTz at, const char *actor,
				  const char *reason)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "approval_request SET withdrawn_at = $3, withdrawn_by = "
		"$4, withdrawal_reason = $5 WHERE account_id = $1 AND idempotency_key = $2",
		INT8OID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID);
	char nulls[] = "     ";
	Datum values[5] = {Int64GetDatum(account_id)};

	bind_text(values, nulls, 1, idempotency_key);
	values[2] = TimestampTzGetDatum(at);
	bind_text(values, nulls, 3, actor);
	bind_text(values, nulls, 4, reason);
	sql_write(&update, values, nulls);
}
