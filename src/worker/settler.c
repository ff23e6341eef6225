/*-------------------------------------------------------------------------
 *
 * settler.c
 *	  The background worker that settles a database's metered usage.
 *
 * Rounds of short transactions, see src/worker/README.md. All rules are in
 * api/settlement; here is only what is done when, and how much at a time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "api/settlement.h"
#include "attempt.h"
#include "store/session.h"
#include "worker/wake.h"

/* A round begins this long after the one before at the earliest: what is between them is one batch.
 */
#define ROUND_MS 200

/* Without being woken it looks as often. */
#define IDLE_MS 10000

/* Rows listed in one round, and settled in one transaction: as many as take about LOCKED_MS. */
#define LIST_ROWS_MAX 100000
#define GROUP_ROWS_MIN 10
#define GROUP_ROWS_MAX 10000
#define LOCKED_MS 50

/* Accounts that somebody holds and that are waited for at the end of a round. */
#define WAITS_MAX 5
#define WAIT_TIMEOUT "10ms"

/* How often usage that waits for a price is looked for; and of all its time, what looking may take.
 */
#define UNPRICED_MS 5000
#define DUTY 10

typedef struct Settler
{
	MemoryContext round_context;
	size_t group_rows;
	size_t rounds;
	BlockNumber first_block; /* no row is known to stand in front of it */
	TimestampTz whole_at;	 /* the whole inbox is not looked at before */
	TimestampTz unpriced_at; /* nor usage that waits for a price */
} Settler;

/* What became of a round. */
typedef struct Round
{
	InboxRef *refs;
	size_t count;
	int64 taken;
	bool ready;				/* there are tables to work on */
	BlockNumber next_block; /* the next round may begin there, but for rows that are left */
} Round;

extern PGDLLEXPORT void billing_settler_main(Datum argument);

/* ---- transactions -------------------------------------------------------- */

static bool
begin_work(Session *session, const char *what)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, what);
	return session_open_if_ready(session);
}

static void
end_work(Session *session, bool ready)
{
	if (ready)
		session_close(session);
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_stat(false);
	pgstat_report_activity(STATE_IDLE, NULL);
}

/* The instant at which work that took as long since an instant may be done again. */
static TimestampTz
after_duty(TimestampTz since, int64 pause_ms)
{
	TimestampTz now = GetCurrentTimestamp();

	return now + Max((now - since) * DUTY, pause_ms * 1000);
}

/* ---- one round ----------------------------------------------------------- */

static void
list_rows(Settler *settler, Round *round)
{
	TimestampTz started_at = GetCurrentTimestamp();
	bool whole = started_at >= settler->whole_at;
	InboxRef *refs;
	Session session;

	round->ready = begin_work(&session, "billing: listing the inbox");
	if (round->ready)
	{
		round->next_block = inbox_last_block();
		refs = inbox_list(whole ? 0 : Min(settler->first_block, round->next_block), LIST_ROWS_MAX,
						  &round->count);
		if (round->count == LIST_ROWS_MAX)
			round->next_block = ItemPointerGetBlockNumber(&refs[round->count - 1].place);
		round->refs = MemoryContextAllocHuge(settler->round_context,
											 (round->count + 1) * sizeof(InboxRef));
		memcpy(round->refs, refs, round->count * sizeof(InboxRef));
	}
	end_work(&session, round->ready);
	if (whole)
		settler->whole_at = after_duty(started_at, 0);
}

/* Settles one group; its size is what the next may have. */
static int64
settle_rows(Settler *settler, InboxRef *refs, size_t count)
{
	TimestampTz started_at = GetCurrentTimestamp();
	int64 taken = 0;
	int64 took_ms;
	Session session;
	bool ready = begin_work(&session, "billing: settling");

	if (ready)
		taken = settle_inbox(refs, count, SETTLE_SKIP);
	end_work(&session, ready);
	took_ms = (GetCurrentTimestamp() - started_at) / 1000;
	if (took_ms > LOCKED_MS)
		settler->group_rows = Max(settler->group_rows / 2, GROUP_ROWS_MIN);
	else if (took_ms < LOCKED_MS / 2 && count >= settler->group_rows)
		settler->group_rows = Min(settler->group_rows + settler->group_rows / 4, GROUP_ROWS_MAX);
	return taken;
}

/* For attempt(): settles the rows of one account, waiting for it. */
typedef struct WaitingCall
{
	InboxRef *refs;
	size_t count;
	int64 taken;
} WaitingCall;

