/*-------------------------------------------------------------------------
 *
 * booking.c
 *	  Loading an account's books, and writing back what changed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"

#include "booking/alert.h"
#include "booking/booking.h"
#include "booking/hold.h"
#include "booking/moment.h"
#include "booking/notify.h"
#include "core/gate.h"
#include "core/lock_reason.h"
#include "errors.h"
#include "spi/subscriber.h"
#include "store/account_range_store.h"
#include "store/ledger_store.h"
#include "store/price_store.h"
#include "store/quota_store.h"

static void
hold(Booking *booking, int64 account_id)
{
	*booking = (Booking){0};
	if (!hold_account(account_id, &booking->account))
		account_range_refuse(account_id);
}

void
booking_begin(Booking *booking, int64 account_id)
{
	hold(booking, account_id);
	booking_begin_held(booking);
}

void
booking_begin_usage(Booking *booking, int64 account_id)
{
	hold(booking, account_id);
	price_hold_for_reading();
	booking_begin_held(booking);
}

static void
begin_at(Booking *booking, TimestampTz (*moment)(const Account *, const PolicyValues *))
{
	subscriber_check_none();
	ForceSyncCommit();
	booking->policies = policy_values(booking->account.currency);
	booking->at = moment(&booking->account, &booking->policies);
}

void
booking_begin_held(Booking *booking)
{
	begin_at(booking, moment_on);
}

void
booking_begin_behind(Booking *booking, int64 account_id)
{
	hold(booking, account_id);
	price_hold_for_reading();
	begin_at(booking, moment_of_repair);
}

TimestampTz
booking_dedupe_since(const Booking *booking)
{
	return booking->at - booking->policies.of[POLICY_DEDUPE_WINDOW];
}

/* Begins with what the account holds; its lots are loaded. */
static void
open_books(Booking *booking, size_t extra_transfers)
{
	Account *account = &booking->account;
	Books *books = &booking->books;

	books->cash_nano = account->cash_nano;
	books->bonus_nano = account->bonus_nano;
	books->arrears_nano = account->arrears_nano;
	books->on_house = account->account_id < 0;
	books->transfers_capacity = books_transfers_max(books->lots_capacity) + extra_transfers;
	books->transfers = palloc(books->transfers_capacity * sizeof(Transfer));
	check_outcome(books_expire(books, booking->at));
}

void
booking_load(Booking *booking, LotSelection selection, size_t extra_transfers)
{
	lot_load(booking->account.account_id, selection, &booking->books);
	open_books(booking, extra_transfers);
}

void
booking_make_room(Booking *booking, size_t extra_transfers)
{
	Books *books = &booking->books;
	size_t needed = books->transfers_count + books_transfers_max(books->lots_capacity) +
					extra_transfers;

	if (needed <= books->transfers_capacity)
		return;
	books->transfers_capacity = needed;
	books->transfers = repalloc(books->transfers, needed * sizeof(Transfer));
}

static int64 *
list_accounts(Booking *const *bookings, size_t count)
{
	int64 *accounts = palloc((count + 1) * sizeof(int64));

	for (size_t i = 0; i < count; i++)
		accounts[i] = bookings[i]->account.account_id;
	return accounts;
}

static Books **
list_books(Booking *const *bookings, size_t count)
{
	Books **books = palloc((count + 1) * sizeof(Books *));

	for (size_t i = 0; i < count; i++)
		books[i] = &bookings[i]->books;
	return books;
}

void
booking_load_all(Booking *const *bookings, size_t count)
{
	lot_load_open(list_accounts(bookings, count), list_books(bookings, count), count);
	for (size_t i = 0; i < count; i++)
		open_books(bookings[i], 0);
}

int64
booking_next_entry_no(const Booking *booking)
{
	return booking->account.last_entry_no + (int64) booking->books.transfers_count + 1;
}

void
booking_source(Booking *booking, SourceType type, int64 id, TimestampTz occurred_at)
{
	booking->books.source = (Source){type, id};
	booking->books.occurred_at = occurred_at;
}

int64
booking_add_lot(Booking *booking, Lot lot, Book debit, int64 order_id)
{
	Books *books = &booking->books;

	lot.lot_no = lot_next_no(booking->account.account_id);
	lot.remaining_nano = lot.amount_nano;
	if (books->source.id == NO_NUMBER)
		books->source.id = lot.lot_no;
	check_outcome(books_add_lot(books, &lot, debit));
	lot_insert(booking->account.account_id, &lot, order_id, books->source, booking->at);
	return lot.lot_no;
}

