/*-------------------------------------------------------------------------
 *
 * clock.c
 *	  confirm_clock().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "booking/moment.h"
#include "clock_watch.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/audit_store.h"

PG_FUNCTION_INFO_V1(billing_confirm_clock);
Datum
billing_confirm_clock(PG_FUNCTION_ARGS)
{
	AuditLine line = {.action = "confirm_clock",
					  .object = "the server's clock",
					  .reason = arg_text(fcinfo, 0, "reason", REASON_BYTES_MAX),
					  .actor = arg_actor(fcinfo, 1)};
	ClockWatch watch = clock_watch_read(GetCurrentTimestamp());
	Scope scope;

	if (!superuser())
		refuse(ERROR_NOT_SUPERUSER, "confirm_clock()");
	scope_open(&scope);
	line.old_value = moment_doubt_of(&watch);
	if (line.old_value)
	{
		audit_insert(&line);
		clock_watch_confirm(&watch);
	}
	scope_close(&scope);
	PG_RETURN_BOOL(line.old_value != NULL);
}
