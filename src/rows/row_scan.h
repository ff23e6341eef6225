/*-------------------------------------------------------------------------
 *
 * row_scan.h
 *	  Finding rows by a key, and holding them.
 *
 * A scan sees what a statement that began now would see. Predicate locks of
 * SERIALIZABLE are taken by the index and the table themselves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_SCAN_H
#define ROWS_ROW_SCAN_H

#include "postgres.h"

#include "access/relscan.h"
#include "access/skey.h"
#include "nodes/lockoptions.h"

#include "rows/row.h"
#include "rows/row_snapshot.h"

typedef struct RowScan
{
	Row row; /* the one that was found last */
	int key;
	ScanKeyData keys[ROW_KEY_COLUMNS_MAX];
	Relation index;
	IndexScanDesc scan;
} RowScan;

/* Looks for the rows with these values of a key's columns; to be ended whatever it finds. */
extern void row_scan_begin(RowScan *scan, RowShape *shape, RowSight sight, int key,
						   const int64 *values);

/* The same in a partition of the shape's table, for a writer (ROW_SEES_ALL). */
extern void row_scan_begin_leaf(RowScan *scan, RowShape *shape, Oid leaf, int key,
								const int64 *values);

/* The same in the shape's table, to hold the rows. */
extern void row_scan_begin_to_hold(RowScan *scan, RowShape *shape, int key, const int64 *values);

/* Begins anew, in the same snapshot, with other values. */
extern void row_scan_again(RowScan *scan, const int64 *values);

/* Goes on to the next row; false where there is none. */
extern bool row_scan_next(RowScan *scan);

/*
 * Goes on to the next row that it can hold (FOR NO KEY UPDATE), as the newest transaction left it
 * and if it has still that key; at REPEATABLE READ one that changed since the snapshot is 40001.
 */
extern bool row_scan_hold_next(RowScan *scan, LockWaitPolicy wait);

/* Has the row that was found last this key as it is now? */
extern bool row_scan_has_key(const RowScan *scan);

extern void row_scan_end(RowScan *scan);

/* To find rows of a table that is open already, in the snapshot that is active, by
 * row_scan_again(). */
extern void row_scan_open(RowScan *scan, const RowOpened *opened, LOCKMODE mode, int key);
extern void row_scan_close(RowScan *scan);

#endif
