/*-------------------------------------------------------------------------
 *
 * repricing_store.c
 *	  Each booked charge against the price that the rules choose, and what it comes to.
 *
 * One scan of the usage, and one of the revisions; prices and weights are read
 * once, model by model.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "core/limits.h"
#include "core/text.h"
#include "spi/cursor.h"
#include "store/clock_repair_store.h"
#include "store/plan_store.h"
#include "store/price_store.h"
#include "store/repricing_store.h"

/* A charge, of an event or a revision of it. */
typedef struct Charged
{
	int64 account_id;
	const char *request_id;
	const char *model;
	const char *variant;
	TokenCounts tokens;
	Meters meters;
	bool has_meters;
	bool has_bad_meters;
	TimestampTz occurred_at;
	TimestampTz booked_at;
	int64 price_id; /* of what is on a plan its weight */
	bool has_amount;
	bool has_bad_amount; /* it is no amount of money */
	int64 nano;
	Datum amount; /* as it stands there */
} Charged;

typedef struct Repricing
{
	RepricingVisitor visit;
	void *argument;
	PriceTable *prices;
	HTAB *weights;
	MemoryContext context;
} Repricing;

/* The columns of both scans, as read_charged() reads them. */
#define REQUEST_COLUMNS                                                                     \
	"u.account_id, u.request_id, u.model, u.variant, u.input_tokens, u.cache_read_tokens, " \
	"u.cache_write_tokens, u.output_tokens, u.meters::text, u.occurred_at, "
#define LIST_OF_EVENT                                                                             \
	"CASE WHEN a.has_price_list THEN (SELECT l.price_list FROM " BOOKS "account_price_list AS l " \
	"WHERE l.account_id = a.account_id AND l.effective_from <= u.occurred_at AND "                \
	"octet_length(l.price_list) <= 64 AND btrim(l.price_list, E' \\t\\r\\n') <> '' ORDER BY "     \
	"l.effective_from DESC LIMIT 1) END"

/* Of an event that a wrong clock booked before a repair nobody looks any more which price it should
 * have (B&S 1.4). */
#define MOVES ", c.counts_at < u.settled_at"
#define JOIN_MOVES JOIN_COUNTS_AT("u.account_id", "u.first_entry_no", "u.settled_at")

#define USAGE(where)                                                                                                                                                       \
	"SELECT " REQUEST_COLUMNS                                                                                                                                              \
	"u.settled_at, CASE u.status WHEN 'plan' THEN u.weight_id ELSE u.price_id END, CASE u.status WHEN 'plan' THEN u.credits ELSE u.charge END, a.currency, " LIST_OF_EVENT \
		MOVES ", u.status = 'plan', s.plan FROM " BOOKS "usage_event AS u LEFT JOIN " BOOKS                                                                                \
	"account AS a ON a.account_id = u.account_id LEFT JOIN " BOOKS "subscription AS d ON "                                                                                 \
	"d.account_id = u.account_id AND d.subscription_no = u.subscription_no LEFT JOIN " BOOKS                                                                               \
	"subscription AS s ON s.account_id = d.account_id AND s.subscription_no = "                                                                                            \
	"coalesce(d.pack_of, d.subscription_no) " JOIN_MOVES                                                                                                                   \
	"WHERE u.status IN ('charged', 'plan')" where

#define REVISIONS(where)                                                                       \
	"SELECT " REQUEST_COLUMNS                                                                  \
	"w.prices_at, r.price_id, r.charge, a.currency, " LIST_OF_EVENT MOVES                      \
	", r.old_price_id FROM " BOOKS "charge_revision AS r JOIN " BOOKS "rerate AS w ON "        \
	"w.rerate_no = r.rerate_no JOIN " BOOKS                                                    \
	"account AS a ON a.account_id = r.account_id JOIN " BOOKS                                  \
	"usage_event AS u ON u.account_id = r.account_id AND u.request_hash = r.request_hash AND " \
	"u.probe = r.probe AND u.recorded_at = r.event_recorded_at " JOIN_MOVES "WHERE true" where

#define REQUEST_TYPES                                                                \
	INT8OID, TEXTOID, TEXTOID, TEXTOID, INT4OID, INT4OID, INT4OID, INT4OID, TEXTOID, \
		TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, NUMERICOID, TEXTOID, TEXTOID, BOOLOID

