/*-------------------------------------------------------------------------
 *
 * price.c
 *	  Setting and importing prices (R20).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/price_list.h"
#include "clock.h"
#include "core/money.h"
#include "errors.h"
#include "spi/catalog.h"
#include "spi/scope.h"
#include "store/audit_store.h"
#include "store/policy_store.h"
#include "store/price_store.h"

/*
 * Charges stamped at or after an instant were recorded since this one: callers'
 * clocks may have been ahead by the tolerance, at the most by its upper bound.
 */
static TimestampTz
recorded_since(TimestampTz stamped_since)
{
	return stamped_since - policy_catalog[POLICY_FUTURE_TOLERANCE].max;
}

/* The instant from which prices hold that are to hold from now on. */
static TimestampTz
from_now_on(const char *currency)
{
	TimestampTz now = clock_now();
	TimestampTz newest = price_newest_charge(currency, now, recorded_since(now));

	return newest >= now ? newest + 1 : now;
}

/* The instant asked for, or now. Prices of another century are a mistake. */
static TimestampTz
arg_effective_from(FunctionCallInfo fcinfo, int index, const char *currency)
{
	TimestampTz effective_from;

	if (PG_ARGISNULL(index))
		return from_now_on(currency);
	effective_from = arg_instant(fcinfo, index, "effective_from", 0);
	if (effective_from < INSTANT_MIN)
		refuse(ERROR_OUT_OF_RANGE, "effective_from", INSTANT_MIN_TEXT " or later",
			   timestamptz_to_str(effective_from));
	return effective_from;
}

/* Refuses where one of the rows added, from an instant on, would have priced a booked charge. */
static void
check_not_backdated(int64 first_price_id, TimestampTz effective_from)
{
	PricedCharge charge;

	if (price_find_backdated(first_price_id, recorded_since(effective_from), &charge))
		refuse(ERROR_PRICE_BACKDATED, charge.model, charge.request_id, charge.account_id);
}

static char *
describe_price(const Price *price)
{
	char text[TOKEN_CLASSES][MONEY_TEXT_SIZE];

	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		money_print(price->nano_of[token_class], text[token_class]);
	return psprintf("input %s, cache read %s, cache write %s, output %s", text[TOKENS_INPUT],
					text[TOKENS_CACHE_READ], text[TOKENS_CACHE_WRITE], text[TOKENS_OUTPUT]);
}

static bool
same_price(const Price *a, const Price *b)
{
	return memcmp(a->nano_of, b->nano_of, sizeof(a->nano_of)) == 0;
}

/*
 * Adds a row, unless exactly that one exists; returns its number, *added whether
 * it is new. Of two calls that say "from now on" in one moment the later counts.
 */
static int64
add_price(PriceKey *key, const Price *price, bool is_from_now, bool *added)
{
	Price existing;

	while (!(*added = !price_find_exact(key, &existing)) && is_from_now)
		key->effective_from++;
	if (*added)
		return price_insert(key, price);
	if (!same_price(&existing, price))
		refuse(ERROR_PRICE_CONFLICT, key->model, key->currency, key->prompt_tokens_over);
	return existing.price_id;
}

static void
audit_price(const PriceKey *key, const Price *price, int64 price_id, const char *action)
{
	audit_insert(&(AuditLine){
		.action = action,
		.object = psprintf("price " INT64_FORMAT ": %s in %s over " INT64_FORMAT
						   " prompt tokens, from %s",
						   price_id, key->model, key->currency, key->prompt_tokens_over,
						   timestamptz_to_str(key->effective_from)),
		.new_value = describe_price(price),
		.actor = catalog_login_name(),
	});
}

/* An argument that is a price; if_null where it is null. */
static int64
arg_price(FunctionCallInfo fcinfo, int index, const char *name, int64 if_null)
{
	return PG_ARGISNULL(index) ? if_null : arg_amount(fcinfo, index, name, LIMIT_PRICE);
}

