/*-------------------------------------------------------------------------
 *
 * settler.c
 *	  The background worker that settles a database's metered usage.
 *
 * Rounds of short transactions, see src/worker/README.md. All rules are in
 * booking/settle; here is only what is done when, and how much at a time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "booking/failure.h"
#include "booking/settle.h"
#include "clock.h"
#include "crash_mark.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/parking_store.h"
#include "wake.h"
#include "worker/life.h"
#include "worker/supervisor.h"

/* A round begins this long after the one before at the earliest: what is between them is one batch.
 */
#define ROUND_MS 200

/* Without being woken it looks as often. */
#define IDLE_MS 10000

/*
 * Rows listed at a time: the more stand there, the more, so that each account is booked less often;
 * and settled in one transaction: as many as take about LOCKED_MS.
 */
#define LIST_ROWS_MIN 100000
#define LIST_ROWS_MAX 1000000
#define LIST_US 1 /* a row, at the most, where nothing else stands in the inbox */
#define GROUP_ROWS_MIN 10
#define GROUP_ROWS_MAX 10000
#define LOCKED_MS 50

/*
 * Accounts that somebody holds and that are waited for at the end of a round:
 * one, another each time, for as long as a queue of callers may take, and a few
 * more for a moment.
 */
#define WAITS_MAX 5
#define WAIT_LONG "200ms"
#define WAIT_SHORT "10ms"

/* How often usage that waits for a price is looked for; and of all its time, what looking may take.
 */
#define UNPRICED_MS 5000
#define DUTY 10

/* Rows whose booking fails are tried again after so long, doubled each time; so many are
 * remembered.
 */
#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 60000
#define FAILED_MAX 1000000

typedef struct Settler
{
	MemoryContext round_context;
	bool reported_incomplete;
	bool reported_fed;
	size_t list_rows;
	size_t group_rows;
	BlockNumber first_block; /* no row is known to stand in front of it */
	int64 waited_for;		 /* the account that was waited for last */
	TimestampTz whole_at;	 /* the whole inbox is not looked at before */
	TimestampTz unpriced_at; /* nor usage that waits for a price */
	HTAB *failed;			 /* places of rows whose booking failed; NULL: of none */
	TimestampTz retry_at;	 /* they are passed over until then */
	int retry_ms;			 /* the last wait for that; 0: nothing fails */
	int64 *suspects;		 /* accounts at which it crashed together: each is tried alone */
	size_t suspects_count;
	TimestampTz started_at;
} Settler;

/* One look through the inbox, list by list. */
typedef struct Round
{
	InboxRef *refs; /* the list that is worked on */
	size_t count;
	size_t to_settle;		/* the first of them; the others failed lately */
	bool is_full;			/* the list: more rows may stand behind it */
	ItemPointerData after;	/* where the next list begins */
	BlockNumber last_block; /* of the inbox when the round began */
	BlockNumber left_block; /* the first that holds a row that was left */
	int64 left;				/* rows that were left for others who hold their accounts */
	int64 failed;			/* rows that stay because their booking fails */
	bool whole;				/* it began at the inbox's first block */
	int64 wasted_us;		/* listing took beyond what the rows were worth */
} Round;

extern PGDLLEXPORT void billing_settler_main(Datum argument);

/* ---- marks for the case of a crash --------------------------------------- */

/* Whether what is noted next is one suspect, tried alone. */
static bool tries_alone;

static void
note_work(const int64 *accounts, size_t count)
{
	crash_mark_work(accounts, count, tries_alone);
}

static int
compare_accounts(const void *left, const void *right)
{
	int64 a = *(const int64 *) left;
	int64 b = *(const int64 *) right;

	return (a > b) - (a < b);
}

static bool
is_suspect(const Settler *settler, int64 account_id)
{
	return bsearch(&account_id, settler->suspects, settler->suspects_count, sizeof(int64),
				   compare_accounts) != NULL;
}

/*
 * How many of the sorted rows make the next group: up to a suspect, or those of
 * a suspect at their beginning, who is alone in his.
 */
static size_t
group_size(const Settler *settler, const InboxRef *refs, size_t count)
{
	size_t rows = 0;

	tries_alone = is_suspect(settler, refs[0].account_id);
	while (rows < count && (tries_alone ? refs[rows].account_id == refs[0].account_id
										: !is_suspect(settler, refs[rows].account_id)))
		rows++;
	return rows;
}

