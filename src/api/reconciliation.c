/*-------------------------------------------------------------------------
 *
 * reconciliation.c
 *	  Having gateways' bills compared with the books, and what comes of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "booking/moment.h"
#include "booking/provider.h"
#include "booking/reconciling.h"
#include "clock.h"
#include "core/limits.h"
#include "errors.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/audit_store.h"
#include "store/gateway_store.h"
#include "wake.h"

/* What an operator brings at a time. */
#define BILL_BYTES_MAX (16 * 1024 * 1024)

/* ---- arguments ---------------------------------------------------------------- */

static void
check_is_over(const Provider *provider, const char *day)
{
	if (!reconciling_is_over(provider, day, moment_now()))
		refuse(ERROR_OUT_OF_RANGE, "day",
			   "a day from 2000 on that is over by the gateway's calendar", day);
}

static const Provider *
must_provider_of(const char *gateway)
{
	const Provider *provider = provider_of(gateway);

	if (provider == NULL)
		refuse(ERROR_GATEWAY_UNKNOWN, "gateway", gateway);
	return provider;
}

static bool
has_bills(const Provider *provider)
{
	return provider && (provider->lacks & PROVIDER_LACKS(CALL_BILL)) == 0;
}

/* ---- fetched bills ------------------------------------------------------------ */

static void
put_run(ReturnSetInfo *result, const Reconciliation *run)
{
	Datum values[] = {
		CStringGetTextDatum(run->key.gateway),
		DirectFunctionCall1(date_in, CStringGetDatum(run->key.day)),
		Int32GetDatum(run->key.run),
		CStringGetTextDatum(lifecycle_state_name(&lifecycle_reconciliation, run->state)),
	};
	bool nulls[4] = {0};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* False where its merchant account's bills of the day are compared by another name. */
static bool
request(ReturnSetInfo *result, const char *gateway, const Provider *provider, const char *day,
		const char *actor)
{
	Reconciliation run = {
		.key.gateway = gateway,
		.state = RECONCILIATION_FETCHING,
		.bill = "trade",
		.requested_at = clock_now(),
		.requested_by = actor,
	};

	if (day)
		strlcpy(run.key.day, day, DAY_SIZE);
	else
		reconciling_last_day(provider, run.requested_at, run.key.day);
	check_is_over(provider, run.key.day);
	if (reconciling_other_name(&run.key))
		return false;
	(void) reconciliation_insert(&run);
	put_run(result, &run);
	return true;
}

static void
request_all(ReturnSetInfo *result, const char *day, const char *actor)
{
	size_t count;
	GatewayName *gateways = gateway_list(&count);

	for (size_t i = 0; i < count; i++)
	{
		const Provider *provider = provider_of(gateways[i].gateway);

		if (has_bills(provider))
			(void) request(result, gateways[i].gateway, provider, day, actor);
	}
}

PG_FUNCTION_INFO_V1(billing_reconcile);
Datum
billing_reconcile(PG_FUNCTION_ARGS)
{
	char *gateway = arg_text_or_null(fcinfo, 0, "gateway", VALUE_BYTES_MAX);
	char *actor = arg_actor(fcinfo, 2);
	char day[DAY_SIZE];
	bool has_day = arg_day(fcinfo, 1, day);
	ReturnSetInfo *result;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	scope_open(&scope);
	subscriber_check_none();
	if (gateway == NULL)
		request_all(result, has_day ? day : NULL, actor);
	else
	{
		const Provider *provider = must_provider_of(gateway);

		if (!has_bills(provider) ||
			!request(result, gateway, provider, has_day ? day : NULL, actor))
			refuse(ERROR_NO_BILL, gateway);
	}
	scope_close(&scope);
	wake_at_commit(WORKER_GATEWAY);
	return (Datum) 0;
}

/* ---- bills that operators bring ------------------------------------------------ */

PG_FUNCTION_INFO_V1(billing_import_bill);
Datum
billing_import_bill(PG_FUNCTION_ARGS)
{
	char day[DAY_SIZE];
	char *gateway = arg_text(fcinfo, 0, "gateway", VALUE_BYTES_MAX);
	char *bill = arg_text(fcinfo, 2, "bill", BILL_BYTES_MAX);
	AuditLine line = {.action = "import_bill",
					  .object = gateway,
					  .actor = arg_actor(fcinfo, 3),
					  .reason = arg_reason(fcinfo, 4)};
	Reconciliation run = {.key.gateway = gateway, .state = RECONCILIATION_FETCHING};
	const Provider *provider;
	Scope scope;

	if (!arg_day(fcinfo, 1, day))
		refuse(ERROR_NULL_ARGUMENT, "day");
	scope_open(&scope);
	subscriber_check_none();
	provider = must_provider_of(gateway);
	if (has_bills(provider))
		refuse(ERROR_BILL_FETCHED, gateway);
	check_is_over(provider, day);
	strlcpy(run.key.day, day, DAY_SIZE);
	run.requested_at = clock_now();
	run.requested_by = line.actor;
	reconciling_import(&run, bill);
	line.new_value = psprintf("%s, run %d, " INT64_FORMAT " rows", day, run.key.run, run.rows);
	audit_insert(&line);
	scope_close(&scope);
	wake_at_commit(WORKER_GATEWAY);
	PG_RETURN_INT32(run.key.run);
}

/* ---- what belongs to it --------------------------------------------------------- */

PG_FUNCTION_INFO_V1(billing_set_gateway_fee);
Datum
billing_set_gateway_fee(PG_FUNCTION_ARGS)
{
	char *gateway = arg_text(fcinfo, 0, "gateway", VALUE_BYTES_MAX);
	int64 rate_nano = PG_ARGISNULL(1) ? -1 : arg_amount(fcinfo, 1, "rate", LIMIT_FEE_RATE);
	AuditLine line = {.action = "set_gateway_fee",
					  .object = gateway,
					  .actor = arg_actor(fcinfo, 2),
					  .reason = arg_reason(fcinfo, 3)};
	char rate[MONEY_TEXT_SIZE];
	Scope scope;

	line.new_value = rate_nano < 0 ? NULL : money_print(rate_nano, rate);
	scope_open(&scope);
	subscriber_check_none();
	if (!gateway_set_fee_rate(gateway, rate_nano))
		refuse(ERROR_GATEWAY_UNKNOWN, "gateway", gateway);
	audit_insert(&line);
	scope_close(&scope);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(billing_resolve_difference);
Datum
billing_resolve_difference(PG_FUNCTION_ARGS)
{
	int64 difference_id = arg_int64(fcinfo, 0, "difference_id");
	char *resolution = arg_text(fcinfo, 1, "resolution", REASON_BYTES_MAX);
	AuditLine line = {.action = "resolve_difference",
					  .object = psprintf("difference " INT64_FORMAT, difference_id),
					  .actor = arg_actor(fcinfo, 2),
					  .reason = resolution};
	Scope scope;

	scope_open(&scope);
	subscriber_check_none();
	if (!reconciliation_resolve(difference_id, clock_now(), line.actor, resolution))
		refuse(ERROR_DIFFERENCE_UNKNOWN, difference_id);
	audit_insert(&line);
	scope_close(&scope);
	PG_RETURN_VOID();
}
