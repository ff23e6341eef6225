/*-------------------------------------------------------------------------
 *
 * row_range.h
 *	  Rows of a plain table in the order in which they stand.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_RANGE_H
#define ROWS_ROW_RANGE_H

#include "postgres.h"

#include "access/relscan.h"
#include "storage/itemptr.h"

#include "rows/row.h"

typedef struct RowRange
{
	Row row; /* the one that was found last */
	TableScanDesc scan;
} RowRange;

/* Looks for the rows that stand behind a place; sees what is committed by now, as ROW_SEES_ALL. */
extern void row_range_begin(RowRange *range, RowShape *shape, ItemPointerData behind);

/* Goes on to the next row; false where there is none. */
extern bool row_range_next(RowRange *range);

extern void row_range_end(RowRange *range);

#endif
