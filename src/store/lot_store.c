/*-------------------------------------------------------------------------
 *
 * lot_store.c
 *	  Lots: loading them for a booking, and writing back what is left.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "rows/row_scan.h"
#include "rows/row_update.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/lot_store.h"

enum
{
	ACCOUNT_ID,
	LOT_NO,
	KIND,
	AMOUNT,
	REMAINING,
	EXPIRES_AT,
	GIVEN_BACK,
	IS_OPEN
};

/* The number of the key that an update finds a lot by, and the one of each selection. */
#define LOT_KEY 0
#define SELECTION_KEY(selection) ((selection) == LOTS_OPEN ? 1 : 2)

static RowShape lot_shape = {
	.name = "lot",
	.columns = "account_id, lot_no, kind, amount, remaining, expires_at, given_back, is_open",
	.types = {INT8OID, INT8OID, TEXTOID, NUMERICOID, NUMERICOID, TIMESTAMPTZOID, NUMERICOID,
			  BOOLOID},
	.keys = {{2, {ACCOUNT_ID, LOT_NO}}, {1, {ACCOUNT_ID}, IS_OPEN}, {1, {ACCOUNT_ID}}},
};

static Lot
read_lot(const Row *row)
{
	return (Lot){
		.lot_no = row_int64(row, LOT_NO),
		.kind = strcmp(row_text(row, KIND), "bonus") == 0 ? LOT_BONUS : LOT_CASH,
		.amount_nano = row_nano(row, AMOUNT),
		.remaining_nano = row_nano(row, REMAINING),
		.expires_at = row_instant(row, EXPIRES_AT, NEVER_EXPIRES),
		.given_back_nano = row_nano(row, GIVEN_BACK),
	};
}

/* Most accounts have no more lots that hold something. */
#define LOTS_AT_FIRST 4

/* Adds a lot, keeping room for those that a booking adds. */
static void
add_lot(Books *books, Lot lot)
{
	if (books->lots_count + BOOKS_LOTS_ADDED_MAX == books->lots_capacity)
	{
		books->lots_capacity *= 2;
		books->lots = repalloc(books->lots, books->lots_capacity * sizeof(Lot));
	}
	books->lots[books->lots_count++] = lot;
}

/* Reads what a scan finds for one account; what may be added counts for the room of a booking. */
static void
read_lots(RowScan *scan, LotSelection selection, Books *books)
{
	books->lots_count = 0;
	books->lots_capacity = LOTS_AT_FIRST + BOOKS_LOTS_ADDED_MAX;
	books->lots = palloc(books->lots_capacity * sizeof(Lot));
	while (row_scan_next(scan))
		if (selection == LOTS_ALL || row_bool(&scan->row, IS_OPEN))
			add_lot(books, read_lot(&scan->row));
	books->lots_capacity = books->lots_count + BOOKS_LOTS_ADDED_MAX;
	books_sort_lots(books);
}

void
lot_load(int64 account_id, LotSelection selection, Books *books)
{
	RowScan scan;

	row_scan_begin(&scan, &lot_shape, ROW_SEES_ALL, SELECTION_KEY(selection), &account_id);
	read_lots(&scan, selection, books);
	row_scan_end(&scan);
}

void
lot_load_open(const int64 *accounts, Books *const *books, size_t count)
{
	RowScan scan;

	if (count == 0)
		return;
	row_scan_begin(&scan, &lot_shape, ROW_SEES_ALL, SELECTION_KEY(LOTS_OPEN), &accounts[0]);
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			row_scan_again(&scan, &accounts[i]);
		read_lots(&scan, LOTS_OPEN, books[i]);
	}
	row_scan_end(&scan);
}

int64
lot_next_no(int64 account_id)
{
	static Sql next = SQL_NEXT_NUMBER("lot", "lot_no");

	return sql_next_number(&next, account_id);
}

