/*-------------------------------------------------------------------------
 *
 * row_rights.h
 *	  The rights that a statement would ask for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_RIGHTS_H
#define ROWS_ROW_RIGHTS_H

#include "postgres.h"

#include "nodes/bitmapset.h"
#include "nodes/parsenodes.h"
#include "storage/lockdefs.h"

#include "rows/row_table.h"

/* What is done to a table, as the planner would tell the executor. */
typedef struct RowRights
{
	List *range_table; /* of the one table */
	List *infos;	   /* NIL before PostgreSQL 16 */
} RowRights;

/* Columns that are written. */
typedef struct RowColumns
{
	const int *places; /* in the shape; NULL: the first ones */
	int count;
} RowColumns;

/* Refuses (42501) whom they are not given: to read the shape's columns, or to hold its rows, too.
 */
extern void row_rights_check_read(const RowOpened *opened, LOCKMODE mode);

/* The same to write, and what the executor's functions are told of it. */
extern RowRights row_rights_check_write(const RowOpened *opened, CmdType command,
										RowColumns written);

#endif
