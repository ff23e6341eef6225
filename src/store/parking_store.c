/*-------------------------------------------------------------------------
 *
 * parking_store.c
 *	  Parking accounts and workers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/parking_store.h"

void
parking_insert(const char *worker, int64 account_id, TimestampTz now)
{
	static Sql insert = SQL("INSERT INTO " BOOKS
							"parking (worker, account_id, parked_at) VALUES ($1, nullif($2, "
							"0), $3) ON CONFLICT DO NOTHING",
							TEXTOID, INT8OID, TIMESTAMPTZOID);

	sql_run(
		&insert,
		(Datum[]){CStringGetTextDatum(worker), Int64GetDatum(account_id), TimestampTzGetDatum(now)},
		NULL);
}

int64 *
parking_accounts(const char *worker, size_t *count)
{
	static Sql find = SQL("SELECT account_id FROM " BOOKS
						  "parking WHERE worker = $1 AND unparked_at IS NULL AND account_id IS NOT "
						  "NULL ORDER BY account_id",
						  TEXTOID);

	*count = sql_run(&find, (Datum[]){CStringGetTextDatum(worker)}, NULL);
	return column_int64s(*count);
}

int64
parking_count(const char *worker)
{
	static Sql count = SQL(
		"SELECT count(*) FROM " BOOKS "parking WHERE worker = $1 AND unparked_at IS NULL", TEXTOID);

	sql_run(&count, (Datum[]){CStringGetTextDatum(worker)}, NULL);
	return column_int64(0, 1);
}

bool
parking_end(const char *worker, int64 account_id, TimestampTz now, const char *actor,
			const char *reason)
{
	static Sql end = SQL(
		"UPDATE " BOOKS "parking SET unparked_at = $3, unparked_by = $4, unpark_reason = $5 "
		"WHERE worker = $1 AND coalesce(account_id, 0) = $2 AND unparked_at IS NULL",
		TEXTOID, INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID);
	char nulls[] = "     ";
	Datum values[5] = {CStringGetTextDatum(worker), Int64GetDatum(account_id),
					   TimestampTzGetDatum(now)};

	bind_text(values, nulls, 3, actor);
	bind_text(values, nulls, 4, reason);
	return sql_run(&end, values, nulls) > 0;
}
