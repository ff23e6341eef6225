/*-------------------------------------------------------------------------
 *
 * settle_group.c
 *	  A group of rows of the inbox becomes charges: the rules of charge(), for
 *	  many events of many accounts at once.
 *
 * A batch is what one transaction settles of one account. Its charges are
 * taken from the lots in the order of R7 as one sum, so that it makes one
 * ledger entry per lot; each event keeps the sum of those before it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/timestamp.h"

#include "booking/inbox_row.h"
#include "booking/plan_usage.h"
#include "booking/settle_group.h"
#include "booking/usage.h"
#include "clock.h"
#include "store/account_range_store.h"
#include "store/price_store.h"
#include "store/set_aside_store.h"
#include "store/usage_batch_store.h"

/* A row that was taken, on its way to become an event. */
typedef struct Candidate
{
	const InboxRow *row;
	UsageEvent event;
	bool counts; /* it is recorded; else it was a duplicate or was set aside */
} Candidate;

/* What is settled of one account. */
typedef struct Batch
{
	Booking booking;
	Candidate **candidates; /* its stretch of the group's */
	size_t count;
} Batch;

/* What is settled in one go. */
typedef struct SettleGroup
{
	Batch *batches; /* by account */
	size_t batches_count;
	Candidate **candidates; /* by account and hash */
	size_t count;
	ApiKeyRef *keys; /* that they name, by account and key_id */
	size_t keys_count;
	int64 settled; /* rows that were taken for good */
} SettleGroup;

/* ---- which rows ---------------------------------------------------------- */

/* The accounts of the rows, each once, in the order of their ids. */
static int64 *
list_accounts(const InboxRef *refs, size_t count, size_t *accounts_count)
{
	int64 *accounts = palloc(count * sizeof(int64));

	*accounts_count = 0;
	for (size_t i = 0; i < count; i++)
	{
		Assert(i == 0 || refs[i - 1].account_id <= refs[i].account_id);
		if (refs[i].account_id > 0 && (i == 0 || refs[i].account_id != refs[i - 1].account_id))
			accounts[(*accounts_count)++] = refs[i].account_id;
	}
	return accounts;
}

/* Begins a batch for each account that can be locked. Each clock is read when all locks are held.
 */
static void
begin_batches(SettleGroup *group, const int64 *accounts, size_t count, SettleWait wait)
{
	Account first;
	size_t waited = wait == SETTLE_WAIT_FOR_ONE && count > 0 && account_hold(accounts[0], &first);
	size_t free_count;
	Account *free_accounts = account_hold_free(accounts + waited, count - waited, &free_count);

	group->batches = palloc0((count + 1) * sizeof(Batch));
	if (waited)
		group->batches[group->batches_count++].booking.account = first;
	for (size_t i = 0; i < free_count; i++)
		group->batches[group->batches_count++].booking.account = free_accounts[i];
	price_hold_for_reading();
	for (size_t i = 0; i < group->batches_count; i++)
		booking_begin_held(&group->batches[i].booking);
}

static int
compare_to_batch(const void *key, const void *element)
{
	int64 account_id = *(const int64 *) key;
	int64 batch_id = ((const Batch *) element)->booking.account.account_id;

	return (account_id > batch_id) - (account_id < batch_id);
}

static Batch *
find_batch(const SettleGroup *group, int64 account_id)
{
	return bsearch(&account_id, group->batches, group->batches_count, sizeof(Batch),
				   compare_to_batch);
}

/* Locks the accounts whose rows they are, and marks the rows that can be taken. */
static void
hold_accounts(SettleGroup *group, InboxRef *refs, size_t count, SettleWait wait)
{
	size_t accounts_count;
	int64 *accounts = list_accounts(refs, count, &accounts_count);

	begin_batches(group, accounts, accounts_count, wait);
	for (size_t i = 0; i < count; i++)
	{
		int64 account_id = refs[i].account_id;

		/* Rows of accounts that do not exist are set aside; nothing but their own lock guards them.
		 */
		if (account_id > 0 && find_batch(group, account_id))
			refs[i].taken = true;
		else
			refs[i].taken = (account_id <= 0 || !account_exists(account_id)) &&
							inbox_hold_if_free(&refs[i]);
	}
}

/* ---- from rows to events ------------------------------------------------- */

