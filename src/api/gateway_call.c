/*-------------------------------------------------------------------------
 *
 * gateway_call.c
 *	  Calls that were parked, sent again; and what is known of a payment.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "booking/calling.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/audit_store.h"
#include "store/gateway_store.h"
#include "store/report_store.h"
#include "wake.h"

PG_FUNCTION_INFO_V1(billing_retry_gateway_call);
Datum
billing_retry_gateway_call(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_account_id(fcinfo);
	int64 call_id = arg_int64(fcinfo, 1, "call_id");
	AuditLine line = {.account_id = account_id,
					  .action = "retry_gateway_call",
					  .object = psprintf("call " INT64_FORMAT, call_id),
					  .actor = arg_actor(fcinfo, 2),
					  .reason = arg_reason(fcinfo, 3)};
	Scope scope;

	scope_open(&scope);
	calling_retry(account_id, call_id);
	audit_insert(&line);
	scope_close(&scope);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(billing_retry_gateway_calls);
Datum
billing_retry_gateway_calls(PG_FUNCTION_ARGS)
{
	AuditLine line = {.action = "retry_gateway_calls",
					  .object = arg_text(fcinfo, 0, "gateway", VALUE_BYTES_MAX),
					  .actor = arg_actor(fcinfo, 1),
					  .reason = arg_reason(fcinfo, 2)};
	Gateway gateway;
	int64 count;
	Scope scope;

	scope_open(&scope);
	if (!gateway_find(line.object, sql_run, &gateway))
		refuse(ERROR_GATEWAY_UNKNOWN, "gateway", line.object);
	count = calling_retry_free(line.object);
	line.new_value = psprintf(INT64_FORMAT " calls", count);
	if (count > 0)
		audit_insert(&line);
	scope_close(&scope);
	wake_at_commit(WORKER_GATEWAY); /* whoever asks wants it to look, also where none is parked */
	PG_RETURN_INT64(count);
}

PG_FUNCTION_INFO_V1(billing_find_payment);
Datum
billing_find_payment(PG_FUNCTION_ARGS)
{
	char *gateway = arg_text_or_null(fcinfo, 0, "gateway", VALUE_BYTES_MAX);
	char *number = arg_text(fcinfo, 1, "number", IDENTIFIER_BYTES_MAX);
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	report_find_payment(gateway, number, (ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}
