/*-------------------------------------------------------------------------
 *
 * health.c
 *	  status(), check_health() and what waits: what needs attention.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "booking/moment.h"
#include "clock.h"
#include "crash_mark.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/gateway_call_store.h"
#include "store/inbox_store.h"
#include "store/invoice_series_store.h"
#include "store/parking_store.h"
#include "store/partition_store.h"
#include "store/report_store.h"
#include "store/set_aside_store.h"
#include "store/usage_store.h"
#include "wake.h"

static void
put_status(ReturnSetInfo *result, const char *name, const char *value, const char *detail)
{
	Datum values[] = {CStringGetTextDatum(name), CStringGetTextDatum(value),
					  CStringGetTextDatum(detail)};
	bool nulls[3] = {0};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
put_settler(ReturnSetInfo *result)
{
	WorkerState state;
	SettlerReport report = wake_read_report(MyDatabaseId);
	const char *detail = "in the background; without it call settle()";

	(void) wake_read(MyDatabaseId, WORKER_SETTLER, &state);
	if (report.settled_at != 0)
		detail = psprintf(
			"pid %d, " INT64_FORMAT " events since %s, the last %d ms after their commit",
			(int) state.pid, report.events_total, timestamptz_to_str(state.started_at),
			(int) (report.settled_lag_us / 1000));
	put_status(result, "settler", wake_status_name(&state), detail);
}

static void
put_clock(ReturnSetInfo *result)
{
	const char *doubt = moment_doubt();
	const char *value = doubt ? "not believed" : "believed";

	if (!wake_is_available())
		value = "not watched";
	put_status(result, "clock check", value,
			   doubt ? psprintf("it %s; see confirm_clock()", doubt)
					 : "against the time since the machine was started, with billing preloaded");
}

static void
put_ahead(ReturnSetInfo *result, TimestampTz latest)
{
	char *furthest;
	int64 count = report_ahead(latest, &furthest);

	put_status(result, "instants in the future",
			   psprintf(INT64_FORMAT "%s", count, count == REPORT_AHEAD_MAX ? " or more" : ""),
			   furthest ? psprintf("%s: see verify()", furthest)
						: "of usage and of what was set lately; verify() looks at all");
}

PG_FUNCTION_INFO_V1(billing_status);
Datum
billing_status(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz latest;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	put_status(result, "library version", BILLING_VERSION, "of the loaded billing.so");
	put_status(result, "schema version", psprintf("%d", SCHEMA_VERSION), "of the tables");
	put_status(result, "clock offset", psprintf("%d s", clock_offset_s()),
			   "billing.clock_offset; anything but 0 is for tests");
	put_settler(result);
	scope_open_to_scan(&scope);
	put_clock(result);
	latest = moment_latest();
	put_ahead(result, latest);
	report_status(latest, result);
	put_status(result, "price fingerprint", report_price_fingerprint(),
			   "the same in every database that has the same prices");
	scope_close(&scope);
	return (Datum) 0;
}

/* Appends a complaint to those there are. */
static void
complain(StringInfo complaints, const char *complaint)
{
	appendStringInfo(complaints, "%s%s", complaints->len > 0 ? "; " : "", complaint);
}

/* What is wrong with settling: usage that has waited for too long, or for nobody. */
static void
check_settler(StringInfo complaints, int64 tolerance_us)
{
	WorkerState state;
	SettlerReport report = wake_read_report(MyDatabaseId);
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz since;

	if (!wake_is_available())
	{
		/* Nobody knows since when it waits; when its calls started is a hint. */
		if (inbox_has_older(clock_now() - tolerance_us))
			complain(complaints, "there is metered usage that nobody has settled");
		return;
	}
	(void) wake_read(MyDatabaseId, WORKER_SETTLER, &state);
	since = state.looking_since ? state.looking_since : state.pending_since;
	if (since != 0 && now - since > tolerance_us)
		complain(complaints, psprintf("metered usage has not been settled for %d s",
									  (int) ((now - since) / USECS_PER_SEC)));
	if (report.left_since != 0 && now - report.left_since > tolerance_us)
		complain(complaints, psprintf("usage of accounts that somebody holds has waited for %d s",
									  (int) ((now - report.left_since) / USECS_PER_SEC)));
	if (report.failed_since != 0 && now - report.failed_since > tolerance_us)
		complain(complaints,
				 psprintf("the booking of " INT64_FORMAT " rows of usage fails since %s",
						  report.rows_failed, timestamptz_to_str(report.failed_since)));
	if (state.pid == 0 && state.paused_until <= now && !inbox_is_empty())
		complain(complaints, "there is metered usage and no settler runs");
}

/* Usage that somebody has to look after: set aside, or without a price. */
static void
check_usage(StringInfo complaints, int64 tolerance_us)
{
	TimestampTz before = clock_now() - tolerance_us;
	int64 set_aside = set_aside_waiting(before);
	int64 unpriced = usage_unpriced(before);

	if (set_aside > 0)
		complain(complaints, psprintf(INT64_FORMAT "%s rows of usage are set aside", set_aside,
									  set_aside == WAITING_COUNT_MAX ? " or more" : ""));
	if (unpriced > 0)
		complain(complaints, psprintf(INT64_FORMAT "%s events have no price", unpriced,
									  unpriced == WAITING_COUNT_MAX ? " or more" : ""));
}

