/*-------------------------------------------------------------------------
 *
 * row_insert.c
 *	  What the executor's ExecInsert does, and COPY with many rows at a time, by the functions that
 *	  they do it with.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tableam.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "utils/memutils.h"

#include "compat.h"
#include "rows/row_default.h"
#include "rows/row_insert.h"
#include "rows/row_leaf.h"

static bool
is_partitioned(const RowInsert *insert)
{
	return insert->write.in.relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
}

void
row_insert_begin(RowInsert *insert, RowShape *shape)
{
	RowWrite *write = &insert->write;

	row_write_begin(write, shape, CMD_INSERT, (RowColumns){NULL, row_shape_count(shape)});
	insert->row = row_write_slot(write, RelationGetDescr(write->in.relation));
	insert->defaults = row_default_prepare(write);
	insert->target = write->target;
	insert->slots_count = insert->count = 0;
	if (!is_partitioned(insert))
		ExecOpenIndices(write->target, false);
	insert->values_context = AllocSetContextCreate(CurrentMemoryContext, "billing rows",
												   ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(insert->values_context);
}

static TupleTableSlot *
fill_row(RowInsert *insert, const Datum *values, const char *nulls)
{
	RowWrite *write = &insert->write;
	int count = row_shape_count(write->in.shape);
	const AttrNumber *numbers = write->in.table.numbers;
	TupleTableSlot *slot = ExecClearTuple(insert->row);

	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts);
	for (int i = 0; i < count; i++)
	{
		slot->tts_isnull[numbers[i] - 1] = nulls[i] == 'n';
		if (nulls[i] != 'n')
			slot->tts_values[numbers[i] - 1] = row_write_value(write, numbers[i], values[i]);
	}
	row_default_fill(write, insert->defaults, slot);
	return ExecStoreVirtualTuple(slot);
}

/* What follows a row that the table has. */
static void
index_row(RowWrite *write, ResultRelInfo *target, TupleTableSlot *slot)
{
	List *recheck = NIL;

	if (target->ri_NumIndices > 0)
		recheck = index_rows_insert(target, slot, write->state, false, false);
	ExecARInsertTriggers(write->state, target, slot, recheck, NULL);
	list_free(recheck);
}

static void
write_one(RowWrite *write, ResultRelInfo *target, TupleTableSlot *slot)
{
	table_tuple_insert(target->ri_RelationDesc, slot, write->state->es_output_cid, 0, NULL);
	index_row(write, target, slot);
}

static void
write_many(RowWrite *write, ResultRelInfo *target, TupleTableSlot **slots, int count)
{
	MemoryContext caller_context = MemoryContextSwitchTo(GetPerTupleMemoryContext(write->state));

	table_multi_insert(target->ri_RelationDesc, slots, count, write->state->es_output_cid, 0, NULL);
	MemoryContextSwitchTo(caller_context);
	for (int i = 0; i < count; i++)
		index_row(write, target, slots[i]);
}

static void
write_waiting(RowInsert *insert)
{
	if (insert->count == 1)
		write_one(&insert->write, insert->target, insert->waiting[0]);
	else if (insert->count > 1)
		write_many(&insert->write, insert->target, insert->waiting, insert->count);
	insert->count = 0;
	ResetPerTupleExprContext(insert->write.state);
}

/* A row waits for the next ones of the same target; its values do, too. */
static TupleTableSlot *
add_waiting(RowInsert *insert, const TupleTableSlot *row)
{
	TupleDesc descriptor = row->tts_tupleDescriptor;
	TupleTableSlot *slot;

	if (insert->count == insert->slots_count)
		insert->waiting[insert->slots_count++] = row_write_slot(&insert->write, descriptor);
	slot = ExecClearTuple(insert->waiting[insert->count++]);
	memcpy(slot->tts_values, row->tts_values, descriptor->natts * sizeof(Datum));
	memcpy(slot->tts_isnull, row->tts_isnull, descriptor->natts * sizeof(bool));
	ExecStoreVirtualTuple(slot);
	return slot;
}

/* Puts off the rows of another target. */
static void
turn_to(RowInsert *insert, ResultRelInfo *target)
{
	if (insert->target == target)
		return;
	write_waiting(insert);
	insert->target = target;
	insert->slots_count = 0;
}

/* May rows be written before others are looked at? Not where code of the owner's makes them. */
static bool
may_wait(const RowWrite *write, const ResultRelInfo *target)
{
	const TriggerDesc *triggers = target->ri_TrigDesc;

	return write->in.table.others == 0 && !(triggers && triggers->trig_insert_before_row);
}

/* Refuses where a trigger drops it. */
static void
insert_alone(RowInsert *insert, TupleTableSlot *row)
{
	RowWrite *write = &insert->write;
	const TriggerDesc *triggers = insert->target->ri_TrigDesc;

	if (triggers && triggers->trig_insert_before_row &&
		!ExecBRInsertTriggers(write->state, insert->target, row))
		row_shape_refuse(write->in.shape, "0 rows instead of 1");
	row_write_check(write, insert->target, row, insert->target != write->target);
	write_one(write, insert->target, row);
	ResetPerTupleExprContext(write->state);
}

void
row_insert_put(RowInsert *insert, const Datum *values, const char *nulls)
{
	RowWrite *write = &insert->write;
	TupleTableSlot *row = fill_row(insert, values, nulls);

	if (is_partitioned(insert))
		turn_to(insert, row_leaf_find(write, &row));
	if (!may_wait(write, insert->target))
		insert_alone(insert, row);
	else
	{
		/* Only there: a leaf may have columns of its own, which are made in the row. */
		row_write_check(write, insert->target, add_waiting(insert, row),
						insert->target != write->target);
		if (insert->count < ROW_TOGETHER_MAX)
			return;
		write_waiting(insert);
	}
	MemoryContextReset(insert->values_context);
}

void
row_insert_end(RowInsert *insert)
{
	write_waiting(insert);
	row_write_end(&insert->write);
}