/* Behind the columns that both have. */
#define CURRENCY_COLUMN 13
#define LIST_COLUMN 14
#define MOVES_COLUMN 15
#define OTHER_COLUMN 16
#define PLAN_COLUMN 17

/* ---- what is read ---------------------------------------------------------------- */

static int32
read_tokens(const Cursor *row, int column)
{
	return row->nulls[column] ? 0 : DatumGetInt32(row->values[column]);
}

/* What a request counts beside its tokens; none of them is null. */
static void
read_meters(const Cursor *row, Charged *charged)
{
	charged->has_meters = !row->nulls[8];
	charged->has_bad_meters = charged->has_meters &&
							  (meters_read(cursor_text(row, 8), &charged->meters) != NULL ||
							   charged->meters.count == 0);
}

static void
read_amount(const Cursor *row, Charged *charged)
{
	charged->has_amount = !row->nulls[12];
	charged->has_bad_amount = !cursor_nano(row, 12, &charged->nano);
	charged->amount = row->values[12];
}

static const char *
amount_text(const Charged *charged)
{
	return charged->has_amount ? DatumGetCString(DirectFunctionCall1(numeric_out, charged->amount))
							   : "";
}

static void
read_charged(const Cursor *row, Charged *charged)
{
	charged->account_id = cursor_int64(row, 0);
	charged->request_id = cursor_text(row, 1);
	charged->model = cursor_text(row, 2);
	charged->variant = cursor_text(row, 3);
	charged->tokens.of[TOKENS_INPUT] = read_tokens(row, 4);
	charged->tokens.of[TOKENS_CACHE_READ] = read_tokens(row, 5);
	charged->tokens.of[TOKENS_CACHE_WRITE] = read_tokens(row, 6);
	charged->tokens.of[TOKENS_OUTPUT] = read_tokens(row, 7);
	charged->occurred_at = cursor_int64(row, 9);
	charged->booked_at = cursor_int64(row, 10);
	charged->price_id = cursor_int64(row, 11);
	read_meters(row, charged);
	read_amount(row, charged);
}

static bool
has_tokens(const Charged *charged, int32 most)
{
	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		if (charged->tokens.of[token_class] < 0 || charged->tokens.of[token_class] > most)
			return false;
	return true;
}

/* True of what can have been a request: of others, other checks tell. */
static bool
is_request(const Charged *charged)
{
	return has_tokens(charged, TOKENS_MAX) && !charged->has_bad_meters &&
		   !TIMESTAMP_NOT_FINITE(charged->occurred_at) &&
		   !TIMESTAMP_NOT_FINITE(charged->booked_at) && strlen(charged->model) <= MODEL_BYTES_MAX &&
		   !text_is_blank(charged->model) && strlen(charged->variant) <= VARIANT_BYTES_MAX &&
		   (charged->variant[0] == '\0' || !text_is_blank(charged->variant));
}

static const Meters *
meters_of(const Charged *charged)
{
	return charged->has_meters ? &charged->meters : NULL;
}

static PriceQuery
query_of(const Charged *charged)
{
	return (PriceQuery){
		.price_list = "",
		.variant = charged->variant,
		.prompt_tokens = rating_prompt_tokens(&charged->tokens),
		.occurred_at = charged->occurred_at,
		.booked_at = charged->booked_at,
	};
}

/* ---- charges ----------------------------------------------------------------------- */

static bool
has_currency(const char *currency)
{
	return strcmp(currency, "CNY") == 0 || strcmp(currency, "USD") == 0;
}

/* The number of the price that the rules choose, NO_NUMBER where they choose none; false where that
 * cannot be said. */
static bool
choose(const Repricing *repricing, const Cursor *row, const Charged *charged, const Price **price)
{
	const char *currency = cursor_text(row, CURRENCY_COLUMN);
	const char *price_list = row->nulls[LIST_COLUMN] ? RATING_STANDARD_LIST
													 : cursor_text(row, LIST_COLUMN);
	PriceQuery query = query_of(charged);

	if (!is_request(charged) || !has_currency(currency) ||
		!price_table_choose(repricing->prices, currency, charged->model, price_list, &query, price))
		return false;
	if (*price && !rating_covers(*price, meters_of(charged)))
		*price = NULL;
	return true;
}

