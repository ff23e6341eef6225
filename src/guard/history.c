/*-------------------------------------------------------------------------
 *
 * history.c
 *	  history_guard(): what was booked stays as it is.
 *
 * Which changes a trigger is fired for, its definition says (see
 * store/schema_store.c); this function refuses them all, but for an update that
 * sets, once, the columns that the trigger names, or leaves those that it is of
 * as they are, or erases contact data (guard/erasing). forget_cached() tells the backends that a
 *table they remember has changed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/rel.h"

#include "errors.h"
#include "guard/erasing.h"
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

/* True where the trigger names that column as one that may be set. */
static bool
may_be_set(const Trigger *trigger, const char *column)
{
	for (int i = 0; i < trigger->tgnargs; i++)
		if (strcmp(trigger->tgargs[i], column) == 0)
			return true;
	return false;
}

static bool
column_is_unchanged(const TriggerData *trigger, TupleDesc descriptor, int column)
{
	Form_pg_attribute attribute = TupleDescAttr(descriptor, column - 1);
	bool old_is_null;
	bool new_is_null;
	Datum old_value = heap_getattr(trigger->tg_trigtuple, column, descriptor, &old_is_null);
	Datum new_value = heap_getattr(trigger->tg_newtuple, column, descriptor, &new_is_null);

	if (attribute->attisdropped || (old_is_null && new_is_null))
		return true;
	return old_is_null == new_is_null &&
		   datumIsEqual(old_value, new_value, attribute->attbyval, attribute->attlen);
}

int
history_column(TupleDesc descriptor, const char *name)
{
	for (int i = 0; i < descriptor->natts; i++)
		if (namestrcmp(&TupleDescAttr(descriptor, i)->attname, name) == 0)
			return i + 1;
	return 0;
}

/*
 * True where the trigger is of some columns, and an update leaves them as they
 * are: what a subscription applies names all columns. Where it has an argument, one
 * that is null may be set.
 */
static bool
leaves_columns(const TriggerData *trigger)
{
	TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
	const Trigger *definition = trigger->tg_trigger;

	if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		definition->tgnattr == 0)
		return false;
	for (int i = 0; i < definition->tgnattr; i++)
		if (!column_is_unchanged(trigger, descriptor, definition->tgattr[i]) &&
			!erasing_allows(trigger, definition->tgattr[i]) &&
			(definition->tgnargs == 0 ||
			 !heap_attisnull(trigger->tg_trigtuple, definition->tgattr[i], descriptor)))
			return false;
	return true;
}

/* True where an update sets the trigger's columns for the first time, and no others. */
static bool
is_first_setting(const TriggerData *trigger)
{
	TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
	const Trigger *definition = trigger->tg_trigger;
	int first_column;

	if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		definition->tgnargs == 0)
		return false;
	first_column = history_column(descriptor, definition->tgargs[0]);
	if (first_column == 0 || !heap_attisnull(trigger->tg_trigtuple, first_column, descriptor) ||
		heap_attisnull(trigger->tg_newtuple, first_column, descriptor))
		return false;
	for (int column = 1; column <= descriptor->natts; column++)
		if (!may_be_set(definition, NameStr(TupleDescAttr(descriptor, column - 1)->attname)) &&
			!column_is_unchanged(trigger, descriptor, column))
			return false;
	return true;
}

/* True where an update erases contact data and changes nothing else. */
static bool
erases(const TriggerData *trigger)
{
	TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
	bool erases_any = false;

	if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		return false;
	for (int column = 1; column <= descriptor->natts; column++)
	{
		if (column_is_unchanged(trigger, descriptor, column))
			continue;
		if (!erasing_allows(trigger, column))
			return false;
		erases_any = true;
	}
	return erases_any;
}

bool
history_may_change(const TriggerData *trigger)
{
	if (allow_history_change)
		ereport(LOG, (errmsg("history changed: %s of table \"%s\" under "
							 "billing.allow_history_change",
							 command_name(trigger->tg_event),
							 RelationGetRelationName(trigger->tg_relation))));
	return allow_history_change;
}

/* The row that a BEFORE trigger lets pass. */
static Datum
pass(const TriggerData *trigger)
{
	if (TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event))
		return PointerGetDatum(NULL);
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple
																	  : trigger->tg_trigtuple);
}

PG_FUNCTION_INFO_V1(billing_history_guard);
Datum
billing_history_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event))
		refuse(ERROR_INTERNAL, "history_guard() is no BEFORE trigger here");
	if (!leaves_columns(trigger) && !is_first_setting(trigger) && !erases(trigger) &&
		!history_may_change(trigger))
		refuse(ERROR_HISTORY, command_name(trigger->tg_event),
			   RelationGetRelationName(trigger->tg_relation));
	return pass(trigger);
}

PG_FUNCTION_INFO_V1(billing_forget_cached);
Datum
billing_forget_cached(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		refuse(ERROR_INTERNAL, "forget_cached() is no trigger here");
	CacheInvalidateRelcache(trigger->tg_relation);
	return pass(trigger);
}