static EntryStamp
entry_stamp(const Booking *booking)
{
	return (EntryStamp){
		.account_id = booking->account.account_id,
		.recorded_at = booking->at,
		.gateway = booking->gateway,
		.actor = booking->actor,
	};
}

/* The entries that a booking has made; it counts them as written. */
static EntryList
take_entries(Booking *booking)
{
	EntryList list = {
		.stamp = entry_stamp(booking),
		.first_entry_no = booking->account.last_entry_no + 1,
		.transfers = booking->books.transfers,
		.count = booking->books.transfers_count,
		.chain = &booking->account.chain,
	};

	booking->account.last_entry_no += (int64) list.count;
	booking->books.transfers_count = 0;
	return list;
}

static void
write_entries(Booking *const *bookings, size_t count)
{
	EntryList *lists = palloc((count + 1) * sizeof(EntryList));

	for (size_t i = 0; i < count; i++)
		lists[i] = take_entries(bookings[i]);
	ledger_insert(lists, count);
}

void
booking_write_entries(Booking *booking)
{
	write_entries(&booking, 1);
}

static void
tell_nearly_used(const Booking *booking, const Quota *quota)
{
	NotifyNews news = {
		.event = EVENT_PLAN_NEARLY_USED,
		.source_id = quota->subscription_no,
		.episode = (int32) quota->quota_no,
		.facts = {{"subscription_no", notify_number(quota->subscription_no)},
				  {"quota", notify_exact(quota->amount_nano + quota->given_nano)},
				  {"left", notify_exact(Max(plan_left_nano(quota), 0))},
				  {"ends_at", notify_instant(quota->ends_at)}},
	};

	notify_account(booking->account.account_id, &news, booking->at);
}

static void
write_quota(const Booking *booking, Quota *quota)
{
	if (plan_is_nearly_used(quota))
		tell_nearly_used(booking, quota);
	quota_write(booking->account.account_id, quota);
}

void
booking_write_quotas(Booking *booking)
{
	for (size_t i = 0; i < booking->quotas.count; i++)
		if (booking->quotas.list[i].changed)
			write_quota(booking, &booking->quotas.list[i]);
}

/* Tells the account what its books hold; the entries are written. */
static void
close_books(Booking *booking)
{
	Account *account = &booking->account;
	const Books *books = &booking->books;

	account->cash_nano = books->cash_nano;
	account->bonus_nano = books->bonus_nano;
	account->arrears_nano = books->arrears_nano;
	account->next_expiry_at = books_next_expiry(books);
	account->last_booked_at = booking->at;
	booking_write_quotas(booking);
	alert_decide(account, account->cash_nano + account->bonus_nano - account->arrears_nano,
				 booking->at, booking->fires_no_alert);
}

static void
write_given_back(const Booking *booking)
{
	const Books *books = &booking->books;

	for (size_t i = 0; i < books->lots_count; i++)
		if (books->lots[i].given_back_changed)
			lot_update_given_back(booking->account.account_id, &books->lots[i]);
}

static void
write_accounts(Booking *const *bookings, size_t count)
{
	Account **accounts = palloc((count + 1) * sizeof(Account *));

	for (size_t i = 0; i < count; i++)
		accounts[i] = &bookings[i]->account;
	account_update(accounts, count);
}

void
booking_finish_all(Booking *const *bookings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_outcome(books_pay_arrears(&bookings[i]->books));
	write_entries(bookings, count);
	lot_update(list_accounts(bookings, count), list_books(bookings, count), count);
	for (size_t i = 0; i < count; i++)
	{
		write_given_back(bookings[i]);
		close_books(bookings[i]);
	}
	write_accounts(bookings, count);
}

void
booking_finish(Booking *booking)
{
	booking_finish_all(&booking, 1);
}

void
booking_finish_unmoved(Booking *booking)
{
	booking->account.last_booked_at = booking->at;
	write_accounts(&booking, 1);
}

void
booking_check_locks(const Booking *booking, unsigned locks)
{
	const Account *account = &booking->account;

	for (unsigned lock = LOCK_REFUND; lock <= LOCK_CLOSED; lock <<= 1)
		if (account->locks & locks & lock)
			refuse(ERROR_ACCOUNT_LOCKED, account->account_id, lock_reason_name(lock));
}

void
booking_check_open(const Booking *booking)
{
	booking_check_locks(booking, LOCK_CLOSED);
}

int64
booking_balance(const Booking *booking)
{
	const Account *account = &booking->account;
	int64 balance_nano = account->cash_nano + account->bonus_nano - account->arrears_nano;

	if (account->next_expiry_at <= booking->at)
		balance_nano -= lot_expired_under_hold(account->account_id, booking->at);
	return balance_nano;
}
