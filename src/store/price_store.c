/*-------------------------------------------------------------------------
 *
 * price_store.c
 *	  Price rows: adding them, and finding the one that applies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "compat.h"
#include "spi/bind.h"
#include "spi/cached_table.h"
#include "spi/catalog.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/row_set.h"
#include "spi/sql.h"
#include "store/price_store.h"
#include "store/usage_store.h"

/* Currency, a blank, a model's name, and NUL. */
#define MODEL_KEY_SIZE (CURRENCY_SIZE + MODEL_BYTES_MAX + 1)

#define PRICE_COLUMNS \
	"price_id, prompt_tokens_over, effective_from, input, cache_read, cache_write, output, variant"

Price
price_read(uint64 row)
{
	return (Price){
		.price_id = column_int64(row, 1),
		.prompt_tokens_over = column_int64(row, 2),
		.effective_from = column_instant(row, 3, 0),
		.nano_of[TOKENS_INPUT] = column_nano(row, 4),
		.nano_of[TOKENS_CACHE_READ] = column_nano(row, 5),
		.nano_of[TOKENS_CACHE_WRITE] = column_nano(row, 6),
		.nano_of[TOKENS_OUTPUT] = column_nano(row, 7),
		.variant = column_text(row, 8),
	};
}

void
price_hold_for_reading(void)
{
	LockRelationOid(catalog_table("price"), RowShareLock);
}

bool
price_hold_unchanged(void)
{
	/* It waits for nobody: who changes prices waits for all who have read some. */
	return ConditionalLockRelationOid(catalog_table("price"), ShareLock);
}

void
price_hold_for_changing(void)
{
	LockRelationOid(catalog_table("price"), ShareUpdateExclusiveLock);
}

static LOCKTAG
lock_tag(void)
{
	LOCKTAG tag;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, catalog_table("price"));
	return tag;
}

void
price_wait_for_readers(void)
{
	WaitForLockers(lock_tag(), ExclusiveLock, false);
}

bool
price_is_held(void)
{
	LOCKTAG tag = lock_tag();

	return lock_held_by_me(&tag, RowShareLock) || lock_held_by_me(&tag, ShareLock);
}

void
price_hold_for_adding(void)
{
	LockRelationOid(catalog_table("price"), ExclusiveLock);
}

/* Models whose prices a backend remembers; when there are more, it begins anew. */
#define REMEMBERED_MODELS_MAX 256

/* All price rows of a model in a currency. */
typedef struct ModelPrices
{
	char key[MODEL_KEY_SIZE];
	size_t count;
	Price *prices;
} ModelPrices;

static CachedTable price_cache = {.name = "price"};
static MemoryContext remembered_context;
static HTAB *remembered;

void
price_init(void)
{
	cached_table_register(&price_cache);
}

