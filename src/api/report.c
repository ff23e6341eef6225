/*-------------------------------------------------------------------------
 *
 * report.c
 *	  statement(), balance_at(), verify() and status().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/result.h"
#include "clock.h"
#include "errors.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "store/account_store.h"
#include "store/report_store.h"
#include "store/verify_store.h"
#include "wake.h"

static void
check_account(int64 account_id)
{
	Account account;

	if (!account_read(account_id, &account))
		refuse(ERROR_ACCOUNT_UNKNOWN, account_id);
}

PG_FUNCTION_INFO_V1(billing_statement);
Datum
billing_statement(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_account_id(fcinfo);
	TimestampTz from = arg_instant(fcinfo, 1, "from", DT_NOBEGIN);
	TimestampTz to = arg_instant(fcinfo, 2, "to", DT_NOEND);
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	check_account(account_id);
	report_statement(account_id, from, to, (ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(billing_balance_at);
Datum
billing_balance_at(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_account_id(fcinfo);
	TimestampTz at = arg_instant(fcinfo, 1, "at", clock_statement());
	int64 cash_nano;
	int64 bonus_nano;
	int64 arrears_nano;
	Scope scope;

	scope_open(&scope);
	check_account(account_id);
	report_balance_at(account_id, at, &cash_nano, &bonus_nano, &arrears_nano);
	scope_close(&scope);

	Datum values[] = {nano_datum(cash_nano), nano_datum(bonus_nano), nano_datum(arrears_nano),
					  nano_datum(cash_nano + bonus_nano - arrears_nano)};
	bool nulls[4] = {0};

	return result_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(billing_verify);
Datum
billing_verify(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	verify_books(result);
	verify_guards(result);
	scope_close(&scope);
	return (Datum) 0;
}

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
	SettlerState state = {0};
	const char *detail = "in the background; without it call settle()";

	(void) wake_read(MyDatabaseId, &state);
	if (state.settled_at != 0)
		detail = psprintf("pid %d, " INT64_FORMAT
						  " events since %s, the last %d ms after their commit",
						  (int) state.pid, state.events_total, timestamptz_to_str(state.started_at),
						  (int) (state.settled_lag_us / 1000));
	put_status(result, "settler", wake_status_name(&state), detail);
}

PG_FUNCTION_INFO_V1(billing_status);
Datum
billing_status(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	put_status(result, "library version", BILLING_VERSION, "of the loaded billing.so");
	put_status(result, "schema version", psprintf("%d", SCHEMA_VERSION), "of the tables");
	put_status(result, "clock offset", psprintf("%d s", clock_offset_s()),
			   "billing.clock_offset; anything but 0 is for tests");
	put_settler(result);
	scope_open(&scope);
	report_status(result);
	scope_close(&scope);
	return (Datum) 0;
}
