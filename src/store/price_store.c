/*-------------------------------------------------------------------------
 *
 * price_store.c
 *	  Price rows: adding them, and finding the one that applies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/lmgr.h"

#include "store/price_store.h"
#include "store/session.h"
#include "store/statement.h"

#define PRICE_COLUMNS \
	"price_id, prompt_tokens_over, effective_from, input, cache_read, cache_write, output"

static void
read_price(Price *price)
{
	*price = (Price){
		.price_id = column_int64(0, 1),
		.prompt_tokens_over = column_int64(0, 2),
		.effective_from = column_instant(0, 3, 0),
		.nano_of[TOKENS_INPUT] = column_nano(0, 4),
		.nano_of[TOKENS_CACHE_READ] = column_nano(0, 5),
		.nano_of[TOKENS_CACHE_WRITE] = column_nano(0, 6),
		.nano_of[TOKENS_OUTPUT] = column_nano(0, 7),
	};
}

void
price_lock_for_reading(void)
{
	LockRelationOid(session_table("price"), RowShareLock);
}

void
price_lock_for_adding(void)
{
	LockRelationOid(session_table("price"), ExclusiveLock);
}

bool
price_find(const char *currency, const char *model, int64 prompt_tokens, TimestampTz occurred_at,
		   Price *price)
{
	static Statement find = STATEMENT(
		"SELECT " PRICE_COLUMNS " FROM billing.price WHERE currency = $1 AND model = $2 "
		"AND prompt_tokens_over < $3 AND effective_from <= $4 ORDER BY "
		"prompt_tokens_over DESC, effective_from DESC LIMIT 1",
		TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID);
	char nulls[] = "    ";
	Datum values[4];

	set_text(values, nulls, 0, currency);
	set_text(values, nulls, 1, model);
	/* The lowest tier is for all prompts, an empty one included. */
	values[2] = Int64GetDatum(Max(prompt_tokens, 1));
	values[3] = TimestampTzGetDatum(occurred_at);
	if (statement_latest(&find, values, nulls) == 0)
		return false;
	read_price(price);
	return true;
}

bool
price_get(int64 price_id, Price *price)
{
	static Statement get = STATEMENT(
		"SELECT " PRICE_COLUMNS " FROM billing.price WHERE price_id = $1", INT8OID);

	if (statement_run(&get, (Datum[]){Int64GetDatum(price_id)}, NULL) == 0)
		return false;
	read_price(price);
	return true;
}

bool
price_find_exact(const PriceKey *key, Price *price)
{
	static Statement find = STATEMENT("SELECT " PRICE_COLUMNS
									  " FROM billing.price WHERE currency = $1 AND model = $2 "
									  "AND prompt_tokens_over = $3 AND effective_from = $4",
									  TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID);
	char nulls[] = "    ";
	Datum values[4];

	set_text(values, nulls, 0, key->currency);
	set_text(values, nulls, 1, key->model);
	values[2] = Int64GetDatum(key->prompt_tokens_over);
	values[3] = TimestampTzGetDatum(key->effective_from);
	if (statement_latest(&find, values, nulls) == 0)
		return false;
	read_price(price);
	return true;
}

int64
price_insert(const PriceKey *key, const Price *price)
{
	static Statement insert = STATEMENT(
		"INSERT INTO billing.price (currency, model, prompt_tokens_over, effective_from, "
		"input, cache_read, cache_write, output) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
		"RETURNING price_id",
		TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID, NUMERICOID, NUMERICOID, NUMERICOID, NUMERICOID);
	char nulls[] = "        ";
	Datum values[8];

	set_text(values, nulls, 0, key->currency);
	set_text(values, nulls, 1, key->model);
	values[2] = Int64GetDatum(key->prompt_tokens_over);
	values[3] = TimestampTzGetDatum(key->effective_from);
	values[4] = nano_datum(price->nano_of[TOKENS_INPUT]);
	values[5] = nano_datum(price->nano_of[TOKENS_CACHE_READ]);
	values[6] = nano_datum(price->nano_of[TOKENS_CACHE_WRITE]);
	values[7] = nano_datum(price->nano_of[TOKENS_OUTPUT]);
	statement_run(&insert, values, nulls);
	return column_int64(0, 1);
}

TimestampTz
price_newest_charge(const char *currency, TimestampTz now, int64 future_tolerance_us)
{
	static Statement find = STATEMENT(
		"SELECT max(u.occurred_at) FROM billing.usage_event AS u JOIN billing.price AS p "
		"USING (price_id) WHERE p.currency = $1 AND u.status = 'charged' AND "
		"u.occurred_at >= $2 AND u.recorded_at >= $3",
		TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID);
	char nulls[] = "   ";
	Datum values[3];

	set_text(values, nulls, 0, currency);
	values[1] = TimestampTzGetDatum(now);
	values[2] = TimestampTzGetDatum(now - future_tolerance_us);
	statement_latest(&find, values, nulls);
	return column_instant(0, 1, DT_NOBEGIN);
}

bool
price_find_backdated(int64 first_price_id, int64 future_tolerance_us, PricedCharge *charge)
{
	static Statement find = STATEMENT(
		"SELECT u.account_id, u.request_id, u.model FROM billing.price AS n JOIN "
		"billing.usage_event AS u ON u.model = n.model AND u.occurred_at >= n.effective_from JOIN "
		"billing.price AS p ON p.price_id = u.price_id AND p.currency = n.currency WHERE "
		"n.price_id >= $1 AND u.status = 'charged' AND u.recorded_at >= (SELECT "
		"min(effective_from) FROM billing.price WHERE price_id >= $1) - make_interval(secs => $2) "
		"AND (n.prompt_tokens_over = 0 OR n.prompt_tokens_over < u.input_tokens::bigint + "
		"u.cache_read_tokens + u.cache_write_tokens) AND (n.prompt_tokens_over, n.effective_from) > "
		"(p.prompt_tokens_over, p.effective_from) LIMIT 1",
		INT8OID, FLOAT8OID);

	if (statement_latest(&find,
						 (Datum[]){Int64GetDatum(first_price_id),
								   Float8GetDatum((double) future_tolerance_us / USECS_PER_SEC)},
						 NULL) == 0)
		return false;
	*charge = (PricedCharge){column_int64(0, 1), column_text(0, 2), column_text(0, 3)};
	return true;
}
