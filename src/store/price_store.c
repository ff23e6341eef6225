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
#include "local_time.h"
#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/cached_table.h"
#include "spi/catalog.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/row_set.h"
#include "spi/sql.h"
#include "store/clock_repair_store.h"
#include "store/price_of_event.h"
#include "store/price_store.h"

/* Currency, a blank, a model's name, and NUL. */
#define MODEL_KEY_SIZE (CURRENCY_SIZE + MODEL_BYTES_MAX + 1)

#define PRICE_COLUMNS                                                                                 \
	"price_id, prompt_tokens_over, effective_from, input, cache_read, cache_write, output, variant, " \
	"meters, unlisted_meters, price_list, hours, is_end, corrects, corrected_at"

/* What units of meters cost, by its text; NULL: nothing. */
static const PriceItems *
read_items(MemoryContext context, const char *text)
{
	PriceItems read;
	PriceItems *items;
	size_t size;

	if (text[0] == '\0')
		return NULL;
	if (price_items_read(text, &read) != NULL)
		altered_refuse("what a price's meters cost");
	size = offsetof(PriceItems, of) + read.count * sizeof(PriceItem);
	items = MemoryContextAlloc(context, size);
	memcpy(items, &read, size);
	return items;
}

Price
price_read(uint64 row)
{
	char *meters = column_text(row, 9);

	return (Price){
		.price_id = column_int64(row, 1),
		.prompt_tokens_over = column_int64(row, 2),
		.effective_from = column_instant(row, 3, 0),
		.nano_of[TOKENS_INPUT] = column_nano(row, 4),
		.nano_of[TOKENS_CACHE_READ] = column_nano(row, 5),
		.nano_of[TOKENS_CACHE_WRITE] = column_nano(row, 6),
		.nano_of[TOKENS_OUTPUT] = column_nano(row, 7),
		.variant = column_text(row, 8),
		.meters = meters,
		.items = read_items(CurrentMemoryContext, meters),
		.unlisted_are_free = strcmp(column_text(row, 10), RATING_UNLISTED_FREE) == 0,
		.price_list = "",
		.hours = "",
	};
}

