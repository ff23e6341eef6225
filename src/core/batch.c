/*-------------------------------------------------------------------------
 *
 * batch.c
 *	  Charges against the entries that paid them.
 *
 *-------------------------------------------------------------------------
 */
#include "core/batch.h"

static bool
is_same_charge(const BatchEntries *a, const BatchEntries *b)
{
	return a->is_batch == b->is_batch && a->source_id == b->source_id &&
		   (a->is_batch || (a->recorded_at == b->recorded_at && a->occurred_at == b->occurred_at));
}

bool
batch_take_entry(BatchEntries *entries, const BatchEntries *entry)
{
	if (!is_same_charge(entries, entry))
		return false;
	entries->last_entry_no = entry->last_entry_no;
	entries->count += entry->count;
	entries->amount_nano += entry->amount_nano;
	entries->has_bad_amount |= entry->has_bad_amount;
	entries->is_at_once &= entry->recorded_at == entries->recorded_at &&
						   entry->occurred_at == entries->occurred_at;
	return true;
}

bool
batch_add(Batch *batch, const StoredEvent *event)
{
	bool follows = event->batch_offset.is_number && event->batch_offset.nano == batch->charge_nano;

	if (batch->events++ == 0)
	{
		batch->is_one = true;
		batch->entry_count = event->entry_count;
		batch->settled_at = event->settled_at;
		batch->occurred_at_max = event->occurred_at;
	}
	batch->charge_nano += event->charge.nano;
	batch->is_one &= event->entry_count == batch->entry_count &&
					 event->settled_at == batch->settled_at;
	if (event->occurred_at > batch->occurred_at_max)
		batch->occurred_at_max = event->occurred_at;
	return follows;
}

static bool
stand_in_a_row(const BatchEntries *entries)
{
	return (int128_t) entries->last_entry_no - entries->first_entry_no == entries->count - 1 &&
		   !entries->has_bad_amount;
}

bool
batch_is_paid_by(const Batch *batch, const BatchEntries *entries)
{
	return entries && entries->is_batch && batch->is_one && entries->is_at_once &&
		   stand_in_a_row(entries) && entries->source_id == entries->first_entry_no &&
		   batch->charge_nano == entries->amount_nano && batch->entry_count == entries->count &&
		   batch->settled_at == entries->recorded_at &&
		   batch->occurred_at_max == entries->occurred_at;
}

bool
batch_pays_alone(const BatchEntries *entries, const StoredEvent *event)
{
	return entries && !entries->is_batch && stand_in_a_row(entries) && event->charge.is_number &&
		   event->charge.nano == entries->amount_nano && event->entry_count == entries->count &&
		   event->request_hash == entries->source_id && event->settled_at == entries->recorded_at &&
		   event->occurred_at == entries->occurred_at;
}
