/*-------------------------------------------------------------------------
 *
 * page.c
 *	  Lists that are read page by page, the newest first.
 *
 * A page is what stands behind a cursor; its last row says where the next one
 * begins, unless the list ends there. What comes to the list meanwhile stands
 * before the cursor: no row is shown twice, and none is passed over.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "clock.h"
#include "errors.h"
#include "spi/column.h"
#include "spi/scope.h"
#include "store/account_range_store.h"
#include "store/account_store.h"
#include "store/page_store.h"
#include "store/usage_store.h"

#define COLUMNS_MAX 40

typedef struct ListPage
{
	PageCursor cursor; /* where it begins */
	int64 rows_max;
	ReturnSetInfo *result;
	Scope scope;
} ListPage;

/* ---- a page of any list ------------------------------------------------------ */

static PageCursor
arg_cursor(FunctionCallInfo fcinfo, int index, PageList list, int64 account_id)
{
	static const char *const faults[] = {
		[PAGE_CURSOR_MALFORMED] = "malformed",
		[PAGE_CURSOR_OF_OTHER_LIST] = "of another call",
		[PAGE_CURSOR_OF_OTHER_ACCOUNT] = "of another account",
	};
	PageCursor cursor = page_cursor_begin(list, account_id);
	char *text = arg_text_or_null(fcinfo, index, "cursor", VALUE_BYTES_MAX);
	PageCursorFault fault = text ? page_cursor_decode(text, strlen(text), &cursor)
								 : PAGE_CURSOR_GOOD;

	if (fault != PAGE_CURSOR_GOOD)
		refuse(ERROR_CURSOR, faults[fault]);
	return cursor;
}

/* Reads account, cursor and limit, the first three arguments, and opens the books. */
static void
page_open(FunctionCallInfo fcinfo, PageList list, ListPage *page)
{
	int64 account_id = list == PAGE_LIST_STATEMENT ? arg_account_id(fcinfo)
												   : arg_customer_id(fcinfo);

	page->cursor = arg_cursor(fcinfo, 1, list, account_id);
	page->rows_max = arg_count(fcinfo, 2, "limit", LIMIT_PAGE_ROWS);
	InitMaterializedSRF(fcinfo, 0);
	page->result = (ReturnSetInfo *) fcinfo->resultinfo;
	scope_open_to_page(&page->scope);
	if (!account_exists(account_id))
		account_range_refuse(account_id);
}

/* The types of the result's columns, and of what the list is sorted by; returns how many. */
static int
list_types(const ListPage *page, Oid types[COLUMNS_MAX])
{
	TupleDesc descriptor = page->result->setDesc;
	const Oid *numbers = page_number_types[page->cursor.list];
	int count = 0;

	while (count < descriptor->natts)
	{
		types[count] = TupleDescAttr(descriptor, count)->atttypid;
		count++;
	}
	while (OidIsValid(*numbers))
		types[count++] = *numbers++;
	return count;
}

/* Which column of the result says where the next page begins. */
static int
cursor_column(TupleDesc descriptor)
{
	for (int i = 0; i < descriptor->natts; i++)
		if (namestrcmp(&TupleDescAttr(descriptor, i)->attname, "next_cursor") == 0)
			return i;
	refuse(ERROR_INTERNAL, "the result has no cursor");
}

/* The cursor behind a row, by the numbers that follow its columns. */
static Datum
cursor_behind(const ListPage *page, const Datum *numbers, const bool *nulls)
{
	PageCursor cursor = {.list = page->cursor.list, .account_id = page->cursor.account_id};
	char text[PAGE_CURSOR_LENGTH + 1];

	for (int i = 0; i < PAGE_NUMBERS && OidIsValid(page_number_types[cursor.list][i]); i++)
		cursor.after[i] = nulls[i] ? PG_INT64_MIN : DatumGetInt64(numbers[i]);
	page_cursor_encode(&cursor, text);
	return CStringGetTextDatum(text);
}

