/*-------------------------------------------------------------------------
 *
 * wake.c
 *	  The slots in shared memory, and waking a settler at commit.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "wake.h"

#define TRANCHE "billing"

typedef struct Slot
{
	SettlerState state; /* database InvalidOid: free */
	Latch *latch;		/* of the process with state.pid */
} Slot;

typedef struct Shared
{
	LWLock *lock;
	pid_t supervisor_pid;
	Latch *supervisor;
	Slot slots[WORKER_DATABASES_MAX];
} Shared;

static Shared *shared;
static bool wakes_at_commit;
static volatile sig_atomic_t ends_by_order;
static shmem_request_hook_type next_request_hook;
static shmem_startup_hook_type next_startup_hook;

static void
request_memory(void)
{
	if (next_request_hook)
		next_request_hook();
	RequestAddinShmemSpace(MAXALIGN(sizeof(Shared)));
	RequestNamedLWLockTranche(TRANCHE, 1);
}

static void
start_memory(void)
{
	bool found;

	if (next_startup_hook)
		next_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct(TRANCHE, sizeof(Shared), &found);
	if (!found)
	{
		memset(shared, 0, sizeof(Shared));
		shared->lock = &GetNamedLWLockTranche(TRANCHE)->lock;
	}
	LWLockRelease(AddinShmemInitLock);
}

static Slot *
find_slot(Oid database)
{
	for (int i = 0; i < WORKER_DATABASES_MAX; i++)
		if (shared->slots[i].state.database == database)
			return &shared->slots[i];
	return NULL;
}

/* The database's slot, or one that can be had for it; NULL when all are in use. */
static Slot *
claim_slot(Oid database)
{
	Slot *slot = find_slot(database);

	if (slot == NULL)
		slot = find_slot(InvalidOid);
	for (int i = 0; i < WORKER_DATABASES_MAX && slot == NULL; i++)
		if (shared->slots[i].state.pid == 0 &&
			shared->slots[i].state.paused_until < GetCurrentTimestamp())
			slot = &shared->slots[i];
	if (slot && slot->state.database != database)
	{
		memset(slot, 0, sizeof(Slot));
		slot->state.database = database;
	}
	return slot;
}

/* Runs after the commit has become visible. */
static void
wake_settler(void)
{
	Slot *slot;

	LWLockAcquire(shared->lock, LW_SHARED);
	slot = find_slot(MyDatabaseId);
	if (slot && slot->state.pending_since == 0)
	{
		LWLockRelease(shared->lock);
		LWLockAcquire(shared->lock, LW_EXCLUSIVE);
		slot = find_slot(MyDatabaseId);
		if (slot && slot->state.pending_since == 0)
			slot->state.pending_since = GetCurrentTimestamp();
	}
	if (slot && slot->latch)
		SetLatch(slot->latch);
	LWLockRelease(shared->lock);
}

static void
at_transaction_end(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_COMMIT && wakes_at_commit && shared)
		wake_settler();
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		wakes_at_commit = false;
}

void
wake_init(void)
{
	RegisterXactCallback(at_transaction_end, NULL);
	if (!process_shared_preload_libraries_in_progress)
		return;
	next_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	next_startup_hook = shmem_startup_hook;
	shmem_startup_hook = start_memory;
}

bool
wake_is_available(void)
{
	return shared != NULL;
}

void
wake_settler_at_commit(void)
{
	wakes_at_commit = true;
}

bool
wake_read(Oid database, SettlerState *state)
{
	Slot *slot;

	if (shared == NULL)
		return false;
	LWLockAcquire(shared->lock, LW_SHARED);
	slot = find_slot(database);
	if (slot)
		*state = slot->state;
	LWLockRelease(shared->lock);
	return slot != NULL;
}

const char *
wake_status_name(const SettlerState *state)
{
	if (shared == NULL)
		return "not preloaded";
	if (state->paused_until > GetCurrentTimestamp())
		return "paused";
	return state->pid ? "running" : "not running";
}

