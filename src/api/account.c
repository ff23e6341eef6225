/*-------------------------------------------------------------------------
 *
 * account.c
 *	  Making, locking and closing accounts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/operator_call.h"
#include "booking/lock.h"
#include "booking/moment.h"
#include "booking/order.h"
#include "booking/subscription.h"
#include "core/gate.h"
#include "errors.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/account_range_store.h"
#include "store/audit_store.h"
#include "store/inbox_store.h"
#include "store/invoice_store.h"
#include "store/payment_store.h"
#include "store/refund_store.h"
#include "store/usage_store.h"

/* How often create_account() looks for a number, while others choose theirs. */
#define FREE_ID_ATTEMPTS 100

static char *
arg_region(FunctionCallInfo fcinfo, int index)
{
	return arg_word_of(fcinfo, index, "region", "cn", "global");
}

static char *
arg_time_zone(FunctionCallInfo fcinfo, int index, const char *region)
{
	char *name = arg_time_zone_or_null(fcinfo, index);

	return name ? name : pstrdup(strcmp(region, "cn") == 0 ? "Asia/Shanghai" : "UTC");
}

/* Stores the account under a number of the range that is free. */
static int64
insert_under_free_id(const AccountProfile *profile, TimestampTz now)
{
	AccountRange range = account_range_get();

	for (int attempt = 0; attempt < FREE_ID_ATTEMPTS; attempt++)
	{
		int64 account_id = account_next_id();
		bool is_inside = account_range_has(account_id);

		if (is_inside && account_insert(account_id, profile, now))
			return account_id;
		if (profile->external_ref && account_find(0, profile->external_ref))
			return 0;
		if (!(is_inside && account_move_ids(account_id, range.last_id)) &&
			!account_move_ids(range.first_id, range.last_id))
			refuse(ERROR_IDS_USED_UP, range.first_id, range.last_id);
	}
	refuse(ERROR_INTERNAL, "no free account id was found");
}

/* Makes the account; 0 where somebody else was faster. */
static int64
make_account(int64 account_id, const AccountProfile *profile)
{
	account_range_hold();
	if (account_id == 0)
		return insert_under_free_id(profile, moment_now());
	arg_check(LIMIT_ACCOUNT_ID, "account_id", account_id);
	if (!account_range_has(account_id))
		account_range_refuse(account_id);
	return account_insert(account_id, profile, moment_now()) ? account_id : 0;
}

/* The account that exists already under the id or external_ref, if it is the same. */
static int64
find_same(int64 account_id, const AccountProfile *profile)
{
	int64 found = account_find(account_id, profile->external_ref);
	const char *difference;

	if (found == 0)
		return 0;
	difference = account_id && found != account_id ? "account_id"
												   : account_difference(found, profile);
	if (difference)
		refuse(ERROR_ACCOUNT_CONFLICT, found, difference);
	return found;
}

PG_FUNCTION_INFO_V1(billing_create_account);
Datum
billing_create_account(PG_FUNCTION_ARGS)
{
	int64 account_id = PG_ARGISNULL(0) ? 0 : arg_customer_id(fcinfo);
	AccountProfile profile = {
		.region = arg_region(fcinfo, 1),
		.email = arg_email(fcinfo, 2),
		.mobile = arg_mobile(fcinfo, 3),
		.external_ref = arg_text_or_null(fcinfo, 5, "external_ref", IDENTIFIER_BYTES_MAX)};
	int64 found;
	Scope scope;

	profile.time_zone = arg_time_zone(fcinfo, 4, profile.region);
	ForceSyncCommit();
	scope_open(&scope);
	subscriber_check_none();
	found = find_same(account_id, &profile);
	if (found == 0)
		found = make_account(account_id, &profile);
	/* Somebody else was faster: what he made is the same, or an error. */
	if (found == 0)
		found = find_same(account_id, &profile);
	scope_close(&scope);
	PG_RETURN_INT64(found);
}

