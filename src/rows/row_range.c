/*-------------------------------------------------------------------------
 *
 * row_range.c
 *	  A scan of a table's pages, from one on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"

#include "rows/row_check.h"
#include "rows/row_range.h"
#include "rows/row_rights.h"
#include "rows/row_snapshot.h"

void
row_range_begin(RowRange *range, RowShape *shape, ItemPointerData behind)
{
	Row *row = &range->row;
	ItemPointerData last;

	row_table_open(&row->in, shape, AccessShareLock);
	row_check_leaf(row->in.relation);
	row_rights_check_read(&row->in, AccessShareLock);
	row_snapshot_begin(ROW_SEES_ALL);
	row->slot = table_slot_create(row->in.relation, NULL);
	ItemPointerInc(&behind);
	ItemPointerSet(&last, InvalidBlockNumber, PG_UINT16_MAX);
	range->scan = table_beginscan_tidrange(row->in.relation, GetActiveSnapshot(), &behind, &last);
}

bool
row_range_next(RowRange *range)
{
	CHECK_FOR_INTERRUPTS();
	return table_scan_getnextslot_tidrange(range->scan, ForwardScanDirection, range->row.slot);
}

void
row_range_end(RowRange *range)
{
	table_endscan(range->scan);
	ExecDropSingleTupleTableSlot(range->row.slot);
	row_snapshot_end();
	table_close(range->row.in.relation, NoLock);
}
