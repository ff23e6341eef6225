/*-------------------------------------------------------------------------
 *
 * request_once_store.c
 *	  Requests of an account that are recorded twice.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_operator.h"
#include "miscadmin.h"

#include "compat.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/request_once_store.h"

void
request_once_begin(RequestOnce *requests)
{
	requests->hashes = tuplesort_begin_datum(INT8OID, Int8LessOperator, InvalidOid, false, work_mem,
											 NULL, TUPLESORT_NONE);
}

void
request_once_add(RequestOnce *requests, int64 request_hash)
{
	tuplesort_putdatum(requests->hashes, Int64GetDatum(request_hash), false);
}

/* Within a day, the shortest dedupe window there is; stamped alike, at any distance. */
static void
compare_requests(int64 account_id, int64 request_hash, Telling *telling)
{
	static Sql find = SQL(
		"SELECT a.request_id FROM " BOOKS "usage_event AS a JOIN " BOOKS
		"usage_event AS b ON b.account_id = a.account_id AND b.request_hash = a.request_hash AND "
		"b.request_id = a.request_id AND (b.recorded_at, b.probe) > (a.recorded_at, a.probe) WHERE "
		"a.account_id = $1 AND a.request_hash = $2 AND (b.occurred_at = a.occurred_at OR "
		"b.recorded_at - a.recorded_at < interval '1 day') LIMIT $3",
		INT8OID, INT8OID, INT4OID);
	uint64 count = sql_read(&find,
							(Datum[]){Int64GetDatum(account_id), Int64GetDatum(request_hash),
									  Int32GetDatum(DISCREPANCIES_TOLD_MAX + 1)},
							NULL);

	for (uint64 row = 0; row < count; row++)
		discrepancy_put(telling, "request_once", account_id,
						psprintf("request \"%s\" is recorded twice", column_text(row, 1)));
}

void
request_once_end(RequestOnce *requests, int64 account_id, Telling *telling)
{
	Datum hash;
	int64 last = 0;
	uint64 seen = 0; /* how many of the last one */

	tuplesort_performsort(requests->hashes);
	while (sort_next(requests->hashes, &hash))
	{
		seen = seen > 0 && DatumGetInt64(hash) == last ? seen + 1 : 1;
		last = DatumGetInt64(hash);
		if (seen == 2)
			compare_requests(account_id, last, telling);
	}
	tuplesort_end(requests->hashes);
}
