/*-------------------------------------------------------------------------
 *
 * explain.c
 *	  quote() and explain_charge(): a charge's arithmetic, line by line.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "clock.h"
#include "errors.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "store/account_price_list_store.h"
#include "store/account_range_store.h"
#include "store/account_store.h"
#include "store/plan_store.h"
#include "store/price_store.h"
#include "store/report_store.h"
#include "store/revision_store.h"
#include "store/usage_store.h"

/* Columns of type billing.charge_line. */
typedef enum LineColumn
{
	LINE_ITEM,
	LINE_QUANTITY,
	LINE_PRICE,
	LINE_AMOUNT,
	LINE_LOT_NO,
	LINE_ORDER_ID,
	LINE_ENTRY_NO,
	LINE_DETAIL,
	LINE_COLUMNS
} LineColumn;

typedef struct Line
{
	Datum values[LINE_COLUMNS];
	bool nulls[LINE_COLUMNS];
} Line;

static Line
make_line(const char *item, const char *detail)
{
	Line line = {.nulls = {false, true, true, true, true, true, true, detail == NULL}};

	line.values[LINE_ITEM] = CStringGetTextDatum(item);
	if (detail)
		line.values[LINE_DETAIL] = CStringGetTextDatum(detail);
	return line;
}

static void
set_column(Line *line, LineColumn column, Datum value)
{
	line->values[column] = value;
	line->nulls[column] = false;
}

static void
put_line(ReturnSetInfo *result, Line *line)
{
	tuplestore_putvalues(result->setResult, result->setDesc, line->values, line->nulls);
}

/* tokens x price / 1,000,000, exactly. */
static Datum
exact_amount(int32 tokens, int64 price_nano)
{
	Datum product = DirectFunctionCall2(numeric_mul, NumericGetDatum(int64_to_numeric(tokens)),
										nano_datum(price_nano));

	return DirectFunctionCall2(numeric_mul, product,
							   NumericGetDatum(int64_div_fast_to_numeric(1, 6)));
}

/* item: price, or weight, which is a price in credits. */
static void
put_price_line(ReturnSetInfo *result, const char *item, const Price *price, int64 prompt_tokens)
{
	Line line = make_line(
		item, psprintf("%s " INT64_FORMAT "%s%s, from %s, for prompts over " INT64_FORMAT
					   " tokens (this one: " INT64_FORMAT "), per 1,000,000 tokens",
					   item, price->price_id, price_list_text(price->price_list),
					   price->hours[0] ? psprintf(", %s", price->hours) : "",
					   timestamptz_to_str(price->effective_from), price->prompt_tokens_over,
					   prompt_tokens));

	put_line(result, &line);
}

static void
put_token_lines(ReturnSetInfo *result, const TokenCounts *tokens, const Price *price)
{
	static const char *const items[] = {
		[TOKENS_INPUT] = "input",
		[TOKENS_CACHE_READ] = "cache read",
		[TOKENS_CACHE_WRITE] = "cache write",
		[TOKENS_OUTPUT] = "output",
	};

	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
	{
		Line line = make_line(items[token_class], NULL);

		set_column(&line, LINE_QUANTITY, Int64GetDatum((int64) tokens->of[token_class]));
		set_column(&line, LINE_PRICE, nano_datum(price->nano_of[token_class]));
		set_column(&line, LINE_AMOUNT,
				   exact_amount(tokens->of[token_class], price->nano_of[token_class]));
		put_line(result, &line);
	}
}

/* quantity x price / per, to 18 digits where it is no decimal number. */
static Datum
exact_amount_of(const Meter *meter, const PriceItem *item)
{
	Datum product = DirectFunctionCall2(
		numeric_mul, NumericGetDatum(int64_to_numeric(meter->quantity)), nano_datum(item->nano));

	return DirectFunctionCall2(numeric_div, product, NumericGetDatum(int64_to_numeric(item->per)));
}

static void
put_meter_line(ReturnSetInfo *result, const Meter *meter, const Price *price)
{
	const PriceItem *item = price->items ? price_items_find(price->items, meter->name) : NULL;
	Line line = make_line(meter->name, item ? psprintf("a meter, per %d", item->per)
											: "a meter, not listed: free");

	set_column(&line, LINE_QUANTITY, Int64GetDatum(meter->quantity));
	set_column(&line, LINE_PRICE, nano_datum(item ? item->nano : 0));
	set_column(&line, LINE_AMOUNT, item ? exact_amount_of(meter, item) : nano_datum(0));
	put_line(result, &line);
}

static void
put_sum_line(ReturnSetInfo *result, const char *item, int64 charge_nano)
{
	Line line = make_line(item, "the sum, rounded once, half up, to 9 decimals");

	set_column(&line, LINE_AMOUNT, nano_datum(charge_nano));
	put_line(result, &line);
}

static void
put_event_line(ReturnSetInfo *result, const UsageEvent *event)
{
	Line line = make_line(
		"request",
		psprintf("%s%s of key " INT64_FORMAT " \"%s\": %s, occurred %s", event->payload.model,
				 price_variant_text(event->payload.variant), event->payload.key_id, event->key_name,
				 usage_status_name(event->status), timestamptz_to_str(event->occurred_at)));

	put_line(result, &line);
	line = make_line("received", timestamptz_to_str(event->recorded_at));
	put_line(result, &line);
	if (event->reason)
	{
		line = make_line("reason", event->reason);
		put_line(result, &line);
	}
}

