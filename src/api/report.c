/*-------------------------------------------------------------------------
 *
 * report.c
 *	  statement() and balance_at(): an account's past.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/result.h"
#include "clock.h"
#include "errors.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "store/account_range_store.h"
#include "store/account_store.h"
#include "store/report_store.h"

static void
check_account(int64 account_id)
{
	Account account;

	if (!account_read(account_id, &account))
		account_range_refuse(account_id);
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