/* ---- one round ----------------------------------------------------------- */

/* Whether there are books to work on. The session is open. */
static bool
books_are_complete(Settler *settler)
{
	if (life_books_are_complete())
		return true;
	if (!settler->reported_incomplete)
		ereport(LOG, (errmsg("billing settles nothing while a guard is missing"),
					  errhint("A restore makes it at its end; else run billing.install().")));
	settler->reported_incomplete = true;
	return false;
}

/* False where another server sends them. The session is open. */
static bool
books_are_ours(Settler *settler)
{
	bool are_fed = subscriber_feeds_books();

	if (are_fed && !settler->reported_fed)
		ereport(LOG, (errmsg("billing settles nothing while a subscription feeds the books")));
	settler->reported_fed = are_fed;
	return !are_fed;
}

/* False where there is nothing to work on. */
static bool
begin_round(Settler *settler, Round *round)
{
	Scope scope;
	bool opened = life_begin_work(&scope, "billing: looking for the books");
	bool ready = opened && books_are_ours(settler) && books_are_complete(settler);

	*round = (Round){.left_block = InvalidBlockNumber};
	if (ready)
		round->last_block = inbox_last_block();
	life_end_work(&scope, opened);
	round->whole = GetCurrentTimestamp() >= settler->whole_at;
	round->after = inbox_before_block(round->whole ? 0
												   : Min(settler->first_block, round->last_block));
	return ready;
}

/* ---- rows whose booking fails -------------------------------------------- */

/* When their time has come, they are rows like any other. */
static void
release_failed(Settler *settler)
{
	if (settler->failed == NULL || GetCurrentTimestamp() < settler->retry_at)
		return;
	hash_destroy(settler->failed);
	settler->failed = NULL;
}

/* For settle_pass_over(). */
static bool
has_failed(const InboxRef *ref, void *argument)
{
	const Settler *settler = argument;

	return settler->failed && hash_search(settler->failed, &ref->place, HASH_FIND, NULL) != NULL;
}

static void
remember_failed(Settler *settler, const InboxRef *ref)
{
	HASHCTL control = {.keysize = sizeof(ItemPointerData), .entrysize = sizeof(ItemPointerData)};

	if (settler->failed == NULL)
		settler->failed = hash_create("billing failed rows", 1000, &control,
									  HASH_ELEM | HASH_BLOBS);
	if (hash_get_num_entries(settler->failed) < FAILED_MAX)
		(void) hash_search(settler->failed, &ref->place, HASH_ENTER, NULL);
}

/* Sets the time for the next try, where a round found rows that fail. */
static void
plan_retry(Settler *settler, const Round *round)
{
	if (round->failed == 0)
		settler->retry_ms = 0;
	else if (GetCurrentTimestamp() >= settler->retry_at)
	{
		settler->retry_ms = Min(Max(settler->retry_ms * 2, RETRY_MIN_MS), RETRY_MAX_MS);
		settler->retry_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), settler->retry_ms);
	}
}

/* How long to sleep where nothing else is to be done. */
static long
idle_ms(const Settler *settler)
{
	long retry_ms = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), settler->retry_at);

	return settler->retry_ms == 0 ? IDLE_MS : Min(Max(retry_ms, ROUND_MS), IDLE_MS);
}

/* ---- one round, continued ------------------------------------------------ */

/* A list that was full is followed by a longer one. */
static void
note_length(Settler *settler, Round *round)
{
	round->is_full = round->count == settler->list_rows;
	settler->list_rows = round->is_full ? Min(settler->list_rows * 2, LIST_ROWS_MAX)
										: LIST_ROWS_MIN;
}

