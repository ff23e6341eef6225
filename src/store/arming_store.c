/*-------------------------------------------------------------------------
 *
 * arming_store.c
 *	  When gateways may be called from these books.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/arming_store.h"

bool
arming_find(Arming *arming)
{
	static Sql find = SQL(
		"SELECT epoch, token, armed_by, login, disarmed_at IS NULL, armed_at, books_until FROM " BOOKS
		"arming ORDER BY arming_no DESC LIMIT 1");

	if (sql_run(&find, NULL, NULL) == 0 || !column_bool(0, 5))
		return false;
	*arming = (Arming){
		.epoch = column_int64(0, 1),
		.token = column_text(0, 2),
		.armed_by = column_text(0, 3),
		.login = column_text(0, 4),
		.armed_at = column_instant(0, 6, DT_NOBEGIN),
		.books_until = column_instant(0, 7, DT_NOBEGIN),
	};
	return true;
}

void
arming_insert(const Arming *arming, const char *actor, TimestampTz now)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "arming (epoch, token, armed_at, armed_by, login, books_until) "
		"SELECT $1, $2, $3, $4, $5, least((SELECT coalesce(max(answered_at), $3) FROM " BOOKS
		"gateway_call), (SELECT min(a.books_until) FROM " BOOKS
		"arming AS a WHERE EXISTS (SELECT FROM " BOOKS
		"gateway AS g WHERE g.refunds_epoch IS DISTINCT FROM a.epoch) AND a.arming_no = (SELECT max(arming_no) FROM " BOOKS
		"arming)))",
		INT8OID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID);
	char nulls[] = "     ";
	Datum values[5] = {Int64GetDatum(arming->epoch)};

	bind_text(values, nulls, 1, arming->token);
	values[2] = TimestampTzGetDatum(now);
	bind_text(values, nulls, 3, actor);
	bind_text(values, nulls, 4, arming->login);
	sql_write(&insert, values, nulls);
}

int64
arming_count(void)
{
	static Sql count = SQL("SELECT count(*) FROM " BOOKS "arming");

	sql_run(&count, NULL, NULL);
	return column_int64(0, 1);
}

void
arming_end(TimestampTz now, const char *actor)
{
	static Sql end = SQL("UPDATE " BOOKS "arming SET disarmed_at = $1, disarmed_by = $2 WHERE "
						 "arming_no = (SELECT max(arming_no) FROM " BOOKS
						 "arming) AND disarmed_at IS NULL",
						 TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2] = {TimestampTzGetDatum(now)};

	bind_text(values, nulls, 1, actor);
	sql_write(&end, values, nulls);
}