/* Rows are taken in the order in which they stand. */
static int
compare_places(const InboxRow *a, const InboxRow *b)
{
	return (a > b) - (a < b);
}

/* The order in which charges apply (R7). */
static int
compare_by_time(const void *left, const void *right)
{
	const UsageEvent *a = &(*(Candidate *const *) left)->event;
	const UsageEvent *b = &(*(Candidate *const *) right)->event;

	int order;

	if (a->occurred_at != b->occurred_at)
		return a->occurred_at < b->occurred_at ? -1 : 1;
	order = strcmp(a->request_id, b->request_id);
	/* Of two alike the one that stood first in the inbox. */
	return order ? order
				 : compare_places((*(Candidate *const *) left)->row,
								  (*(Candidate *const *) right)->row);
}

/* The order in which they are looked for and stored; the earlier of two alike counts. */
static int
compare_by_hash(const void *left, const void *right)
{
	const UsageEvent *a = &(*(Candidate *const *) left)->event;
	const UsageEvent *b = &(*(Candidate *const *) right)->event;

	if (a->account_id != b->account_id)
		return a->account_id < b->account_id ? -1 : 1;
	if (a->request_hash != b->request_hash)
		return a->request_hash < b->request_hash ? -1 : 1;
	return compare_by_time(left, right);
}

/* Makes a candidate of a row that was taken; NULL where it is none. */
static Candidate *
admit_row(SettleGroup *group, const InboxRow *row)
{
	Fault fault = inbox_row_fault(row);
	Batch *batch = find_batch(group, row->account_id);
	Candidate *candidate;

	if (fault.message == NULL && batch == NULL && row->account_id > 0 &&
		account_exists(row->account_id))
	{
		/* Another row stands there than inbox_list() saw: it waits for the next time. */
		inbox_append(row);
		return NULL;
	}
	group->settled++;
	if (fault.message == NULL && batch == NULL)
		fault = account_range_fault(row->account_id);
	if (fault.message)
	{
		set_aside_insert(row, &fault, NULL, clock_now());
		return NULL;
	}
	batch->count++;
	candidate = palloc(sizeof(Candidate));
	*candidate = (Candidate){.row = row, .event = inbox_row_event(row, batch->booking.at)};
	return candidate;
}

/* Makes candidates of the rows and sorts them; each batch gets its stretch. */
static void
admit_rows(SettleGroup *group, const InboxRow *rows, size_t count)
{
	Candidate **next;

	group->candidates = palloc((count + 1) * sizeof(Candidate *));
	for (size_t i = 0; i < count; i++)
	{
		Candidate *candidate = admit_row(group, &rows[i]);

		if (candidate)
			group->candidates[group->count++] = candidate;
	}
	qsort(group->candidates, group->count, sizeof(Candidate *), compare_by_hash);
	next = group->candidates;
	for (size_t i = 0; i < group->batches_count; i++)
	{
		group->batches[i].candidates = next;
		next += group->batches[i].count;
	}
}

/* ---- once ---------------------------------------------------------------- */

static void
set_aside(const Candidate *candidate, const Fault *fault, const Batch *batch)
{
	set_aside_insert(candidate->row, fault, NULL, batch->booking.at);
}

/* An event that was recorded before counts no more, and another payload is set aside. */
static void
drop_repeated(const Batch *batch, const Candidate *candidate, const UsageEvent *recorded)
{
	Fault fault = usage_conflict(recorded, &candidate->event);

	if (fault.message)
		set_aside(candidate, &fault, batch);
}

/* Looks through the stored rows of the event's hash. */
static bool
is_stored(const Batch *batch, Candidate *candidate, StoredRequests stored)
{
	const UsageEvent *recorded = usage_find_recorded(&batch->booking, &candidate->event, stored);

	if (recorded)
		drop_repeated(batch, candidate, recorded);
	return recorded != NULL;
}

/* Looks through the candidates of the same hash that were found to count. */
static bool
is_in_batch(const Batch *batch, Candidate *const *before, Candidate *candidate)
{
	for (; before[0] != candidate; before++)
	{
		if (!before[0]->counts)
			continue;
		candidate->event.probe = Max(candidate->event.probe, before[0]->event.probe + 1);
		if (strcmp(before[0]->event.request_id, candidate->event.request_id) == 0)
		{
			drop_repeated(batch, candidate, &before[0]->event);
			return true;
		}
	}
	return false;
}

