/*-------------------------------------------------------------------------
 *
 * repricing_store.c
 *	  Each booked charge against the price that the rules choose, and what it comes to.
 *
 * Prices and weights are read once, model by model.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "core/limits.h"
#include "spi/cursor.h"
#include "store/clock_repair_store.h"
#include "store/plan_store.h"
#include "store/price_store.h"
#include "store/repricing_store.h"
#include "store/stored_event_store.h"

struct Repricing
{
	Telling *telling;
	PriceTable *prices;
	HTAB *weights;
	MemoryContext context;
};

/* Behind the columns of the event. */
#define CURRENCY_COLUMN EVENT_COLUMNS
#define LIST_COLUMN (EVENT_COLUMNS + 1)
#define MOVES_COLUMN (EVENT_COLUMNS + 2)
#define OLD_PRICE_COLUMN (EVENT_COLUMNS + 3)

StaticAssertDecl(OLD_PRICE_COLUMN < CURSOR_COLUMNS_MAX, "a cursor holds all of them");

/* An event as a revision of its charge says it. */
#define REVISIONS(where)                                                                                                  \
	"SELECT " STORED_EVENT_COLUMNS(                                                                                       \
		"w.prices_at", "r.price_id",                                                                                      \
		"r.charge") ", a.currency, CASE WHEN a.has_price_list THEN (SELECT l.price_list FROM " BOOKS                      \
					"account_price_list AS l WHERE l.account_id = a.account_id AND l.effective_from <= "                  \
					"u.occurred_at AND octet_length(l.price_list) <= 64 AND btrim(l.price_list, E' \\t\\r\\n') <> '' "    \
					"ORDER BY l.effective_from DESC LIMIT 1) END, c.counts_at < u.settled_at, r.old_price_id FROM " BOOKS \
					"charge_revision AS r JOIN " BOOKS                                                                    \
					"rerate AS w ON w.rerate_no = r.rerate_no JOIN " BOOKS                                                \
					"account AS a ON a.account_id = r.account_id JOIN " BOOKS                                             \
					"usage_event AS u ON u.account_id = r.account_id AND u.request_hash = r.request_hash AND "            \
					"u.probe = r.probe AND u.recorded_at = r.event_recorded_at " JOIN_COUNTS_AT(                          \
						"u.account_id", "u.first_entry_no", "u.settled_at") "WHERE true" where

/* ---- charges ----------------------------------------------------------------------- */

static PriceQuery
query_of(const StoredEvent *event)
{
	return (PriceQuery){
		.price_list = "",
		.variant = event->variant,
		.prompt_tokens = rating_prompt_tokens(&event->tokens),
		.occurred_at = event->occurred_at,
		.booked_at = event->settled_at,
	};
}

static bool
has_currency(const char *currency)
{
	return strcmp(currency, "CNY") == 0 || strcmp(currency, "USD") == 0;
}

/* The price that the rules choose, NULL where they choose none; false where that cannot be said. */
static bool
choose(const Repricing *repricing, const StoredEvent *event, const RepricingTerms *terms,
	   const Price **price)
{
	PriceQuery query = query_of(event);

	if (!stored_event_is_request(event) || !has_currency(terms->currency) ||
		!price_table_choose(repricing->prices, terms->currency, event->model, terms->price_list,
							&query, price))
		return false;
	if (*price && !rating_covers(*price, stored_event_meters(event)))
		*price = NULL;
	return true;
}

/* Whether a charge is what its price makes of it, where both can be read. */
static bool
has_its_amount(const StoredEvent *event, const Price *price)
{
	int64 nano;

	if (event->nulls[EVENT_CHARGE])
		return true;
	return event->charge.is_number && stored_event_has_tokens(event, PG_INT32_MAX) &&
		   rating_charge(&event->tokens, stored_event_meters(event), price, &nano) == OUTCOME_OK &&
		   nano == event->charge.nano;
}

/* Whether a price can be that of a charge at all. */
static bool
can_price(const TablePrice *row, const StoredEvent *event, const char *currency)
{
	int64 prompt_tokens = rating_prompt_tokens(&event->tokens);

	return row->is_there && !row->is_over && strcmp(row->currency, currency) == 0 &&
		   strcmp(row->model, event->model) == 0 &&
		   strcmp(row->price.variant, event->variant) == 0 &&
		   row->price.effective_from <= event->occurred_at &&
		   row->price.prompt_tokens_over < Max(prompt_tokens, 1);
}

/* The same of one whose price is another than would be chosen, or of which that cannot be said. */
static bool
follows_from_row(const Repricing *repricing, const StoredEvent *event, const RepricingTerms *terms)
{
	const TablePrice *price = price_table_row(repricing->prices, event->price_id);

	if (terms->moves ? !price->is_there : !can_price(price, event, terms->currency))
		return false;
	return event->has_bad_meters || (!event->nulls[EVENT_METERS] && !price->has_items) ||
		   has_its_amount(event, &price->price);
}

static const char *
number_or_none(const Price *price)
{
	return price ? psprintf(INT64_FORMAT, price->price_id) : "";
}

