/*-------------------------------------------------------------------------
 *
 * audit_store.c
 *	  Appending to the audit log.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "clock.h"
#include "spi/bind.h"
#include "spi/sql.h"
#include "store/audit_store.h"

void
audit_insert(const AuditLine *line)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "audit_log (recorded_at, account_id, action, object, "
		"old_value, new_value, actor, session_user_name, reason) VALUES ($1, $2, $3, $4, "
		"$5, $6, $7, session_user, $8)",
		TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID);
	char nulls[] = "        ";
	Datum values[8] = {TimestampTzGetDatum(clock_now())};

	bind_number(values, nulls, 1, line->account_id);
	bind_text(values, nulls, 2, line->action);
	bind_text(values, nulls, 3, line->object);
	bind_text(values, nulls, 4, line->old_value);
	bind_text(values, nulls, 5, line->new_value);
	bind_text(values, nulls, 6, line->actor);
	bind_text(values, nulls, 7, line->reason);
	sql_write(&insert, values, nulls);
}
