/*-------------------------------------------------------------------------
 *
 * settle.c
 *	  What settle() and the settler call: groups that fail, accounts that
 *	  are held, usage that waited for a price.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/scope.h"
#include "utils/timestamp.h"

#include "booking/each_account.h"
#include "booking/failure.h"
#include "booking/hold.h"
#include "booking/settle.h"
#include "booking/usage.h"
#include "clock.h"
#include "core/limits.h"
#include "core/text.h"
#include "store/parking_store.h"
#include "store/price_store.h"
#include "store/set_aside_store.h"
#include "subtransaction.h"
#include "wake.h"

/* Accounts listed at once whose usage has a price by now. */
#define SETTLE_ACCOUNTS_MAX 1000
#define SETTLE_PAGE_SIZE 1000

/* Lists, of the inbox and of accounts, that settle() goes through for what can be settled. */
#define SETTLE_LISTS_MAX 10

/* How long settle() waits for an account where it can do nothing else. */
#define SETTLE_WAIT "3s"

/* How often rows that fail are complained about. */
#define FAILURE_TOLD_MS 60000

static int
compare_refs(const void *left, const void *right)
{
	const InboxRef *a = left;
	const InboxRef *b = right;

	return (a->account_id > b->account_id) - (a->account_id < b->account_id);
}

void
settle_sort(InboxRef *refs, size_t count)
{
	qsort(refs, count, sizeof(InboxRef), compare_refs);
}

/* ---- what is passed over ------------------------------------------------- */

SettleNote settle_note = NULL;

/* Accounts that are parked, in their order. */
typedef struct ParkedAccounts
{
	int64 *accounts;
	size_t count;
} ParkedAccounts;

static ParkedAccounts
read_parked(void)
{
	ParkedAccounts parked;

	parked.accounts = parking_accounts(wake_kind_name(WORKER_SETTLER), &parked.count);
	return parked;
}

static int
compare_accounts(const void *left, const void *right)
{
	int64 a = *(const int64 *) left;
	int64 b = *(const int64 *) right;

	return (a > b) - (a < b);
}

static bool
is_parked(const ParkedAccounts *parked, int64 account_id)
{
	return bsearch(&account_id, parked->accounts, parked->count, sizeof(int64), compare_accounts) !=
		   NULL;
}

size_t
settle_pass_over(InboxRef *refs, size_t count, bool (*passes)(const InboxRef *ref, void *argument),
				 void *argument)
{
	ParkedAccounts parked = read_parked();
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
	{
		InboxRef ref = refs[i];

		refs[i].failed = is_parked(&parked, ref.account_id) || (passes && passes(&ref, argument));
		if (refs[i].failed)
			continue;
		refs[i] = refs[kept];
		refs[kept++] = ref;
	}
	return kept;
}

/* Notes whose rows they are, sorted, each account once. */
static void
note_accounts(const InboxRef *refs, size_t count)
{
	int64 *accounts;
	size_t accounts_count = 0;

	if (settle_note == NULL)
		return;
	accounts = palloc((count + 1) * sizeof(int64));
	for (size_t i = 0; i < count; i++)
		if (i == 0 || refs[i].account_id != refs[i - 1].account_id)
			accounts[accounts_count++] = refs[i].account_id;
	settle_note(accounts, accounts_count);
	pfree(accounts);
}

/* ---- rows that fail ------------------------------------------------------ */

/* The arguments and the answer of settle_group(), for subtransaction_run(). */
typedef struct GroupCall
{
	InboxRef *refs;
	size_t count;
	SettleWait wait;
	int64 taken;
} GroupCall;

static void
run_group_call(void *argument)
{
	GroupCall *call = argument;

	scope_open_inner();
	call->taken = settle_group(call->refs, call->count, call->wait);
	scope_close_inner();
}

/* A row that makes its group fail, and why, for subtransaction_run(). */
typedef struct FailedRow
{
	InboxRef *ref;
	const ErrorData *error;
} FailedRow;

static void
take_failed_row(void *argument)
{
	const FailedRow *failed = argument;
	char cause[FAILURE_CAUSE_SIZE];
	Fault fault = {.error = ERROR_INTERNAL,
				   .message = psprintf("%s: %s", unpack_sql_state(failed->error->sqlerrcode),
									   failed->error->message)};
	size_t count;
	InboxRow *rows;

	/* Its account is not held: whoever takes the row just now does so without being waited for. */
	failed->ref->taken = inbox_hold_if_free(failed->ref);
	if (!failed->ref->taken)
		return;
	(void) failure_cause(failed->error, cause);
	rows = inbox_take(failed->ref, 1, &count);
	for (size_t i = 0; i < count; i++)
		set_aside_insert(&rows[i], &fault, cause, clock_now());
}