static void
judge_charge(Repricing *repricing, const StoredEvent *event, const RepricingTerms *terms)
{
	const Price *price = NULL;
	bool is_chosen = !terms->moves && choose(repricing, event, terms, &price);

	if (is_chosen && (price == NULL || price->price_id != event->price_id))
		discrepancy_put(repricing->telling, "charge_price_choice", event->account_id,
						psprintf("request \"%s\" was charged by price " INT64_FORMAT
								 ", but price %s applies",
								 event->request_id, event->price_id, number_or_none(price)));
	if (is_chosen && price && price->price_id == event->price_id
			? has_its_amount(event, price)
			: follows_from_row(repricing, event, terms))
		return;
	discrepancy_put(repricing->telling, "charge_price", event->account_id,
					psprintf("request \"%s\": charge %s does not follow from price " INT64_FORMAT,
							 event->request_id, stored_event_amount_text(&event->charge),
							 event->price_id));
}

/* A revision has the price that corrects the one before it. */
static bool
corrects_the_last(const Repricing *repricing, const Price *price, int64 old_price_id)
{
	const TablePrice *old = price_table_row(repricing->prices, old_price_id);

	return old->is_there && price->corrects == (old->corrects != 0 ? old->corrects : old->price_id);
}

static void
judge_revision(Repricing *repricing, const StoredEvent *event, const RepricingTerms *terms,
			   int64 old_price_id)
{
	const Price *price = NULL;

	if (terms->moves || !choose(repricing, event, terms, &price) ||
		(price && price->price_id == event->price_id && has_its_amount(event, price) &&
		 corrects_the_last(repricing, price, old_price_id)))
		return;
	discrepancy_put(repricing->telling, "revision_price", event->account_id,
					psprintf("request \"%s\" was re-rated to %s by price " INT64_FORMAT
							 ", but price %s applies",
							 event->request_id, stored_event_amount_text(&event->charge),
							 event->price_id, number_or_none(price)));
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
has_its_credits(const StoredEvent *event, const Price *weight)
{
	int64 nano;

	if (event->nulls[EVENT_CREDITS])
		return true;
	return event->credits.is_number &&
		   rating_credits(&event->tokens, stored_event_meters(event), weight, &nano) ==
			   OUTCOME_OK &&
		   nano == event->credits.nano;
}

static void
judge_credits(Repricing *repricing, const StoredEvent *event, const RepricingTerms *terms)
{
	PriceQuery query = query_of(event);
	const ModelWeights *weights;
	const Price *weight;

	if (terms->moves || !stored_event_is_request(event) || strlen(terms->plan) > VALUE_BYTES_MAX)
		return;
	weights = weights_of(repricing, terms->plan, event->model);
	if (!weights->is_readable)
		return;
	weight = rating_choose_price(weights->rows, weights->count, &query);
	if (weight && weight->price_id == event->weight_id &&
		rating_covers(weight, stored_event_meters(event)) && has_its_credits(event, weight))
		return;
	discrepancy_put(repricing->telling, "plan_credits", event->account_id,
					psprintf("request \"%s\": %s credits do not follow from weight " INT64_FORMAT,
							 event->request_id, stored_event_amount_text(&event->credits),
							 event->weight_id));
}

/* ---- all of them ---------------------------------------------------------------------- */

Repricing *
repricing_make(Telling *telling)
{
	HASHCTL control = {.keysize = WEIGHTS_KEY_SIZE,
					   .entrysize = sizeof(ModelWeights),
					   .hcxt = CurrentMemoryContext};
	Repricing *repricing = palloc(sizeof(Repricing));

	*repricing = (Repricing){
		.telling = telling,
		.prices = price_table_make(),
		.weights = hash_create("billing weights", 64, &control,
							   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT),
		.context = CurrentMemoryContext,
	};
	return repricing;
}

void
repricing_judge(Repricing *repricing, const StoredEvent *event, const RepricingTerms *terms)
{
	if (stored_event_has_status(event, "charged"))
		judge_charge(repricing, event, terms);
	else if (stored_event_has_status(event, "plan"))
		judge_credits(repricing, event, terms);
}

static void
read_and_judge_revision(Repricing *repricing, const Cursor *row)
{
	bool has_list = !row->nulls[LIST_COLUMN];
	RepricingTerms terms = {
		.currency = cursor_text(row, CURRENCY_COLUMN),
		.price_list = has_list ? cursor_text(row, LIST_COLUMN) : RATING_STANDARD_LIST,
		.moves = !row->nulls[MOVES_COLUMN] && DatumGetBool(row->values[MOVES_COLUMN]),
	};
	StoredEvent event;

	stored_event_read(row, &event);
	judge_revision(repricing, &event, &terms, cursor_int64(row, OLD_PRICE_COLUMN));
}

void
repricing_judge_revisions(Repricing *repricing, const int64 *only)
{
	static Sql revisions[] = {SQL(REVISIONS("")),
							  SQL(REVISIONS(" AND r.account_id = $1"), INT8OID)};
	static const Oid types[] = {STORED_EVENT_TYPES, TEXTOID, TEXTOID, BOOLOID, INT8OID};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "billing repricing row",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller_context = MemoryContextSwitchTo(context);
	Cursor cursor;

	cursor_open(&cursor, &revisions[only != NULL], (Datum[]){Int64GetDatum(only ? *only : 0)},
				types, lengthof(types));
	while (cursor_next(&cursor))
	{
		read_and_judge_revision(repricing, &cursor);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(caller_context);
	MemoryContextDelete(context);
	cursor_close(&cursor);
}
