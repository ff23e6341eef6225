/*-------------------------------------------------------------------------
 *
 * planning.c
 *	  The planner's switches, turned for the moment in which it plans.
 *
 * To set them for as long as a call works would cost every call; plans are made once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "optimizer/planner.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "spi/planning.h"

static Planning current = PLAN_AS_SET;

/* What held when the open subtransactions began, by their depth. */
static Planning *outer = NULL;
static int outer_capacity = 0;

static planner_hook_type next_planner = NULL;

static void
set(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

/*
 * What looks dear would be compiled, which takes seconds and saves less. A plan by statistics that
 * was made while a table was small would read all of it under somebody's hold; one that sorts reads
 * all of an account first. A statement that has no index to go by is not affected.
 */
static void
turn_switches(Planning planning)
{
	set("jit", "off");
	if (planning != PLAN_TO_SCAN)
		set("enable_seqscan", "off");
	if (planning == PLAN_TO_LOOK)
		set("enable_nestloop", "off");
	if (planning == PLAN_BY_INDEXES || planning == PLAN_BY_ORDER)
	{
		set("enable_hashjoin", "off");
		set("enable_mergejoin", "off");
	}
	if (planning == PLAN_BY_ORDER)
	{
		set("enable_sort", "off");
		set("enable_bitmapscan", "off");
		set("enable_incremental_sort", "on");
	}
}

static PlannedStmt *
plan_next(Query *query, const char *text, int options, ParamListInfo parameters)
{
	return next_planner ? next_planner(query, text, options, parameters)
						: standard_planner(query, text, options, parameters);
}

/* An error in between undoes the settings with its transaction. */
static PlannedStmt *
plan(Query *query, const char *text, int options, ParamListInfo parameters)
{
	PlannedStmt *planned;
	int level;

	if (current == PLAN_AS_SET)
		return plan_next(query, text, options, parameters);
	level = NewGUCNestLevel();
	turn_switches(current);
	planned = plan_next(query, text, options, parameters);
	AtEOXact_GUC(false, level);
	return planned;
}

static void
at_transaction_end(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_COMMIT)
		current = PLAN_AS_SET;
}

/* Nothing held when those began that were open before the library was loaded. */
static void
make_room(int depth)
{
	int capacity = Max(outer_capacity * 2, depth + 16);

	if (depth < outer_capacity)
		return;
	outer = outer ? repalloc(outer, capacity * sizeof(Planning))
				  : MemoryContextAlloc(TopMemoryContext, capacity * sizeof(Planning));
	while (outer_capacity < capacity)
		outer[outer_capacity++] = PLAN_AS_SET;
}

static void
at_subtransaction(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *argument)
{
	int depth = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_START_SUB)
	{
		make_room(depth);
		outer[depth] = current;
	}
	else if (event == SUBXACT_EVENT_ABORT_SUB)
		current = depth < outer_capacity ? outer[depth] : PLAN_AS_SET;
}

void
planning_init(void)
{
	next_planner = planner_hook;
	planner_hook = plan;
	RegisterXactCallback(at_transaction_end, NULL);
	RegisterSubXactCallback(at_subtransaction, NULL);
}

Planning
planning_set(Planning planning)
{
	Planning before = current;

	current = planning;
	return before;
}
