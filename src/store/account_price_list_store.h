/*-------------------------------------------------------------------------
 *
 * account_price_list_store.h
 *	  Rows of account_price_list: which list prices an account's usage, since when.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_ACCOUNT_PRICE_LIST_STORE_H
#define STORE_ACCOUNT_PRICE_LIST_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "funcapi.h"

#include "spi/sql.h"

typedef struct AccountPriceList
{
	int64 account_id;
	const char *price_list;
	TimestampTz effective_from;
	TimestampTz set_at;
	const char *actor;
	const char *reason;
} AccountPriceList;

/* What was said of an account, the latest begin first; the last two columns are not read. */
extern AccountPriceList *account_price_list_all(int64 account_id, SqlRunner run, size_t *count);

/* The list of them that holds at an instant; the standard one where none does. */
extern const char *account_price_list_at(const AccountPriceList *lists, size_t count,
										 TimestampTz at);

/* Stores one, and that the account has one. */
extern void account_price_list_insert(const AccountPriceList *list);

extern void account_price_list_report(int64 account_id, ReturnSetInfo *result);

#endif
