/*-------------------------------------------------------------------------
 *
 * wake.c
 *	  The slots in shared memory, and waking workers at commit.
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

typedef struct Worker
{
	WorkerState state; /* paused_until stands in the slot */
	Latch *latch;	   /* of the process with state.pid */
} Worker;

typedef struct Slot
{
	Oid database; /* InvalidOid: free */
	TimestampTz paused_until;
	Worker workers[WORKER_KINDS];
	SettlerReport report;
} Slot;

typedef struct Shared
{
	LWLock *lock;
	pid_t supervisor_pid;
	Latch *supervisor;
	Slot slots[WORKER_DATABASES_MAX];
} Shared;

static Shared *shared;
static bool wakes_at_commit[WORKER_KINDS];
static WorkerKind attached_kind;
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
		if (shared->slots[i].database == database)
			return &shared->slots[i];
	return NULL;
}

static Worker *
find_worker(Oid database, WorkerKind kind)
{
	Slot *slot = find_slot(database);

	return slot ? &slot->workers[kind] : NULL;
}

static bool
has_workers(const Slot *slot)
{
	for (int i = 0; i < WORKER_KINDS; i++)
		if (slot->workers[i].state.pid != 0)
			return true;
	return false;
}

/* The database's slot, or one that can be had for it; NULL when all are in use. */
static Slot *
claim_slot(Oid database)
{
	Slot *slot = find_slot(database);

	if (slot == NULL)
		slot = find_slot(InvalidOid);
	for (int i = 0; i < WORKER_DATABASES_MAX && slot == NULL; i++)
		if (!has_workers(&shared->slots[i]) &&
			shared->slots[i].paused_until < GetCurrentTimestamp())
			slot = &shared->slots[i];
	if (slot && slot->database != database)
	{
		memset(slot, 0, sizeof(Slot));
		slot->database = database;
	}
	return slot;
}

/* Runs after the commit has become visible. */
static void
wake_worker(WorkerKind kind)
{
	Worker *worker;

	LWLockAcquire(shared->lock, LW_SHARED);
	worker = find_worker(MyDatabaseId, kind);
	if (worker && worker->state.pending_since == 0)
	{
		LWLockRelease(shared->lock);
		LWLockAcquire(shared->lock, LW_EXCLUSIVE);
		worker = find_worker(MyDatabaseId, kind);
		if (worker && worker->state.pending_since == 0)
			worker->state.pending_since = GetCurrentTimestamp();
	}
	if (worker && worker->latch)
		SetLatch(worker->latch);
	LWLockRelease(shared->lock);
}

static void
at_transaction_end(XactEvent event, void *argument)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	for (int i = 0; i < WORKER_KINDS; i++)
	{
		if (event == XACT_EVENT_COMMIT && wakes_at_commit[i] && shared)
			wake_worker((WorkerKind) i);
		wakes_at_commit[i] = false;
	}
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

static const char *const kind_names[WORKER_KINDS] = {
	[WORKER_SETTLER] = "settler",
	[WORKER_GATEWAY] = "gateway",
	[WORKER_CLERK] = "clerk",
};

const char *
wake_kind_name(WorkerKind kind)
{
	return kind_names[kind];
}

bool
wake_kind_from_name(const char *name, WorkerKind *kind)
{
	for (int i = 0; i < WORKER_KINDS; i++)
		if (strcmp(kind_names[i], name) == 0)
		{
			*kind = (WorkerKind) i;
			return true;
		}
	return false;
}

void
wake_at_commit(WorkerKind kind)
{
	wakes_at_commit[kind] = true;
}

bool
wake_read(Oid database, WorkerKind kind, WorkerState *state)
{
	Slot *slot;

	*state = (WorkerState){0};
	if (shared == NULL)
		return false;
	LWLockAcquire(shared->lock, LW_SHARED);
	slot = find_slot(database);
	if (slot)
	{
		*state = slot->workers[kind].state;
		state->paused_until = slot->paused_until;
	}
	LWLockRelease(shared->lock);
	return slot != NULL;
}

