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

#include "access/genam.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "nodes/parsenodes.h"
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

/*
 * What a statement's rights are asked by: 16 took it out of the range table's entry. Returns what
 * goes beside the range table.
 */
static inline List *
range_entry_ask(RangeTblEntry *entry, AclMode needed, Bitmapset *selected, Bitmapset *inserted,
				Bitmapset *updated)
{
#if PG_VERSION_NUM >= 160000
	RTEPermissionInfo *info = makeNode(RTEPermissionInfo);

	info->relid = entry->relid;
	info->inh = entry->inh;
	info->requiredPerms = needed;
	info->selectedCols = selected;
	info->insertedCols = inserted;
	info->updatedCols = updated;
	entry->perminfoindex = 1;
	return list_make1(info);
#else
	entry->requiredPerms = needed;
	entry->selectedCols = selected;
	entry->insertedCols = inserted;
	entry->updatedCols = updated;
	return NIL;
#endif
}

#if PG_VERSION_NUM >= 160000
#define range_table_check(table, infos) ((void) ExecCheckPermissions(table, infos, true))
#else
#define range_table_check(table, infos) ((void) ExecCheckRTPerms(table, true))
#endif

/* 18 asks which of its tables are there after pruning. */
#if PG_VERSION_NUM >= 180000
#define range_table_init(state, table, infos) \
	ExecInitRangeTable(state, table, infos, bms_make_singleton(1))
#elif PG_VERSION_NUM >= 160000
#define range_table_init(state, table, infos) ExecInitRangeTable(state, table, infos)
#else
#define range_table_init(state, table, infos) ExecInitRangeTable(state, table)
#endif

/* May it be written to at all? */
#if PG_VERSION_NUM >= 180000
#define result_check(target, command) CheckValidResultRel(target, command, ONCONFLICT_NONE, NIL)
#elif PG_VERSION_NUM >= 170000
#define result_check(target, command) CheckValidResultRel(target, command, NIL)
#else
#define result_check(target, command) CheckValidResultRel(target, command)
#endif

/* How columns of a partition stand to those of the root; NULL where they are the same. */
#if PG_VERSION_NUM >= 160000
#define result_map_of_leaf(leaf, state) ExecGetRootToChildMap(leaf, state)
#else
#define result_map_of_leaf(leaf, state) ((leaf)->ri_RootToPartitionMap)
#endif

/* 16 keeps summarizing indexes apart: they learn of rows whose other indexes need not. */
#if PG_VERSION_NUM >= 160000
#define IndexesToUpdate TU_UpdateIndexes
#define index_rows_insert(target, slot, state, updates, summarizing) \
	ExecInsertIndexTuples(target, slot, state, updates, false, NULL, NIL, summarizing)
#define indexes_are_summarizing(needed) ((needed) == TU_Summarizing)
#define indexes_need_rows(needed) ((needed) != TU_None)
#else
#define IndexesToUpdate bool
#define index_rows_insert(target, slot, state, updates, summarizing) \
	ExecInsertIndexTuples(target, slot, state, updates, false, NULL, NIL)
#define indexes_are_summarizing(needed) false
#define indexes_need_rows(needed) (needed)
#endif

/* Of an update there are no other tables whose rows would be read again. */
#if PG_VERSION_NUM >= 160000
#define plan_qual_init(qual, state) EvalPlanQualInit(qual, state, NULL, NIL, -1, NIL)
#else
#define plan_qual_init(qual, state) EvalPlanQualInit(qual, state, NULL, NIL, -1)
#endif

/* False where a trigger wants the row to be left as it is, or another command changed it. */
#if PG_VERSION_NUM >= 180000
#define update_triggers_before(state, qual, target, place, slot, failure) \
	ExecBRUpdateTriggers(state, qual, target, place, NULL, slot, NULL, failure, false)
#elif PG_VERSION_NUM >= 160000
#define update_triggers_before(state, qual, target, place, slot, failure) \
	ExecBRUpdateTriggers(state, qual, target, place, NULL, slot, NULL, failure)
#else
#define update_triggers_before(state, qual, target, place, slot, failure) \
	ExecBRUpdateTriggers(state, qual, target, place, NULL, slot, failure)
#endif

/* False where a trigger wants the row to be left. */
#if PG_VERSION_NUM >= 180000
#define delete_triggers_before(state, qual, target, place) \
	ExecBRDeleteTriggers(state, qual, target, place, NULL, NULL, NULL, NULL, false)
#elif PG_VERSION_NUM >= 160000
#define delete_triggers_before(state, qual, target, place) \
	ExecBRDeleteTriggers(state, qual, target, place, NULL, NULL, NULL, NULL)
#else
#define delete_triggers_before(state, qual, target, place) \
	ExecBRDeleteTriggers(state, qual, target, place, NULL, NULL)
#endif

/* 18 counts what a scan does for EXPLAIN. */
#if PG_VERSION_NUM >= 180000
#define index_scan_begin(table, index, snapshot, keys) \
	index_beginscan(table, index, snapshot, NULL, keys, 0)
#else
#define index_scan_begin(table, index, snapshot, keys) \
	index_beginscan(table, index, snapshot, keys, 0)
#endif

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
