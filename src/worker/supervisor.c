/*-------------------------------------------------------------------------
 *
 * supervisor.c
 *	  Keeps the workers running in each database of billing.databases.
 *
 * It reads shared catalogs only and belongs to no database, so that none is
 * kept from being dropped by it. src/worker/README.md has the states.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
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
#include "utils/varlena.h"

#include "clock_watch.h"
#include "compat.h"
#include "core/text.h"
#include "crash_mark.h"
#include "settings.h"
#include "wake.h"
#include "worker/supervisor.h"

#define LIBRARY "billing"
#define TURN_MS 10000
#define RESTART_MS_MIN 1000
#define RESTART_MS_MAX 60000

/* A worker of a database, and what is done about it. */
typedef struct Post
{
	WorkerKind kind;
	bool looked_at_mark;			/* what it did when the server last went down */
	BackgroundWorkerHandle *handle; /* of the one that was started last; NULL: none runs */
	bool adopted;					/* an earlier supervisor started the one that runs */
	TimestampTz started_at;
	TimestampTz start_at; /* not before */
	int restart_ms;
} Post;

/* A name in the list. */
typedef struct Entry
{
	char name[NAMEDATALEN];
	Oid database; /* InvalidOid: it does not exist */
	bool listed;
	bool reported_missing;
	Post posts[WORKER_KINDS];
} Entry;

static char *databases = "";
static Entry entries[WORKER_DATABASES_MAX];
static int entries_count;

extern PGDLLEXPORT void billing_supervisor_main(Datum argument);

static bool
check_databases(char **value, void **extra, GucSource source)
{
	char *copy = pstrdup(*value);
	List *names;
	ListCell *cell;
	bool valid = SplitGUCList(copy, ',', &names);

	if (!valid)
		GUC_check_errdetail("List syntax is invalid.");
	foreach (cell, names)
		if (valid && strlen(lfirst(cell)) >= NAMEDATALEN)
		{
			GUC_check_errdetail("Name \"%s\" is too long.", text_one_line(lfirst(cell)));
			valid = false;
		}
	if (valid && list_length(names) > WORKER_DATABASES_MAX)
	{
		GUC_check_errdetail("At most %d databases can be listed.", WORKER_DATABASES_MAX);
		valid = false;
	}
	pfree(copy);
	return valid;
}

void
supervisor_init(void)
{
	BackgroundWorker worker = {
		.bgw_name = "billing supervisor",
		.bgw_type = "billing supervisor",
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = RESTART_MS_MIN / 1000,
		.bgw_library_name = LIBRARY,
		.bgw_function_name = "billing_supervisor_main",
	};

	DefineCustomStringVariable(
		"billing.databases", "Databases whose metered usage is settled in the background.",
		"A list of names, with commas between them. Needs billing in shared_preload_libraries.",
		&databases, "", PGC_SIGHUP, GUC_LIST_INPUT, check_databases, NULL, NULL);
	if (process_shared_preload_libraries_in_progress && !IsBinaryUpgrade)
		RegisterBackgroundWorker(&worker);
}

bool
supervisor_lists(const char *database)
{
	char *copy = pstrdup(databases);
	List *names;
	ListCell *cell;
	bool listed = false;

	if (!SplitGUCList(copy, ',', &names))
		names = NIL;
	foreach (cell, names)
		listed |= strcmp(lfirst(cell), database) == 0;
	list_free(names);
	pfree(copy);
	return listed;
}

static Entry *
find_entry(const char *name)
{
	for (int i = 0; i < entries_count; i++)
		if (strcmp(entries[i].name, name) == 0)
			return &entries[i];
	return NULL;
}

static bool
has_workers(const Entry *entry)
{
	for (int i = 0; i < WORKER_KINDS; i++)
		if (entry->posts[i].handle || entry->posts[i].adopted)
			return true;
	return false;
}

/* Forgets databases that are no longer listed and have no worker any more. */
static void
forget_entries(void)
{
	int kept = 0;

	for (int i = 0; i < entries_count; i++)
	{
		if (entries[i].listed || has_workers(&entries[i]))
			entries[kept++] = entries[i];
		else if (OidIsValid(entries[i].database))
			wake_free(entries[i].database);
	}
	entries_count = kept;
}

static void
add_entry(const char *name)
{
	Entry *entry = &entries[entries_count++];

	*entry = (Entry){.listed = true};
	strlcpy(entry->name, name, NAMEDATALEN);
	for (int i = 0; i < WORKER_KINDS; i++)
		entry->posts[i] = (Post){.kind = (WorkerKind) i, .restart_ms = RESTART_MS_MIN};
}

/* Brings the entries in line with the setting. */
static void
read_setting(void)
{
	char *copy = pstrdup(databases);
	List *names;
	ListCell *cell;

	if (!SplitGUCList(copy, ',', &names))
		names = NIL;
	for (int i = 0; i < entries_count; i++)
		entries[i].listed = supervisor_lists(entries[i].name);
	forget_entries();
	foreach (cell, names)
	{
		const char *name = lfirst(cell);

		if (find_entry(name) == NULL && entries_count < WORKER_DATABASES_MAX)
			add_entry(name);
	}
	list_free(names);
	pfree(copy);
}

/* Looks up the listed databases in the shared catalog. */
static void
look_up_databases(void)
{
	Relation catalog;
	SysScanDesc scan;
	HeapTuple tuple;
	Oid found[WORKER_DATABASES_MAX] = {0};

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	catalog = table_open(DatabaseRelationId, AccessShareLock);
	scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);
		Entry *entry = find_entry(NameStr(database->datname));

		if (entry && database->datallowconn && database->datconnlimit != DATABASE_IS_INVALID)
			found[entry - entries] = database->oid;
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	CommitTransactionCommand();

	for (int i = 0; i < entries_count; i++)
	{
		if (OidIsValid(entries[i].database) && entries[i].database != found[i])
			wake_free(entries[i].database);
		entries[i].database = found[i];
	}
}

