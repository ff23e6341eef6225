/*-------------------------------------------------------------------------
 *
 * row_leaf.c
 *	  Routing, as COPY and logical replication ask the executor for it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/execPartition.h"
#include "executor/executor.h"

#include "compat.h"
#include "rows/row_check.h"
#include "rows/row_leaf.h"

static ModifyTableState *
make_work(const RowWrite *write)
{
	ModifyTableState *work = makeNode(ModifyTableState);

	work->ps.state = write->state;
	work->operation = write->command;
	work->mt_nrels = 1;
	work->resultRelInfo = write->target;
	work->rootResultRelInfo = write->target;
	return work;
}

static void
begin_routing(RowWrite *write)
{
	MemoryContext caller_context = MemoryContextSwitchTo(write->state->es_query_cxt);

	write->work = make_work(write);
	write->routing = ExecSetupPartitionTupleRouting(write->state, write->in.relation);
	MemoryContextSwitchTo(caller_context);
}

ResultRelInfo *
row_leaf_find(RowWrite *write, TupleTableSlot **row)
{
	TupleConversionMap *map;
	ResultRelInfo *leaf;

	if (write->routing == NULL)
		begin_routing(write);
	leaf = ExecFindPartition(write->work, write->target, write->routing, *row, write->state);
	row_check_leaf(leaf->ri_RelationDesc);
	map = result_map_of_leaf(leaf, write->state);
	if (map)
		*row = execute_attr_map_slot(map->attrMap, *row, leaf->ri_PartitionTupleSlot);
	return leaf;
}
