/*-------------------------------------------------------------------------
 *
 * row_insert.c
 *	  What the executor's ExecInsert does, by the functions that it does it with.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tableam.h"
#include "commands/trigger.h"
#include "executor/executor.h"

#include "compat.h"
#include "rows/row_default.h"
#include "rows/row_insert.h"
#include "rows/row_leaf.h"
#include "rows/row_write.h"

static TupleTableSlot *
fill_row(RowWrite *write, const Datum *values, const char *nulls)
{
	int count = row_shape_count(write->in.shape);
	const AttrNumber *numbers = write->in.table.numbers;
	TupleTableSlot *slot = row_write_slot(write);

	memset(slot->tts_isnull, true, RelationGetDescr(write->in.relation)->natts);
	for (int i = 0; i < count; i++)
	{
		slot->tts_isnull[numbers[i] - 1] = nulls[i] == 'n';
		if (nulls[i] != 'n')
			slot->tts_values[numbers[i] - 1] = row_write_value(write, numbers[i], values[i]);
	}
	row_default_fill(write, slot);
	return ExecStoreVirtualTuple(slot);
}

/* Puts the row into a plain table, or into a leaf. */
static void
put_row(RowWrite *write, ResultRelInfo *target, TupleTableSlot *slot)
{
	EState *state = write->state;
	List *recheck = NIL;

	row_write_check(write, target, slot, target != write->target);
	table_tuple_insert(target->ri_RelationDesc, slot, state->es_output_cid, 0, NULL);
	if (target->ri_NumIndices > 0)
		recheck = index_rows_insert(target, slot, state, false, false);
	ExecARInsertTriggers(state, target, slot, recheck, NULL);
	list_free(recheck);
}

/* False where a trigger dropped it. */
static bool
insert_row(RowWrite *write, TupleTableSlot *slot)
{
	ResultRelInfo *target = write->target;
	TriggerDesc *triggers;

	if (write->in.relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		target = row_leaf_find(write, &slot);
	else
		ExecOpenIndices(target, false);
	triggers = target->ri_TrigDesc;
	if (triggers && triggers->trig_insert_before_row &&
		!ExecBRInsertTriggers(write->state, target, slot))
		return false;
	put_row(write, target, slot);
	return true;
}

void
row_insert(RowShape *shape, const Datum *values, const char *nulls)
{
	RowWrite write;

	row_write_begin(&write, shape, CMD_INSERT, (RowColumns){NULL, row_shape_count(shape)});
	if (!insert_row(&write, fill_row(&write, values, nulls)))
		row_shape_refuse(write.in.shape, "0 rows instead of 1");
	row_write_end(&write);
}
