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
#include "spi/row_set.h"
#include "store/audit_store.h"

#define LINE_COLUMNS 8
#define LINE_COLUMN_LIST \
	"recorded_at, account_id, action, object, old_value, new_value, actor, reason"
#define LINE_TYPES TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID

static void
set_columns(Datum *values, char *nulls, const AuditLine *line, TimestampTz now)
{
	memset(nulls, ' ', LINE_COLUMNS);
	values[0] = TimestampTzGetDatum(now);
	bind_number(values, nulls, 1, line->account_id);
	bind_text(values, nulls, 2, line->action);
	bind_text(values, nulls, 3, line->object);
	bind_text(values, nulls, 4, line->old_value);
	bind_text(values, nulls, 5, line->new_value);
	bind_text(values, nulls, 6, line->actor);
	bind_text(values, nulls, 7, line->reason);
}

void
audit_insert(const AuditLine *line)
{
	static Sql insert = SQL("INSERT INTO " BOOKS "audit_log (" LINE_COLUMN_LIST
							", session_user_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
							"session_user)",
							LINE_TYPES);
	char nulls[LINE_COLUMNS];
	Datum values[LINE_COLUMNS];

	set_columns(values, nulls, line, clock_now());
	sql_write(&insert, values, nulls);
}

void
audit_insert_all(const AuditLine *lines, size_t count)
{
	static RowSetShape shape = {LINE_COLUMN_LIST, {LINE_TYPES}};
	static Sql insert = SQL("INSERT INTO " BOOKS "audit_log (" LINE_COLUMN_LIST
							", session_user_name) SELECT " LINE_COLUMN_LIST
							", session_user FROM rows");
	TimestampTz now = clock_now();
	char nulls[LINE_COLUMNS];
	Datum values[LINE_COLUMNS];
	RowSet set;

	row_set_begin(&set, &shape);
	for (size_t i = 0; i < count; i++)
	{
		set_columns(values, nulls, &lines[i], now);
		row_set_put(&set, values, nulls);
	}
	row_set_write(&set, &insert);
}
