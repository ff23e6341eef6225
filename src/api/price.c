/*-------------------------------------------------------------------------
 *
 * price.c
 *	  Setting, ending and withdrawing prices, and which there are (R20).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "api/arguments.h"
#include "booking/new_price.h"
#include "clock.h"
#include "errors.h"
#include "local_time.h"
#include "spi/scope.h"

/* An argument that is a price; if_null where it is null. */
static int64
arg_price(FunctionCallInfo fcinfo, int index, const char *name, int64 if_null)
{
	return PG_ARGISNULL(index) ? if_null : arg_amount(fcinfo, index, name, LIMIT_PRICE);
}

static Price
read_price(FunctionCallInfo fcinfo, const char *model)
{
	int64 input_nano;

	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		refuse(ERROR_PRICE_INCOMPLETE, model, PG_ARGISNULL(2) ? "input" : "output");
	input_nano = arg_price(fcinfo, 2, "input", 0);
	return (Price){
		.nano_of = {[TOKENS_INPUT] = input_nano,
					[TOKENS_OUTPUT] = arg_price(fcinfo, 3, "output", 0),
					[TOKENS_CACHE_READ] = arg_price(fcinfo, 4, "cache_read", input_nano),
					[TOKENS_CACHE_WRITE] = arg_price(fcinfo, 5, "cache_write", input_nano)}};
}

PG_FUNCTION_INFO_V1(billing_set_price);
Datum
billing_set_price(PG_FUNCTION_ARGS)
{
	PriceRow row = {.model = arg_text(fcinfo, 0, "model", MODEL_BYTES_MAX),
					.currency = arg_currency(fcinfo, 1)};
	NewPrices prices = {.action = "set_price", .currency = row.currency, .rows = &row, .count = 1};
	int64 tier = arg_count(fcinfo, 6, "prompt_tokens_over", LIMIT_PROMPT_TOKENS);
	Scope scope;

	row.price = read_price(fcinfo, row.model);
	row.price.prompt_tokens_over = tier;
	prices.effective_from = arg_effective_from(fcinfo, 7);
	row.price.variant = arg_variant(fcinfo, 8);
	row.price.hours = arg_hours(fcinfo, 9);
	row.price.price_list = arg_price_list(fcinfo, 10);
	row.price.meters = arg_price_items(fcinfo, 11);
	row.price.unlisted_are_free = arg_unlisted_are_free(fcinfo, 12);
	prices.actor = arg_actor(fcinfo, 13);
	prices.reason = arg_reason(fcinfo, 14);
	scope_open(&scope);
	(void) new_price_add(&prices);
	scope_close(&scope);
	PG_RETURN_INT64(row.price.price_id);
}

PG_FUNCTION_INFO_V1(billing_end_prices);
Datum
billing_end_prices(PG_FUNCTION_ARGS)
{
	PriceRow of = {.model = arg_text(fcinfo, 0, "model", MODEL_BYTES_MAX),
				   .currency = arg_currency(fcinfo, 1)};
	NewPrices ends = {.action = "end_prices", .currency = of.currency, .rows = &of, .count = 1};
	int64 ended;
	Scope scope;

	ends.effective_from = arg_effective_from(fcinfo, 2);
	of.price.variant = PG_ARGISNULL(3) ? NULL : arg_variant(fcinfo, 3);
	of.price.hours = PG_ARGISNULL(4) ? NULL : arg_hours(fcinfo, 4);
	of.price.prompt_tokens_over = PG_ARGISNULL(5) ? -1
												  : arg_count(fcinfo, 5, "prompt_tokens_over",
															  LIMIT_PROMPT_TOKENS);
	of.price.price_list = arg_price_list(fcinfo, 6);
	ends.actor = arg_actor(fcinfo, 7);
	ends.reason = arg_reason(fcinfo, 8);
	scope_open(&scope);
	ended = new_price_end(&ends);
	scope_close(&scope);
	PG_RETURN_INT64(ended);
}

