/*-------------------------------------------------------------------------
 *
 * seller.c
 *	  set_seller(): who sells, as invoices say it (R16, R18).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/numeric.h"

#include "api/arguments.h"
#include "booking/provider.h"
#include "clock.h"
#include "core/books.h"
#include "core/money.h"
#include "core/tax.h"
#include "errors.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/arming_store.h"
#include "store/audit_store.h"
#include "store/gateway_store.h"
#include "store/invoice_series_store.h"
#include "store/seller_store.h"

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define TAX_NUMBER_MIN 15
#define TAX_NUMBER_MAX 20
#define SERIES_BYTES_MAX 10
#define GOODS_CODE_DIGITS 19

static int32
arg_tax_rate(FunctionCallInfo fcinfo, int index)
{
	const int64 part_nano = MONEY_NANO_PER_UNIT / TAX_RATE_PARTS;
	int64 rate_nano;

	if (PG_ARGISNULL(index))
		refuse(ERROR_NULL_ARGUMENT, "tax_rate");
	if (!nano_from_numeric(PG_GETARG_NUMERIC(index), &rate_nano) || rate_nano < 0 ||
		rate_nano >= MONEY_NANO_PER_UNIT || rate_nano % part_nano != 0)
		refuse(ERROR_INVALID_VALUE, "tax_rate", "not 0 to 0.9999");
	return (int32) (rate_nano / part_nano);
}

static bool
is_made_of(const char *text, const char *letters, size_t min, size_t max)
{
	size_t size = strlen(text);

	return size >= min && size <= max && strspn(text, letters) == size;
}

/* What is wrong with one of the mainland; NULL: nothing. Sandboxes have sellers whose tax number
 * would not pass as a buyer's. */
static const char *
why_not_of_mainland(const Seller *seller)
{
	if (seller->tax_number == NULL ||
		!is_made_of(seller->tax_number, DIGITS LETTERS, TAX_NUMBER_MIN, TAX_NUMBER_MAX))
		return "tax_number is not 15 to 20 digits and capital letters";
	if (seller->drawer == NULL)
		return "drawer is missing";
	if (seller->goods_code == NULL ||
		!is_made_of(seller->goods_code, DIGITS, GOODS_CODE_DIGITS, GOODS_CODE_DIGITS))
		return "goods_code is not 19 digits";
	return seller->series ? "series is for overseas" : NULL;
}

static const char *
why_not_overseas(const Seller *seller)
{
	if (seller->address == NULL)
		return "address is missing";
	if (seller->series == NULL || !is_made_of(seller->series, DIGITS LETTERS, 1, SERIES_BYTES_MAX))
		return "series is not 1 to 10 capital letters and digits";
	return seller->gateway ? "gateway is for the mainland" : NULL;
}

static void
check(const Seller *seller)
{
	const char *because = "there is no such region";

	if (strcmp(seller->region, "cn") == 0)
		because = why_not_of_mainland(seller);
	else if (strcmp(seller->region, "global") == 0)
		because = why_not_overseas(seller);
	if (because)
		refuse(ERROR_SELLER, seller->region, because);
}

static void
check_gateway(const Seller *seller)
{
	Gateway gateway;

	if (seller->gateway == NULL)
		return;
	if (!gateway_find(seller->gateway, sql_run, &gateway))
		refuse(ERROR_GATEWAY_UNKNOWN, "gateway", seller->gateway);
	if (gateway.is_retired)
		refuse(ERROR_SELLER, seller->region, "its gateway is retired");
	if (provider_of_lacks(seller->gateway, CALL_ISSUE))
		refuse(ERROR_SELLER, seller->region, "its gateway issues no invoices");
}

static const char *
describe(const Seller *seller)
{
	const char *const texts[] = {seller->name,		   seller->tax_number, seller->address,
								 seller->phone,		   seller->email,	   seller->bank,
								 seller->bank_account, seller->drawer,	   seller->goods_name,
								 seller->goods_code,   seller->series,	   seller->gateway};
	const char *all = psprintf("%d/%d", seller->tax_rate_bp, TAX_RATE_PARTS);

	for (size_t i = 0; i < lengthof(texts); i++)
		all = psprintf("%s; %s", all, texts[i] ? texts[i] : "");
	return all;
}

/* A series that was not there gives numbers at once: no other books know it. */
static void
begin_series(const Seller *seller)
{
	Arming arming;

	if (seller->series)
		invoice_series_begin(seller->series, arming_find(&arming) ? arming.epoch : NO_NUMBER);
}

/* Adds it unless it is what is in force; sets its number. */
static void
put(Seller *seller, AuditLine *line)
{
	Seller old;

	seller_hold_for_adding();
	line->new_value = describe(seller);
	if (seller_find(seller->region, sql_latest, &old))
	{
		line->old_value = describe(&old);
		seller->seller_no = old.seller_no;
		if (strcmp(line->old_value, line->new_value) == 0)
			return;
	}
	seller->seller_no++;
	seller_insert(seller, clock_now());
	begin_series(seller);
	audit_insert(line);
}

PG_FUNCTION_INFO_V1(billing_set_seller);
Datum
billing_set_seller(PG_FUNCTION_ARGS)
{
	Seller seller = {
		.region = arg_text(fcinfo, 0, "region", VALUE_BYTES_MAX),
		.name = arg_line(fcinfo, 1, "name", IDENTIFIER_BYTES_MAX),
		.goods_name = arg_line(fcinfo, 2, "goods_name", IDENTIFIER_BYTES_MAX),
		.tax_rate_bp = arg_tax_rate(fcinfo, 3),
		.tax_number = arg_line_or_null(fcinfo, 4, "tax_number", VALUE_BYTES_MAX),
		.address = arg_line_or_null(fcinfo, 5, "address", IDENTIFIER_BYTES_MAX),
		.phone = arg_line_or_null(fcinfo, 6, "phone", VALUE_BYTES_MAX),
		.email = arg_email(fcinfo, 7),
		.bank = arg_line_or_null(fcinfo, 8, "bank", IDENTIFIER_BYTES_MAX),
		.bank_account = arg_line_or_null(fcinfo, 9, "bank_account", VALUE_BYTES_MAX),
		.drawer = arg_line_or_null(fcinfo, 10, "drawer", VALUE_BYTES_MAX),
		.goods_code = arg_line_or_null(fcinfo, 11, "goods_code", VALUE_BYTES_MAX),
		.series = arg_line_or_null(fcinfo, 12, "series", VALUE_BYTES_MAX),
		.gateway = arg_line_or_null(fcinfo, 13, "gateway", VALUE_BYTES_MAX),
	};
	AuditLine line = {.action = "set_seller",
					  .object = seller.region,
					  .actor = arg_actor(fcinfo, 14),
					  .reason = arg_reason(fcinfo, 15)};
	Scope scope;

	check(&seller);
	scope_open(&scope);
	subscriber_check_none();
	check_gateway(&seller);
	put(&seller, &line);
	scope_close(&scope);
	PG_RETURN_INT32(seller.seller_no);
}
