/*-------------------------------------------------------------------------
 *
 * gateway.c
 *	  Setting up merchant accounts and the ways of paying that lead to them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "api/payer.h"
#include "api/result.h"
#include "clock.h"
#include "errors.h"
#include "gateway/providers.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/audit_store.h"
#include "store/gateway_store.h"
#include "store/payment_store.h"

#define NAME_BYTES_MAX 40

/* A name that can be one of a file: small letters, digits, and a low line between them. */
static char *
arg_name(FunctionCallInfo fcinfo, int index, const char *argument)
{
	char *name = arg_text(fcinfo, index, argument, NAME_BYTES_MAX);

	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name) ||
		strcmp(name, GATEWAY_OFFLINE) == 0)
		refuse(ERROR_INVALID_VALUE, argument, name);
	return name;
}

/* What payers read; Alipay takes none of the characters that part its fields. */
static char *
arg_subject(FunctionCallInfo fcinfo, int index)
{
	char *subject = arg_text(fcinfo, index, "subject", CALL_DESCRIPTION_SIZE - 1);

	for (const char *c = subject; *c; c++)
		if (strchr("&=/", *c) != NULL || (unsigned char) *c < ' ' || *c == 0x7f)
			refuse(ERROR_INVALID_VALUE, "subject", subject);
	return subject;
}

static const Provider *
arg_provider(FunctionCallInfo fcinfo, int index)
{
	char *name = arg_text(fcinfo, index, "provider", VALUE_BYTES_MAX);
	const Provider *provider = providers_find(name);

	if (provider == NULL)
		refuse(ERROR_INVALID_VALUE, "provider", name);
	return provider;
}

static void
check_same(const Gateway *old, const Gateway *gateway)
{
	if (strcmp(old->provider, gateway->provider) != 0)
		refuse(ERROR_GATEWAY_CONFLICT, gateway->gateway, "provider");
	if (strcmp(old->region, gateway->region) != 0)
		refuse(ERROR_GATEWAY_CONFLICT, gateway->gateway, "region");
}

static const char *
describe(const Gateway *gateway)
{
	return psprintf("%s, \"%s\"%s", gateway->provider, gateway->subject,
					gateway->is_retired ? ", retired" : "");
}

PG_FUNCTION_INFO_V1(billing_set_gateway);
Datum
billing_set_gateway(PG_FUNCTION_ARGS)
{
	const Provider *provider = arg_provider(fcinfo, 1);
	Gateway gateway = {
		.gateway = arg_name(fcinfo, 0, "name"),
		.provider = provider->name,
		.region = arg_text(fcinfo, 2, "region", VALUE_BYTES_MAX),
		.subject = arg_subject(fcinfo, 3),
		.is_retired = arg_bool(fcinfo, 4, "retired"),
	};
	AuditLine line = {.action = "set_gateway",
					  .object = gateway.gateway,
					  .actor = arg_actor(fcinfo, 5),
					  .reason = arg_reason(fcinfo, 6)};
	Gateway old;
	Scope scope;

	if (strcmp(gateway.region, provider->region) != 0)
		refuse(ERROR_INVALID_VALUE, "region", gateway.region);
	scope_open(&scope);
	subscriber_check_none();
	if (gateway_find(gateway.gateway, sql_run, &old))
	{
		check_same(&old, &gateway);
		line.old_value = describe(&old);
	}
	line.new_value = describe(&gateway);
	gateway_store(&gateway, clock_now());
	audit_insert(&line);
	scope_close(&scope);
	PG_RETURN_VOID();
}

static const ProviderProduct *
find_product(const Gateway *gateway, const char *product)
{
	const Provider *provider = providers_find(gateway->provider);
	const ProviderProduct *found = provider ? providers_product(provider, product) : NULL;

	if (found == NULL)
		refuse(ERROR_INVALID_VALUE, "product", product);
	return found;
}

static const char *
describe_method(const PaymentMethod *method)
{
	char min[MONEY_TEXT_SIZE];
	char max[MONEY_TEXT_SIZE];

	return psprintf("%s of %s, %s to %s%s", method->product, method->gateway,
					money_print(method->min_nano, min), money_print(method->max_nano, max),
					method->enabled ? "" : ", disabled");
}

PG_FUNCTION_INFO_V1(billing_set_payment_method);
Datum
billing_set_payment_method(PG_FUNCTION_ARGS)
{
	PaymentMethod method = {
		.method = arg_name(fcinfo, 0, "method"),
		.gateway = arg_name(fcinfo, 1, "gateway"),
		.product = arg_text(fcinfo, 2, "product", VALUE_BYTES_MAX),
		.min_nano = arg_amount(fcinfo, 3, "amount_min", LIMIT_PAYMENT),
		.max_nano = arg_amount(fcinfo, 4, "amount_max", LIMIT_PAYMENT),
		.enabled = arg_bool(fcinfo, 5, "enabled"),
	};
	AuditLine line = {.action = "set_payment_method",
					  .object = method.method,
					  .actor = arg_actor(fcinfo, 6),
					  .reason = arg_reason(fcinfo, 7)};
	PaymentMethod old;
	Gateway gateway;
	Scope scope;

	if (method.min_nano > method.max_nano)
		refuse(ERROR_INVALID_VALUE, "amount_min", "above amount_max");
	scope_open(&scope);
	subscriber_check_none();
	if (!gateway_find(method.gateway, sql_run, &gateway))
		refuse(ERROR_GATEWAY_UNKNOWN, "gateway", method.gateway);
	(void) find_product(&gateway, method.product);
	if (gateway_find_method(method.method, sql_run, &old))
		line.old_value = describe_method(&old);
	line.new_value = describe_method(&method);
	gateway_store_method(&method);
	audit_insert(&line);
	scope_close(&scope);
	PG_RETURN_VOID();
}

static const char *const pays_with_names[] = {
	[PAYS_BY_URL] = "url",
	[PAYS_BY_CODE] = "code",
	[PAYS_BY_SDK] = "sdk",
};

static void
put_method(ReturnSetInfo *result, const OfferedMethod *offered)
{
	const PaymentMethod *method = &offered->method;
	const Provider *provider = providers_find(offered->provider);
	const ProviderProduct *product = provider ? providers_product(provider, method->product) : NULL;
	const char *because = product ? offered->unavailable : "product";
	const char *needs = product ? payer_needs(product) : "";
	Datum values[] = {
		CStringGetTextDatum(method->method),
		CStringGetTextDatum(pays_with_names[product ? product->pays_with : PAYS_BY_CODE]),
		nano_datum(method->min_nano),
		nano_datum(method->max_nano),
		CStringGetTextDatum(needs),
		because ? CStringGetTextDatum(because) : (Datum) 0,
	};
	bool nulls[] = {false, false, false, false, needs[0] == '\0', because == NULL};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
put_methods(int64 account_id, ReturnSetInfo *result)
{
	size_t count;
	OfferedMethod *offered = gateway_list_methods(account_id, &count);

	for (size_t i = 0; i < count; i++)
		put_method(result, &offered[i]);
}

PG_FUNCTION_INFO_V1(billing_payment_methods);
Datum
billing_payment_methods(PG_FUNCTION_ARGS)
{
	return result_of_account(fcinfo, arg_account_id(fcinfo), put_methods);
}
