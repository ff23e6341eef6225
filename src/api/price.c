/*-------------------------------------------------------------------------
 *
 * price.c
 *	  Setting a price (R20).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/arguments.h"
#include "booking/new_price.h"
#include "errors.h"
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
	row.price.variant = arg_variant(fcinfo, 8);
	prices.effective_from = arg_effective_from(fcinfo, 7);
	scope_open(&scope);
	(void) new_price_add(&prices);
	scope_close(&scope);
	PG_RETURN_INT64(row.price.price_id);
}
