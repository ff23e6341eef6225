/*-------------------------------------------------------------------------
 *
 * clock_repair.c
 *	  Repairs of accounts that a clock had booked which was ahead (B&S 1.4).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/booking.h"
#include "booking/clock_repair.h"
#include "core/lock_reason.h"
#include "errors.h"
#include "store/partition_store.h"
#include "store/usage_sum_store.h"

/* What a closed month says stays: nothing may come to count in one. */
static void
check_not_closed(const ClockRepair *repair)
{
	TimestampTz closed_until = partition_closed_until();
	const char *corrected_at = pstrdup(timestamptz_to_str(repair->corrected_at));

	if (closed_until > repair->corrected_at)
		refuse(ERROR_CLOSED_BEHIND, repair->account_id, corrected_at,
			   timestamptz_to_str(closed_until));
}

/* Bonus comes back as a lot of its own, by an entry that undoes its expiry. */
static void
bring_back(Booking *booking, const EarlyExpiry *expiry)
{
	Books *books = &booking->books;
	Lot lot = {
		.kind = LOT_BONUS, .amount_nano = expiry->amount_nano, .expires_at = expiry->expires_at};

	booking_source(booking, SOURCE_ADJUSTMENT, booking_next_entry_no(booking), booking->at);
	(void) booking_add_lot(booking, lot, BOOK_ADJUSTMENT, NO_NUMBER);
	books->transfers[books->transfers_count - 1].undoes_entry_no = expiry->entry_no;
}

/* Each comes back by an act of its own, behind what has expired and before arrears are paid. */
static int64
bring_all_back(Booking *booking, const ClockRepair *repair)
{
	int64 sum_nano = 0;
	size_t count = 0;
	EarlyExpiry *expiries = NULL;

	/* A closed account is given nothing: nobody could use it. */
	if (!(booking->account.locks & LOCK_CLOSED))
		expiries = clock_repair_early_expiries(repair, &count);
	for (size_t i = 0; i < count; i++)
	{
		booking_load(booking, LOTS_OPEN, 0);
		bring_back(booking, &expiries[i]);
		booking_finish(booking);
		sum_nano += expiries[i].amount_nano;
	}
	return sum_nano;
}

int64
clock_repair_book(ClockRepair *repair)
{
	Booking booking;

	booking_begin_behind(&booking, repair->account_id);
	repair->last_entry_no = booking.account.last_entry_no;
	repair->booked_until = booking.account.last_booked_at;
	repair->corrected_at = booking.at;
	check_not_closed(repair);
	clock_repair_insert(repair);
	usage_sum_forget_account(repair->account_id);
	booking.actor = repair->actor;
	/* The spend that alerts go by is read again now, not when the wrong clock would have. */
	booking.account.alert_review_at = Min(booking.account.alert_review_at, booking.at);
	booking_load(&booking, LOTS_OPEN, 0);
	booking_finish(&booking);
	return bring_all_back(&booking, repair);
}
