/*-------------------------------------------------------------------------
 *
 * account_statement_store.c
 *	  Statements that were asked for, and what they say.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "core/limits.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/account_statement_store.h"
#include "store/clock_repair_store.h"
#include "store/title_buyer.h"

static const char text_sql[] = "WITH buyer AS (SELECT " TITLE_BUYER
							   " AS buyer FROM " TITLE_BUYER_FROM " WHERE p.account_id = $1)\n"
#include "query/statement_text.inc"
	;

/* No more of it is read than shows that there is too much. */
static const char csv_sql[] = "WITH statement AS MATERIALIZED (\n"
#include "query/statement.inc"
							  "LIMIT $4 + 1)\n"
#include "query/statement_csv.inc"
	;

void
account_statement_read(AccountStatement *statement)
{
	static Sql read = SQL(text_sql, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID,
						  TIMESTAMPTZOID);

	sql_latest(
		&read,
		(Datum[]){Int64GetDatum(statement->account_id), TimestampTzGetDatum(statement->from),
				  TimestampTzGetDatum(statement->to), Int64GetDatum(STATEMENT_USAGE_LINES_MAX),
				  Int64GetDatum(STATEMENT_LINES_MAX), TimestampTzGetDatum(statement->requested_at)},
		NULL);
	statement->lines = column_int64(0, 1);
	statement->opening_nano = column_nano(0, 2);
	statement->closing_nano = column_nano(0, 3);
	statement->last_entry_no = column_int64(0, 4);
	statement->has_seller = column_bool(0, 5);
	statement->says = column_text_or_null(0, 6);
}

bool
account_statement_is_behind(const AccountStatement *statement)
{
	static Sql look = SQL("SELECT FROM " BOOKS "ledger_entry AS e " JOIN_COUNTS_AT(
							  "e.account_id", "e.entry_no",
							  "e.recorded_at") "WHERE e.account_id = $1 AND e.entry_no = $2 AND "
											   "c.counts_at < $3",
						  INT8OID, INT8OID, TIMESTAMPTZOID);

	return sql_latest(&look,
					  (Datum[]){Int64GetDatum(statement->account_id),
								Int64GetDatum(statement->last_entry_no + 1),
								TimestampTzGetDatum(statement->to)},
					  NULL) > 0;
}

void
account_statement_insert(AccountStatement *statement)
{
	static Sql next = SQL_NEXT_NUMBER("account_statement", "statement_no");
	static Sql insert = SQL("INSERT INTO " BOOKS
							"account_statement (account_id, statement_no, period_from, period_to, "
							"opening, closing, says, requested_at) VALUES ($1, $2, $3, $4, $5, $6, "
							"$7::jsonb, $8)",
							INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, NUMERICOID,
							NUMERICOID, TEXTOID, TIMESTAMPTZOID);

	statement->statement_no = sql_next_number(&next, statement->account_id);
	sql_write(&insert,
			  (Datum[]){Int64GetDatum(statement->account_id),
						Int64GetDatum(statement->statement_no),
						TimestampTzGetDatum(statement->from), TimestampTzGetDatum(statement->to),
						nano_datum(statement->opening_nano), nano_datum(statement->closing_nano),
						CStringGetTextDatum(statement->says),
						TimestampTzGetDatum(statement->requested_at)},
			  NULL);
}

char *
account_statement_csv(int64 account_id, TimestampTz from, TimestampTz to, int64 entries_max)
{
	static Sql csv = SQL(csv_sql, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID);

	sql_read(&csv,
			 (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(from),
					   TimestampTzGetDatum(to), Int64GetDatum(entries_max)},
			 NULL);
	return column_text_or_null(0, 1);
}

void
account_statement_report(int64 account_id, ReturnSetInfo *result)
{
	static Sql list = SQL(
		"SELECT s.statement_no, s.period_from, s.period_to, s.opening, s.closing, s.requested_at, "
		"d.state FROM " BOOKS "account_statement AS s LEFT JOIN " BOOKS
		"document AS d ON d.account_id = s.account_id AND d.kind = 'statement' AND d.id = "
		"s.statement_no WHERE s.account_id = $1 ORDER BY s.statement_no DESC",
		INT8OID);

	sql_put_rows(&list, (Datum[]){Int64GetDatum(account_id)}, NULL, result);
}