/*
 * Puts what was found, of which one row more than the page has was asked for. A row
 * without a first column is none: it says how far was looked, and stands alone where
 * nothing was found.
 */
static void
page_put(const ListPage *page, uint64 found)
{
	TupleDesc descriptor = page->result->setDesc;
	int cursor_at = cursor_column(descriptor);
	Oid types[COLUMNS_MAX];
	int count = list_types(page, types);
	Datum values[COLUMNS_MAX];
	bool nulls[COLUMNS_MAX];
	Datum next = 0;
	uint64 shown = Min(found, (uint64) page->rows_max);

	if (found > 0)
		column_values(shown - 1, types, count, values, nulls);
	if (found > 0 && (found > shown || nulls[0]))
		next = cursor_behind(page, values + descriptor->natts, nulls + descriptor->natts);
	if (found > 0 && nulls[0] && shown > 1)
		shown--;
	for (uint64 row = 0; row < shown; row++)
	{
		column_values(row, types, count, values, nulls);
		values[cursor_at] = next;
		nulls[cursor_at] = next == 0 || row + 1 < shown;
		tuplestore_putvalues(page->result->setResult, descriptor, values, nulls);
	}
}

/* ---- the lists ---------------------------------------------------------------- */

static Datum
list_page(FunctionCallInfo fcinfo, PageList list)
{
	ListPage page;

	page_open(fcinfo, list, &page);
	page_put(&page, page_read(&page.cursor, page.rows_max + 1, clock_statement()));
	scope_close(&page.scope);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(billing_list_api_keys);
Datum
billing_list_api_keys(PG_FUNCTION_ARGS)
{
	return list_page(fcinfo, PAGE_LIST_API_KEYS);
}

PG_FUNCTION_INFO_V1(billing_list_statement);
Datum
billing_list_statement(PG_FUNCTION_ARGS)
{
	return list_page(fcinfo, PAGE_LIST_STATEMENT);
}

PG_FUNCTION_INFO_V1(billing_list_orders);
Datum
billing_list_orders(PG_FUNCTION_ARGS)
{
	return list_page(fcinfo, PAGE_LIST_ORDERS);
}

PG_FUNCTION_INFO_V1(billing_list_balance_alerts);
Datum
billing_list_balance_alerts(PG_FUNCTION_ARGS)
{
	return list_page(fcinfo, PAGE_LIST_BALANCE_ALERTS);
}

PG_FUNCTION_INFO_V1(billing_list_notifications);
Datum
billing_list_notifications(PG_FUNCTION_ARGS)
{
	return list_page(fcinfo, PAGE_LIST_NOTIFICATIONS);
}

static char *
arg_status(FunctionCallInfo fcinfo, int index)
{
	char *name = arg_text_or_null(fcinfo, index, "status", VALUE_BYTES_MAX);

	if (name && !usage_status_exists(name))
		refuse(ERROR_INVALID_VALUE, "status", name);
	return name;
}

PG_FUNCTION_INFO_V1(billing_list_usage);
Datum
billing_list_usage(PG_FUNCTION_ARGS)
{
	UsageFilter filter = {
		.key_id = PG_ARGISNULL(3) ? 0 : arg_count(fcinfo, 3, "key_id", LIMIT_KEY_ID),
		.model = arg_text_or_null(fcinfo, 4, "model", MODEL_BYTES_MAX),
		.status = arg_status(fcinfo, 5),
		.entry_no = PG_ARGISNULL(6) ? 0 : arg_count(fcinfo, 6, "entry_no", LIMIT_ENTRY_NO),
	};
	ListPage page;

	page_open(fcinfo, PAGE_LIST_USAGE, &page);
	page_put(&page, page_read_usage(&page.cursor, page.rows_max + 1, &filter));
	scope_close(&page.scope);
	return (Datum) 0;
}
