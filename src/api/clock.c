/*-------------------------------------------------------------------------
 *
 * clock.c
 *	  confirm_clock() and repair_clock().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/result.h"
#include "booking/clock_repair.h"
#include "booking/moment.h"
#include "clock_watch.h"
#include "errors.h"
#include "spi/nano.h"
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

static void
audit_repair(const ClockRepair *repair)
{
	AuditLine line = {.account_id = repair->account_id,
					  .action = "repair_clock",
					  .object = psprintf("entries up to " INT64_FORMAT, repair->last_entry_no),
					  .old_value = pstrdup(timestamptz_to_str(repair->booked_until)),
					  .new_value = pstrdup(timestamptz_to_str(repair->corrected_at)),
					  .actor = repair->actor,
					  .reason = repair->reason};

	audit_insert(&line);
}

PG_FUNCTION_INFO_V1(billing_repair_clock);
Datum
billing_repair_clock(PG_FUNCTION_ARGS)
{
	ClockRepair repair = {.account_id = arg_account_id(fcinfo),
						  .reason = arg_text(fcinfo, 1, "reason", REASON_BYTES_MAX),
						  .actor = arg_actor(fcinfo, 2)};
	bool nulls[4] = {false};
	int64 bonus_nano;
	Scope scope;

	if (!superuser())
		refuse(ERROR_NOT_SUPERUSER, "repair_clock()");
	scope_open(&scope);
	bonus_nano = clock_repair_book(&repair);
	audit_repair(&repair);
	scope_close(&scope);

	Datum values[] = {Int64GetDatum(repair.last_entry_no), TimestampTzGetDatum(repair.booked_until),
					  TimestampTzGetDatum(repair.corrected_at), nano_datum(bonus_nano)};

	return result_row(fcinfo, values, nulls);
}
