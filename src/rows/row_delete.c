/*-------------------------------------------------------------------------
 *
 * row_delete.c
 *	  What the executor's ExecDelete does, by the functions that it does it with.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tableam.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "storage/bufmgr.h"

#include "compat.h"
#include "rows/row_check.h"
#include "rows/row_delete.h"
#include "rows/row_lock.h"

void
row_delete_begin(RowDelete *delete, RowShape *shape)
{
	RowWrite *write = &delete->write;
	Relation relation;

	row_write_begin(write, shape, CMD_DELETE, (RowColumns){0});
	relation = write->in.relation;
	row_check_leaf(relation);
	delete->row = (Row){write->in, table_slot_create(relation, &write->state->es_tupleTable)};
	delete->blocks = RelationGetNumberOfBlocks(relation);
	MemoryContextSwitchTo(write->caller_context);
}

/* Reads what the command sees at a place. */
static bool
find_row(RowDelete *delete, ItemPointer place)
{
	return ItemPointerIsValid(place) && ItemPointerGetBlockNumber(place) < delete->blocks &&
		   table_tuple_fetch_row_version(delete->row.in.relation, place,
										 delete->write.state->es_snapshot, delete->row.slot);
}

/* Locks the row for a trigger; false where what stood there is gone, or stands elsewhere. */
static bool
lock_row(RowDelete *delete, ItemPointer place)
{
	CommandId command = delete->write.state->es_output_cid;
	TM_FailureData failure;
	RowLockResult result = row_lock(&delete->row, LockTupleExclusive, LockWaitBlock, command,
									&failure);

	if (result == ROW_IS_OURS)
		row_lock_check(TM_SelfModified, &failure, command, CMD_DELETE);
	return result == ROW_IS_LOCKED && ItemPointerEquals(&delete->row.slot->tts_tid, place);
}

/* False where a trigger wants the row to stay. */
static bool
fire_before(RowDelete *delete, ItemPointer place)
{
	RowWrite *write = &delete->write;
	const TriggerDesc *triggers = write->target->ri_TrigDesc;
	EPQState qual;
	bool goes_on;

	if (triggers == NULL || !triggers->trig_delete_before_row)
		return true;
	if (!lock_row(delete, place))
		return false;
	plan_qual_init(&qual, write->state);
	goes_on = delete_triggers_before(write->state, &qual, write->target, place);
	EvalPlanQualEnd(&qual);
	return goes_on;
}

static bool
delete_row(RowDelete *delete, ItemPointer place)
{
	EState *state = delete->write.state;
	TM_FailureData failure;
	TM_Result result = table_tuple_delete(delete->row.in.relation, place, state->es_output_cid,
										  state->es_snapshot, InvalidSnapshot, true, &failure,
										  false);

	row_lock_check(result, &failure, state->es_output_cid, CMD_DELETE);
	return result == TM_Ok;
}

bool
row_delete_take(RowDelete *delete, ItemPointerData place)
{
	EState *state = delete->write.state;
	MemoryContext caller_context = MemoryContextSwitchTo(GetPerTupleMemoryContext(state));
	bool is_taken;

	CHECK_FOR_INTERRUPTS();
	is_taken = find_row(delete, &place) && fire_before(delete, &place) &&
			   delete_row(delete, &place);
	if (is_taken)
		ExecARDeleteTriggers(state, delete->write.target, &place, NULL, NULL, false);
	MemoryContextSwitchTo(caller_context);
	ResetPerTupleExprContext(state);
	return is_taken;
}

void
row_delete_end(RowDelete *delete)
{
	MemoryContextSwitchTo(delete->write.state->es_query_cxt);
	row_write_end(&delete->write);
}