/* Whether a charge is what its price makes of it, where both can be read. */
static bool
has_its_amount(const Charged *charged, const Price *price)
{
	int64 nano;

	if (!charged->has_amount)
		return true;
	return !charged->has_bad_amount && has_tokens(charged, PG_INT32_MAX) &&
		   rating_charge(&charged->tokens, meters_of(charged), price, &nano) == OUTCOME_OK &&
		   nano == charged->nano;
}

static bool
moves(const Cursor *row)
{
	return !row->nulls[MOVES_COLUMN] && DatumGetBool(row->values[MOVES_COLUMN]);
}

/* Whether a price can be that of a charge at all. */
static bool
can_price(const TablePrice *row, const Charged *charged, const char *currency)
{
	int64 prompt_tokens = rating_prompt_tokens(&charged->tokens);

	return row->is_there && !row->is_over && strcmp(row->currency, currency) == 0 &&
		   strcmp(row->model, charged->model) == 0 &&
		   strcmp(row->price.variant, charged->variant) == 0 &&
		   row->price.effective_from <= charged->occurred_at &&
		   row->price.prompt_tokens_over < Max(prompt_tokens, 1);
}

/* The same of one whose price is another than would be chosen, or of which that cannot be said. */
static bool
follows_from_row(const Repricing *repricing, const Cursor *row, const Charged *charged)
{
	const TablePrice *price = price_table_row(repricing->prices, charged->price_id);

	if (moves(row) ? !price->is_there
				   : !can_price(price, charged, cursor_text(row, CURRENCY_COLUMN)))
		return false;
	return charged->has_bad_meters || (charged->has_meters && !price->has_items) ||
		   has_its_amount(charged, &price->price);
}

static const char *
number_or_none(const Price *price)
{
	return price ? psprintf(INT64_FORMAT, price->price_id) : "";
}

static void
judge_charge(Repricing *repricing, const Cursor *row, const Charged *charged)
{
	const Price *price = NULL;
	bool is_chosen = !moves(row) && choose(repricing, row, charged, &price);

	if (is_chosen && (price == NULL || price->price_id != charged->price_id))
		repricing->visit("charge_price_choice", charged->account_id,
						 psprintf("request \"%s\" was charged by price " INT64_FORMAT
								  ", but price %s applies",
								  charged->request_id, charged->price_id, number_or_none(price)),
						 repricing->argument);
	if (is_chosen && price && price->price_id == charged->price_id
			? has_its_amount(charged, price)
			: follows_from_row(repricing, row, charged))
		return;
	repricing->visit("charge_price", charged->account_id,
					 psprintf("request \"%s\": charge %s does not follow from price " INT64_FORMAT,
							  charged->request_id, amount_text(charged), charged->price_id),
					 repricing->argument);
}

/* A revision has the price that corrects the one before it. */
static bool
corrects_the_last(const Repricing *repricing, const Price *price, int64 old_price_id)
{
	const TablePrice *old = price_table_row(repricing->prices, old_price_id);

	return old->is_there && price->corrects == (old->corrects != 0 ? old->corrects : old->price_id);
}

static void
judge_revision(Repricing *repricing, const Cursor *row, const Charged *charged)
{
	const Price *price = NULL;

	if (moves(row) || !choose(repricing, row, charged, &price) ||
		(price && price->price_id == charged->price_id && has_its_amount(charged, price) &&
		 corrects_the_last(repricing, price, cursor_int64(row, OTHER_COLUMN))))
		return;
	repricing->visit("revision_price", charged->account_id,
					 psprintf("request \"%s\" was re-rated to %s by price " INT64_FORMAT
							  ", but price %s applies",
							  charged->request_id, amount_text(charged), charged->price_id,
							  number_or_none(price)),
					 repricing->argument);
}

/* ---- plans ------------------------------------------------------------------------- */

/* Plan, line break, model. */
#define WEIGHTS_KEY_SIZE (VALUE_BYTES_MAX + MODEL_BYTES_MAX + 2)

/* All weights of a model on a plan. */
typedef struct ModelWeights
{
	char key[WEIGHTS_KEY_SIZE];
	bool is_readable;
	size_t count;
	Price *rows;
} ModelWeights;

