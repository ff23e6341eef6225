/*-------------------------------------------------------------------------
 *
 * slices.c
 *	  A charge's slices, followed through its revisions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/slices.h"
#include "store/ledger_store.h"

/* Puts slices behind those that are there; there is room for one more besides. */
static void
append(ChargeSlices *charge, const ChargeShare *share)
{
	size_t count;
	Slice *slices = ledger_slices(charge->account_id, share, &count);

	charge->slices = repalloc(charge->slices, (charge->count + count + 1) * sizeof(Slice));
	memcpy(charge->slices + charge->count, slices, count * sizeof(Slice));
	charge->count += count;
}

/* What a revision charged is on top; what it gave back was the latest. */
static void
follow(ChargeSlices *charge, const Revision *revision)
{
	UndoneCharge undone = {-revision->amount_nano, revision->written_off_nano};

	if (revision->amount_nano > 0)
		append(charge, &(ChargeShare){revision->first_entry_no, revision->entry_count, 0,
									  revision->amount_nano});
	else
	{
		charge->slices = repalloc(charge->slices, (charge->count + 1) * sizeof(Slice));
		charge->count = books_drop_undone(charge->slices, charge->count, &undone);
	}
	charge->booked_nano += revision->amount_nano;
	charge->newest = *revision;
}

ChargeSlices
slices_booked(const UsageEvent *event)
{
	ChargeSlices charge = {.booked_nano = event->charge_nano, .account_id = event->account_id};
	ChargeShare share = usage_share(event);
	size_t count;
	Revision *revisions = revision_list(event, &count);

	charge.slices = ledger_slices(event->account_id, &share, &charge.count);
	for (size_t i = 0; i < count; i++)
		follow(&charge, &revisions[i]);
	return charge;
}

/* Whether any of it was left as arrears. */
static bool
left_arrears(const ChargeSlices *charge)
{
	for (size_t i = 0; i < charge->count; i++)
		if (charge->slices[i].lot_no == NO_NUMBER && charge->slices[i].entry_no != NO_NUMBER)
			return true;
	return false;
}

Outcome
slices_undo(Booking *booking, const ChargeSlices *charge, int64 amount_nano, UndoneCharge *undone)
{
	ArrearsHistory history = ledger_arrears_history(charge->account_id, left_arrears(charge));
	Books *books = &booking->books;
	Outcome outcome;

	booking_make_room(booking, charge->count + history.count);
	outcome = books_undo_charge(books, charge->slices, charge->count, amount_nano, &history,
								undone);
	return outcome == OUTCOME_OK ? books_expire(books, booking->at) : outcome;
}
