/*-------------------------------------------------------------------------
 *
 * booking.h
 *	  One transaction on one account's books, from holding it to its last row.
 *
 * booking_begin() holds the account and then reads, once, the clock and the
 * policies: whatever the booking decides, it decides by these. Locks and keys
 * change under the hold alone, so they are the same whenever they are read.
 * booking_load() loads the lots and books what has expired; then the caller
 * acts on booking->books by the functions of core/books; booking_finish()
 * lets lots pay arrears and writes entries, lots and account.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_BOOKING_H
#define BOOKING_BOOKING_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/books.h"
#include "core/plan.h"
#include "store/account_store.h"
#include "store/lot_store.h"
#include "store/policy_store.h"

typedef struct Booking
{
	Account account;
	TimestampTz at;		   /* the booking instant */
	PolicyValues policies; /* in force at it; amounts in the account's currency */
	const char *actor;
	const char *gateway; /* of entries that touch the book gateway */
	bool fires_no_alert; /* a fall of the balance by this booking is not told (R11) */
	struct AccountPriceList *price_lists; /* NULL: not read */
	size_t price_lists_count;
	Quotas quotas; /* of the account's plans, as far as usage of plan keys needs them */
	struct PlanUsage *plan_usage; /* what booking/plan_usage knows of them; NULL: nothing yet */
	Books books;
} Booking;

/* Refuses an unknown account, waits no longer than policy hold_timeout. From here on the
 * transaction commits durably. */
extern void booking_begin(Booking *booking, int64 account_id);

/* The same for usage: holds the prices before it reads the clock (see store/price_store). */
extern void booking_begin_usage(Booking *booking, int64 account_id);

/* The same to repair an account that is ahead of the clock: refuses where it is not. */
extern void booking_begin_behind(Booking *booking, int64 account_id);

/* The same on an account that is held already. */
extern void booking_begin_held(Booking *booking);

/* extra_transfers: how many the caller may make beyond one act of the core. */
extern void booking_load(Booking *booking, LotSelection selection, size_t extra_transfers);

/* Makes room for one more act of the core, and some transfers beyond; the lots are loaded. */
extern void booking_make_room(Booking *booking, size_t extra_transfers);

/* The begin of the time in which a request_id counts once: the booking instant less dedupe_window.
 */
extern TimestampTz booking_dedupe_since(const Booking *booking);

/* The number that the next transfer's entry gets. */
extern int64 booking_next_entry_no(const Booking *booking);

/* Says what the transfers to come are from. */
extern void booking_source(Booking *booking, SourceType type, int64 id, TimestampTz occurred_at);

/* Adds a lot of that money, credited from a book, and returns its number. */
extern int64 booking_add_lot(Booking *booking, Lot lot, Book debit, int64 order_id);

/* Writes the entries made so far. */
extern void booking_write_entries(Booking *booking);

/* Writes the quotas that changed. */
extern void booking_write_quotas(Booking *booking);

extern void booking_finish(Booking *booking);

/* Loading the open lots of many accounts, in the order of their ids, and finishing: by few
 * commands. */
extern void booking_load_all(Booking *const *bookings, size_t count);
extern void booking_finish_all(Booking *const *bookings, size_t count);

/* For a change of the account that moves no money: writes the account alone. */
extern void booking_finish_unmoved(Booking *booking);

/* Refuses where one of these locks is in force. */
extern void booking_check_locks(const Booking *booking, unsigned locks);

/* Refuses on a closed account, which is given nothing: nobody could use it. */
extern void booking_check_open(const Booking *booking);

/* What is in the account now, without what has expired and is not booked. */
extern int64 booking_balance(const Booking *booking);

#endif
