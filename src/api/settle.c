/*-------------------------------------------------------------------------
 *
 * settle.c
 *	  settle().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/arguments.h"
#include "booking/settle.h"
#include "spi/scope.h"
#include "spi/subscriber.h"

PG_FUNCTION_INFO_V1(billing_settle);
Datum
billing_settle(PG_FUNCTION_ARGS)
{
	int64 events_max = PG_ARGISNULL(0) ? SETTLE_EVENTS_MAX
									   : arg_count(fcinfo, 0, "max_events", LIMIT_SETTLE_EVENTS);
	int64 settled;
	Scope scope;

	scope_open(&scope);
	subscriber_check_none();
	settled = settle_all(events_max);
	scope_close(&scope);
	PG_RETURN_INT64(settled);
}
