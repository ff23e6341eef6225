/*-------------------------------------------------------------------------
 *
 * working_day.c
 *	  set_working_day(): the operators' calendar, by which refunds grow old.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/arguments.h"
#include "errors.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/audit_store.h"
#include "store/working_day_store.h"

PG_FUNCTION_INFO_V1(billing_set_working_day);
Datum
billing_set_working_day(PG_FUNCTION_ARGS)
{
	AuditLine line = {.action = "set_working_day",
					  .actor = arg_actor(fcinfo, 2),
					  .reason = arg_reason(fcinfo, 3)};
	char day[ARG_DAY_SIZE];
	Scope scope;

	if (!arg_day(fcinfo, 0, day))
		refuse(ERROR_NULL_ARGUMENT, "day");
	line.object = day;
	if (!PG_ARGISNULL(1))
		line.new_value = PG_GETARG_BOOL(1) ? "working" : "holiday";
	scope_open(&scope);
	subscriber_check_none();
	if (PG_ARGISNULL(1))
		working_day_unset(PG_GETARG_DATUM(0));
	else
		working_day_set(PG_GETARG_DATUM(0), PG_GETARG_BOOL(1));
	audit_insert(&line);
	scope_close(&scope);
	PG_RETURN_VOID();
}