/* What is told of rows that fail, once a minute. */
typedef struct Complaint
{
	int64 rows; /* since it was told */
	TimestampTz told_at;
} Complaint;

/* Counts a row; true where it is time to tell. */
static bool
is_due(Complaint *complaint)
{
	TimestampTz now = GetCurrentTimestamp();

	complaint->rows++;
	if (!TimestampDifferenceExceeds(complaint->told_at, now, FAILURE_TOLD_MS))
		return false;
	complaint->told_at = now;
	return true;
}

static void
complain(bool set_aside, const ErrorData *error)
{
	static Complaint complaints[2];
	Complaint *complaint = &complaints[set_aside];
	/* Whoever wrote the trigger that raised it writes no lines of the log. */
	char *message = text_one_line(pstrdup(error->message));

	if (!is_due(complaint))
		return;
	if (set_aside)
		ereport(WARNING, (errmsg_plural("%ld row of usage_inbox was set aside: %s",
										"%ld rows of usage_inbox were set aside, the last for: %s",
										complaint->rows, (long) complaint->rows, message)));
	else
		ereport(WARNING,
				(errmsg_plural("%ld row of usage_inbox stays there, since its booking fails: %s",
							   "%ld rows of usage_inbox stay there, since their booking fails, the "
							   "last for: %s",
							   complaint->rows, (long) complaint->rows, message)));
	complaint->rows = 0;
}

/* Sets a row aside that failed alone, if it is at fault; else, or where that fails as well, it
 * stays. */
static int64
take_or_leave(InboxRef *ref, const ErrorData *error)
{
	FailedRow failed = {ref, error};

	if (!failure_sets_aside(error, ref->account_id) ||
		subtransaction_run(take_failed_row, &failed, failure_is_of_rows) != NULL)
		ref->taken = false;
	ref->failed = !ref->taken;
	complain(ref->taken, error);
	return ref->taken;
}

int64
settle_inbox(InboxRef *refs, size_t count, SettleWait wait)
{
	GroupCall call = {refs, count, wait, 0};
	ErrorData *error;
	size_t half = count / 2;

	if (count == 0)
		return 0;
	note_accounts(refs, count);
	error = subtransaction_run(run_group_call, &call, failure_is_of_rows);
	if (error == NULL)
		return call.taken;
	for (size_t i = 0; i < count; i++)
		refs[i].taken = false;
	if (count == 1)
		return take_or_leave(refs, error);
	return settle_inbox(refs, half, wait) + settle_inbox(refs + half, count - half, wait);
}

/* ---- usage that waited for a price --------------------------------------- */

/* How much is settled of an account. */
typedef struct Settling
{
	int64 events_max;
	int64 settled;
} Settling;

/* What is no amount of money by the price that came will never be one. */
static void
charge_or_reject(Booking *booking, UsageEvent *event)
{
	Fault fault = usage_charge(booking, event);

	if (fault.message)
		usage_reject(booking, event, error_codes[fault.error].name);
}

/*
 * Books the unpriced usage that has a price by now, of an account that is held, page by
 * page: an event that cannot be booked does not stand before the others.
 */
static void
settle_account(Booking *booking, void *argument)
{
	Settling *settling = argument;
	UsageEvent last = {.occurred_at = DT_NOBEGIN, .request_id = ""};
	int64 settled = 0;
	int64 seen = 0;
	size_t count;

	booking_load(booking, LOTS_OPEN, 0);
	booking_write_entries(booking);
	do
	{
		int64 page_size = Min(SETTLE_PAGE_SIZE, settling->events_max - settled);
		UsageEvent *events = usage_settleable(booking->account.account_id, &last, page_size,
											  &count);

		for (size_t i = 0; i < count; i++)
		{
			last = events[i];
			charge_or_reject(booking, &events[i]);
			if (events[i].status == USAGE_STATUS_UNPRICED)
				continue;
			usage_update_settled(&events[i]);
			booking_write_entries(booking);
			settled++;
		}
		seen += (int64) count;
	} while (count > 0 && settled < settling->events_max && seen < SETTLE_EVENTS_MAX);
	booking_finish(booking);
	settling->settled = settled;
}

