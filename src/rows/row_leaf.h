/*-------------------------------------------------------------------------
 *
 * row_leaf.h
 *	  Which partition a new row goes into.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_LEAF_H
#define ROWS_ROW_LEAF_H

#include "postgres.h"

#include "rows/row_write.h"

/* Finds it by the bounds of the partitions, opens it with its indexes, and makes the row one of
 * its: its columns may have other numbers. */
extern ResultRelInfo *row_leaf_find(RowWrite *write, TupleTableSlot **row);

#endif
