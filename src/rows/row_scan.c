/*-------------------------------------------------------------------------
 *
 * row_scan.c
 *	  Index scans, and locking rows as the executor's LockRows does it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "tcop/cmdtag.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "errors.h"
#include "rows/row_lock.h"
#include "rows/row_rights.h"
#include "rows/row_scan.h"
#include "rows/row_snapshot.h"

/* Whether an index was built behind the snapshot; by this transaction: behind the one that it
 * keeps. */
static bool
is_newer(Relation index)
{
	TransactionId built_by = HeapTupleHeaderGetXmin(index->rd_indextuple->t_data);

	if (TransactionIdIsCurrentTransactionId(built_by))
		return IsolationUsesXactSnapshot();
	return XidInMVCCSnapshot(built_by, GetActiveSnapshot());
}

/*
 * An index that was built while rows were being changed leaves out what an older snapshot sees. The
 * executor would take another index, or read the whole table for that.
 */
static void
check_age(Relation index)
{
	if (index->rd_index->indcheckxmin && is_newer(index))
		refuse_as_server(ERRCODE_T_R_SERIALIZATION_FAILURE,
						 "could not serialize access due to an index built meanwhile", NULL);
}

void
row_scan_again(RowScan *scan, const int64 *values)
{
	for (int i = 0; i < scan->row.in.shape->keys[scan->key].count; i++)
		ScanKeyInit(&scan->keys[i], (AttrNumber) (i + 1), BTEqualStrategyNumber, F_INT8EQ,
					Int64GetDatum(values[i]));
	index_rescan(scan->scan, scan->keys, scan->row.in.table.indexes[scan->key].matches, NULL, 0);
}

void
row_scan_open(RowScan *scan, const RowOpened *opened, LOCKMODE mode, int key)
{
	scan->row.in = *opened;
	scan->row.slot = table_slot_create(opened->relation, NULL);
	scan->key = key;
	scan->index = index_open(opened->table.indexes[key].relid, mode);
	check_age(scan->index);
	scan->scan = index_scan_begin(opened->relation, scan->index, GetActiveSnapshot(),
								  opened->table.indexes[key].matches);
}

void
row_scan_close(RowScan *scan)
{
	index_endscan(scan->scan);
	index_close(scan->index, NoLock);
	ExecDropSingleTupleTableSlot(scan->row.slot);
}

static void
begin(RowScan *scan, RowOpened *opened, RowSight sight, LOCKMODE mode, int key, const int64 *values)
{
	row_rights_check_read(opened, mode);
	row_snapshot_begin(sight);
	row_scan_open(scan, opened, mode, key);
	row_scan_again(scan, values);
}

void
row_scan_begin(RowScan *scan, RowShape *shape, RowSight sight, int key, const int64 *values)
{
	RowOpened opened;

	row_table_open(&opened, shape, AccessShareLock);
	begin(scan, &opened, sight, AccessShareLock, key, values);
}

void
row_scan_begin_leaf(RowScan *scan, RowShape *shape, Oid leaf, int key, const int64 *values)
{
	RowOpened opened;

	row_table_open_leaf(&opened, shape, leaf, AccessShareLock);
	begin(scan, &opened, ROW_SEES_ALL, AccessShareLock, key, values);
}

void
row_scan_begin_to_hold(RowScan *scan, RowShape *shape, int key, const int64 *values)
{
	RowOpened opened;

	PreventCommandIfReadOnly(GetCommandTagName(CMDTAG_SELECT_FOR_NO_KEY_UPDATE));
	row_table_open(&opened, shape, RowShareLock);
	begin(scan, &opened, ROW_SEES_ALL, RowShareLock, key, values);
}

void
row_scan_end(RowScan *scan)
{
	Relation relation = scan->row.in.relation;

	row_scan_close(scan);
	row_snapshot_end();
	table_close(relation, NoLock);
}

bool
row_scan_has_key(const RowScan *scan)
{
	const RowKey *key = &scan->row.in.shape->keys[scan->key];

	for (int i = 0; i < key->count; i++)
		if (row_is_null(&scan->row, key->columns[i]) ||
			row_int64(&scan->row, key->columns[i]) != DatumGetInt64(scan->keys[i].sk_argument))
			return false;
	return true;
}

/* The index may know of the first columns of the key alone. */
bool
row_scan_next(RowScan *scan)
{
	bool finds_all = scan->row.in.table.indexes[scan->key].matches ==
					 scan->row.in.shape->keys[scan->key].count;

	while (index_getnext_slot(scan->scan, ForwardScanDirection, scan->row.slot))
	{
		CHECK_FOR_INTERRUPTS();
		if (finds_all || row_scan_has_key(scan))
			return true;
	}
	return false;
}

bool
row_scan_hold_next(RowScan *scan, LockWaitPolicy wait)
{
	CommandId command = GetCurrentCommandId(true);
	TM_FailureData failure;

	while (row_scan_next(scan))
		if (row_lock(&scan->row, LockTupleNoKeyExclusive, wait, command, &failure) ==
				ROW_IS_LOCKED &&
			row_scan_has_key(scan))
			return true;
	return false;
}