SettlerReport
wake_read_report(Oid database)
{
	SettlerReport report = {0};
	Slot *slot;

	if (shared == NULL)
		return report;
	LWLockAcquire(shared->lock, LW_SHARED);
	slot = find_slot(database);
	if (slot)
		report = slot->report;
	LWLockRelease(shared->lock);
	return report;
}

const char *
wake_status_name(const WorkerState *state)
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

/* Tells the supervisor, too: it may be another one than started this worker. */
static void
detach(int code, Datum argument)
{
	Worker *worker;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	worker = find_worker(DatumGetObjectId(argument), attached_kind);
	if (worker && worker->state.pid == MyProcPid)
	{
		worker->state.pid = 0;
		worker->state.failed = code != 0 && !ends_by_order;
		worker->latch = NULL;
	}
	LWLockRelease(shared->lock);
	wake_supervisor();
}

/* Takes a place that is free; what it reports is of this worker from now on. */
static void
take_place(Slot *slot, WorkerKind kind)
{
	Worker *worker = &slot->workers[kind];

	worker->state.pid = MyProcPid;
	worker->state.started_at = GetCurrentTimestamp();
	worker->latch = MyLatch;
	if (kind == WORKER_SETTLER)
	{
		slot->report.events_total = 0;
		slot->report.rows_left = 0;
	}
}

bool
wake_attach(Oid database, WorkerKind kind)
{
	Slot *slot;
	bool is_free;

	attached_kind = kind;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = claim_slot(database);
	is_free = slot && slot->workers[kind].state.pid == 0;
	if (is_free)
		take_place(slot, kind);
	LWLockRelease(shared->lock);
	if (is_free)
		before_shmem_exit(detach, ObjectIdGetDatum(database));
	return is_free;
}

TimestampTz
wake_look(WorkerKind kind)
{
	Worker *worker;
	TimestampTz since = 0;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	worker = find_worker(MyDatabaseId, kind);
	if (worker)
	{
		/* Where a worker ended while it looked, the next one looks for the same. */
		if (worker->state.looking_since == 0)
			worker->state.looking_since = worker->state.pending_since;
		worker->state.pending_since = 0;
		since = worker->state.looking_since;
	}
	LWLockRelease(shared->lock);
	return since;
}

void
wake_looked(WorkerKind kind)
{
	Worker *worker;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	worker = find_worker(MyDatabaseId, kind);
	if (worker)
		worker->state.looking_since = 0;
	LWLockRelease(shared->lock);
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
		slot->report.events_total += events;
		slot->report.settled_at = GetCurrentTimestamp();
		slot->report.settled_events = events;
		if (lag_us > 0)
			slot->report.settled_lag_us = lag_us;
	}
	LWLockRelease(shared->lock);
}

void
wake_report_left(int64 rows_left, int64 rows_failed)
{
	Slot *slot;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = find_slot(MyDatabaseId);
	if (slot)
	{
		SettlerReport *report = &slot->report;

		report->rows_left = rows_left;
		if (rows_left == 0 || report->left_since == 0)
			report->left_since = rows_left > 0 ? GetCurrentTimestamp() : 0;
		report->rows_failed = rows_failed;
		if (rows_failed == 0 || report->failed_since == 0)
			report->failed_since = rows_failed > 0 ? GetCurrentTimestamp() : 0;
	}
	LWLockRelease(shared->lock);
}

bool
wake_is_paused(Oid database)
{
	WorkerState state;

	return wake_read(database, attached_kind, &state) && state.paused_until > GetCurrentTimestamp();
}

bool
wake_is_pending(Oid database, WorkerKind kind)
{
	WorkerState state;

	return wake_read(database, kind, &state) && state.pending_since != 0;
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
		slot->paused_until = until;
		for (int i = 0; i < WORKER_KINDS; i++)
			if (slot->workers[i].latch)
				SetLatch(slot->workers[i].latch);
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
	if (slot && !has_workers(slot))
		memset(slot, 0, sizeof(Slot));
	LWLockRelease(shared->lock);
}
