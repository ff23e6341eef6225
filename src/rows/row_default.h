/*-------------------------------------------------------------------------
 *
 * row_default.h
 *	  Columns that the owner added, which billing knows nothing of.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_DEFAULT_H
#define ROWS_ROW_DEFAULT_H

#include "postgres.h"

#include "executor/tuptable.h"

#include "rows/row_write.h"

/* What such columns of the command's table get by default: a list of its own kind. */
extern List *row_default_prepare(RowWrite *write);

/* Gives it to a new row. */
extern void row_default_fill(RowWrite *write, List *defaults, TupleTableSlot *slot);

#endif
