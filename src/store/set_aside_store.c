/*-------------------------------------------------------------------------
 *
 * set_aside_store.c
 *	  Setting rows aside that are no usage or cannot be booked, and what
 *	  becomes of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/set_aside_store.h"

#define COLUMNS (INBOX_COLUMNS + 5)

void
set_aside_insert(const InboxRow *row, const Fault *fault, const char *cause, TimestampTz now)
{
	static Sql insert = SQL("INSERT INTO " BOOKS "usage_set_aside (" INBOX_COLUMN_LIST
							", set_aside_at, sqlstate, reason, detail, cause) VALUES ($1, $2, $3, "
							"$4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
							INBOX_TYPES, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID);
	char nulls[COLUMNS];
	Datum values[COLUMNS];

	inbox_bind_row(values, nulls, row);
	nulls[INBOX_COLUMNS] = ' ';
	values[INBOX_COLUMNS] = TimestampTzGetDatum(now);
	bind_text(values, nulls, INBOX_COLUMNS + 1, error_codes[fault->error].sqlstate);
	bind_text(values, nulls, INBOX_COLUMNS + 2, error_codes[fault->error].name);
	bind_text(values, nulls, INBOX_COLUMNS + 3, fault->message);
	bind_text(values, nulls, INBOX_COLUMNS + 4, cause);
	sql_write(&insert, values, nulls);
}

int64 *
set_aside_accounts(const char *cause, TimestampTz since, size_t *count)
{
	static Sql find = SQL("SELECT coalesce(account_id, 0) FROM " BOOKS
						  "usage_set_aside WHERE cause = $1 AND set_aside_at >= $2 AND handled_at "
						  "IS NULL ORDER BY set_aside_no DESC LIMIT 1000",
						  TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, cause);
	values[1] = TimestampTzGetDatum(since);
	*count = sql_run(&find, values, nulls);
	return column_int64s(*count);
}

#define HANDLED                                                                              \
	"WITH handled AS (UPDATE " BOOKS "usage_set_aside SET handled_at = $2, handling = $3, "  \
	"handled_by = $4, handling_reason = $5 WHERE set_aside_no = ANY ($1) AND handled_at IS " \
	"NULL RETURNING *)"
#define HANDLED_ROWS \
	" SELECT set_aside_no, coalesce(account_id, 0) FROM handled ORDER BY set_aside_no"
#define HANDLED_TYPES INT8ARRAYOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID

SetAsideRow *
set_aside_handle(const int64 *numbers, size_t numbers_count, const SetAsideHandling *handling,
				 size_t *count)
{
	static Sql dismiss = SQL(HANDLED HANDLED_ROWS, HANDLED_TYPES);
	static Sql retry = SQL(
		HANDLED
		", sent AS (INSERT INTO " BOOKS "usage_inbox (" INBOX_COLUMN_LIST
		") SELECT account_id, key_id, request_id, model, input_tokens, "
		"output_tokens, cache_read_tokens, cache_write_tokens, "
		"coalesce(occurred_at, set_aside_at), variant, meters, tags FROM handled)" HANDLED_ROWS,
		HANDLED_TYPES);
	char nulls[] = "     ";
	Datum values[5] = {bind_int64_array(numbers, numbers_count), TimestampTzGetDatum(handling->at)};
	SetAsideRow *rows;

	bind_text(values, nulls, 2, handling->retries ? "retried" : "dismissed");
	bind_text(values, nulls, 3, handling->actor);
	bind_text(values, nulls, 4, handling->reason);
	*count = sql_run(handling->retries ? &retry : &dismiss, values, nulls);
	rows = palloc((*count + 1) * sizeof(SetAsideRow));
	for (uint64 row = 0; row < *count; row++)
		rows[row] = (SetAsideRow){column_int64(row, 1), column_int64(row, 2)};
	return rows;
}

int64
set_aside_waiting(TimestampTz before)
{
	static Sql count = SQL("SELECT count(*) FROM (SELECT FROM " BOOKS
						   "usage_set_aside WHERE handled_at IS NULL AND set_aside_at < $1 LIMIT "
						   "$2) AS w",
						   TIMESTAMPTZOID, INT8OID);

	sql_run(&count, (Datum[]){TimestampTzGetDatum(before), Int64GetDatum(WAITING_COUNT_MAX)}, NULL);
	return column_int64(0, 1);
}
