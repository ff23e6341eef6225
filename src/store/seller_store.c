/*-------------------------------------------------------------------------
 *
 * seller_store.c
 *	  Who sells, as invoices say it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "store/seller_store.h"

/* What seller_find() reads, and seller_insert() writes. */
#define SELLER_COLUMNS                                                                         \
	"region, seller_no, name, tax_number, address, phone, email, bank, bank_account, drawer, " \
	"goods_name, goods_code, series, gateway"

static Seller
read_seller(void)
{
	return (Seller){
		.region = column_text(0, 1),
		.seller_no = column_int32(0, 2),
		.name = column_text(0, 3),
		.tax_number = column_text_or_null(0, 4),
		.address = column_text_or_null(0, 5),
		.phone = column_text_or_null(0, 6),
		.email = column_text_or_null(0, 7),
		.bank = column_text_or_null(0, 8),
		.bank_account = column_text_or_null(0, 9),
		.drawer = column_text_or_null(0, 10),
		.goods_name = column_text(0, 11),
		.goods_code = column_text_or_null(0, 12),
		.series = column_text_or_null(0, 13),
		.gateway = column_text_or_null(0, 14),
		.tax_rate_bp = column_int32(0, 15),
	};
}

bool
seller_find(const char *region, SqlRunner run, Seller *seller)
{
	static Sql find = SQL("SELECT " SELLER_COLUMNS ", (tax_rate * 10000)::int FROM " BOOKS
						  "seller WHERE region = $1 ORDER BY seller_no DESC LIMIT 1",
						  TEXTOID);
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, region);
	if (run(&find, values, nulls) == 0)
		return false;
	*seller = read_seller();
	return true;
}

bool
seller_find_version(const char *region, int32 seller_no, SqlRunner run, Seller *seller)
{
	static Sql find = SQL("SELECT " SELLER_COLUMNS ", (tax_rate * 10000)::int FROM " BOOKS
						  "seller WHERE region = $1 AND seller_no = $2",
						  TEXTOID, INT4OID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, region);
	values[1] = Int32GetDatum(seller_no);
	if (run(&find, values, nulls) == 0)
		return false;
	*seller = read_seller();
	return true;
}

void
seller_hold_for_adding(void)
{
	(void) sql_execute("LOCK TABLE " BOOKS "seller IN SHARE ROW EXCLUSIVE MODE");
}

void
seller_insert(const Seller *seller, TimestampTz now)
{
	static Sql insert = SQL("INSERT INTO " BOOKS "seller (" SELLER_COLUMNS ", tax_rate, "
							"created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
							"$12, $13, $14, $15::numeric / 10000, $16)",
							TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
							TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID,
							TIMESTAMPTZOID);
	char nulls[] = "                ";
	Datum values[16];

	bind_text(values, nulls, 0, seller->region);
	values[1] = Int32GetDatum(seller->seller_no);
	bind_text(values, nulls, 2, seller->name);
	bind_text(values, nulls, 3, seller->tax_number);
	bind_text(values, nulls, 4, seller->address);
	bind_text(values, nulls, 5, seller->phone);
	bind_text(values, nulls, 6, seller->email);
	bind_text(values, nulls, 7, seller->bank);
	bind_text(values, nulls, 8, seller->bank_account);
	bind_text(values, nulls, 9, seller->drawer);
	bind_text(values, nulls, 10, seller->goods_name);
	bind_text(values, nulls, 11, seller->goods_code);
	bind_text(values, nulls, 12, seller->series);
	bind_text(values, nulls, 13, seller->gateway);
	values[14] = Int32GetDatum(seller->tax_rate_bp);
	values[15] = TimestampTzGetDatum(now);
	sql_write(&insert, values, nulls);
}
