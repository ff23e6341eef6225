/*-------------------------------------------------------------------------
 *
 * supervisor.c
 *	  Keeps one settler running in each database of billing.databases.
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

#include "booking/settle.h"
#include "compat.h"
#include "core/text.h"
#include "crash_mark.h"
#include "wake.h"
#include "worker/supervisor.h"

#define LIBRARY "billing"
#define TURN_MS 10000
#define RESTART_MS_MIN 1000
#define RESTART_MS_MAX 60000

/* A name in the list, and what is done about it. */
typedef struct Entry
{
	char name[NAMEDATALEN];
	Oid database; /* InvalidOid: it does not exist */
	bool listed;
	bool reported_missing;
	bool looked_at_mark;			/* what its settler did when the server last went down */
	BackgroundWorkerHandle *handle; /* of the settler that was started last; NULL: none runs */
	bool adopted;					/* an earlier supervisor started the one that runs */
	TimestampTz started_at;
	TimestampTz start_at; /* not before */
	int restart_ms;
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

/* Forgets databases that are no longer listed and have no settler any more. */
static void
forget_entries(void)
{
	int kept = 0;

	for (int i = 0; i < entries_count; i++)
	{
		if (entries[i].listed || entries[i].handle || entries[i].adopted)
			entries[kept++] = entries[i];
		else if (OidIsValid(entries[i].database))
			wake_free(entries[i].database);
	}
	entries_count = kept;
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

		if (find_entry(name) || entries_count == WORKER_DATABASES_MAX)
			continue;
		entries[entries_count] = (Entry){.restart_ms = RESTART_MS_MIN, .listed = true};
		strlcpy(entries[entries_count++].name, name, NAMEDATALEN);
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

/* True where the settler that was started or found here has ended. */
static bool
has_ended(const Entry *entry, const SettlerState *state)
{
	pid_t pid;

	if (entry->handle)
		return GetBackgroundWorkerPid(entry->handle, &pid) == BGWH_STOPPED;
	return entry->adopted && state->pid == 0;
}

/* Notices a settler that another supervisor started before this one. */
static void
adopt(Entry *entry, const SettlerState *state)
{
	if (entry->handle || state->pid == 0)
		return;
	entry->adopted = true;
	entry->started_at = state->started_at;
}

/* Notices that a settler has ended, and decides when the next may start. */
static void
watch(Entry *entry, const SettlerState *state, TimestampTz now)
{
	adopt(entry, state);
	if (!has_ended(entry, state))
		return;
	if (entry->handle)
		pfree(entry->handle);
	entry->handle = NULL;
	entry->adopted = false;
	if (!state->failed || now - entry->started_at >= GOOD_RUN_MS * INT64CONST(1000))
		entry->restart_ms = RESTART_MS_MIN;
	entry->start_at = TimestampTzPlusMilliseconds(now, entry->restart_ms);
	if (state->failed)
		entry->restart_ms = Min(entry->restart_ms * 2, RESTART_MS_MAX);
}

static void
start(Entry *entry, TimestampTz now)
{
	BackgroundWorker worker = {
		.bgw_type = "billing settler",
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_library_name = LIBRARY,
		.bgw_function_name = "billing_settler_main",
		.bgw_main_arg = ObjectIdGetDatum(entry->database),
		.bgw_notify_pid = MyProcPid,
	};
	MemoryContext caller_context = MemoryContextSwitchTo(TopMemoryContext);

	snprintf(worker.bgw_name, BGW_MAXLEN, "billing settler of %s", entry->name);
	(void) text_one_line(worker.bgw_name);
	entry->started_at = now;
	if (!RegisterDynamicBackgroundWorker(&worker, &entry->handle))
	{
		entry->handle = NULL;
		entry->start_at = TimestampTzPlusMilliseconds(now, RESTART_MS_MAX);
		ereport(WARNING, (errmsg("no process is free for the %s", worker.bgw_name),
						  errhint("Raise max_worker_processes.")));
	}
	MemoryContextSwitchTo(caller_context);
}

/*
 * Where the settler took the server down, the next one starts later each time:
 * the server forgets that there were others.
 */
static void
heed_crashes(Entry *entry, const CrashMark *mark, TimestampTz now)
{
	if (entry->looked_at_mark)
		return;
	entry->looked_at_mark = true;
	if (mark->state != MARK_WORKING)
		return;
	entry->restart_ms = RESTART_MS_MAX;
	if (mark->crashes < 6)
		entry->restart_ms = Min(RESTART_MS_MIN << mark->crashes, RESTART_MS_MAX);
	entry->start_at = TimestampTzPlusMilliseconds(now, entry->restart_ms);
}

/* Starts the settler of a database, which ends by itself when it is not listed; returns when it
 * wants to be looked at again. */
static TimestampTz
attend(Entry *entry, TimestampTz now)
{
	SettlerState state = {0};
	CrashMark mark;

	report_missing(entry);
	/* One that ended before it had a slot has failed. */
	state.failed = !wake_read(entry->database, &state) || state.failed;
	watch(entry, &state, now);
	if (!entry->listed || !OidIsValid(entry->database) || entry->handle || state.pid != 0)
		return DT_NOEND;
	mark = crash_mark_read(entry->database, SETTLER);
	heed_crashes(entry, &mark, now);
	if (mark.state == MARK_PARKED)
		return DT_NOEND;
	if (state.paused_until > now || entry->start_at > now)
		return Max(state.paused_until, entry->start_at);
	start(entry, now);
	return DT_NOEND;
}

static void
turn(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = TimestampTzPlusMilliseconds(now, TURN_MS);

	read_setting();
	look_up_databases();
	for (int i = 0; i < entries_count; i++)
		next = Min(next, attend(&entries[i], now));
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
