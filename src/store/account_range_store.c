/*-------------------------------------------------------------------------
 *
 * account_range_store.c
 *	  Which accounts are these books'.
 *
 * Accounts are made inside the range that holds, and it cannot be set so that
 * one stands outside: so who finds an account need not look at it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/lmgr.h"

#include "spi/bind.h"
#include "spi/cached_table.h"
#include "spi/catalog.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/account_range_store.h"

static CachedTable range_cache = {.name = "account_range"};
static AccountRange range_in_force;

void
account_range_init(void)
{
	cached_table_register(&range_cache);
}

AccountRange
account_range_get(void)
{
	static Sql newest = SQL("SELECT first_id, last_id FROM " BOOKS
							"account_range ORDER BY range_no DESC LIMIT 1");

	if (!cached_table_is_fresh(&range_cache))
	{
		cached_table_begin_load(&range_cache);
		range_in_force = (AccountRange){1, PG_INT64_MAX};
		if (sql_latest(&newest, NULL, NULL) > 0)
			range_in_force = (AccountRange){column_int64(0, 1), column_int64(0, 2)};
		cached_table_end_load(&range_cache);
	}
	return range_in_force;
}

bool
account_range_has(int64 account_id)
{
	AccountRange range = account_range_get();

	return account_id <= 0 || (account_id >= range.first_id && account_id <= range.last_id);
}

Fault
account_range_fault(int64 account_id)
{
	AccountRange range = account_range_get();

	if (account_range_has(account_id))
		return fault_of(ERROR_ACCOUNT_UNKNOWN, account_id);
	return fault_of(ERROR_ACCOUNT_FOREIGN, account_id, range.first_id, range.last_id);
}

void
account_range_refuse(int64 account_id)
{
	Fault fault = account_range_fault(account_id);

	refuse_fault(&fault);
}

void
account_range_hold(void)
{
	LockRelationOid(catalog_table("account_range"), RowShareLock);
}

void
account_range_hold_for_changing(void)
{
	LockRelationOid(catalog_table("account_range"), ExclusiveLock);
}

int64
account_range_find_outside(const AccountRange *range)
{
	static Sql find = SQL("(SELECT account_id FROM " BOOKS
						  "account WHERE account_id > 0 AND account_id < $1 LIMIT 1) "
						  "UNION ALL (SELECT account_id FROM " BOOKS
						  "account WHERE account_id > $2 LIMIT 1) LIMIT 1",
						  INT8OID, INT8OID);
	Datum values[] = {Int64GetDatum(range->first_id), Int64GetDatum(range->last_id)};

	return sql_latest(&find, values, NULL) > 0 ? column_int64(0, 1) : 0;
}

void
account_range_insert(const AccountRange *range, TimestampTz now, const char *actor,
					 const char *reason)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "account_range (range_no, first_id, last_id, set_at, actor, reason) "
		"SELECT coalesce(max(range_no), 0) + 1, $1, $2, $3, $4, $5 FROM " BOOKS "account_range",
		INT8OID, INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID);
	char nulls[] = "     ";
	Datum values[5] = {Int64GetDatum(range->first_id), Int64GetDatum(range->last_id),
					   TimestampTzGetDatum(now)};

	bind_text(values, nulls, 3, actor);
	bind_text(values, nulls, 4, reason);
	sql_write(&insert, values, nulls);
}
