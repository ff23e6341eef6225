/*-------------------------------------------------------------------------
 *
 * row_insert.h
 *	  Inserting rows, into leaves where the table is partitioned.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_INSERT_H
#define ROWS_ROW_INSERT_H

#include "postgres.h"

#include "rows/row_shape.h"
#include "rows/row_write.h"

/* Rows that are written together, as many as fill a few pages. */
#define ROW_TOGETHER_MAX 256

/* A command that inserts rows. They wait for each other as far as nothing of the owner's may look
 * at them one by one. */
typedef struct RowInsert
{
	RowWrite write;
	MemoryContext values_context; /* of those that wait; current from the beginning to the end */
	TupleTableSlot *row;		  /* as the table has it */
	List *defaults;				  /* of columns that the shape does not have */
	ResultRelInfo *target;		  /* where those that wait go */
	TupleTableSlot *waiting[ROW_TOGETHER_MAX];
	int slots_count;
	int count;
} RowInsert;

extern void row_insert_begin(RowInsert *insert, RowShape *shape);

/* Inserts a row with all columns of the shape, and refuses where a trigger of the owner's drops it;
 * what other columns the table has get their defaults. nulls as in SPI. The values are made after
 * the beginning, or stay until the end. */
extern void row_insert_put(RowInsert *insert, const Datum *values, const char *nulls);

extern void row_insert_end(RowInsert *insert);

#endif