void
lot_insert(int64 account_id, const Lot *lot, int64 order_id, Source source, TimestampTz created_at)
{
	static Sql insert = SQL("INSERT INTO " BOOKS
							"lot (account_id, lot_no, order_id, source_type, source_id, "
							"created_at, expires_at, kind, amount, remaining, is_open) "
							"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10 > 0)",
							INT8OID, INT8OID, INT8OID, TEXTOID, INT8OID, TIMESTAMPTZOID,
							TIMESTAMPTZOID, TEXTOID, NUMERICOID, NUMERICOID);
	char nulls[] = "          ";
	Datum values[10] = {Int64GetDatum(account_id), Int64GetDatum(lot->lot_no)};

	bind_number(values, nulls, 2, order_id);
	bind_text(values, nulls, 3, book_source_name(source.type));
	values[4] = Int64GetDatum(source.id);
	values[5] = TimestampTzGetDatum(created_at);
	bind_instant(values, nulls, 6, lot->expires_at, NEVER_EXPIRES);
	bind_text(values, nulls, 7, lot->kind == LOT_BONUS ? "bonus" : "cash");
	values[8] = nano_datum(lot->amount_nano);
	values[9] = nano_datum(lot->remaining_nano);
	sql_write(&insert, values, nulls);
}

static bool
any_changed(Books *const *books, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t lot = 0; lot < books[i]->lots_count; lot++)
			if (books[i]->lots[lot].changed)
				return true;
	return false;
}

static void
update_lot(RowUpdate *update, int64 account_id, const Lot *lot)
{
	Datum values[] = {nano_datum(lot->remaining_nano), BoolGetDatum(lot->remaining_nano > 0)};

	if (lot->changed)
		row_update_put(update, (int64[]){account_id, lot->lot_no}, values, "  ");
}

void
lot_update(const int64 *accounts, Books *const *books, size_t count)
{
	static const int columns[] = {REMAINING, IS_OPEN};
	RowUpdate update;

	if (!any_changed(books, count))
		return;
	row_update_begin(&update, &lot_shape, (RowColumns){columns, lengthof(columns)});
	for (size_t i = 0; i < count; i++)
		for (size_t lot = 0; lot < books[i]->lots_count; lot++)
			update_lot(&update, accounts[i], &books[i]->lots[lot]);
	row_update_end(&update);
}

void
lot_update_given_back(int64 account_id, const Lot *lot)
{
	static const int columns[] = {GIVEN_BACK};
	RowUpdate update;

	row_update_begin(&update, &lot_shape, (RowColumns){columns, lengthof(columns)});
	row_update_put(&update, (int64[]){account_id, lot->lot_no},
				   (Datum[]){nano_datum(lot->given_back_nano)}, " ");
	row_update_end(&update);
}

static int64
sum_expired(SqlRunner run, int64 account_id, TimestampTz at)
{
	static Sql sum = SQL("SELECT sum(remaining) FROM " BOOKS "lot WHERE account_id = $1 "
						 "AND is_open AND expires_at <= $2",
						 INT8OID, TIMESTAMPTZOID);

	run(&sum, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(at)}, NULL);
	return column_nano(0, 1);
}

int64
lot_expired(int64 account_id, TimestampTz at)
{
	return sum_expired(sql_read, account_id, at);
}

int64
lot_expired_under_hold(int64 account_id, TimestampTz at)
{
	return sum_expired(sql_run, account_id, at);
}

int64 *
lot_expired_accounts(TimestampTz at, int64 accounts_max, size_t *count)
{
	static Sql find = SQL("SELECT DISTINCT account_id FROM (SELECT account_id FROM " BOOKS
						  "lot WHERE is_open AND "
						  "expires_at <= $1 LIMIT $2) AS l ORDER BY account_id",
						  TIMESTAMPTZOID, INT8OID);

	*count = sql_run(&find, (Datum[]){TimestampTzGetDatum(at), Int64GetDatum(accounts_max)}, NULL);
	return column_int64s(*count);
}

int64
lot_of_order(int64 account_id, int64 order_id)
{
	static Sql find = SQL("SELECT lot_no FROM " BOOKS
						  "lot WHERE account_id = $1 AND order_id = $2 AND "
						  "kind = 'cash'",
						  INT8OID, INT8OID);

	if (sql_run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(order_id)}, NULL) == 0)
		return NO_NUMBER;
	return column_int64(0, 1);
}

bool
lot_is_grant(int64 account_id, int64 lot_no)
{
	static Sql find = SQL("SELECT FROM " BOOKS
						  "lot WHERE account_id = $1 AND lot_no = $2 AND source_type = "
						  "'grant'",
						  INT8OID, INT8OID);

	return sql_run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(lot_no)}, NULL) > 0;
}
