/*-------------------------------------------------------------------------
 *
 * row_update.c
 *	  What the executor's ExecUpdate does, by the functions that it does it with.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/tableam.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/executor.h"

#include "compat.h"
#include "rows/row_lock.h"
#include "rows/row_update.h"
#include "spi/altered.h"

/* The row that was found last, changed. */
static void
fill_row(RowUpdate *update, const Datum *values, const char *nulls)
{
	const AttrNumber *numbers = update->write.in.table.numbers;
	TupleTableSlot *old = update->scan.row.slot;
	TupleTableSlot *slot = ExecClearTuple(update->slot);
	int natts = slot->tts_tupleDescriptor->natts;

	slot_getallattrs(old);
	memcpy(slot->tts_values, old->tts_values, natts * sizeof(Datum));
	memcpy(slot->tts_isnull, old->tts_isnull, natts * sizeof(bool));
	for (int i = 0; i < update->columns.count; i++)
	{
		AttrNumber number = numbers[update->columns.places[i]];

		slot->tts_isnull[number - 1] = nulls[i] == 'n';
		if (nulls[i] != 'n')
			slot->tts_values[number - 1] = row_write_value(&update->write, number, values[i]);
	}
	ExecStoreVirtualTuple(slot);
	update->place = old->tts_tid;
}

static bool
may_fire(const Trigger *trigger, const Bitmapset *columns)
{
	if (!TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW, TRIGGER_TYPE_BEFORE,
							  TRIGGER_TYPE_UPDATE))
		return false;
	for (int i = 0; i < trigger->tgnattr; i++)
		if (bms_is_member(trigger->tgattr[i] - FirstLowInvalidHeapAttributeNumber, columns))
			return true;
	return trigger->tgnattr == 0;
}

/* Is there a trigger that may fire before a row is changed so? */
static bool
has_trigger_before(RowUpdate *update)
{
	ResultRelInfo *target = update->write.target;
	const TriggerDesc *triggers = target->ri_TrigDesc;
	const Bitmapset *columns;

	if (triggers == NULL || !triggers->trig_update_before_row)
		return false;
	columns = ExecGetAllUpdatedCols(target, update->write.state);
	for (int i = 0; i < triggers->numtriggers; i++)
		if (may_fire(&triggers->triggers[i], columns))
			return true;
	return false;
}

/* Locks the row as it is now, which then is what is changed; false where it is there no more. */
static bool
lock_row(RowUpdate *update)
{
	EState *state = update->write.state;
	LockTupleMode mode = ExecUpdateLockMode(state, update->write.target);
	TM_FailureData failure;
	RowLockResult result = row_lock(&update->scan.row, mode, LockWaitBlock, state->es_output_cid,
									&failure);

	if (result == ROW_IS_OURS)
		row_lock_check(TM_SelfModified, &failure, state->es_output_cid, CMD_UPDATE);
	return result == ROW_IS_LOCKED && row_scan_has_key(&update->scan);
}

/* False where a trigger wants the row to be left as it is. */
static bool
fire_before(RowUpdate *update)
{
	EState *state = update->write.state;
	EPQState qual;
	TM_FailureData failure = {0};
	bool goes_on;

	plan_qual_init(&qual, state);
	goes_on = update_triggers_before(state, &qual, update->write.target, &update->place,
									 update->slot, &failure);
	EvalPlanQualEnd(&qual);
	return goes_on;
}

/* Indexes are opened where they learn of the row: mostly it stays on its page, and they do not. */
static List *
insert_into_indexes(RowUpdate *update, IndexesToUpdate needed)
{
	ResultRelInfo *target = update->write.target;

	if (!indexes_need_rows(needed) || !update->write.in.relation->rd_rel->relhasindex)
		return NIL;
	if (target->ri_IndexRelationDescs == NULL)
		ExecOpenIndices(target, false);
	return index_rows_insert(target, update->slot, update->write.state, true,
							 indexes_are_summarizing(needed));
}

static void
finish_row(RowUpdate *update, IndexesToUpdate needed)
{
	List *recheck = insert_into_indexes(update, needed);

	ExecARUpdateTriggers(update->write.state, update->write.target, NULL, NULL, &update->place,
						 NULL, update->slot, recheck, NULL, false);
	list_free(recheck);
}

static TM_Result
write_row(RowUpdate *update, IndexesToUpdate *needed)
{
	EState *state = update->write.state;
	LockTupleMode mode;
	TM_FailureData failure;
	TM_Result result;

	row_write_check(&update->write, update->write.target, update->slot, false);
	result = table_tuple_update(update->write.in.relation, &update->place, update->slot,
								state->es_output_cid, state->es_snapshot, InvalidSnapshot, true,
								&failure, &mode, needed);
	row_lock_check(result, &failure, state->es_output_cid, CMD_UPDATE);
	return result;
}

/* Changes the row that was found; false where it is there no more, or a trigger keeps it. */
static bool
update_row(RowUpdate *update, const Datum *values, const char *nulls)
{
	bool is_locked = !update->triggers_first || lock_row(update);
	IndexesToUpdate needed;

	while (is_locked)
	{
		fill_row(update, values, nulls);
		if (update->triggers_first && !fire_before(update))
			return false;
		switch (write_row(update, &needed))
		{
			case TM_Ok:
				finish_row(update, needed);
				return true;
			case TM_Updated:
				is_locked = lock_row(update);
				break;
			default:
				return false;
		}
	}
	return false;
}

void
row_update_begin(RowUpdate *update, RowShape *shape, RowColumns columns)
{
	RowWrite *write = &update->write;

	row_write_begin(write, shape, CMD_UPDATE, columns);
	update->columns = columns;
	update->slot = row_write_slot(write, RelationGetDescr(write->in.relation));
	update->triggers_first = has_trigger_before(update);
	row_scan_open(&update->scan, &write->in, RowExclusiveLock, 0);
}

void
row_update_put(RowUpdate *update, const int64 *key, const Datum *values, const char *nulls)
{
	uint64 count = 0;

	row_scan_again(&update->scan, key);
	while (row_scan_next(&update->scan))
		count += update_row(update, values, nulls) ? 1 : 0;
	if (count != 1)
		row_shape_refuse(update->write.in.shape,
						 psprintf(UINT64_FORMAT " rows instead of 1", count));
	ResetPerTupleExprContext(update->write.state);
}

void
row_update_end(RowUpdate *update)
{
	row_scan_close(&update->scan);
	row_write_end(&update->write);
}