/* Lists the next rows; false where there are none. */
static bool
list_rows(Settler *settler, Round *round)
{
	TimestampTz started_at = GetCurrentTimestamp();
	InboxRef *refs;
	Scope scope;
	bool ready;

	MemoryContextReset(settler->round_context);
	round->count = round->to_settle = 0;
	ready = life_begin_work(&scope, "billing: listing the inbox");
	if (ready)
	{
		refs = inbox_list(&round->after, (int64) settler->list_rows, &round->count);
		round->refs = MemoryContextAllocHuge(settler->round_context,
											 (round->count + 1) * sizeof(InboxRef));
		if (round->count > 0)
			round->after = refs[round->count - 1].place;
		round->to_settle = settle_pass_over(refs, round->count, has_failed, settler);
		memcpy(round->refs, refs, round->count * sizeof(InboxRef));
	}
	life_end_work(&scope, ready);
	note_length(settler, round);
	round->wasted_us += GetCurrentTimestamp() - started_at - (int64) round->count * LIST_US;
	return round->count > 0;
}

/* Settles one group; its size is what the next may have. */
static int64
settle_rows(Settler *settler, InboxRef *refs, size_t count)
{
	TimestampTz started_at = GetCurrentTimestamp();
	int64 taken = 0;
	int64 took_ms;
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: settling");

	if (ready)
		taken = settle_inbox(refs, count, SETTLE_SKIP);
	life_end_work(&scope, ready);
	took_ms = (GetCurrentTimestamp() - started_at) / 1000;
	if (took_ms > LOCKED_MS)
		settler->group_rows = Max(settler->group_rows / 2, GROUP_ROWS_MIN);
	else if (took_ms < LOCKED_MS / 2 && count >= settler->group_rows)
		settler->group_rows = Min(settler->group_rows + settler->group_rows / 4, GROUP_ROWS_MAX);
	return taken;
}

static int64
wait_for_account(InboxRef *refs, size_t count, const char *timeout)
{
	int64 taken = 0;
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: settling an account that is held");

	if (ready)
		taken = settle_waiting(refs, count, timeout);
	life_end_work(&scope, ready);
	return taken;
}

/* The first row that was left of an account behind another one; to_settle where there is none. */
static size_t
find_left(const Round *round, int64 behind_account)
{
	size_t i = 0;

	while (i < round->to_settle && (round->refs[i].taken || round->refs[i].failed ||
									round->refs[i].account_id <= behind_account))
		i++;
	return i;
}

/* Waits for a few accounts that were skipped, others each time, for the first of them longer. */
static int64
wait_for_skipped(Settler *settler, Round *round)
{
	int64 taken = 0;
	const char *timeout = WAIT_LONG;

	for (int waits = 0; waits < WAITS_MAX; waits++)
	{
		size_t at = find_left(round, settler->waited_for);

		if (at == round->to_settle && waits > 0)
			break;
		if (at == round->to_settle)
			at = find_left(round, 0);
		if (at == round->to_settle)
			break;
		settler->waited_for = round->refs[at].account_id;
		taken += wait_for_account(&round->refs[at], Min(settler->group_rows, round->to_settle - at),
								  timeout);
		timeout = WAIT_SHORT;
	}
	return taken;
}

/* Notes what was left of a list. */
static void
count_left(Settler *settler, Round *round)
{
	for (size_t i = 0; i < round->count; i++)
	{
		if (round->refs[i].taken)
			continue;
		round->left_block = Min(round->left_block,
								ItemPointerGetBlockNumber(&round->refs[i].place));
		round->left += !round->refs[i].failed;
		round->failed += round->refs[i].failed;
		if (round->refs[i].failed)
			remember_failed(settler, &round->refs[i]);
	}
}

/* Tells what was settled of what was committed since an instant; 0: nobody woke it for that. */
static void
report(int64 settled, TimestampTz since)
{
	wake_report_settled(settled, since ? GetCurrentTimestamp() - since : 0);
}

/* Settles what was listed, group by group; returns how many rows were taken. */
static int64
settle_list(Settler *settler, Round *round, TimestampTz since)
{
	int64 settled = 0;

	settle_sort(round->refs, round->to_settle);
	for (size_t done = 0; done < round->to_settle;)
	{
		size_t rows = group_size(settler, &round->refs[done],
								 Min(settler->group_rows, round->to_settle - done));
		int64 taken;

		life_heed_signals();
		if (life_shall_end())
			break;
		taken = settle_rows(settler, &round->refs[done], rows);
		report(taken, since);
		settled += taken;
		done += rows;
	}
	return settled;
}

