/*-------------------------------------------------------------------------
 *
 * row_update.h
 *	  Updating rows, each the one of a key.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_UPDATE_H
#define ROWS_ROW_UPDATE_H

#include "postgres.h"

#include "rows/row_scan.h"
#include "rows/row_write.h"

/* A command that changes the same columns of rows. */
typedef struct RowUpdate
{
	RowWrite write;
	RowScan scan;
	RowColumns columns;
	TupleTableSlot *slot; /* the row as it is to be */
	ItemPointerData place;
	bool triggers_first; /* some may fire before a row is changed so */
} RowUpdate;

extern void row_update_begin(RowUpdate *update, RowShape *shape, RowColumns columns);

/*
 * Changes the row that these values of the first key of the shape find, and refuses where that is
 * not one: the key is unique. The row need not be held. nulls as in SPI.
 */
extern void row_update_put(RowUpdate *update, const int64 *key, const Datum *values,
						   const char *nulls);

extern void row_update_end(RowUpdate *update);

#endif
