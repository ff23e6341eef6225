/*-------------------------------------------------------------------------
 *
 * row_write.h
 *	  What a command that writes rows has around it: rights, triggers, snapshot.
 *
 * The executor's own functions do what is done to a row; this makes the little
 * that they need of its state.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_WRITE_H
#define ROWS_ROW_WRITE_H

#include "postgres.h"

#include "executor/execPartition.h"
#include "nodes/execnodes.h"

#include "rows/row_rights.h"
#include "rows/row_table.h"

typedef struct RowWrite
{
	RowOpened in;
	CmdType command;
	MemoryContext caller_context;
	EState *state;
	ResultRelInfo *target;
	ModifyTableState *work; /* NULL: nothing is routed to a leaf, as the next */
	PartitionTupleRouting *routing;
} RowWrite;

/* Up to the statement's own triggers before it. Columns are those that are written. What is made
 * from here on is made in the command's own memory. */
extern void row_write_begin(RowWrite *write, RowShape *shape, CmdType command, RowColumns columns);

/* From the statement's own triggers after it, and all that were put off until its end. */
extern void row_write_end(RowWrite *write);

/* Room for a row that is to be written; ended with the command. */
extern TupleTableSlot *row_write_slot(RowWrite *write, TupleDesc descriptor);

/* A value as a column of the target takes it: an amount may have too many digits. */
extern Datum row_write_value(const RowWrite *write, AttrNumber column, Datum value);

/* Between the triggers before a row and the write: generated columns, constraints. */
extern void row_write_check(RowWrite *write, ResultRelInfo *target, TupleTableSlot *slot,
							bool routed);

#endif
