/*-------------------------------------------------------------------------
 *
 * inbox.c
 *	  wake_settler(): what every statement that fills the inbox does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/trigger.h"
#include "fmgr.h"

#include "errors.h"
#include "wake.h"

PG_FUNCTION_INFO_V1(billing_wake_settler);
Datum
billing_wake_settler(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event))
		refuse(ERROR_INTERNAL, "wake_settler() is no statement trigger here");
	/* What is accepted is on disk, whatever synchronous_commit says. */
	ForceSyncCommit();
	wake_at_commit(WORKER_SETTLER);
	return PointerGetDatum(NULL);
}
