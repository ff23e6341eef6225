/*-------------------------------------------------------------------------
 *
 * journal.c
 *	  journal(): the ledger summed up, for accountants.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"

#include "api/arguments.h"
#include "spi/scope.h"
#include "store/report_store.h"

PG_FUNCTION_INFO_V1(billing_journal);
Datum
billing_journal(PG_FUNCTION_ARGS)
{
	TimestampTz from = arg_instant(fcinfo, 0, "from", DT_NOBEGIN);
	TimestampTz to = arg_instant(fcinfo, 1, "to", DT_NOEND);
	const char *by = arg_word_of(fcinfo, 2, "by", "day", "month");
	const char *time_zone = arg_time_zone_or_null(fcinfo, 3);
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open_to_scan(&scope);
	report_journal(from, to, by, time_zone ? time_zone : "UTC",
				   (ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}