static void
check_parking(StringInfo complaints, WorkerKind kind)
{
	const char *name = wake_kind_name(kind);
	int64 parked = parking_count(name);

	if (crash_mark_read(MyDatabaseId, name).state == MARK_PARKED)
		complain(complaints, psprintf("the %s is parked after a crash", name));
	else if (parked > 0)
		complain(complaints, psprintf(INT64_FORMAT " accounts are parked after a crash", parked));
}

/* Calls of gateways that nobody makes, or that wait for a person. */
static void
check_gateways(StringInfo complaints, int64 tolerance_us)
{
	TimestampTz before = clock_now() - tolerance_us;
	int64 parked = gateway_call_count_parked(before);
	int64 late = gateway_call_count_late(before);

	if (parked > 0)
		complain(complaints, psprintf(INT64_FORMAT " calls of gateways are parked", parked));
	if (late > 0)
		complain(complaints,
				 psprintf(INT64_FORMAT " calls of gateways are not made: are they armed, and does "
									   "the worker run?",
						  late));
}

static void
check_clock(StringInfo complaints)
{
	const char *doubt = moment_doubt();

	if (doubt)
		complain(complaints, psprintf("the server's clock is not believed: it %s", doubt));
}

/* What a clock dated that was ahead: nothing can be booked, or priced, before it. */
static void
check_ahead(StringInfo complaints)
{
	char *furthest;

	if (report_ahead(moment_latest(), &furthest) > 0)
		complain(complaints,
				 psprintf("%s, which is in the future: verify() shows what else is", furthest));
}

/* Papers overseas that get no number. */
static void
check_numbers(StringInfo complaints, int64 tolerance_us)
{
	int64 late = invoice_series_count_late(clock_now() - tolerance_us);

	if (late > 0)
		complain(
			complaints,
			psprintf(INT64_FORMAT " invoices overseas have no number: attention says why", late));
}

PG_FUNCTION_INFO_V1(billing_check_health);
Datum
billing_check_health(PG_FUNCTION_ARGS)
{
	int64 tolerance_us = arg_duration(fcinfo, 0, "tolerance", LIMIT_TOLERANCE);
	StringInfoData complaints;
	Scope scope;

	initStringInfo(&complaints);
	scope_open(&scope);
	check_clock(&complaints);
	check_ahead(&complaints);
	check_settler(&complaints, tolerance_us);
	check_usage(&complaints, tolerance_us);
	check_gateways(&complaints, tolerance_us);
	check_numbers(&complaints, tolerance_us);
	for (int i = 0; i < WORKER_KINDS; i++)
		check_parking(&complaints, (WorkerKind) i);
	if (partition_default_has_rows(DT_NOEND))
		complain(&complaints, "usage_event_default is not empty");
	scope_close(&scope);
	if (complaints.len > 0)
		refuse(ERROR_UNHEALTHY, complaints.data);
	PG_RETURN_VOID();
}

/* Answers with the rows of a report. */
static Datum
return_report(FunctionCallInfo fcinfo, void (*report)(ReturnSetInfo *result))
{
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open_to_scan(&scope);
	report((ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(billing_unsettled_usage);
Datum
billing_unsettled_usage(PG_FUNCTION_ARGS)
{
	return return_report(fcinfo, report_unsettled_usage);
}

PG_FUNCTION_INFO_V1(billing_unpriced_usage);
Datum
billing_unpriced_usage(PG_FUNCTION_ARGS)
{
	return return_report(fcinfo, report_unpriced_usage);
}

PG_FUNCTION_INFO_V1(billing_attention);
Datum
billing_attention(PG_FUNCTION_ARGS)
{
	return return_report(fcinfo, report_attention);
}

PG_FUNCTION_INFO_V1(billing_awaiting_second);
Datum
billing_awaiting_second(PG_FUNCTION_ARGS)
{
	return return_report(fcinfo, report_awaiting_second);
}

PG_FUNCTION_INFO_V1(billing_account_references);
Datum
billing_account_references(PG_FUNCTION_ARGS)
{
	return return_report(fcinfo, report_account_references);
}

PG_FUNCTION_INFO_V1(billing_price_fingerprint);
Datum
billing_price_fingerprint(PG_FUNCTION_ARGS)
{
	Datum fingerprint;
	Scope scope;

	scope_open_to_scan(&scope);
	fingerprint = CStringGetTextDatum(report_price_fingerprint());
	return scope_close_with(&scope, fingerprint);
}

PG_FUNCTION_INFO_V1(billing_gateway_balance);
Datum
billing_gateway_balance(PG_FUNCTION_ARGS)
{
	return return_report(fcinfo, report_gateway_balances);
}

PG_FUNCTION_INFO_V1(billing_reconciled_day);
Datum
billing_reconciled_day(PG_FUNCTION_ARGS)
{
	return return_report(fcinfo, report_reconciled_days);
}