void
wake_supervisor(void)
{
	LWLockAcquire(shared->lock, LW_SHARED);
	if (shared->supervisor)
		SetLatch(shared->supervisor);
	LWLockRelease(shared->lock);
}

void
wake_end_by_order(void)
{
	ends_by_order = true;
}

/* Tells the supervisor, too: it may be another one than started this settler. */
static void
detach(int code, Datum argument)
{
	Slot *slot;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = find_slot(DatumGetObjectId(argument));
	if (slot && slot->state.pid == MyProcPid)
	{
		slot->state.pid = 0;
		slot->state.failed = code != 0 && !ends_by_order;
		slot->latch = NULL;
	}
	LWLockRelease(shared->lock);
	wake_supervisor();
}

bool
wake_attach(Oid database)
{
	Slot *slot;
	bool is_free;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = claim_slot(database);
	is_free = slot && slot->state.pid == 0;
	if (is_free)
	{
		slot->state.pid = MyProcPid;
		slot->state.started_at = GetCurrentTimestamp();
		slot->state.events_total = 0;
		slot->state.rows_left = 0;
		slot->latch = MyLatch;
	}
	LWLockRelease(shared->lock);
	if (is_free)
		before_shmem_exit(detach, ObjectIdGetDatum(database));
	return is_free;
}

TimestampTz
wake_look(void)
{
	Slot *slot;
	TimestampTz since = 0;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = find_slot(MyDatabaseId);
	if (slot)
	{
		/* Where a settler ended while it looked, the next one looks for the same. */
		if (slot->state.looking_since == 0)
			slot->state.looking_since = slot->state.pending_since;
		slot->state.pending_since = 0;
		since = slot->state.looking_since;
	}
	LWLockRelease(shared->lock);
	return since;
}

void
wake_report_settled(int64 events, int64 lag_us)
{
	Slot *slot;

	if (events == 0)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = find_slot(MyDatabaseId);
	if (slot)
	{
		slot->state.events_total += events;
		slot->state.settled_at = GetCurrentTimestamp();
		slot->state.settled_events = events;
		if (lag_us > 0)
			slot->state.settled_lag_us = lag_us;
	}
	LWLockRelease(shared->lock);
}

void
wake_report_looked(int64 rows_left, int64 rows_failed)
{
	Slot *slot;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = find_slot(MyDatabaseId);
	if (slot)
	{
		slot->state.looking_since = 0;
		slot->state.rows_left = rows_left;
		if (rows_left == 0 || slot->state.left_since == 0)
			slot->state.left_since = rows_left > 0 ? GetCurrentTimestamp() : 0;
		slot->state.rows_failed = rows_failed;
		if (rows_failed == 0 || slot->state.failed_since == 0)
			slot->state.failed_since = rows_failed > 0 ? GetCurrentTimestamp() : 0;
	}
	LWLockRelease(shared->lock);
}

bool
wake_is_paused(Oid database)
{
	SettlerState state;

	return wake_read(database, &state) && state.paused_until > GetCurrentTimestamp();
}

bool
wake_is_pending(Oid database)
{
	SettlerState state;

	return wake_read(database, &state) && state.pending_since != 0;
}

static void
detach_supervisor(int code, Datum argument)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (shared->supervisor_pid == MyProcPid)
		shared->supervisor = NULL;
	LWLockRelease(shared->lock);
}

void
wake_attach_supervisor(void)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->supervisor_pid = MyProcPid;
	shared->supervisor = MyLatch;
	LWLockRelease(shared->lock);
	before_shmem_exit(detach_supervisor, (Datum) 0);
}

bool
wake_pause(Oid database, TimestampTz until)
{
	Slot *slot;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = claim_slot(database);
	if (slot)
	{
		slot->state.paused_until = until;
		if (slot->latch)
			SetLatch(slot->latch);
	}
	LWLockRelease(shared->lock);
	wake_supervisor();
	return slot != NULL;
}

void
wake_free(Oid database)
{
	Slot *slot;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = find_slot(database);
	if (slot && slot->state.pid == 0)
		memset(slot, 0, sizeof(Slot));
	LWLockRelease(shared->lock);
}
