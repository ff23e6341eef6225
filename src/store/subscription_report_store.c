/*-------------------------------------------------------------------------
 *
 * subscription_report_store.c
 *	  What customers see of their plans.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/sql.h"
#include "store/subscription_report_store.h"

static const char plan_status_sql[] =
#include "query/plan_status.inc"
	;
static const char plan_usage_sql[] =
#include "query/plan_usage.inc"
	;

void
subscription_report_status(int64 account_id, TimestampTz at, ReturnSetInfo *result)
{
	static Sql lines = SQL(plan_status_sql, INT8OID, TIMESTAMPTZOID);

	sql_put_rows(&lines, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(at)}, NULL,
				 result);
}

bool
subscription_report_usage(int64 account_id, int64 subscription_no, ReturnSetInfo *result)
{
	static Sql find = SQL("SELECT FROM " BOOKS
						  "subscription WHERE account_id = $1 AND subscription_no = $2",
						  INT8OID, INT8OID);
	static Sql lines = SQL(plan_usage_sql, INT8OID, INT8OID);
	Datum values[] = {Int64GetDatum(account_id), Int64GetDatum(subscription_no)};

	if (sql_read(&find, values, NULL) == 0)
		return false;
	sql_put_rows(&lines, values, NULL, result);
	return true;
}