static const ModelWeights *
weights_of(Repricing *repricing, const char *plan, const char *model)
{
	char key[WEIGHTS_KEY_SIZE];
	MemoryContext caller_context;
	ModelWeights loaded = {0};
	ModelWeights *entry;

	snprintf(key, sizeof(key), "%s\n%s", plan, model);
	entry = hash_search(repricing->weights, key, HASH_FIND, NULL);
	if (entry)
		return entry;
	caller_context = MemoryContextSwitchTo(repricing->context);
	loaded.is_readable = plan_weights_are_readable(plan, model);
	if (loaded.is_readable)
		loaded.rows = plan_weights(plan, model, sql_read, &loaded.count);
	MemoryContextSwitchTo(caller_context);
	entry = hash_search(repricing->weights, key, HASH_ENTER, NULL);
	memcpy(loaded.key, key, sizeof(key));
	*entry = loaded;
	return entry;
}

/* Whether the credits of a request are what its weight makes of it. */
static bool
has_its_credits(const Charged *charged, const Price *weight)
{
	int64 nano;

	if (!charged->has_amount)
		return true;
	return !charged->has_bad_amount &&
		   rating_credits(&charged->tokens, meters_of(charged), weight, &nano) == OUTCOME_OK &&
		   nano == charged->nano;
}

static void
judge_credits(Repricing *repricing, const Cursor *row, const Charged *charged)
{
	const char *plan = cursor_text(row, PLAN_COLUMN);
	PriceQuery query = query_of(charged);
	const ModelWeights *weights;
	const Price *weight;

	if (moves(row) || !is_request(charged) || strlen(plan) > VALUE_BYTES_MAX)
		return;
	weights = weights_of(repricing, plan, charged->model);
	if (!weights->is_readable)
		return;
	weight = rating_choose_price(weights->rows, weights->count, &query);
	if (weight && weight->price_id == charged->price_id &&
		rating_covers(weight, meters_of(charged)) && has_its_credits(charged, weight))
		return;
	repricing->visit("plan_credits", charged->account_id,
					 psprintf("request \"%s\": %s credits do not follow from weight " INT64_FORMAT,
							  charged->request_id, amount_text(charged), charged->price_id),
					 repricing->argument);
}

/* ---- all of them ---------------------------------------------------------------------- */

static void
judge_usage(Repricing *repricing, const Cursor *row, const Charged *charged)
{
	bool is_on_plan = DatumGetBool(row->values[OTHER_COLUMN]);

	(is_on_plan ? judge_credits : judge_charge)(repricing, row, charged);
}

/* Judges each row of a cursor, in memory of its own. */
static void
judge_all(Repricing *repricing, Cursor *cursor,
		  void (*judge)(Repricing *repricing, const Cursor *row, const Charged *charged))
{
	MemoryContext context = AllocSetContextCreate(repricing->context, "billing repricing row",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller_context = MemoryContextSwitchTo(context);
	Charged charged;

	while (cursor_next(cursor))
	{
		read_charged(cursor, &charged);
		judge(repricing, cursor, &charged);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(caller_context);
	MemoryContextDelete(context);
	cursor_close(cursor);
}

static void
judge_revisions(Repricing *repricing, const int64 *only)
{
	static Sql revisions[] = {SQL(REVISIONS("")),
							  SQL(REVISIONS(" AND r.account_id = $1"), INT8OID)};
	static const Oid types[] = {REQUEST_TYPES, INT8OID};
	Cursor cursor;

	cursor_open(&cursor, &revisions[only != NULL], (Datum[]){Int64GetDatum(only ? *only : 0)},
				types, lengthof(types));
	judge_all(repricing, &cursor, judge_revision);
}

void
repricing_visit(const int64 *only, RepricingVisitor visit, void *argument)
{
	static Sql usage[] = {SQL(USAGE("")), SQL(USAGE(" AND u.account_id = $1"), INT8OID)};
	static const Oid types[] = {REQUEST_TYPES, BOOLOID, TEXTOID};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "billing repricing",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller_context = MemoryContextSwitchTo(context);
	HASHCTL control = {
		.keysize = WEIGHTS_KEY_SIZE, .entrysize = sizeof(ModelWeights), .hcxt = context};
	Repricing repricing = {
		.visit = visit,
		.argument = argument,
		.prices = price_table_make(),
		.weights = hash_create("billing weights", 64, &control,
							   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT),
		.context = context,
	};
	Cursor cursor;

	cursor_open(&cursor, &usage[only != NULL], (Datum[]){Int64GetDatum(only ? *only : 0)}, types,
				lengthof(types));
	judge_all(&repricing, &cursor, judge_usage);
	judge_revisions(&repricing, only);
	MemoryContextSwitchTo(caller_context);
	MemoryContextDelete(context);
}