static int
compare_keys(const void *left, const void *right)
{
	const ApiKeyRef *a = left;
	const ApiKeyRef *b = right;

	if (a->account_id != b->account_id)
		return a->account_id < b->account_id ? -1 : 1;
	return (a->key_id > b->key_id) - (a->key_id < b->key_id);
}

/* Looks the keys up that the candidates name, each once. */
static void
find_keys(SettleGroup *group)
{
	size_t distinct = 0;

	group->keys = palloc0((group->count + 1) * sizeof(ApiKeyRef));
	for (size_t i = 0; i < group->count; i++)
	{
		group->keys[i].account_id = group->candidates[i]->event.account_id;
		group->keys[i].key_id = group->candidates[i]->event.payload.key_id;
	}
	qsort(group->keys, group->count, sizeof(ApiKeyRef), compare_keys);
	for (size_t i = 0; i < group->count; i++)
		if (i == 0 || compare_keys(&group->keys[i], &group->keys[distinct - 1]) != 0)
			group->keys[distinct++] = group->keys[i];
	group->keys_count = distinct;
	api_key_get_all(group->keys, group->keys_count);
}

/* The key that an event names; NULL where the account has none of that number. */
static ApiKeyRow *
find_key(const SettleGroup *group, const UsageEvent *event)
{
	ApiKeyRef wanted = {.account_id = event->account_id, .key_id = event->payload.key_id};
	ApiKeyRef *found = bsearch(&wanted, group->keys, group->keys_count, sizeof(ApiKeyRef),
							   compare_keys);

	return found && found->exists ? &found->row : NULL;
}

/* Decides about a candidate that is there for the first time. */
static void
judge_candidate(const SettleGroup *group, Batch *batch, Candidate *candidate)
{
	UsageEvent *event = &candidate->event;
	Fault fault = usage_judge(&batch->booking, find_key(group, event), event);

	if (fault.message)
		set_aside(candidate, &fault, batch);
	candidate->counts = fault.message == NULL;
}

/* The stored rows of all candidates' hashes, by candidate. */
static StoredRequests *
find_stored(const SettleGroup *group, UsageEvent **events)
{
	TimestampTz since = DT_NOEND;
	TimestampTz now = DT_NOBEGIN;

	for (size_t i = 0; i < group->batches_count; i++)
	{
		const Booking *booking = &group->batches[i].booking;

		since = Min(since, booking_dedupe_since(booking));
		now = Max(now, booking->at);
	}
	return usage_find_recent(events, group->count, since, now);
}

/* Finds out which candidates count; events are theirs. */
static void
judge_candidates(SettleGroup *group, UsageEvent **events)
{
	StoredRequests *stored = find_stored(group, events);
	size_t first_alike = 0;

	find_keys(group);
	for (size_t i = 0; i < group->count; i++)
	{
		Candidate *candidate = group->candidates[i];
		Batch *batch = find_batch(group, events[i]->account_id);

		if (events[i]->account_id != events[first_alike]->account_id ||
			events[i]->request_hash != events[first_alike]->request_hash)
			first_alike = i;
		if (!is_stored(batch, candidate, stored[i]) &&
			!is_in_batch(batch, &group->candidates[first_alike], candidate))
			judge_candidate(group, batch, candidate);
	}
}

/* ---- booking ------------------------------------------------------------- */

/* True where an event is to be charged: it costs something, and is on no plan, where it is counted.
 * What costs more than money can be is set aside. */
static bool
costs_money(Batch *batch, int64 sum_nano, Candidate *candidate)
{
	UsageEvent *event = &candidate->event;
	Fault fault;

	if (!candidate->counts || event->status != USAGE_STATUS_UNPRICED)
		return false;
	if (event->subscription_no != NO_NUMBER)
	{
		(void) plan_usage_count(&batch->booking, event);
		return false;
	}
	fault = usage_price(&batch->booking, sum_nano, event);
	if (fault.message)
	{
		set_aside(candidate, &fault, batch);
		candidate->counts = false;
	}
	return event->status == USAGE_STATUS_CHARGED && event->charge_nano > 0;
}