static void
report_missing(Entry *entry)
{
	bool missing = entry->listed && !OidIsValid(entry->database);

	if (missing && !entry->reported_missing)
		ereport(LOG, (errmsg("database \"%s\" of billing.databases does not exist or does not "
							 "allow connections",
							 text_one_line(pstrdup(entry->name)))));
	entry->reported_missing = missing;
}

/* True where the worker that was started or found here has ended. */
static bool
has_ended(const Post *post, const WorkerState *state)
{
	pid_t pid;

	if (post->handle)
		return GetBackgroundWorkerPid(post->handle, &pid) == BGWH_STOPPED;
	return post->adopted && state->pid == 0;
}

/* Notices a worker that another supervisor started before this one. */
static void
adopt(Post *post, const WorkerState *state)
{
	if (post->handle || state->pid == 0)
		return;
	post->adopted = true;
	post->started_at = state->started_at;
}

/* Notices that a worker has ended, and decides when the next may start. */
static void
watch(Post *post, const WorkerState *state, TimestampTz now)
{
	adopt(post, state);
	if (!has_ended(post, state))
		return;
	if (post->handle)
		pfree(post->handle);
	post->handle = NULL;
	post->adopted = false;
	if (!state->failed || now - post->started_at >= GOOD_RUN_MS * INT64CONST(1000))
		post->restart_ms = RESTART_MS_MIN;
	post->start_at = TimestampTzPlusMilliseconds(now, post->restart_ms);
	if (state->failed)
		post->restart_ms = Min(post->restart_ms * 2, RESTART_MS_MAX);
}

static void
start(const Entry *entry, Post *post, TimestampTz now)
{
	const char *kind = wake_kind_name(post->kind);
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_library_name = LIBRARY,
		.bgw_main_arg = ObjectIdGetDatum(entry->database),
		.bgw_notify_pid = MyProcPid,
	};
	MemoryContext caller_context = MemoryContextSwitchTo(TopMemoryContext);

	snprintf(worker.bgw_type, BGW_MAXLEN, "billing %s", kind);
	snprintf(worker.bgw_name, BGW_MAXLEN, "billing %s of %s", kind, entry->name);
	snprintf(worker.bgw_function_name, BGW_MAXLEN, "billing_%s_main", kind);
	(void) text_one_line(worker.bgw_name);
	post->started_at = now;
	if (!RegisterDynamicBackgroundWorker(&worker, &post->handle))
	{
		post->handle = NULL;
		post->start_at = TimestampTzPlusMilliseconds(now, RESTART_MS_MAX);
		ereport(WARNING, (errmsg("no process is free for the %s", worker.bgw_name),
						  errhint("Raise max_worker_processes.")));
	}
	MemoryContextSwitchTo(caller_context);
}

/*
 * Where the worker took the server down, the next one starts later each time:
 * the server forgets that there were others.
 */
static void
heed_crashes(Post *post, const CrashMark *mark, TimestampTz now)
{
	if (post->looked_at_mark)
		return;
	post->looked_at_mark = true;
	if (mark->state != MARK_WORKING)
		return;
	post->restart_ms = RESTART_MS_MAX;
	if (mark->crashes < 6)
		post->restart_ms = Min(RESTART_MS_MIN << mark->crashes, RESTART_MS_MAX);
	post->start_at = TimestampTzPlusMilliseconds(now, post->restart_ms);
}

/* Starts a worker of a database, which ends by itself when it is not wanted; returns when it
 * wants to be looked at again. */
static TimestampTz
attend(Entry *entry, Post *post, TimestampTz now)
{
	WorkerState state;
	CrashMark mark;

	/* One that ended before it had a slot has failed. */
	if (!wake_read(entry->database, post->kind, &state))
		state.failed = true;
	watch(post, &state, now);
	if (!entry->listed || !OidIsValid(entry->database) || post->handle || state.pid != 0 ||
		(post->kind == WORKER_GATEWAY && !settings_have_secrets()))
		return DT_NOEND;
	mark = crash_mark_read(entry->database, wake_kind_name(post->kind));
	heed_crashes(post, &mark, now);
	if (mark.state == MARK_PARKED)
		return DT_NOEND;
	if (state.paused_until > now || post->start_at > now)
		return Max(state.paused_until, post->start_at);
	start(entry, post, now);
	return DT_NOEND;
}

static TimestampTz
attend_all(Entry *entry, TimestampTz now)
{
	TimestampTz next = DT_NOEND;

	report_missing(entry);
	for (int i = 0; i < WORKER_KINDS; i++)
		next = Min(next, attend(entry, &entry->posts[i], now));
	return next;
}

static void
turn(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = TimestampTzPlusMilliseconds(now, TURN_MS);

	read_setting();
	look_up_databases();
	for (int i = 0; i < entries_count; i++)
		next = Min(next, attend_all(&entries[i], now));
	pgstat_report_activity(STATE_IDLE, NULL);
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 Max(TimestampDifferenceMilliseconds(GetCurrentTimestamp(), next), 1),
					 PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
}

void
billing_supervisor_main(Datum argument)
{
	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	/* Recovery, if there was any, is just over. */
	(void) clock_watch_read(GetCurrentTimestamp());
	wake_attach_supervisor();
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		turn();
	}
}