PG_FUNCTION_INFO_V1(billing_withdraw_price);
Datum
billing_withdraw_price(PG_FUNCTION_ARGS)
{
	int64 price_id = arg_int64(fcinfo, 0, "price_id");
	char *actor = arg_actor(fcinfo, 1);
	char *reason = arg_reason(fcinfo, 2);
	bool is_withdrawn;
	Scope scope;

	scope_open(&scope);
	is_withdrawn = new_price_withdraw(price_id, actor, reason);
	scope_close(&scope);
	PG_RETURN_BOOL(is_withdrawn);
}

PG_FUNCTION_INFO_V1(billing_list_prices);
Datum
billing_list_prices(PG_FUNCTION_ARGS)
{
	char *model = arg_text_or_null(fcinfo, 0, "model", MODEL_BYTES_MAX);
	TimestampTz at = arg_instant(fcinfo, 1, "at", clock_statement());
	char *price_list = PG_ARGISNULL(2) ? NULL : arg_price_list(fcinfo, 2);
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	price_report(model, price_list, at, (ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}

static char *
json_text(Jsonb *json)
{
	return JsonbToCString(NULL, &json->root, VARSIZE(json));
}

static const Meters *
read_stored_meters(Jsonb *json)
{
	Meters *meters = palloc(sizeof(Meters));
	const char *problem = meters_read(json_text(json), meters);

	if (problem)
		refuse(ERROR_USAGE_METERS, problem);
	return meters;
}

PG_FUNCTION_INFO_V1(billing_price_choice);
Datum
billing_price_choice(PG_FUNCTION_ARGS)
{
	char *currency = arg_currency(fcinfo, 0);
	char *model = arg_text(fcinfo, 1, "model", MODEL_BYTES_MAX);
	char *price_list = arg_price_list(fcinfo, 2);
	PriceQuery query = {.variant = arg_variant(fcinfo, 3),
						.prompt_tokens = arg_count(fcinfo, 4, "prompt_tokens", LIMIT_PROMPT_TOKENS),
						.occurred_at = arg_instant(fcinfo, 5, "occurred_at", DT_NOBEGIN),
						.booked_at = arg_instant(fcinfo, 7, "booked_at", DT_NOEND)};
	const Meters *meters = PG_ARGISNULL(6) ? NULL : read_stored_meters(PG_GETARG_JSONB_P(6));
	Price price;
	bool is_found;
	Scope scope;

	scope_open(&scope);
	is_found = price_find(currency, model, price_list, &query, &price) &&
			   rating_covers(&price, meters);
	scope_close(&scope);
	if (!is_found)
		PG_RETURN_NULL();
	PG_RETURN_INT64(price.price_id);
}

static bool
is_hours(const char *text)
{
	char zone[PRICE_HOURS_ZONE_SIZE];
	PriceHours hours;

	return text[0] == '\0' ||
		   (price_hours_parse(text, &hours, zone) && local_time_zone(zone) != NULL);
}

/* Whatever is given, this is an answer: what asks must be able to go on. */
PG_FUNCTION_INFO_V1(billing_is_price_hours);
Datum
billing_is_price_hours(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!PG_ARGISNULL(0) && is_hours(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}

static bool
are_price_items(const char *text)
{
	char canonical[PRICE_ITEMS_TEXT_SIZE];
	PriceItems items;

	return price_items_read(text, &items) == NULL &&
		   strcmp(price_items_print(&items, canonical), text) == 0;
}

PG_FUNCTION_INFO_V1(billing_are_price_items);
Datum
billing_are_price_items(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!PG_ARGISNULL(0) && are_price_items(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}

/* None is null: an object without members, or with a zero, is never stored. */
PG_FUNCTION_INFO_V1(billing_are_meters);
Datum
billing_are_meters(PG_FUNCTION_ARGS)
{
	Jsonb *json;
	Meters meters;

	if (PG_ARGISNULL(0))
		PG_RETURN_BOOL(true);
	json = PG_GETARG_JSONB_P(0);
	PG_RETURN_BOOL(meters_read(json_text(json), &meters) == NULL && meters.count > 0 &&
				   meters.count == JB_ROOT_COUNT(json));
}
