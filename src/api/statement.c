/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  The account's statement for a period, as CSV and as a document.
 *
 * What a document says is read before the account is held: that may take
 * seconds, in which others charge. What was booked meanwhile and belongs to the
 * period is read under the hold.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/idempotent_call.h"
#include "api/result.h"
#include "booking/booking.h"
#include "clock.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/account_range_store.h"
#include "store/account_statement_store.h"
#include "store/document_store.h"
#include "wake.h"

#define PERIOD_DAYS_MAX 366
#define CSV_ENTRIES_MAX 100000

/* ---- periods ------------------------------------------------------------------- */

static TimestampTz
arg_bound(FunctionCallInfo fcinfo, int index, const char *name)
{
	if (PG_ARGISNULL(index))
		refuse(ERROR_NULL_ARGUMENT, name);
	return arg_instant(fcinfo, index, name, DT_NOBEGIN);
}

static void
check_period(TimestampTz from, TimestampTz to, TimestampTz now)
{
	if (to > now)
		refuse(ERROR_OUT_OF_RANGE, "to", "not later than now", timestamptz_to_str(to));
	if (from >= to)
		refuse(ERROR_OUT_OF_RANGE, "from", "before to", timestamptz_to_str(from));
	if (to - from > PERIOD_DAYS_MAX * USECS_PER_DAY)
		refuse(ERROR_OUT_OF_RANGE, "from", psprintf("within %d days before to", PERIOD_DAYS_MAX),
			   timestamptz_to_str(from));
}

/* ---- CSV ------------------------------------------------------------------------- */

PG_FUNCTION_INFO_V1(billing_statement_csv);
Datum
billing_statement_csv(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	TimestampTz from = arg_bound(fcinfo, 1, "from");
	TimestampTz to = arg_bound(fcinfo, 2, "to");
	Scope scope;
	char *csv;

	check_period(from, to, clock_statement());
	scope_open(&scope);
	if (!account_exists(account_id))
		account_range_refuse(account_id);
	csv = account_statement_csv(account_id, from, to, CSV_ENTRIES_MAX);
	if (csv == NULL)
		refuse(ERROR_STATEMENT, account_id,
			   psprintf("it has more than %d entries", CSV_ENTRIES_MAX));
	return scope_close_with(&scope, CStringGetTextDatum(csv));
}

/* ---- documents ------------------------------------------------------------------- */

static void
check_says(const AccountStatement *statement)
{
	if (!statement->has_seller)
		refuse(ERROR_STATEMENT, statement->account_id, "its region has no seller");
	if (statement->says == NULL)
		refuse(ERROR_STATEMENT, statement->account_id,
			   psprintf("it has " INT64_FORMAT " lines, %d at the most", statement->lines,
						STATEMENT_LINES_MAX));
}

/* Stores one whose account is held, and has it drawn. */
static void
request(AccountStatement *statement, TimestampTz at)
{
	if (account_statement_is_behind(statement))
		account_statement_read(statement);
	check_says(statement);
	account_statement_insert(statement);
	document_insert(statement->account_id, DOCUMENT_OF_STATEMENT, statement->statement_no, at);
	wake_at_commit(WORKER_CLERK);
}

static Datum
request_row(FunctionCallInfo fcinfo, const AccountStatement *statement)
{
	const char *state = lifecycle_state_name(&lifecycle_document, DOCUMENT_RENDERING);
	Datum values[] = {Int64GetDatum(statement->statement_no), CStringGetTextDatum(state),
					  BoolGetDatum(false)};
	bool nulls[3] = {0};

	return result_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(billing_request_statement);
Datum
billing_request_statement(PG_FUNCTION_ARGS)
{
	IdempotentCall call = idempotent_call_read(fcinfo, "request_statement", 3, -1, -1);
	AccountStatement statement = {.account_id = arg_customer_id(fcinfo),
								  .from = arg_bound(fcinfo, 1, "from"),
								  .to = arg_bound(fcinfo, 2, "to"),
								  .requested_at = clock_now()};
	Booking booking;
	Scope scope;
	Datum row;

	check_period(statement.from, statement.to, statement.requested_at);
	scope_open(&scope);
	if (!account_exists(statement.account_id))
		account_range_refuse(statement.account_id);
	account_statement_read(&statement);
	booking_begin(&booking, statement.account_id);
	if (idempotent_call_begin(fcinfo, &call, &row))
		return scope_close_with(&scope, row);
	request(&statement, booking.at);
	booking_finish_unmoved(&booking);
	row = request_row(fcinfo, &statement);
	idempotent_call_end(fcinfo, &call, row);
	return scope_close_with(&scope, row);
}

PG_FUNCTION_INFO_V1(billing_statement_document);
Datum
billing_statement_document(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 statement_no = arg_int64(fcinfo, 1, "statement_no");
	Document document;
	bool has_pdf;
	Scope scope;
	Datum pdf;

	scope_open(&scope);
	if (!document_look(account_id, DOCUMENT_OF_STATEMENT, statement_no, &document))
		refuse(ERROR_STATEMENT_UNKNOWN, account_id, statement_no);
	if (document.state == DOCUMENT_FAILED)
		refuse(ERROR_STATEMENT_FAILED, statement_no, account_id, document.fault);
	has_pdf = document_pdf(account_id, DOCUMENT_OF_STATEMENT, statement_no, sql_read, &pdf);
	if (has_pdf && toast_raw_datum_size(pdf) == VARHDRSZ)
		refuse(ERROR_STATEMENT_ERASED, statement_no, account_id);
	if (has_pdf)
		return scope_close_with(&scope, pdf);
	scope_close(&scope);
	PG_RETURN_NULL();
}

PG_FUNCTION_INFO_V1(billing_statements);
Datum
billing_statements(PG_FUNCTION_ARGS)
{
	return result_of_account(fcinfo, arg_customer_id(fcinfo), account_statement_report);
}