static void
forget_models(void)
{
	HASHCTL control = {.keysize = MODEL_KEY_SIZE, .entrysize = sizeof(ModelPrices)};

	/* Nothing may point to what is gone, should there be no memory for the new one. */
	remembered = NULL;
	if (remembered_context)
		MemoryContextDelete(remembered_context);
	remembered_context = NULL;
	remembered_context = AllocSetContextCreate(TopMemoryContext, "billing prices",
											   ALLOCSET_DEFAULT_SIZES);
	control.hcxt = remembered_context;
	remembered = hash_create("billing prices", REMEMBERED_MODELS_MAX, &control,
							 HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

/* Reads all rows of a model, in all that is committed. */
static void
load_model(const char *currency, const char *model, ModelPrices *entry)
{
	static Sql read = SQL("SELECT " PRICE_COLUMNS " FROM " BOOKS
						  "price WHERE currency = $1 AND model = $2",
						  TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, currency);
	bind_text(values, nulls, 1, model);
	entry->count = sql_latest(&read, values, nulls);
	entry->prices = MemoryContextAlloc(remembered_context, (entry->count + 1) * sizeof(Price));
	for (uint64 row = 0; row < entry->count; row++)
	{
		entry->prices[row] = price_read(row);
		entry->prices[row].variant = MemoryContextStrdup(remembered_context,
														 entry->prices[row].variant);
	}
}

/* The rows of a model; remembered until a row is added to the table. */
static const ModelPrices *
model_prices(const char *currency, const char *model)
{
	char key[MODEL_KEY_SIZE];
	ModelPrices *entry;
	ModelPrices loaded;

	snprintf(key, sizeof(key), "%s %s", currency, model);
	if (remembered == NULL || !cached_table_is_fresh(&price_cache) ||
		hash_get_num_entries(remembered) >= REMEMBERED_MODELS_MAX)
	{
		cached_table_begin_load(&price_cache);
		forget_models();
		cached_table_end_load(&price_cache);
	}
	entry = hash_search(remembered, key, HASH_FIND, NULL);
	if (entry)
		return entry;
	load_model(currency, model, &loaded);
	entry = hash_search(remembered, key, HASH_ENTER, NULL);
	entry->count = loaded.count;
	entry->prices = loaded.prices;
	return entry;
}

bool
price_find(const char *currency, const char *model, const PriceQuery *query, Price *price)
{
	const ModelPrices *rows = model_prices(currency, model);
	const Price *chosen = rating_choose_price(rows->prices, rows->count, query);

	if (chosen)
		*price = *chosen;
	return chosen != NULL;
}

const char *
price_variant_text(const char *variant)
{
	return variant[0] ? psprintf(" (%s)", variant) : "";
}

bool
price_get(int64 price_id, Price *price)
{
	static Sql get = SQL("SELECT " PRICE_COLUMNS " FROM " BOOKS "price WHERE price_id = $1",
						 INT8OID);

	if (sql_read(&get, (Datum[]){Int64GetDatum(price_id)}, NULL) == 0)
		return false;
	*price = price_read(0);
	return true;
}

bool
price_find_same(const PriceRow *row, Price *price)
{
	static Sql find = SQL("SELECT " PRICE_COLUMNS " FROM " BOOKS
						  "price WHERE currency = $1 AND model = $2 "
						  "AND prompt_tokens_over = $3 AND effective_from = $4 AND variant = $5",
						  TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "     ";
	Datum values[5];

	bind_text(values, nulls, 0, row->currency);
	bind_text(values, nulls, 1, row->model);
	values[2] = Int64GetDatum(row->price.prompt_tokens_over);
	values[3] = TimestampTzGetDatum(row->price.effective_from);
	bind_text(values, nulls, 4, row->price.variant);
	if (sql_latest(&find, values, nulls) == 0)
		return false;
	*price = price_read(0);
	return true;
}

void
price_bind(Datum *values, char *nulls, int index, const Price *price)
{
	values[index] = Int64GetDatum(price->prompt_tokens_over);
	values[index + 1] = TimestampTzGetDatum(price->effective_from);
	values[index + 2] = nano_datum(price->nano_of[TOKENS_INPUT]);
	values[index + 3] = nano_datum(price->nano_of[TOKENS_CACHE_READ]);
	values[index + 4] = nano_datum(price->nano_of[TOKENS_CACHE_WRITE]);
	values[index + 5] = nano_datum(price->nano_of[TOKENS_OUTPUT]);
	bind_text(values, nulls, index + 6, price->variant);
}

#define ROW_COLUMNS 9
#define ROW_COLUMN_LIST                                                                             \
	"currency, model, prompt_tokens_over, effective_from, input, cache_read, cache_write, output, " \
	"variant"

static void
put_row(RowSet *set, const PriceRow *row)
{
	char nulls[ROW_COLUMNS + 1] = "         ";
	Datum values[ROW_COLUMNS];

	bind_text(values, nulls, 0, row->currency);
	bind_text(values, nulls, 1, row->model);
	price_bind(values, nulls, 2, &row->price);
	row_set_put(set, values, nulls);
}

void
price_insert_all(PriceRow *const *rows, size_t count)
{
	static RowSetShape shape = {ROW_COLUMN_LIST,
								{TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID, NUMERICOID, NUMERICOID,
								 NUMERICOID, NUMERICOID, TEXTOID}};
	static Sql insert = SQL("INSERT INTO " BOOKS "price (" ROW_COLUMN_LIST
							") SELECT " ROW_COLUMN_LIST " FROM rows RETURNING price_id");
	RowSet set;

	row_set_begin(&set, &shape);
	for (size_t i = 0; i < count; i++)
		put_row(&set, rows[i]);
	row_set_write(&set, &insert);
	for (size_t i = 0; i < count; i++)
		rows[i]->price.price_id = column_int64(i, 1);
}

TimestampTz
price_newest_charge(const char *currency, TimestampTz stamped_since, TimestampTz recorded_since)
{
	static Sql find = SQL("SELECT max(u.occurred_at) FROM " BOOKS "usage_event AS u JOIN " BOOKS
						  "price AS p "
						  "USING (price_id) WHERE p.currency = $1 AND u.status = 'charged' AND "
						  "u.occurred_at >= $2 AND u.recorded_at >= $3",
						  TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID);
	char nulls[] = "   ";
	Datum values[3];

	bind_text(values, nulls, 0, currency);
	values[1] = TimestampTzGetDatum(stamped_since);
	values[2] = TimestampTzGetDatum(recorded_since);
	sql_latest(&find, values, nulls);
	return column_instant(0, 1, DT_NOBEGIN);
}

/*
 * Each charge looks its own price up, and the new ones of its model: OFFSET keeps
 * the planner from joining rows with events the other way round. A tier above 0 is for larger
 * prompts, tier 0 for all. Of closed months only the days are known.
 */
bool
price_find_backdated(int64 first_price_id, TimestampTz effective_from, TimestampTz recorded_since,
					 PricedCharge *charge)
{
	static Sql find = SQL(
		"SELECT u.account_id, u.request_id, u.model FROM " BOOKS "usage_event AS u WHERE u.status "
		"= 'charged' AND u.occurred_at >= $2 AND u.recorded_at >= $3 AND EXISTS (SELECT FROM " BOOKS
		"price AS p JOIN " BOOKS "price AS n ON n.currency = p.currency AND n.model = u.model AND "
		"n.variant = p.variant WHERE p.price_id = u.price_id AND n.price_id >= $1 AND n.prompt_tokens_over < "
		"greatest(" USAGE_PROMPT_TOKENS ", 1) AND (n.prompt_tokens_over, "
		"n.effective_from) > (p.prompt_tokens_over, p.effective_from) OFFSET 0) UNION ALL SELECT "
		"d.account_id, to_char(d.month, '\"of closed month\" YYYY-MM'), d.model FROM " BOOKS
		"usage_day AS d WHERE $2 < (SELECT max(ends_at) FROM " BOOKS "closed_month) AND "
		"d.day_ends_at > $2 AND d.charge > 0 AND EXISTS (SELECT FROM " BOOKS
		"account AS a JOIN " BOOKS
		"price AS n ON n.currency = a.currency AND n.model = d.model AND n.variant = d.variant WHERE a.account_id = "
		"d.account_id AND n.price_id >= $1 OFFSET 0) LIMIT 1",
		INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID);

	if (sql_latest(&find,
				   (Datum[]){Int64GetDatum(first_price_id), TimestampTzGetDatum(effective_from),
							 TimestampTzGetDatum(recorded_since)},
				   NULL) == 0)
		return false;
	*charge = (PricedCharge){column_int64(0, 1), column_text(0, 2), column_text(0, 3)};
	return true;
}