static void
settle_waiting(void *argument)
{
	WaitingCall *call = argument;

	(void) set_config_option("lock_timeout", WAIT_TIMEOUT, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	call->taken = settle_inbox(call->refs, call->count, SETTLE_WAIT_FOR_ONE);
}

static bool
is_lock_timeout(int sqlstate)
{
	return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE;
}

static int64
wait_for_account(InboxRef *refs, size_t count)
{
	WaitingCall call = {refs, count, 0};
	Session session;
	bool ready = begin_work(&session, "billing: settling an account that is held");

	if (ready && attempt(settle_waiting, &call, is_lock_timeout) != NULL)
		call.taken = 0;
	end_work(&session, ready);
	return call.taken;
}

/* Rows of the same account from the first on, as far as a group may go. */
static size_t
count_alike(const Settler *settler, const InboxRef *refs, size_t count)
{
	size_t alike = 1;

	while (alike < count && alike < settler->group_rows &&
		   refs[alike].account_id == refs[0].account_id)
		alike++;
	return alike;
}

/* Waits for a few accounts that were skipped, others each time. */
static void
wait_for_skipped(Settler *settler, Round *round)
{
	size_t start = settler->rounds++;
	int waits = 0;

	for (size_t i = 0; i < round->count && waits < WAITS_MAX; i++)
	{
		size_t at = (start * GROUP_ROWS_MAX + i) % round->count;

		if (round->refs[at].taken ||
			(i > 0 && at > 0 && round->refs[at].account_id == round->refs[at - 1].account_id))
			continue;
		round->taken += wait_for_account(&round->refs[at],
										 count_alike(settler, &round->refs[at], round->count - at));
		waits++;
	}
}

/* How many rows stand in the inbox still, and the first block that holds one. */
static int64
count_left(const Round *round, BlockNumber *first_block)
{
	int64 left = 0;

	for (size_t i = 0; i < round->count; i++)
	{
		if (round->refs[i].taken)
			continue;
		*first_block = Min(*first_block, ItemPointerGetBlockNumber(&round->refs[i].place));
		left++;
	}
	return left;
}

static void
settle_price_waiters(Settler *settler, Round *round)
{
	TimestampTz started_at = GetCurrentTimestamp();
	Session session;
	bool ready;

	if (started_at < settler->unpriced_at)
		return;
	ready = begin_work(&session, "billing: settling usage that waited for a price");
	if (ready)
		round->taken += settle_unpriced((int64) settler->group_rows, SETTLE_SKIP);
	end_work(&session, ready);
	settler->unpriced_at = after_duty(started_at, UNPRICED_MS);
}

/* Returns how long to sleep, unless woken. */
static long
run_round(Settler *settler)
{
	TimestampTz since = wake_look();
	Round round = {0};
	int64 left;

	MemoryContextReset(settler->round_context);
	list_rows(settler, &round);
	if (!round.ready)
		return IDLE_MS;
	settle_sort(round.refs, round.count);
	for (size_t done = 0; done < round.count;)
	{
		size_t rows = Min(settler->group_rows, round.count - done);

		CHECK_FOR_INTERRUPTS();
		round.taken += settle_rows(settler, &round.refs[done], rows);
		done += rows;
	}
	wait_for_skipped(settler, &round);
	settle_price_waiters(settler, &round);
	settler->first_block = round.next_block;
	left = count_left(&round, &settler->first_block);
	wake_report(round.taken, since ? GetCurrentTimestamp() - since : 0, left);
	if (round.count == LIST_ROWS_MAX && left < LIST_ROWS_MAX)
		return 0;
	return left > 0 || round.taken > 0 ? ROUND_MS : IDLE_MS;
}

/* ---- its life ------------------------------------------------------------ */

static void
sleep_ms(int events, long timeout_ms)
{
	(void) WaitLatch(MyLatch, events | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, timeout_ms,
					 PG_WAIT_EXTENSION);
}

static void
heed_signals(void)
{
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

void
billing_settler_main(Datum argument)
{
	Oid database = DatumGetObjectId(argument);
	Settler settler = {.group_rows = 1000};

	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	if (!wake_attach(database))
		proc_exit(0);
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	settler.round_context = AllocSetContextCreate(TopMemoryContext, "billing round",
												  ALLOCSET_DEFAULT_SIZES);
	while (!wake_is_paused(database))
	{
		long timeout_ms = run_round(&settler);

		if (timeout_ms > 0)
			sleep_ms(0, ROUND_MS);
		heed_signals();
		if (timeout_ms > ROUND_MS)
			sleep_ms(WL_LATCH_SET, timeout_ms);
		ResetLatch(MyLatch);
		heed_signals();
	}
	proc_exit(0);
}