PG_FUNCTION_INFO_V1(billing_set_price);
Datum
billing_set_price(PG_FUNCTION_ARGS)
{
	PriceKey key = {
		.model = arg_text(fcinfo, 0, "model", MODEL_BYTES_MAX),
		.currency = arg_currency(fcinfo, 1),
		.prompt_tokens_over = arg_count(fcinfo, 6, "prompt_tokens_over", LIMIT_PROMPT_TOKENS)};
	Price price;
	int64 input_nano;
	int64 price_id;
	bool added;
	Scope scope;

	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		refuse(ERROR_PRICE_INCOMPLETE, key.model, PG_ARGISNULL(2) ? "input" : "output");
	input_nano = arg_price(fcinfo, 2, "input", 0);
	price = (Price){
		.nano_of = {[TOKENS_INPUT] = input_nano,
					[TOKENS_OUTPUT] = arg_price(fcinfo, 3, "output", 0),
					[TOKENS_CACHE_READ] = arg_price(fcinfo, 4, "cache_read", input_nano),
					[TOKENS_CACHE_WRITE] = arg_price(fcinfo, 5, "cache_write", input_nano)}};

	scope_open(&scope);
	price_hold_for_adding();
	key.effective_from = arg_effective_from(fcinfo, 7, key.currency);
	price_id = add_price(&key, &price, PG_ARGISNULL(7), &added);
	if (added)
	{
		check_not_backdated(price_id, key.effective_from);
		audit_price(&key, &price, price_id, "set_price");
	}
	scope_close(&scope);
	PG_RETURN_INT64(price_id);
}

/* The row's name: plain where one provider was asked for, else with its provider. */
static char *
model_name(const PriceListRow *row, const char *provider, int record_no)
{
	char *model = provider ? pstrdup(row->model) : psprintf("%s/%s", row->provider, row->model);

	if (strlen(model) > MODEL_BYTES_MAX)
		refuse(ERROR_PRICE_LIST, record_no, "model is too long");
	return model;
}

/* A listed price times the factor, rounded half up to what a price keeps. */
static int64
scaled_price(int64 listed_nano, int64 factor_nano, int record_no)
{
	int64 price_nano;

	if (!money_divide_half_up((int128_t) listed_nano * factor_nano, MONEY_NANO_PER_UNIT,
							  &price_nano) ||
		price_nano > PRICE_NANO_MAX)
		refuse(ERROR_PRICE_LIST, record_no, "a price is out of range");
	return price_nano;
}

PG_FUNCTION_INFO_V1(billing_import_prices);
Datum
billing_import_prices(PG_FUNCTION_ARGS)
{
	char *data = arg_text(fcinfo, 0, "data", PRICE_LIST_BYTES_MAX);
	PriceKey key = {.currency = arg_currency(fcinfo, 1)};
	int64 factor_nano = arg_amount(fcinfo, 2, "factor", LIMIT_CREDIT);
	char *provider = arg_text_or_null(fcinfo, 3, "provider", IDENTIFIER_BYTES_MAX);
	int64 first_price_id = 0;
	int64 added_count = 0;
	TimestampTz effective_from;
	PriceList list;
	Scope scope;

	scope_open(&scope);
	list = price_list_read(data);
	price_hold_for_adding();
	effective_from = arg_effective_from(fcinfo, 4, key.currency);
	for (int i = 0; i < list.count; i++)
	{
		PriceListRow *row = &list.rows[i];
		Price price = {0};
		bool added;
		int64 price_id;

		if (provider && strcmp(row->provider, provider) != 0)
			continue;
		key.model = model_name(row, provider, i + 1);
		key.prompt_tokens_over = row->prompt_tokens_over;
		key.effective_from = effective_from;
		for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
			price.nano_of[token_class] = scaled_price(row->nano_of[token_class], factor_nano,
													  i + 1);
		price_id = add_price(&key, &price, PG_ARGISNULL(4), &added);
		if (!added)
			continue;
		if (added_count++ == 0)
			first_price_id = price_id;
		audit_price(&key, &price, price_id, "import_prices");
	}
	if (added_count > 0)
		check_not_backdated(first_price_id, effective_from);
	scope_close(&scope);
	PG_RETURN_INT64(added_count);
}