/* Settles what of accounts has a price by now; whoever waits waits for the first. */
static int64
settle_accounts(const int64 *accounts, size_t count, int64 events_max, bool waits)
{
	ParkedAccounts parked = read_parked();
	int64 settled = 0;

	for (size_t i = 0; i < count && settled < events_max; i++)
	{
		Settling settling = {.events_max = events_max - settled};

		if (is_parked(&parked, accounts[i]))
			continue;
		if (settle_note)
			settle_note(&accounts[i], 1);
		if (each_account_try(accounts[i], i == 0 && waits, settle_account, &settling))
			settled += settling.settled;
	}
	return settled;
}

int64
settle_unpriced(int64 events_max, SettleWait wait)
{
	int64 settled = 0;
	int64 last = 0;
	size_t count = SETTLE_ACCOUNTS_MAX;

	if (!price_hold_unchanged())
		return 0;
	/* Accounts that cannot owe it must not stand before the others for good. */
	for (int lists = 0;
		 settled < events_max && count == SETTLE_ACCOUNTS_MAX && lists < SETTLE_LISTS_MAX; lists++)
	{
		int64 *accounts = usage_settleable_accounts(last, SETTLE_ACCOUNTS_MAX, &count);

		settled += settle_accounts(accounts, count, events_max - settled,
								   lists == 0 && wait == SETTLE_WAIT_FOR_ONE);
		last = count > 0 ? accounts[count - 1] : last;
	}
	return settled;
}

/* ---- settle() ------------------------------------------------------------ */

/* For subtransaction_run(): waits for one account, since all that have anything to settle are held.
 */
typedef struct WaitingCall
{
	InboxRef *refs; /* those of the first account count; none: usage that waited for a price */
	size_t count;
	int64 events_max;
	const char *timeout;
	int64 settled;
} WaitingCall;

static void
wait_and_settle(void *argument)
{
	WaitingCall *call = argument;

	call->settled = call->count > 0 ? settle_inbox(call->refs, call->count, SETTLE_WAIT_FOR_ONE)
									: settle_unpriced(call->events_max, SETTLE_WAIT_FOR_ONE);
}

/* It may hold accounts by then, for one of which the other waits: so a deadlock is like a timeout.
 */
static bool
is_lock_timeout(int sqlstate)
{
	return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE || sqlstate == ERRCODE_T_R_DEADLOCK_DETECTED;
}

/* The rows of the same account from the first on. */
static size_t
count_alike(const InboxRef *refs, size_t count)
{
	size_t alike = 0;

	while (alike < count && refs[alike].account_id == refs[0].account_id)
		alike++;
	return alike;
}

/* Calls wait_and_settle(); where the account is not to be had in time, nothing is settled. */
static int64
wait_for_account(WaitingCall call)
{
	int nest_level = hold_limit_begin(call.timeout);

	call.count = count_alike(call.refs, call.count);
	if (subtransaction_run(wait_and_settle, &call, is_lock_timeout) != NULL)
	{
		call.settled = 0;
		for (size_t i = 0; i < call.count; i++)
			call.refs[i].taken = false;
	}
	hold_limit_end(nest_level);
	return call.settled;
}

int64
settle_waiting(InboxRef *refs, size_t count, const char *timeout)
{
	return wait_for_account((WaitingCall){.refs = refs, .count = count, .timeout = timeout});
}

int64
settle_all(int64 events_max)
{
	ItemPointerData after = inbox_before_block(0);
	WaitingCall waiting = {.events_max = events_max, .timeout = SETTLE_WAIT};
	int64 settled = 0;

	/* Rows that stay must not stand before the others for good. */
	for (int lists = 0; settled == 0 && lists < SETTLE_LISTS_MAX; lists++)
	{
		size_t listed;
		InboxRef *refs = inbox_list(&after, events_max, &listed);
		size_t count;

		if (listed > 0)
			after = refs[listed - 1].place;
		count = settle_pass_over(refs, listed, NULL, NULL);
		settle_sort(refs, count);
		settled = settle_inbox(refs, count, SETTLE_SKIP);
		if (waiting.count == 0)
		{
			waiting.refs = refs;
			waiting.count = count;
		}
		if ((int64) listed < events_max)
			break;
	}
	failure_end_pass();
	if (settled < events_max)
		settled += settle_unpriced(events_max - settled, SETTLE_SKIP);
	return settled > 0 ? settled : wait_for_account(waiting);
}
