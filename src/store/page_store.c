/*-------------------------------------------------------------------------
 *
 * page_store.c
 *	  The statements of lists that are read page by page.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/page_store.h"

const Oid page_number_types[PAGE_LISTS_COUNT][PAGE_NUMBERS + 1] = {
	[PAGE_LIST_API_KEYS] = {INT8OID},		[PAGE_LIST_USAGE] = {TIMESTAMPTZOID, INT8OID, INT8OID},
	[PAGE_LIST_STATEMENT] = {INT8OID},		[PAGE_LIST_ORDERS] = {INT8OID},
	[PAGE_LIST_BALANCE_ALERTS] = {INT8OID}, [PAGE_LIST_NOTIFICATIONS] = {INT8OID},
};

static const char api_keys_sql[] =
#include "query/list_api_keys.inc"
	;
static const char statement_sql[] =
#include "query/list_statement.inc"
	;
static const char orders_sql[] =
#include "query/list_orders.inc"
	;
static const char balance_alerts_sql[] =
#include "query/list_balance_alerts.inc"
	;
static const char notifications_sql[] =
#include "query/list_notifications.inc"
	;
static const char usage_sql[] =
#include "query/list_usage_columns.inc"
#include "query/list_usage_looked.inc"
#include "query/list_usage_rows.inc"
#include "query/list_usage_stop.inc"
	;
static const char usage_of_entry_sql[] =
#include "query/list_usage_columns.inc"
#include "query/list_usage_of_entry.inc"
#include "query/list_usage_rows.inc"
	;

uint64
page_read(const PageCursor *cursor, int64 rows_max, TimestampTz now)
{
	static Sql lists[PAGE_LISTS_COUNT] = {
		[PAGE_LIST_API_KEYS] = SQL(api_keys_sql, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID),
		[PAGE_LIST_STATEMENT] = SQL(statement_sql, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID),
		[PAGE_LIST_ORDERS] = SQL(orders_sql, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID),
		[PAGE_LIST_BALANCE_ALERTS] = SQL(balance_alerts_sql, INT8OID, INT8OID, INT8OID,
										 TIMESTAMPTZOID),
		[PAGE_LIST_NOTIFICATIONS] = SQL(notifications_sql, INT8OID, INT8OID, INT8OID,
										TIMESTAMPTZOID),
	};

	return sql_read(&lists[cursor->list],
					(Datum[]){Int64GetDatum(cursor->account_id), Int64GetDatum(cursor->after[0]),
							  Int64GetDatum(rows_max), TimestampTzGetDatum(now)},
					NULL);
}

/* When an account's ledger entry was booked; DT_NOEND, where nothing ever was, if there is none. */
static TimestampTz
entry_recorded_at(int64 account_id, int64 entry_no)
{
	static Sql find = SQL("SELECT recorded_at FROM " BOOKS
						  "ledger_entry WHERE account_id = $1 AND entry_no = $2",
						  INT8OID, INT8OID);

	if (sql_read(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(entry_no)}, NULL) == 0)
		return DT_NOEND;
	return column_instant(0, 1, DT_NOEND);
}

#define USAGE_TYPES INT8OID, TIMESTAMPTZOID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID

uint64
page_read_usage(const PageCursor *cursor, int64 rows_max, const UsageFilter *filter)
{
	static Sql all = SQL(usage_sql, USAGE_TYPES);
	static Sql of_entry = SQL(usage_of_entry_sql, USAGE_TYPES, INT8OID, TIMESTAMPTZOID);
	char nulls[] = "          ";
	Datum values[10] = {
		Int64GetDatum(cursor->account_id), TimestampTzGetDatum(cursor->after[0]),
		Int64GetDatum(cursor->after[1]),   Int64GetDatum(cursor->after[2]),
		Int64GetDatum(rows_max),
	};

	bind_number(values, nulls, 5, filter->key_id);
	bind_text(values, nulls, 6, filter->model);
	bind_text(values, nulls, 7, filter->status);
	if (filter->entry_no == 0)
		return sql_read(&all, values, nulls);
	values[8] = Int64GetDatum(filter->entry_no);
	values[9] = TimestampTzGetDatum(entry_recorded_at(cursor->account_id, filter->entry_no));
	return sql_read(&of_entry, values, nulls);
}
