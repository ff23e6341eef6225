/*-------------------------------------------------------------------------
 *
 * row_delete.h
 *	  Deleting rows by their places.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_DELETE_H
#define ROWS_ROW_DELETE_H

#include "postgres.h"

#include "storage/block.h"
#include "storage/itemptr.h"

#include "rows/row.h"
#include "rows/row_write.h"

/* A command that deletes rows of a plain table. */
typedef struct RowDelete
{
	RowWrite write;
	Row row;			/* the one that was deleted last */
	BlockNumber blocks; /* the table has no row behind so many */
} RowDelete;

extern void row_delete_begin(RowDelete *delete, RowShape *shape);

/* Deletes the row that stands at a place; false where the command sees none there, where another
 * transaction changed or deleted it meanwhile (40001 where the isolation level keeps a snapshot),
 * or a trigger keeps it. What is made of the row is the caller's. */
extern bool row_delete_take(RowDelete *delete, ItemPointerData place);

extern void row_delete_end(RowDelete *delete);

#endif
