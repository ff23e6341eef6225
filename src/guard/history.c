/*-------------------------------------------------------------------------
 *
 * history.c
 *	  history_guard(): what was booked stays as it is.
 *
 * Which changes a trigger is fired for, its definition says (see
 * store/schema_store.c); this function refuses them all. forget_cached() tells
 * the backends that a table they remember has changed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/rel.h"

#include "errors.h"
#include "guard/history.h"

static bool allow_history_change = false;

void
history_init(void)
{
	DefineCustomBoolVariable("billing.allow_history_change", "Lets history be changed.",
							 "For repairs under supervision; each change is logged.",
							 &allow_history_change, false, PGC_SUSET, 0, NULL, NULL, NULL);
}

static const char *
command_name(TriggerEvent event)
{
	if (TRIGGER_FIRED_BY_UPDATE(event))
		return "update";
	return TRIGGER_FIRED_BY_DELETE(event) ? "delete" : "truncate";
}

PG_FUNCTION_INFO_V1(billing_history_guard);
Datum
billing_history_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	const char *table;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event))
		refuse(ERROR_INTERNAL, "history_guard() is no BEFORE trigger here");
	table = RelationGetRelationName(trigger->tg_relation);
	if (!allow_history_change)
		refuse(ERROR_HISTORY, command_name(trigger->tg_event), table);
	ereport(LOG, (errmsg("history changed: %s of table \"%s\" under "
						 "billing.allow_history_change",
						 command_name(trigger->tg_event), table)));
	if (TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event))
		return PointerGetDatum(NULL);
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple
																	  : trigger->tg_trigtuple);
}

PG_FUNCTION_INFO_V1(billing_forget_cached);
Datum
billing_forget_cached(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event))
		refuse(ERROR_INTERNAL, "forget_cached() is no statement trigger here");
	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(NULL);
}
