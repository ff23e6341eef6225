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

/* Gives a new row what such columns get by default. */
extern void row_default_fill(RowWrite *write, TupleTableSlot *slot);

#endif