/* Charges usage that waited for a price, now and then; returns how many events. */
static int64
settle_price_waiters(Settler *settler)
{
	TimestampTz started_at = GetCurrentTimestamp();
	TimestampTz now;
	int64 settled = 0;
	Scope scope;
	bool ready;

	if (started_at < settler->unpriced_at)
		return 0;
	ready = life_begin_work(&scope, "billing: settling usage that waited for a price");
	if (ready)
		settled = settle_unpriced((int64) settler->group_rows, SETTLE_SKIP);
	life_end_work(&scope, ready);
	now = GetCurrentTimestamp();
	settler->unpriced_at = now + Max((now - started_at) * DUTY, UNPRICED_MS * INT64CONST(1000));
	return settled;
}

/* Where the next round begins. */
static void
end_round(Settler *settler, const Round *round)
{
	settler->first_block = Min(round->left_block, round->last_block);
	plan_retry(settler, round);
	failure_end_pass();
	tries_alone = false;
	settler->suspects_count = 0;
	if (round->whole)
		settler->whole_at = GetCurrentTimestamp() + Max(round->wasted_us, 0) * DUTY;
}

/* Returns how long to sleep, unless woken. */
static long
run_round(Settler *settler)
{
	TimestampTz since = wake_look(WORKER_SETTLER);
	TimestampTz since_next;
	int64 settled = 0;
	int64 taken;
	Round round;

	release_failed(settler);
	if (!begin_round(settler, &round))
		return IDLE_MS;
	while (!life_shall_end() && list_rows(settler, &round))
	{
		settled += settle_list(settler, &round, since);
		if (!round.is_full)
		{
			taken = wait_for_skipped(settler, &round);
			report(taken, 0);
			settled += taken;
		}
		count_left(settler, &round);
		if (!round.is_full)
			break;
		/* What comes next was committed after the first of them, at the earliest. */
		since_next = wake_look(WORKER_SETTLER);
		since = since ? since : since_next;
	}
	end_round(settler, &round);
	wake_looked(WORKER_SETTLER);
	wake_report_left(round.left, round.failed);
	taken = settle_price_waiters(settler);
	report(taken, 0);
	return round.left > 0 || settled + taken > 0 ? ROUND_MS : idle_ms(settler);
}

/* ---- its life ------------------------------------------------------------ */

static void
sleep_ms(int events, long timeout_ms)
{
	(void) WaitLatch(MyLatch, events | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, timeout_ms,
					 PG_WAIT_EXTENSION);
}

/*
 * After a crash: the accounts it worked on are tried one by one; one that was
 * tried so is parked. Where it crashed while it worked on none, and again, the
 * worker itself is parked; then it returns false.
 */
static bool
learn_from_crash(Settler *settler, const CrashMark *last)
{
	bool parks_worker = last->count == 0;

	if (last->state != MARK_WORKING || (parks_worker && last->crashes == 0))
		return true;
	if (last->count > 0 && !last->alone)
	{
		settler->suspects = last->accounts;
		settler->suspects_count = last->count;
		return true;
	}
	life_park(WORKER_SETTLER, parks_worker ? PARKED_WORKER : last->accounts[0]);
	return !parks_worker;
}

void
billing_settler_main(Datum argument)
{
	Oid database = DatumGetObjectId(argument);
	Settler settler = {
		.list_rows = LIST_ROWS_MIN, .group_rows = 1000, .started_at = GetCurrentTimestamp()};
	CrashMark last;

	last = life_begin(database, WORKER_SETTLER);
	settle_note = note_work;
	settler.round_context = AllocSetContextCreate(TopMemoryContext, "billing round",
												  ALLOCSET_DEFAULT_SIZES);
	if (!learn_from_crash(&settler, &last))
		proc_exit(0);
	while (!life_shall_end())
	{
		long timeout_ms = run_round(&settler);

		if (TimestampDifferenceExceeds(settler.started_at, GetCurrentTimestamp(), GOOD_RUN_MS))
			crash_mark_forgive();
		if (timeout_ms > 0)
			sleep_ms(0, ROUND_MS);
		life_heed_signals();
		if (timeout_ms > ROUND_MS && !wake_is_pending(database, WORKER_SETTLER))
			sleep_ms(WL_LATCH_SET, timeout_ms);
		ResetLatch(MyLatch);
		life_heed_signals();
	}
	proc_exit(0);
}
