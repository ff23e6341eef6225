/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  The differences between PostgreSQL 15 and 18, in one place.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BILLING_COMPAT_H
#define BILLING_COMPAT_H

#include "postgres.h"

#include "catalog/namespace.h"
#include "utils/backend_status.h"
#include "utils/guc.h"
#include "utils/tuplesort.h"

#if PG_VERSION_NUM < 150000
#error "billing needs PostgreSQL 15 or later"
#endif

/* What datconnlimit is where DROP DATABASE was interrupted; servers before 15.4 do not name it. */
#define DATABASE_IS_INVALID (-2)

/* Before a declaration: the function does not return. */
#if PG_VERSION_NUM >= 180000
#define no_return pg_noreturn
#else
#define no_return pg_attribute_noreturn()
#endif

/*
 * Between the two, names resolve in pg_catalog alone, whatever search_path the
 * caller has; an error in between undoes it as well. To be called within a
 * nest level of settings, whose end undoes it: 17 made changing the setting
 * cheap and took the override away.
 */
static inline void
search_path_pin(void)
{
#if PG_VERSION_NUM >= 170000
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
#else
	OverrideSearchPath path = {.schemas = NIL, .addCatalog = true, .addTemp = false};

	PushOverrideSearchPath(&path);
#endif
}

static inline void
search_path_unpin(void)
{
#if PG_VERSION_NUM < 170000
	PopOverrideSearchPath();
#endif
}

/* The next of sorted values that are passed by value; false: there is none. 16 asks whether to
 * copy. */
static inline bool
sort_next(Tuplesortstate *values, Datum *value)
{
	bool is_null;

#if PG_VERSION_NUM >= 160000
	return tuplesort_getdatum(values, true, false, value, &is_null, NULL);
#else
	return tuplesort_getdatum(values, true, value, &is_null, NULL);
#endif
}

/* When the transaction of a process began; 0 where it is not there or does not tell. */
static inline TimestampTz
backend_transaction_start(int pid)
{
	TimestampTz started_at = 0;

	pgstat_clear_backend_activity_snapshot();
	for (int i = 1; i <= pgstat_fetch_stat_numbackends(); i++)
	{
#if PG_VERSION_NUM >= 160000
		LocalPgBackendStatus *backend = pgstat_get_local_beentry_by_index(i);
#else
		LocalPgBackendStatus *backend = pgstat_fetch_stat_local_beentry(i);
#endif

		if (backend && backend->backendStatus.st_procpid == pid)
			started_at = backend->backendStatus.st_xact_start_timestamp;
	}
	return started_at;
}

/* 17 asks whether a stronger lock will do. */
#if PG_VERSION_NUM >= 170000
#define lock_held_by_me(tag, mode) LockHeldByMe(tag, mode, false)
#else
#define lock_held_by_me(tag, mode) LockHeldByMe(tag, mode)
#endif

/* 17 asks which resource owner the set is of: none, it is freed where it is made. */
#if PG_VERSION_NUM >= 170000
#define wait_set_create(events) CreateWaitEventSet(NULL, events)
#else
#define wait_set_create(events) CreateWaitEventSet(CurrentMemoryContext, events)
#endif

#endif