static Price
read_price(uint64 row)
{
	Price price = price_read(row);

	price.price_list = column_text(row, 11);
	price.hours = column_text(row, 12);
	price.is_end = column_bool(row, 13);
	price.corrects = column_int64(row, 14);
	price.corrected_at = column_instant(row, 15, 0);
	return price;
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

/* All price rows of a model in a currency, as rating_choose_price() wants them. */
typedef struct ModelPrices
{
	char key[MODEL_KEY_SIZE];
	MemoryContext context; /* of all that it points to */
	size_t count;
	Price *prices;
	int zones_count;
	char **zones; /* of their hours */
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

/* The number of a zone among those of a model; one more where it is not there yet. */
static int
zone_number(ModelPrices *entry, const char *zone)
{
	int i = 0;

	while (i < entry->zones_count && strcmp(entry->zones[i], zone) != 0)
		i++;
	if (i == entry->zones_count)
		entry->zones[entry->zones_count++] = MemoryContextStrdup(entry->context, zone);
	return i;
}

/* Copies a row to where it is remembered. */
static void
remember_row(ModelPrices *entry, const Price *row, Price *price)
{
	char zone[PRICE_HOURS_ZONE_SIZE];

	*price = *row;
	price->variant = MemoryContextStrdup(entry->context, row->variant);
	price->price_list = MemoryContextStrdup(entry->context, row->price_list);
	price->hours = MemoryContextStrdup(entry->context, row->hours);
	price->meters = MemoryContextStrdup(entry->context, row->meters);
	price->items = read_items(entry->context, row->meters);
	if (row->hours[0] == '\0')
		return;
	if (!price_hours_parse(row->hours, &price->hours_of, zone))
		altered_refuse("a price's hours");
	price->zone_no = zone_number(entry, zone);
}

/* Reads all rows of a model. They are the transaction's until all are read: what an error ends goes
 * with it. */
static void
load_model(SqlRunner run, const char *currency, const char *model, ModelPrices *entry)
{
	static Sql read = SQL("SELECT " PRICE_COLUMNS " FROM " BOOKS
						  "price WHERE currency = $1 AND model = $2 AND withdrawn_at IS NULL ORDER "
						  "BY price_list COLLATE \"C\", variant COLLATE \"C\", prompt_tokens_over, "
						  "hours COLLATE \"C\", effective_from DESC, price_id DESC",
						  TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, currency);
	bind_text(values, nulls, 1, model);
	entry->count = run(&read, values, nulls);
	entry->context = AllocSetContextCreate(CurTransactionContext, "billing prices of a model",
										   ALLOCSET_SMALL_SIZES);
	entry->prices = MemoryContextAlloc(entry->context, (entry->count + 1) * sizeof(Price));
	entry->zones = MemoryContextAlloc(entry->context, (entry->count + 1) * sizeof(char *));
	entry->zones_count = 0;
	for (uint64 row = 0; row < entry->count; row++)
	{
		Price price = read_price(row);

		CHECK_FOR_INTERRUPTS();
		remember_row(entry, &price, &entry->prices[row]);
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
	load_model(sql_latest, currency, model, &loaded);
	entry = hash_search(remembered, key, HASH_ENTER, NULL);
	memcpy(loaded.key, key, sizeof(loaded.key));
	*entry = loaded;
	MemoryContextSetParent(loaded.context, remembered_context);
	return entry;
}

/* What the clocks of a model's hours show at an instant. */
static const LocalMoment *
moments_at(const ModelPrices *rows, TimestampTz at)
{
	LocalMoment *moments = rows->zones_count == 0 ? NULL
												  : palloc(rows->zones_count * sizeof(LocalMoment));

	for (int i = 0; i < rows->zones_count; i++)
		moments[i] = local_time_moment(at, rows->zones[i]);
	return moments;
}

/* The row of a model that prices a request, of a list or else of the standard one; NULL: none. */
static const Price *
choose(const ModelPrices *rows, const char *price_list, const PriceQuery *query)
{
	PriceQuery asked = *query;
	const Price *chosen;

	asked.price_list = price_list;
	asked.moments = moments_at(rows, query->occurred_at);
	chosen = rating_choose_price(rows->prices, rows->count, &asked);
	if (chosen == NULL && strcmp(price_list, RATING_STANDARD_LIST) != 0)
	{
		asked.price_list = RATING_STANDARD_LIST;
		chosen = rating_choose_price(rows->prices, rows->count, &asked);
	}
	return chosen;
}

bool
price_find(const char *currency, const char *model, const char *price_list, const PriceQuery *query,
		   Price *price)
{
	const Price *chosen = choose(model_prices(currency, model), price_list, query);

	if (chosen)
		*price = *chosen;
	return chosen != NULL;
}

/* ---- for judging what is booked ------------------------------------------------ */

/* A model of a table, read when it is first asked for. */
typedef struct TableModel
{
	ModelPrices rows; /* its key comes first */
	bool is_readable;
} TableModel;

struct PriceTable
{
	MemoryContext context;
	HTAB *models;
	HTAB *rows; /* by their numbers */
};

PriceTable *
price_table_make(void)
{
	PriceTable *table = palloc(sizeof(PriceTable));
	HASHCTL models = {.keysize = MODEL_KEY_SIZE, .entrysize = sizeof(TableModel)};
	HASHCTL rows = {.keysize = sizeof(int64), .entrysize = sizeof(TablePrice)};

	table->context = models.hcxt = rows.hcxt = CurrentMemoryContext;
	table->models = hash_create("billing price table", 256, &models,
								HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	table->rows = hash_create("billing price rows", 1024, &rows,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return table;
}

#define HAS_AMOUNTS "'NaN' NOT IN (input, cache_read, cache_write, output)"

/* True where all rows of a model say what they can say: others are told of by checks of prices. */
static bool
is_readable(const char *currency, const char *model)
{
	static Sql find = SQL(
		"SELECT FROM " BOOKS
		"price WHERE currency = $1 AND model = $2 AND withdrawn_at IS NULL AND NOT "
		"(billing.is_price_hours(hours) AND billing.are_price_items(meters) AND " HAS_AMOUNTS
		") LIMIT 1",
		TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, currency);
	bind_text(values, nulls, 1, model);
	return sql_read(&find, values, nulls) == 0;
}

static const TableModel *
table_model(PriceTable *table, const char *currency, const char *model)
{
	char key[MODEL_KEY_SIZE];
	TableModel *entry;
	TableModel loaded;

	snprintf(key, sizeof(key), "%s %s", currency, model);
	entry = hash_search(table->models, key, HASH_FIND, NULL);
	if (entry)
		return entry;
	loaded.is_readable = is_readable(currency, model);
	if (loaded.is_readable)
		load_model(sql_read, currency, model, &loaded.rows);
	entry = hash_search(table->models, key, HASH_ENTER, NULL);
	memcpy(loaded.rows.key, key, sizeof(key));
	*entry = loaded;
	if (loaded.is_readable)
		MemoryContextSetParent(loaded.rows.context, table->context);
	return entry;
}

bool
price_table_choose(PriceTable *table, const char *currency, const char *model,
				   const char *price_list, const PriceQuery *query, const Price **price)
{
	const TableModel *found = table_model(table, currency, model);

	*price = found->is_readable ? choose(&found->rows, price_list, query) : NULL;
	return found->is_readable;
}

/* Copies a row to where the table keeps it. */
static TablePrice
read_table_price(PriceTable *table, int64 price_id)
{
	/* What meters cost and cannot be read is nothing here. */
	static Sql get = SQL(
		"SELECT price_id, prompt_tokens_over, effective_from, input, cache_read, cache_write, "
		"output, variant, CASE WHEN billing.are_price_items(meters) THEN meters ELSE '' END, "
		"unlisted_meters, is_end OR withdrawn_at IS NOT NULL, corrects, currency, model, "
		"billing.are_price_items(meters) FROM " BOOKS "price WHERE price_id = $1 AND " HAS_AMOUNTS,
		INT8OID);
	MemoryContext caller_context = MemoryContextSwitchTo(table->context);
	TablePrice found = {.price_id = price_id};

	if (sql_read(&get, (Datum[]){Int64GetDatum(price_id)}, NULL) > 0)
		found = (TablePrice){
			.price_id = price_id,
			.is_there = true,
			.price = price_read(0),
			.is_over = column_bool(0, 11),
			.corrects = column_int64(0, 12),
			.currency = column_text(0, 13),
			.model = column_text(0, 14),
			.has_items = column_bool(0, 15),
		};
	MemoryContextSwitchTo(caller_context);
	return found;
}

const TablePrice *
price_table_row(PriceTable *table, int64 price_id)
{
	TablePrice *entry = hash_search(table->rows, &price_id, HASH_FIND, NULL);
	TablePrice found;

	if (entry)
		return entry;
	found = read_table_price(table, price_id);
	entry = hash_search(table->rows, &price_id, HASH_ENTER, NULL);
	*entry = found;
	return entry;
}

const char *
price_variant_text(const char *variant)
{
	return variant[0] ? psprintf(" (%s)", variant) : "";
}

const char *
price_meters_text(const Price *price)
{
	return psprintf("%s%s%s", price->meters[0] ? ", " : "", price->meters,
					price->unlisted_are_free ? ", other meters free" : "");
}

const char *
price_list_text(const char *price_list)
{
	bool is_standard = price_list[0] == '\0' || strcmp(price_list, RATING_STANDARD_LIST) == 0;

	return is_standard ? "" : psprintf(" of list %s", price_list);
}

bool
price_get(int64 price_id, Price *price)
{
	static Sql get = SQL("SELECT " PRICE_COLUMNS " FROM " BOOKS "price WHERE price_id = $1",
						 INT8OID);

	if (sql_read(&get, (Datum[]){Int64GetDatum(price_id)}, NULL) == 0)
		return false;
	*price = read_price(0);
	return true;
}

bool
price_find_standing(const PriceRow *row, Price *price)
{
	static Sql find = SQL(
		"SELECT " PRICE_COLUMNS " FROM " BOOKS "price WHERE currency = $1 AND model = $2 "
		"AND prompt_tokens_over = $3 AND effective_from <= $4 AND variant = $5 AND "
		"price_list = $6 AND hours = $7 AND withdrawn_at IS NULL ORDER BY effective_from DESC, price_id "
		"DESC LIMIT 1",
		TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID);
	char nulls[] = "       ";
	Datum values[7];

	bind_text(values, nulls, 0, row->currency);
	bind_text(values, nulls, 1, row->model);
	values[2] = Int64GetDatum(row->price.prompt_tokens_over);
	values[3] = TimestampTzGetDatum(row->price.effective_from);
	bind_text(values, nulls, 4, row->price.variant);
	bind_text(values, nulls, 5, row->price.price_list);
	bind_text(values, nulls, 6, row->price.hours);
	if (sql_latest(&find, values, nulls) == 0)
		return false;
	*price = read_price(0);
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
	bind_text(values, nulls, index + 7, price->meters);
	bind_text(values, nulls, index + 8, price->unlisted_are_free ? RATING_UNLISTED_FREE : "");
}

#define ROW_COLUMNS 16
#define ROW_COLUMN_LIST                                                                             \
	"currency, model, prompt_tokens_over, effective_from, input, cache_read, cache_write, output, " \
	"variant, meters, unlisted_meters, price_list, hours, is_end, corrects, corrected_at"

static void
put_row(RowSet *set, const PriceRow *row)
{
	char nulls[ROW_COLUMNS + 1] = "                ";
	Datum values[ROW_COLUMNS];

	bind_text(values, nulls, 0, row->currency);
	bind_text(values, nulls, 1, row->model);
	price_bind(values, nulls, 2, &row->price);
	bind_text(values, nulls, 11, row->price.price_list);
	bind_text(values, nulls, 12, row->price.hours);
	values[13] = BoolGetDatum(row->price.is_end);
	bind_number(values, nulls, 14, row->price.corrects);
	bind_instant(values, nulls, 15, row->price.corrected_at, 0);
	row_set_put(set, values, nulls);
}

void
price_insert_all(PriceRow *const *rows, size_t count)
{
	static RowSetShape shape = {ROW_COLUMN_LIST,
								{TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID, NUMERICOID, NUMERICOID,
								 NUMERICOID, NUMERICOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
								 TEXTOID, BOOLOID, INT8OID, TIMESTAMPTZOID}};
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

/* SQL: of usage u what no wrong clock booked before a repair: that binds no price (B&S 1.4). */
#define JOIN_COUNTED JOIN_COUNTS_AT("u.account_id", "u.first_entry_no", "u.settled_at")
#define IS_COUNTED "c.counts_at = u.settled_at"

TimestampTz
price_newest_charge(const char *currency, TimestampTz stamped_since, TimestampTz recorded_since)
{
	static Sql find = SQL(
		"SELECT max(u.occurred_at) FROM " BOOKS "usage_event AS u JOIN " BOOKS "price AS p "
		"USING (price_id) " JOIN_COUNTED "WHERE p.currency = $1 AND u.status = 'charged' AND "
		"u.occurred_at >= $2 AND u.occurred_at < 'infinity' AND u.recorded_at >= $3 AND " IS_COUNTED,
		TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID);
	char nulls[] = "   ";
	Datum values[3];

	bind_text(values, nulls, 0, currency);
	values[1] = TimestampTzGetDatum(stamped_since);
	values[2] = TimestampTzGetDatum(recorded_since);
	sql_latest(&find, values, nulls);
	return column_instant(0, 1, DT_NOBEGIN);
}

TimestampTz
price_newest_charge_of(int64 account_id, TimestampTz stamped_since, TimestampTz recorded_since)
{
	static Sql find = SQL(
		"SELECT max(u.occurred_at) FROM " BOOKS "usage_event AS u " JOIN_COUNTED
		"WHERE u.account_id = $1 AND u.status = 'charged' AND u.occurred_at "
		">= $2 AND u.occurred_at < 'infinity' AND u.recorded_at >= $3 AND " IS_COUNTED,
		INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID);

	sql_latest(&find,
			   (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(stamped_since),
						 TimestampTzGetDatum(recorded_since)},
			   NULL);
	return column_instant(0, 1, DT_NOBEGIN);
}

/* Looks for a charge by a statement of three values; false when there is none. */
static bool
find_charge(Sql *find, int64 of, TimestampTz from, TimestampTz recorded_since, PricedCharge *charge)
{
	Datum values[] = {Int64GetDatum(of), TimestampTzGetDatum(from),
					  TimestampTzGetDatum(recorded_since)};

	if (sql_latest(find, values, NULL) == 0)
		return false;
	*charge = (PricedCharge){column_int64(0, 1), column_text(0, 2), column_text(0, 3)};
	return true;
}

#define CHARGED_SINCE                                                                       \
	"SELECT u.account_id, u.request_id, u.model FROM " BOOKS "usage_event AS u JOIN " BOOKS \
	"account AS a USING (account_id) " JOIN_COUNTED                                         \
	"WHERE u.status = 'charged' AND u.occurred_at >= $2 AND "                               \
	"u.recorded_at >= $3 AND " IS_COUNTED " AND " CAN_BE_PRICED " AND "

/*
 * Which row prices a charge, one function says for all who ask. Of closed months only the days are
 * known.
 */
bool
price_find_backdated(int64 first_price_id, TimestampTz effective_from, TimestampTz recorded_since,
					 PricedCharge *charge)
{
	static Sql find = SQL(
		CHARGED_SINCE
		"(a.currency, u.model) IN (SELECT n.currency, n.model FROM " BOOKS
		"price AS n WHERE n.price_id >= $1) AND " PRICE_OF_EVENT
		" IS DISTINCT FROM u.price_id UNION ALL SELECT "
		"d.account_id, to_char(d.month, '\"of closed month\" YYYY-MM'), d.model FROM " BOOKS
		"usage_day AS d WHERE $2 < (SELECT max(ends_at) FROM " BOOKS "closed_month) AND "
		"d.day_ends_at > $2 AND d.charge > 0 AND EXISTS (SELECT FROM " BOOKS
		"account AS a JOIN " BOOKS
		"price AS n ON n.currency = a.currency AND n.model = d.model AND n.variant = d.variant WHERE a.account_id = "
		"d.account_id AND n.price_id >= $1 OFFSET 0) LIMIT 1",
		INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID);

	return find_charge(&find, first_price_id, effective_from, recorded_since, charge);
}

bool
price_find_backdated_of(int64 account_id, TimestampTz effective_from, TimestampTz recorded_since,
						PricedCharge *charge)
{
	static Sql find = SQL(CHARGED_SINCE
						  "u.account_id = $1 AND " PRICE_OF_EVENT
						  " IS DISTINCT FROM u.price_id UNION ALL SELECT "
						  "d.account_id, to_char(d.month, '\"of closed month\" "
						  "YYYY-MM'), d.model FROM " BOOKS
						  "usage_day AS d WHERE d.account_id = $1 AND d.day_ends_at > "
						  "$2 AND d.charge > 0 LIMIT 1",
						  INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID);

	return find_charge(&find, account_id, effective_from, recorded_since, charge);
}

/* ---- withdrawing ------------------------------------------------------------ */

bool
price_get_placed(int64 price_id, PlacedPrice *placed)
{
	static Sql get = SQL("SELECT " PRICE_COLUMNS ", currency, model, withdrawn_at FROM " BOOKS
						 "price WHERE price_id = $1",
						 INT8OID);

	if (sql_latest(&get, (Datum[]){Int64GetDatum(price_id)}, NULL) == 0)
		return false;
	placed->row = (PriceRow){column_text(0, 16), column_text(0, 17), read_price(0)};
	placed->withdrawn_at = column_instant(0, 18, DT_NOEND);
	return true;
}

bool
price_find_withdrawn(const PriceRow *row, TimestampTz recorded_since, PricedCharge *charge)
{
	static Sql find = SQL(CHARGED_SINCE
						  "(a.currency, u.model) = (SELECT n.currency, n.model FROM " BOOKS
						  "price AS n WHERE n.price_id = $1) AND " PRICE_OF_EVENT
						  " IS DISTINCT FROM u.price_id LIMIT 1",
						  INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID);

	return find_charge(&find, row->price.price_id, row->price.effective_from, recorded_since,
					   charge);
}

void
price_withdraw(int64 price_id, TimestampTz now, const char *actor, const char *reason)
{
	static Sql update = SQL("UPDATE " BOOKS "price SET withdrawn_at = $2, withdrawn_by = $3, "
							"withdrawal_reason = $4 WHERE price_id = $1",
							INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID);
	char nulls[] = "    ";
	Datum values[4] = {Int64GetDatum(price_id), TimestampTzGetDatum(now)};

	bind_text(values, nulls, 2, actor);
	bind_text(values, nulls, 3, reason);
	sql_write(&update, values, nulls);
}

/* ---- correcting ------------------------------------------------------------- */

/* SQL: a row p in whose place a correction stands. */
#define IS_CORRECTED                                                                   \
	"EXISTS (SELECT FROM " BOOKS "price AS c WHERE c.corrects = coalesce(p.corrects, " \
	"p.price_id) AND c.price_id > p.price_id)"

TimestampTz
price_newest_booking(int64 first_price_id, TimestampTz since)
{
	static Sql find = SQL(
		"SELECT max(u.settled_at) FROM (SELECT account_id, first_entry_no, price_id, settled_at FROM " BOOKS
		"usage_event WHERE recorded_at >= $2 UNION ALL SELECT account_id, first_entry_no, price_id, settled_at FROM " BOOKS
		"usage_event WHERE settled_at <> recorded_at AND settled_at >= $2) AS u JOIN " BOOKS
		"price AS p USING (price_id) " JOIN_COUNTED
		"WHERE coalesce(p.corrects, p.price_id) = $1 AND " IS_COUNTED,
		INT8OID, TIMESTAMPTZOID);

	sql_latest(&find, (Datum[]){Int64GetDatum(first_price_id), TimestampTzGetDatum(since)}, NULL);
	return column_instant(0, 1, DT_NOBEGIN);
}

bool
price_find_closed(const PriceRow *row, PricedCharge *charge)
{
	static Sql find = SQL(
		"SELECT d.account_id, to_char(d.month, '\"of closed month\" YYYY-MM'), d.model FROM " BOOKS
		"usage_day AS d JOIN " BOOKS "account AS a USING (account_id) JOIN " BOOKS
		"price AS p ON p.currency = a.currency AND p.model = d.model AND p.variant = d.variant WHERE "
		"p.price_id = $1 AND d.day_ends_at > $2 AND $2 < $3 AND d.charge > 0 LIMIT 1",
		INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID);
	static Sql until = SQL("SELECT max(ends_at) FROM " BOOKS "closed_month");

	sql_latest(&until, NULL, NULL);
	return find_charge(&find, row->price.price_id, row->price.effective_from,
					   column_instant(0, 1, DT_NOBEGIN), charge);
}

/* ---- ending ----------------------------------------------------------------- */

/* SQL: the newest rows of each key at an instant $1, and those of the instants behind it. */
#define STANDING                                                                               \
	"(SELECT p.*, p.effective_from <= $1 AS in_force FROM " BOOKS                              \
	"price AS p WHERE p.withdrawn_at IS NULL AND NOT " IS_CORRECTED                            \
	" AND NOT EXISTS (SELECT FROM " BOOKS                                                      \
	"price AS n WHERE n.currency = p.currency AND n.model = p.model AND n.price_list = "       \
	"p.price_list AND n.variant = p.variant AND n.hours = p.hours AND n.prompt_tokens_over = " \
	"p.prompt_tokens_over AND n.withdrawn_at IS NULL AND n.effective_from <= $1 AND "          \
	"n.effective_from > p.effective_from)) AS p "

PriceRow *
price_list_standing(const PriceRow *of, TimestampTz at, size_t *count)
{
	static Sql list = SQL(
		"SELECT " PRICE_COLUMNS " FROM " STANDING
		"WHERE p.in_force AND NOT p.is_end AND p.currency = $2 AND p.model = $3 AND p.price_list = "
		"$4 AND p.variant = coalesce($5, p.variant) AND p.hours = coalesce($6, p.hours) AND ($7 < 0 "
		"OR p.prompt_tokens_over = $7) ORDER BY p.price_id",
		TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID);
	char nulls[] = "       ";
	Datum values[7] = {TimestampTzGetDatum(at)};
	PriceRow *rows;

	bind_text(values, nulls, 1, of->currency);
	bind_text(values, nulls, 2, of->model);
	bind_text(values, nulls, 3, of->price.price_list);
	bind_text(values, nulls, 4, of->price.variant);
	bind_text(values, nulls, 5, of->price.hours);
	values[6] = Int64GetDatum(of->price.prompt_tokens_over);
	*count = sql_latest(&list, values, nulls);
	rows = palloc0((*count + 1) * sizeof(PriceRow));
	for (size_t i = 0; i < *count; i++)
	{
		Price price = read_price(i);

		rows[i] = (PriceRow){of->currency, of->model,
							 (Price){.price_list = price.price_list,
									 .variant = price.variant,
									 .hours = price.hours,
									 .meters = "",
									 .prompt_tokens_over = price.prompt_tokens_over,
									 .is_end = true}};
	}
	return rows;
}

const char **
price_list_newer_hours(const PriceRow *row, const Price *standing, size_t *count)
{
	static Sql list = SQL(
		"SELECT p.hours FROM " STANDING
		"WHERE p.in_force AND NOT p.is_end AND p.currency = $2 AND p.model = $3 AND p.price_list = "
		"$4 AND p.variant = $5 AND p.prompt_tokens_over = $6 AND p.hours <> '' AND p.hours <> $7 AND "
		"(p.effective_from, coalesce(p.corrects, p.price_id)) > ($8, $9)",
		TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, TEXTOID, TIMESTAMPTZOID,
		INT8OID);
	char nulls[] = "         ";
	Datum values[9] = {TimestampTzGetDatum(row->price.effective_from)};
	const char **hours;

	bind_text(values, nulls, 1, row->currency);
	bind_text(values, nulls, 2, row->model);
	bind_text(values, nulls, 3, row->price.price_list);
	bind_text(values, nulls, 4, row->price.variant);
	values[5] = Int64GetDatum(row->price.prompt_tokens_over);
	bind_text(values, nulls, 6, row->price.hours);
	values[7] = TimestampTzGetDatum(standing->effective_from);
	values[8] = Int64GetDatum(standing->corrects ? standing->corrects : standing->price_id);
	*count = sql_latest(&list, values, nulls);
	hours = palloc((*count + 1) * sizeof(char *));
	for (size_t i = 0; i < *count; i++)
		hours[i] = column_text(i, 1);
	return hours;
}

bool
price_list_exists(const char *price_list)
{
	static Sql find = SQL("SELECT FROM " BOOKS
						  "price WHERE price_list = $1 AND withdrawn_at IS NULL LIMIT 1",
						  TEXTOID);
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, price_list);
	return sql_latest(&find, values, nulls) > 0;
}

void
price_report(const char *model, const char *price_list, TimestampTz at, ReturnSetInfo *result)
{
	static Sql prices = SQL(
		"SELECT p.price_id, p.price_list, p.currency, p.model, p.variant, p.hours, "
		"p.prompt_tokens_over, p.effective_from, p.in_force, p.is_end, p.input, p.output, "
		"p.cache_read, p.cache_write, p.meters, p.unlisted_meters FROM " STANDING
		"WHERE NOT (p.in_force AND p.is_end) AND p.model = coalesce($2, p.model) AND p.price_list = "
		"coalesce($3, p.price_list) ORDER BY p.price_list COLLATE \"C\", p.currency, p.model COLLATE "
		"\"C\", p.variant COLLATE \"C\", p.prompt_tokens_over, p.hours COLLATE \"C\", "
		"p.effective_from",
		TIMESTAMPTZOID, TEXTOID, TEXTOID);
	char nulls[] = "   ";
	Datum values[3] = {TimestampTzGetDatum(at)};

	bind_text(values, nulls, 1, model);
	bind_text(values, nulls, 2, price_list);
	sql_put_rows(&prices, values, nulls, result);
}
