/*-------------------------------------------------------------------------
 *
 * life.c
 *	  The life that all workers lead.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "clock.h"
#include "spi/catalog.h"
#include "store/parking_store.h"
#include "store/schema_store.h"
#include "worker/life.h"
#include "worker/supervisor.h"

static char *database_name;
static bool is_unlisted;

/* The books that were found complete: their account table, and the extension whose guards those
 * are. */
static Oid complete_account;
static Oid complete_extension;

bool
life_begin_work(Scope *scope, const char *what)
{
	crash_mark_work(NULL, 0, false);
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, what);
	if (scope_open_if_ready(scope))
		return true;
	complete_account = InvalidOid;
	return false;
}

bool
life_books_are_complete(void)
{
	Oid account = catalog_table("account");
	Oid extension = catalog_extension();

	if (account != complete_account || extension != complete_extension)
	{
		complete_account = schema_is_complete() ? account : InvalidOid;
		complete_extension = extension;
	}
	return OidIsValid(complete_account);
}

void
life_end_work(Scope *scope, bool ready)
{
	if (ready)
		scope_close(scope);
	PopActiveSnapshot();
	CommitTransactionCommand();
	crash_mark_idle();
	pgstat_report_stat(false);
	pgstat_report_activity(STATE_IDLE, NULL);
}

bool
life_shall_end(void)
{
	return is_unlisted || wake_is_paused(MyDatabaseId);
}

void
life_heed_signals(void)
{
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
		is_unlisted = !supervisor_lists(database_name);
	}
}

static char *
look_up_name(Oid database)
{
	char *name;

	StartTransactionCommand();
	name = MemoryContextStrdup(TopMemoryContext, get_database_name(database));
	CommitTransactionCommand();
	return name;
}

/* pg_terminate_backend() and DROP DATABASE ... WITH (FORCE) are no failures. */
static void
end_by_order(SIGNAL_ARGS)
{
	wake_end_by_order();
	die(postgres_signal_arg);
}

void
life_override(const char *setting, const char *value)
{
	SetConfigOption(setting, value, PGC_SUSET, PGC_S_OVERRIDE);
}

CrashMark
life_begin(Oid database, WorkerKind kind)
{
	CrashMark last;

	pqsignal(SIGTERM, end_by_order);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	if (!wake_attach(database, kind))
		proc_exit(0);
	last = crash_mark_attach(database, wake_kind_name(kind));
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	/* As autovacuum's workers do. */
	life_override("default_transaction_isolation", "read committed");
	life_override("default_transaction_read_only", "off");
	life_override("lock_timeout", "0");
	life_override("synchronous_commit", "on");
	database_name = look_up_name(database);
	return last;
}

void
life_park(WorkerKind kind, int64 account_id)
{
	const char *name = wake_kind_name(kind);
	bool parks_worker = account_id == PARKED_WORKER;
	Scope scope;
	bool ready;

	ereport(WARNING, (errmsg("billing parks %s, at which the server crashed",
							 parks_worker ? psprintf("its %s", name)
										  : psprintf("account " INT64_FORMAT, account_id)),
					  errhint("Find out why, then call billing.unpark().")));
	ready = life_begin_work(&scope, "billing: parking what it crashed at");
	if (parks_worker)
		crash_mark_park();
	if (ready)
		parking_insert(name, account_id, clock_now());
	life_end_work(&scope, ready);
	if (parks_worker)
		crash_mark_park();
	else
		crash_mark_forgive();
}

bool
life_learn_from_crash(WorkerKind kind, const CrashMark *last)
{
	bool parks_worker = last->count == 0;

	if (last->state != MARK_WORKING || last->crashes == 0)
		return true;
	life_park(kind, parks_worker ? PARKED_WORKER : last->accounts[0]);
	return !parks_worker;
}

const char *
life_database(void)
{
	return database_name;
}
