/*-------------------------------------------------------------------------
 *
 * row_write.c
 *	  One command's state.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "miscadmin.h"
#include "tcop/cmdtag.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "rows/row_check.h"
#include "rows/row_snapshot.h"
#include "rows/row_write.h"

static void
make_state(RowWrite *write, const RowRights *rights)
{
	EState *state = write->state;

	range_table_init(state, rights->range_table, rights->infos);
	state->es_snapshot = GetActiveSnapshot();
	state->es_output_cid = GetCurrentCommandId(true);
	write->target = makeNode(ResultRelInfo);
	ExecInitResultRelation(state, write->target, 1);
	result_check(write->target, write->command);
}

static void
open_state(RowWrite *write, RowColumns columns)
{
	RowRights rights;

	write->state = CreateExecutorState();
	write->caller_context = MemoryContextSwitchTo(write->state->es_query_cxt);
	rights = row_rights_check_write(&write->in, write->command, columns);
	make_state(write, &rights);
}

static CommandTag
tag_of(CmdType command)
{
	switch (command)
	{
		case CMD_INSERT:
			return CMDTAG_INSERT;
		case CMD_UPDATE:
			return CMDTAG_UPDATE;
		default:
			return CMDTAG_DELETE;
	}
}

static void
fire_before(RowWrite *write)
{
	switch (write->command)
	{
		case CMD_INSERT:
			ExecBSInsertTriggers(write->state, write->target);
			break;
		case CMD_UPDATE:
			ExecBSUpdateTriggers(write->state, write->target);
			break;
		default:
			ExecBSDeleteTriggers(write->state, write->target);
	}
}

static void
fire_after(RowWrite *write)
{
	switch (write->command)
	{
		case CMD_INSERT:
			ExecASInsertTriggers(write->state, write->target, NULL);
			break;
		case CMD_UPDATE:
			ExecASUpdateTriggers(write->state, write->target, NULL);
			break;
		default:
			ExecASDeleteTriggers(write->state, write->target, NULL);
	}
}

void
row_write_begin(RowWrite *write, RowShape *shape, CmdType command, RowColumns columns)
{
	*write = (RowWrite){.command = command};
	PreventCommandIfReadOnly(GetCommandTagName(tag_of(command)));
	row_snapshot_begin(ROW_SEES_ALL);
	row_table_open(&write->in, shape, RowExclusiveLock);
	row_check_writable(write->in.relation, command);
	AfterTriggerBeginQuery();
	open_state(write, columns);
	fire_before(write);
}

static void
close_state(RowWrite *write)
{
	EState *state = write->state;

	if (write->routing)
		ExecCleanupTupleRouting(write->work, write->routing);
	ExecResetTupleTable(state->es_tupleTable, false);
	ExecCloseResultRelations(state);
	ExecCloseRangeTableRelations(state);
	MemoryContextSwitchTo(write->caller_context);
	FreeExecutorState(state);
}

void
row_write_end(RowWrite *write)
{
	fire_after(write);
	AfterTriggerEndQuery(write->state);
	close_state(write);
	row_snapshot_end();
	table_close(write->in.relation, NoLock);
}

TupleTableSlot *
row_write_slot(RowWrite *write, TupleDesc descriptor)
{
	MemoryContext caller_context = MemoryContextSwitchTo(write->state->es_query_cxt);
	TupleTableSlot *slot = ExecInitExtraTupleSlot(write->state, descriptor, &TTSOpsVirtual);

	MemoryContextSwitchTo(caller_context);
	return slot;
}

Datum
row_write_value(const RowWrite *write, AttrNumber column, Datum value)
{
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(write->in.relation), column - 1);

	if (attribute->atttypid != NUMERICOID || attribute->atttypmod < 0)
		return value;
	return DirectFunctionCall2(numeric, value, Int32GetDatum(attribute->atttypmod));
}

/* Has it a trigger that may move a row to another partition? */
static bool
may_be_moved(const RowWrite *write, const ResultRelInfo *target)
{
	const TriggerDesc *triggers = target->ri_TrigDesc;

	return write->command == CMD_UPDATE || (triggers && triggers->trig_insert_before_row);
}

void
row_write_check(RowWrite *write, ResultRelInfo *target, TupleTableSlot *slot, bool routed)
{
	Relation relation = target->ri_RelationDesc;
	const TupleConstr *constraints = RelationGetDescr(relation)->constr;

	slot->tts_tableOid = RelationGetRelid(relation);
	if (constraints && constraints->has_generated_stored)
		ExecComputeStoredGenerated(target, write->state, slot, write->command);
	if (constraints)
		ExecConstraints(target, slot, write->state);
	if (relation->rd_rel->relispartition && (!routed || may_be_moved(write, target)))
		(void) ExecPartitionCheck(target, slot, write->state, true);
}
