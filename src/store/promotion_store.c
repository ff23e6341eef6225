/*-------------------------------------------------------------------------
 *
 * promotion_store.c
 *	  Promotions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "store/promotion_store.h"

bool
promotion_find(const char *name, Promotion *promotion)
{
	static Sql find = SQL("SELECT promotion, region, amount_min, discount, gift, gift_days, "
						  "orders_max, ends_at FROM " BOOKS "promotion WHERE promotion = $1",
						  TEXTOID);
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, name);
	if (sql_run(&find, values, nulls) == 0)
		return false;
	*promotion = (Promotion){
		.promotion = column_text(0, 1),
		.region = column_text(0, 2),
		.min_nano = column_nano(0, 3),
		.discount_nano = column_nano(0, 4),
		.gift_nano = column_nano(0, 5),
		.gift_days = column_int32(0, 6),
		.orders_max = column_int32(0, 7),
		.ends_at = column_instant(0, 8, DT_NOEND),
	};
	return true;
}

bool
promotion_insert(const Promotion *promotion, TimestampTz now)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "promotion (promotion, region, amount_min, discount, gift, gift_days, "
		"orders_max, created_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT "
		"(promotion) DO NOTHING",
		TEXTOID, TEXTOID, NUMERICOID, NUMERICOID, NUMERICOID, INT4OID, INT4OID, TIMESTAMPTZOID,
		TIMESTAMPTZOID);
	char nulls[] = "         ";
	Datum values[9];

	bind_text(values, nulls, 0, promotion->promotion);
	bind_text(values, nulls, 1, promotion->region);
	values[2] = nano_datum(promotion->min_nano);
	values[3] = nano_datum(promotion->discount_nano);
	values[4] = nano_datum(promotion->gift_nano);
	values[5] = Int32GetDatum(promotion->gift_days);
	nulls[5] = promotion->gift_days == 0 ? 'n' : ' ';
	values[6] = Int32GetDatum(promotion->orders_max);
	values[7] = TimestampTzGetDatum(now);
	bind_instant(values, nulls, 8, promotion->ends_at, DT_NOEND);
	return sql_run(&insert, values, nulls) > 0;
}

bool
promotion_end(const char *name, TimestampTz ends_at)
{
	static Sql end = SQL("UPDATE " BOOKS "promotion SET ends_at = $2 WHERE promotion = $1 AND "
						 "coalesce(ends_at, 'infinity') > $2",
						 TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, name);
	values[1] = TimestampTzGetDatum(ends_at);
	return sql_run(&end, values, nulls) > 0;
}