/* Prices the events of a batch in the order of R7; returns the sum of their charges. */
static int64
price_batch(Batch *batch, TimestampTz *last_occurred_at)
{
	int64 sum_nano = 0;

	for (size_t i = 0; i < batch->count; i++)
	{
		UsageEvent *event = &batch->candidates[i]->event;

		if (!costs_money(batch, sum_nano, batch->candidates[i]))
			continue;
		event->batch_offset_nano = sum_nano;
		sum_nano += event->charge_nano;
		*last_occurred_at = event->occurred_at;
	}
	return sum_nano;
}

/* The events of a batch that were charged, in the order of R7. */
static UsageEvent **
charged_events(const Batch *batch, size_t *count)
{
	UsageEvent **events = palloc((batch->count + 1) * sizeof(UsageEvent *));

	*count = 0;
	for (size_t i = 0; i < batch->count; i++)
		if (batch->candidates[i]->counts &&
			batch->candidates[i]->event.batch_offset_nano != NO_BATCH)
			events[(*count)++] = &batch->candidates[i]->event;
	return events;
}

/* Tells the events of a batch which entries paid them, and the first of these whom they pay. */
static void
link_events(Batch *batch, int64 first_entry_no, Transfer *first)
{
	int32 entry_count = (int32) (booking_next_entry_no(&batch->booking) - first_entry_no);
	size_t count;
	UsageEvent **events = charged_events(batch, &count);

	for (size_t i = 0; i < count; i++)
	{
		events[i]->first_entry_no = first_entry_no;
		events[i]->entry_count = entry_count;
	}
	if (count > 0)
		usage_sign(first, events, count);
}

/* Takes the charges of a batch from its account's lots, as one sum. */
static void
take_batch(Batch *batch)
{
	Booking *booking = &batch->booking;
	TimestampTz last_occurred_at = booking->at;
	int64 first_entry_no = booking_next_entry_no(booking);
	Transfer *first = &booking->books.transfers[booking->books.transfers_count];
	int64 sum_nano;

	qsort(batch->candidates, batch->count, sizeof(Candidate *), compare_by_time);
	sum_nano = price_batch(batch, &last_occurred_at);
	booking_source(booking, SOURCE_SETTLEMENT, first_entry_no, last_occurred_at);
	check_outcome(books_take(&booking->books, sum_nano, BOOK_REVENUE));
	link_events(batch, first_entry_no, first);
}

static bool
any_counts(const Batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->candidates[i]->counts)
			return true;
	return false;
}

/* Books the batches in which anything counts; their events are stored later. */
static void
book_batches(SettleGroup *group)
{
	Booking **bookings = palloc((group->batches_count + 1) * sizeof(Booking *));
	Batch **batches = palloc((group->batches_count + 1) * sizeof(Batch *));
	size_t count = 0;

	for (size_t i = 0; i < group->batches_count; i++)
		if (any_counts(&group->batches[i]))
		{
			batches[count] = &group->batches[i];
			bookings[count++] = &group->batches[i].booking;
		}
	booking_load_all(bookings, count);
	for (size_t i = 0; i < count; i++)
		take_batch(batches[i]);
	booking_finish_all(bookings, count);
}

/* The events of the candidates: of all, or of those that count. */
static UsageEvent **
list_events(const SettleGroup *group, bool all, size_t *count)
{
	UsageEvent **events = palloc((group->count + 1) * sizeof(UsageEvent *));

	*count = 0;
	for (size_t i = 0; i < group->count; i++)
		if (all || group->candidates[i]->counts)
			events[(*count)++] = &group->candidates[i]->event;
	return events;
}

int64
settle_group(InboxRef *refs, size_t count, SettleWait wait)
{
	SettleGroup group = {0};
	InboxRow *rows;
	size_t rows_count;
	UsageEvent **events;
	size_t events_count;

	ForceSyncCommit();
	hold_accounts(&group, refs, count, wait);
	rows = inbox_take(refs, count, &rows_count);
	admit_rows(&group, rows, rows_count);
	if (group.count == 0)
		return group.settled;
	judge_candidates(&group, list_events(&group, true, &events_count));
	book_batches(&group);
	events = list_events(&group, false, &events_count);
	usage_insert(events, events_count);
	return group.settled;
}