/* The arithmetic: token counts times a price, or a weight. */
static void
put_arithmetic(ReturnSetInfo *result, const TokenCounts *tokens, const Meters *meters,
			   const Price *price, bool on_plan, int64 sum_nano)
{
	put_price_line(result, on_plan ? "weight" : "price", price, rating_prompt_tokens(tokens));
	put_token_lines(result, tokens, price);
	for (size_t i = 0; meters && i < meters->count; i++)
		put_meter_line(result, &meters->of[i], price);
	put_sum_line(result, on_plan ? "credits" : "charge", sum_nano);
}

static void
put_plan_lines(ReturnSetInfo *result, const UsageEvent *event)
{
	Line line = make_line("drawn on",
						  psprintf("quota " INT64_FORMAT " of subscription " INT64_FORMAT,
								   event->quota_no, event->subscription_no));
	Price weight;

	if (!plan_weight_get(event->weight_id, &weight))
		return;
	put_arithmetic(result, &event->payload.tokens, event->payload.meters, &weight, true,
				   event->credits_nano);
	put_line(result, &line);
}

/* The arithmetic is that of the newest revision; what was charged before, and what has moved,
 * follows. */
static void
put_charge_lines(ReturnSetInfo *result, const UsageEvent *event)
{
	ChargeShare share = usage_share(event);
	Revision newest = {.price_id = event->price_id, .charge_nano = event->charge_nano};
	Price price;

	(void) revision_read_newest(event, &newest);
	if (!price_get(newest.price_id, &price))
		return;
	put_arithmetic(result, &event->payload.tokens, event->payload.meters, &price, false,
				   newest.charge_nano);
	revision_report_before(event, result);
	report_slices(event->account_id, &share, result);
	revision_report_moves(event, result);
	report_reversal(event->account_id, event->request_hash, event->probe, event->recorded_at,
					result);
}

PG_FUNCTION_INFO_V1(billing_explain_charge);
Datum
billing_explain_charge(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_account_id(fcinfo);
	char *request_id = arg_text(fcinfo, 1, "request_id", IDENTIFIER_BYTES_MAX);
	TimestampTz occurred_at = arg_instant(fcinfo, 2, "occurred_at", DT_NOBEGIN);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	UsageEvent event;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	if (!usage_read(account_id, request_id, occurred_at, &event))
		refuse(ERROR_REQUEST_UNKNOWN, account_id, request_id);
	put_event_line(result, &event);
	if (event.status == USAGE_STATUS_CHARGED)
		put_charge_lines(result, &event);
	if (event.status == USAGE_STATUS_PLAN)
		put_plan_lines(result, &event);
	scope_close(&scope);
	return (Datum) 0;
}

/* The list that prices what occurs at an instant. */
static const char *
price_list_of(const Account *account, TimestampTz at)
{
	size_t count;
	AccountPriceList *lists;

	if (!account->has_price_list)
		return RATING_STANDARD_LIST;
	lists = account_price_list_all(account->account_id, sql_read, &count);
	return account_price_list_at(lists, count, at);
}

/* The meters of a request that is not made yet; NULL: none. */
static const Meters *
arg_meters(FunctionCallInfo fcinfo, int index)
{
	char *json = arg_text_or_null(fcinfo, index, "meters", USAGE_JSON_BYTES_MAX);
	Meters *meters = palloc(sizeof(Meters));
	const char *problem = json ? meters_read(json, meters) : NULL;

	if (problem)
		refuse(ERROR_USAGE_METERS, problem);
	return json ? meters : NULL;
}

static void
check_covered(const Price *price, const Meters *meters)
{
	char text[METERS_TEXT_SIZE];

	if (!rating_covers(price, meters))
		refuse(ERROR_METER_UNLISTED, price->price_id, meters_print(meters, text));
}

PG_FUNCTION_INFO_V1(billing_quote);
Datum
billing_quote(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"input_tokens", "output_tokens", "cache_read_tokens",
										"cache_write_tokens"};
	static const TokenClass classes[] = {TOKENS_INPUT, TOKENS_OUTPUT, TOKENS_CACHE_READ,
										 TOKENS_CACHE_WRITE};
	int64 account_id = arg_account_id(fcinfo);
	char *model = arg_text(fcinfo, 1, "model", MODEL_BYTES_MAX);
	PriceQuery query = {.occurred_at = arg_instant(fcinfo, 6, "occurred_at", clock_statement()),
						.variant = arg_variant(fcinfo, 7),
						.booked_at = clock_statement()};
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const Meters *meters = arg_meters(fcinfo, 8);
	TokenCounts tokens;
	Account account;
	Price price;
	int64 charge_nano;
	Scope scope;

	for (int i = 0; i < TOKEN_CLASSES; i++)
		tokens.of[classes[i]] = (int32) arg_count(fcinfo, 2 + i, names[i], LIMIT_TOKENS);
	query.prompt_tokens = rating_prompt_tokens(&tokens);
	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	if (!account_read(account_id, &account))
		account_range_refuse(account_id);
	if (!price_find(account.currency, model, price_list_of(&account, query.occurred_at), &query,
					&price))
		refuse(ERROR_PRICE_UNKNOWN, psprintf("%s%s", model, price_variant_text(query.variant)),
			   account.currency);
	check_covered(&price, meters);
	check_outcome(rating_charge(&tokens, meters, &price, &charge_nano));
	put_arithmetic(result, &tokens, meters, &price, false, charge_nano);
	scope_close(&scope);
	return (Datum) 0;
}
