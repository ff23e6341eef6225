/*-------------------------------------------------------------------------
 *
 * lifecycle.c
 *	  lifecycle_guard(): a state changes only along the tables of
 *	  books-and-states 4, whoever writes it.
 *
 * The trigger names the machine. Which other columns of the row may change, and
 * that it may not go, other guards say.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "core/lifecycle.h"
#include "errors.h"
#include "guard/history.h"

/* The text of a row's state; NULL where the table has none. */
static const char *
state_name(HeapTuple row, TupleDesc descriptor)
{
	int column = history_column(descriptor, "state");
	bool is_null;
	Datum value;

	if (column == 0 || TupleDescAttr(descriptor, column - 1)->atttypid != TEXTOID)
		return NULL;
	value = heap_getattr(row, column, descriptor, &is_null);
	return is_null ? NULL : TextDatumGetCString(value);
}

static bool
may_become(const Lifecycle *lifecycle, const char *from, const char *to)
{
	int from_state = lifecycle_state_from_name(lifecycle, from);
	int to_state = lifecycle_state_from_name(lifecycle, to);

	return from_state >= 0 && to_state >= 0 &&
		   (from_state == to_state || lifecycle_may_become(lifecycle, from_state, to_state));
}

PG_FUNCTION_INFO_V1(billing_lifecycle_guard);
Datum
billing_lifecycle_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc descriptor;
	const Lifecycle *lifecycle;
	const char *from;
	const char *to;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || !TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ||
		trigger->tg_trigger->tgnargs != 1 ||
		(lifecycle = lifecycle_from_name(trigger->tg_trigger->tgargs[0])) == NULL)
		refuse(ERROR_INTERNAL, "lifecycle_guard() is no BEFORE UPDATE trigger of a machine here");
	descriptor = RelationGetDescr(trigger->tg_relation);
	from = state_name(trigger->tg_trigtuple, descriptor);
	to = state_name(trigger->tg_newtuple, descriptor);
	if (from == NULL || to == NULL)
		refuse(ERROR_INTERNAL, "lifecycle_guard() is on a table without a state");
	if (!may_become(lifecycle, from, to) && !history_may_change(trigger))
		refuse(ERROR_LIFECYCLE, RelationGetRelationName(trigger->tg_relation), from, to);
	return PointerGetDatum(trigger->tg_newtuple);
}
