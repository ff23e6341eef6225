/*-------------------------------------------------------------------------
 *
 * correction.c
 *	  correct_price(): a price that was wrong (R20).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/arguments.h"
#include "api/operator_call.h"
#include "api/result.h"
#include "booking/new_price.h"
#include "errors.h"

static int64
arg_price(FunctionCallInfo fcinfo, int index, const char *name)
{
	return arg_amount(fcinfo, index, name, LIMIT_PRICE);
}

/* An empty cache price is the input price; what meters cost is as it was where it is not given. */
static Price
read_prices(FunctionCallInfo fcinfo)
{
	int64 input_nano = arg_price(fcinfo, 1, "input");

	return (Price){
		.meters = PG_ARGISNULL(8) ? NULL : arg_price_items(fcinfo, 8),
		.unlisted_are_free = arg_unlisted_are_free(fcinfo, 9),
		.nano_of = {[TOKENS_INPUT] = input_nano,
					[TOKENS_CACHE_READ] = PG_ARGISNULL(2) ? input_nano
														  : arg_price(fcinfo, 2, "cache_read"),
					[TOKENS_CACHE_WRITE] = PG_ARGISNULL(3) ? input_nano
														   : arg_price(fcinfo, 3, "cache_write"),
					[TOKENS_OUTPUT] = arg_price(fcinfo, 4, "output")}};
}

static const char *
currency_of(int64 price_id)
{
	char currency[CURRENCY_SIZE];
	PlacedPrice placed;
	Scope scope;

	scope_open(&scope);
	if (!price_get_placed(price_id, &placed))
		refuse(ERROR_PRICE_ROW_UNKNOWN, price_id);
	strlcpy(currency, placed.row.currency, sizeof(currency));
	scope_close(&scope);
	return pstrdup(currency);
}

static Datum
corrected_row(FunctionCallInfo fcinfo, const OperatorCall *call, int64 price_id)
{
	bool is_booked = price_id != NO_NUMBER;
	Datum values[] = {CStringGetTextDatum(is_booked ? "booked" : "awaiting_second"),
					  Int64GetDatum(price_id),
					  BoolGetDatum(call->idempotent.is_waiting && !is_booked)};
	bool nulls[] = {false, !is_booked, false};

	return result_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(billing_correct_price);
Datum
billing_correct_price(PG_FUNCTION_ARGS)
{
	int64 price_id = arg_int64(fcinfo, 0, "price_id");
	Price prices = read_prices(fcinfo);
	OperatorCall call;
	Datum answer;
	bool is_approved;

	if (operator_call_begin_on_house(fcinfo, &call, "correct_price", currency_of(price_id),
									 (OperatorArguments){5, 7, 6}, &answer))
		return answer;
	/* It moves no money by itself, but may decide about all that is booked from now on. */
	call.needs_second = !call.booking.policies.is_unset[POLICY_SECOND_PERSON_ABOVE];
	is_approved = operator_call_is_approved(&call, 0);
	if (is_approved)
		price_id = new_price_correct(price_id, &prices, call.booking.actor, call.reason);
	booking_finish_unmoved(&call.booking);
	answer = corrected_row(fcinfo, &call, is_approved ? price_id : NO_NUMBER);
	if (is_approved)
		idempotent_call_end(fcinfo, &call.idempotent, answer);
	return scope_close_with(&call.scope, answer);
}
