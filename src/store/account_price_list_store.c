/*-------------------------------------------------------------------------
 *
 * account_price_list_store.c
 *	  Which list prices an account's usage.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "core/rating.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "store/account_price_list_store.h"

AccountPriceList *
account_price_list_all(int64 account_id, SqlRunner run, size_t *count)
{
	static Sql list = SQL("SELECT price_list, effective_from FROM " BOOKS
						  "account_price_list WHERE account_id = $1 ORDER BY effective_from DESC",
						  INT8OID);
	AccountPriceList *lists;

	*count = run(&list, (Datum[]){Int64GetDatum(account_id)}, NULL);
	lists = palloc0((*count + 1) * sizeof(AccountPriceList));
	for (size_t i = 0; i < *count; i++)
		lists[i] = (AccountPriceList){.account_id = account_id,
									  .price_list = column_text(i, 1),
									  .effective_from = column_instant(i, 2, DT_NOBEGIN)};
	return lists;
}

const char *
account_price_list_at(const AccountPriceList *lists, size_t count, TimestampTz at)
{
	for (size_t i = 0; i < count; i++)
		if (lists[i].effective_from <= at)
			return lists[i].price_list;
	return RATING_STANDARD_LIST;
}

void
account_price_list_insert(const AccountPriceList *list)
{
	static Sql insert = SQL("INSERT INTO " BOOKS
							"account_price_list (account_id, effective_from, price_list, set_at, "
							"actor, reason) VALUES ($1, $2, $3, $4, $5, $6)",
							INT8OID, TIMESTAMPTZOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID);
	static Sql note = SQL("UPDATE " BOOKS "account SET has_price_list = true WHERE account_id = $1 "
						  "AND NOT has_price_list",
						  INT8OID);
	char nulls[] = "      ";
	Datum values[6] = {Int64GetDatum(list->account_id), TimestampTzGetDatum(list->effective_from)};

	bind_text(values, nulls, 2, list->price_list);
	values[3] = TimestampTzGetDatum(list->set_at);
	bind_text(values, nulls, 4, list->actor);
	bind_text(values, nulls, 5, list->reason);
	sql_write(&insert, values, nulls);
	(void) sql_run(&note, (Datum[]){Int64GetDatum(list->account_id)}, NULL);
}

void
account_price_list_report(int64 account_id, ReturnSetInfo *result)
{
	static Sql lists = SQL("SELECT price_list, effective_from, set_at, actor, reason FROM " BOOKS
						   "account_price_list WHERE account_id = $1 ORDER BY effective_from DESC",
						   INT8OID);

	sql_put_rows(&lists, (Datum[]){Int64GetDatum(account_id)}, NULL, result);
}
