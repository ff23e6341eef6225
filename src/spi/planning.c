/*-------------------------------------------------------------------------
 *
 * planning.c
 *	  The planner's switches, turned for the moment in which it plans.
 *
 * Setting them by name at each call would cost more than reading an account.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "jit/jit.h"
#include "optimizer/cost.h"
#include "optimizer/planner.h"
#include "utils/memutils.h"

#include "spi/planning.h"

/* The planner's own. */
typedef struct Switches
{
	bool jit;
	bool seqscan;
	bool bitmapscan;
	bool sort;
	bool incremental_sort;
	bool nestloop;
	bool hashjoin;
	bool mergejoin;
} Switches;

static Planning current = PLAN_AS_SET;

/* What held when the open subtransactions began, by their depth. */
static Planning *outer = NULL;
static int outer_capacity = 0;

static planner_hook_type next_planner = NULL;

static Switches
read_switches(void)
{
	return (Switches){jit_enabled,	   enable_seqscan,			enable_bitmapscan,
					  enable_sort,	   enable_incremental_sort, enable_nestloop,
					  enable_hashjoin, enable_mergejoin};
}

static void
turn(const Switches *switches)
{
	jit_enabled = switches->jit;
	enable_seqscan = switches->seqscan;
	enable_bitmapscan = switches->bitmapscan;
	enable_sort = switches->sort;
	enable_incremental_sort = switches->incremental_sort;
	enable_nestloop = switches->nestloop;
	enable_hashjoin = switches->hashjoin;
	enable_mergejoin = switches->mergejoin;
}

/*
 * What looks dear would be compiled, which takes seconds and saves less. A plan by statistics that
 * was made while a table was small would read all of it under somebody's hold; one that sorts reads
 * all of an account first. A statement that has no index to go by is not affected.
 */
static Switches
switches_of(Planning planning, Switches switches)
{
	bool by_indexes = planning == PLAN_BY_INDEXES || planning == PLAN_BY_ORDER;

	switches.jit = false;
	if (planning != PLAN_TO_SCAN)
		switches.seqscan = false;
	if (planning == PLAN_TO_LOOK)
		switches.nestloop = false;
	if (by_indexes)
		switches.hashjoin = switches.mergejoin = false;
	if (planning == PLAN_BY_ORDER)
	{
		switches.sort = switches.bitmapscan = false;
		switches.incremental_sort = true;
	}
	return switches;
}

static PlannedStmt *
plan_next(Query *query, const char *text, int options, ParamListInfo parameters)
{
	return next_planner ? next_planner(query, text, options, parameters)
						: standard_planner(query, text, options, parameters);
}

static PlannedStmt *
plan(Query *query, const char *text, int options, ParamListInfo parameters)
{
	Switches before = read_switches();
	Switches wanted = switches_of(current, before);
	PlannedStmt *volatile planned;

	if (current == PLAN_AS_SET)
		return plan_next(query, text, options, parameters);
	turn(&wanted);
	PG_TRY();
	{
		planned = plan_next(query, text, options, parameters);
	}
	PG_FINALLY();
	{
		turn(&before);
	}
	PG_END_TRY();
	return planned;
}

static void
at_transaction_end(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_ABORT)
		current = PLAN_AS_SET;
}

static void
remember(int depth)
{
	while (depth >= outer_capacity)
	{
		outer_capacity = Max(outer_capacity * 2, 16);
		outer = outer ? repalloc(outer, outer_capacity * sizeof(Planning))
					  : MemoryContextAlloc(TopMemoryContext, outer_capacity * sizeof(Planning));
	}
	outer[depth] = current;
}

static void
at_subtransaction(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *argument)
{
	int depth = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_START_SUB)
		remember(depth);
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
