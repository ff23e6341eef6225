/*-------------------------------------------------------------------------
 *
 * lot_store.c
 *	  Lots: loading them for a booking, and writing back what is left.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/lot_store.h"

#define LOT_COLUMNS "lot_no, kind = 'bonus', amount, remaining, expires_at, given_back"

/* Reads a lot from the columns behind some others. */
static Lot
read_lot(uint64 row, int before)
{
	return (Lot){
		.lot_no = column_int64(row, before + 1),
		.kind = column_bool(row, before + 2) ? LOT_BONUS : LOT_CASH,
		.amount_nano = column_nano(row, before + 3),
		.remaining_nano = column_nano(row, before + 4),
		.expires_at = column_instant(row, before + 5, NEVER_EXPIRES),
		.given_back_nano = column_nano(row, before + 6),
	};
}

/* Makes room for that many lots, and those that a booking adds. */
static void
make_room(Books *books, size_t count)
{
	books->lots_count = 0;
	books->lots_capacity = count + BOOKS_LOTS_ADDED_MAX;
	books->lots = palloc0(books->lots_capacity * sizeof(Lot));
}

void
lot_load(int64 account_id, LotSelection selection, Books *books)
{
	static Sql load[] = {
		[LOTS_OPEN] = SQL(
			"SELECT " LOT_COLUMNS " FROM " BOOKS "lot WHERE account_id = $1 AND is_open", INT8OID),
		[LOTS_ALL] = SQL("SELECT " LOT_COLUMNS " FROM " BOOKS "lot WHERE account_id = $1", INT8OID),
	};
	uint64 count = sql_run(&load[selection], (Datum[]){Int64GetDatum(account_id)}, NULL);

	make_room(books, count);
	for (uint64 row = 0; row < count; row++)
		books->lots[books->lots_count++] = read_lot(row, 0);
	books_sort_lots(books);
}

void
lot_load_open(const int64 *accounts, Books **books, size_t count)
{
	static Sql load = SQL("SELECT account_id, " LOT_COLUMNS " FROM " BOOKS "lot WHERE "
						  "account_id = ANY ($1) AND is_open ORDER BY account_id",
						  INT8ARRAYOID);
	uint64 found = sql_run(&load, (Datum[]){bind_int64_array(accounts, count)}, NULL);
	uint64 row = 0;

	for (size_t i = 0; i < count; i++)
	{
		uint64 first = row;

		Assert(i == 0 || accounts[i - 1] < accounts[i]);
		while (row < found && column_int64(row, 1) == accounts[i])
			row++;
		make_room(books[i], row - first);
		for (uint64 lot = first; lot < row; lot++)
			books[i]->lots[books[i]->lots_count++] = read_lot(lot, 1);
		books_sort_lots(books[i]);
	}
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

void
lot_update(int64 account_id, const Lot *lot)
{
	static Sql update = SQL("UPDATE " BOOKS "lot SET remaining = $3, is_open = $3 > 0 "
							"WHERE account_id = $1 AND lot_no = $2",
							INT8OID, INT8OID, NUMERICOID);

	sql_write(&update,
			  (Datum[]){Int64GetDatum(account_id), Int64GetDatum(lot->lot_no),
						nano_datum(lot->remaining_nano)},
			  NULL);
}

void
lot_update_given_back(int64 account_id, const Lot *lot)
{
	static Sql update = SQL("UPDATE " BOOKS "lot SET given_back = $3 WHERE account_id = $1 AND "
							"lot_no = $2",
							INT8OID, INT8OID, NUMERICOID);

	sql_write(&update,
			  (Datum[]){Int64GetDatum(account_id), Int64GetDatum(lot->lot_no),
						nano_datum(lot->given_back_nano)},
			  NULL);
}

#define REMAINDER_TYPES INT8OID, INT8OID, NUMERICOID

void
lot_rows_begin(RowSet *rows)
{
	static RowSetShape shape = {"account_id, lot_no, remaining", {REMAINDER_TYPES}};

	row_set_begin(rows, &shape);
}

void
lot_rows_put(RowSet *rows, int64 account_id, const Lot *lot)
{
	row_set_put(rows,
				(Datum[]){Int64GetDatum(account_id), Int64GetDatum(lot->lot_no),
						  nano_datum(lot->remaining_nano)},
				"   ");
}

void
lot_rows_update(RowSet *rows)
{
	static Sql update = SQL(
		"UPDATE " BOOKS
		"lot AS l SET remaining = r.remaining, is_open = r.remaining > 0 FROM rows AS r "
		"WHERE l.account_id = r.account_id AND l.lot_no = r.lot_no");

	row_set_write(rows, &update);
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
