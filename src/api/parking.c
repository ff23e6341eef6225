/*-------------------------------------------------------------------------
 *
 * parking.c
 *	  unpark().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "api/arguments.h"
#include "clock.h"
#include "crash_mark.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/audit_store.h"
#include "store/parking_store.h"
#include "wake.h"

PG_FUNCTION_INFO_V1(billing_unpark);
Datum
billing_unpark(PG_FUNCTION_ARGS)
{
	int64 account_id = PG_ARGISNULL(0) ? PARKED_WORKER : arg_account_id(fcinfo);
	char *reason = arg_text(fcinfo, 1, "reason", REASON_BYTES_MAX);
	char *actor = arg_actor(fcinfo, 2);
	char *worker = arg_text(fcinfo, 3, "worker", VALUE_BYTES_MAX);
	WorkerKind kind;
	bool was_parked;
	Scope scope;

	if (!wake_kind_from_name(worker, &kind))
		refuse(ERROR_INVALID_VALUE, "worker", worker);
	scope_open(&scope);
	was_parked = parking_end(worker, account_id, clock_now(), actor, reason);
	/* The mark decides whether the worker starts; a row of it may be missing. */
	if (account_id == PARKED_WORKER && crash_mark_unpark(MyDatabaseId, worker))
		was_parked = true;
	if (was_parked)
		audit_insert(&(AuditLine){.account_id = account_id,
								  .action = "unpark",
								  .object = psprintf("worker %s", worker),
								  .actor = actor,
								  .reason = reason});
	scope_close(&scope);
	if (wake_is_available())
		wake_supervisor();
	PG_RETURN_BOOL(was_parked);
}