PG_FUNCTION_INFO_V1(billing_find_account);
Datum
billing_find_account(PG_FUNCTION_ARGS)
{
	char *external_ref = arg_text(fcinfo, 0, "external_ref", IDENTIFIER_BYTES_MAX);
	int64 account_id;
	Scope scope;

	scope_open(&scope);
	account_id = account_find(0, external_ref);
	scope_close(&scope);
	if (account_id == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(account_id);
}

/* A lock that operators set and lift by hand. */
static char *
arg_operators_lock(FunctionCallInfo fcinfo, int index)
{
	char *name = arg_text(fcinfo, index, "lock", VALUE_BYTES_MAX);
	unsigned lock = lock_reason_from_name(name);

	if (lock == 0)
		refuse(ERROR_INVALID_VALUE, "lock", name);
	if ((lock & (LOCK_OPERATOR | LOCK_DISPUTE)) == 0)
		refuse(ERROR_LOCK_NOT_OPERATORS, name);
	return name;
}

static void
audit_lock(int64 account_id, const char *action, const LockChange *change)
{
	audit_insert(&(AuditLine){.account_id = account_id,
							  .action = action,
							  .object = psprintf("lock %s", change->lock),
							  .actor = change->actor,
							  .reason = change->reason});
}

/* lock_account() and unlock_account(): false where the lock is as wanted already. */
static Datum
lock_or_unlock(FunctionCallInfo fcinfo, const char *action, bool sets)
{
	int64 account_id = arg_customer_id(fcinfo);
	LockChange change = {.lock = arg_operators_lock(fcinfo, 1),
						 .actor = arg_actor(fcinfo, 2),
						 .reason = arg_reason(fcinfo, 3)};
	Booking booking;
	Scope scope;
	bool changes;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	changes = sets != ((booking.account.locks & lock_reason_from_name(change.lock)) != 0);
	if (changes)
	{
		(sets ? lock_set : lock_lift)(&booking, &change);
		audit_lock(account_id, action, &change);
		booking_finish_unmoved(&booking);
	}
	scope_close(&scope);
	PG_RETURN_BOOL(changes);
}

PG_FUNCTION_INFO_V1(billing_lock_account);
Datum
billing_lock_account(PG_FUNCTION_ARGS)
{
	return lock_or_unlock(fcinfo, "lock_account", true);
}

PG_FUNCTION_INFO_V1(billing_unlock_account);
Datum
billing_unlock_account(PG_FUNCTION_ARGS)
{
	return lock_or_unlock(fcinfo, "unlock_account", false);
}

static void
check_closable(const Account *account, const Books *books)
{
	const char *because = NULL;

	if (account->locks)
		because = account->locks & LOCK_CLOSED ? "it is closed already" : "it is locked";
	else if (books->arrears_nano > 0)
		because = "it is in arrears";
	else if (books->cash_nano >= MONEY_NANO_PER_CENT)
		because = "it has cash that can be refunded";
	else if (usage_is_unsettled(account->account_id))
		because = "it has usage without a price";
	else if (inbox_has_rows(account->account_id))
		because = "it has metered usage that is not settled";
	else if (order_is_any_open(account->account_id))
		because = "it has an order that can be paid";
	else if (payment_is_any_open(account->account_id))
		because = "it has a payment that is held or on its way back";
	else if (refund_find_open(account->account_id, &(Refund){0}))
		because = "it has an open refund";
	else if (invoice_is_any_open(account->account_id))
		because = "it has an invoice that was applied for";
	if (because)
		refuse(ERROR_ACCOUNT_NOT_CLOSABLE, account->account_id, because);
}

/* Gives up what is left: bonus, and cash below 0.01; returns the sum. */
static int64
forfeit_rest(Books *books)
{
	int64 sum_nano = books->bonus_nano + books->cash_nano;
	int64 moved_nano;

	for (size_t i = 0; i < books->lots_count; i++)
		check_outcome(books_empty_lot(books, books->lots[i].lot_no, BOOK_BREAKAGE, &moved_nano));
	return sum_nano;
}

PG_FUNCTION_INFO_V1(billing_close_account);
Datum
billing_close_account(PG_FUNCTION_ARGS)
{
	OperatorCall call;
	Booking *booking = &call.booking;
	LockChange change = {.lock = lock_reason_name(LOCK_CLOSED)};
	Datum answer;
	int64 id;
	int64 forfeited_nano;

	if (operator_call_begin(fcinfo, &call, "close_account", (OperatorArguments){1, 2, 3}, &answer))
		return answer;
	booking_load(booking, LOTS_OPEN, 0);
	check_closable(&booking->account, &booking->books);
	if (!operator_call_approved(fcinfo, &call, booking->books.bonus_nano, &answer))
		return answer;
	subscription_end_all(booking);
	id = booking_next_entry_no(booking);
	booking_source(booking, SOURCE_CLOSING, id, booking->at);
	forfeited_nano = forfeit_rest(&booking->books);
	change.actor = booking->actor;
	change.reason = call.reason;
	lock_set(booking, &change);
	return operator_call_end(fcinfo, &call, id, NO_NUMBER, forfeited_nano);
}
