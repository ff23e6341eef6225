/*-------------------------------------------------------------------------
 *
 * row_table.h
 *	  Opening a table of the books to work on its rows, without the executor.
 *
 * A store says which columns it reads and writes, and by which keys it finds
 * rows (row_shape.h). What the table really is like is looked at once and then
 * whenever it has changed: columns by name and type, an index for each key, and
 * that nothing is on it which only the executor would carry out. The opened
 * relation is closed as any other; its lock stays until the transaction ends.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_TABLE_H
#define ROWS_ROW_TABLE_H

#include "postgres.h"

#include "storage/lockdefs.h"
#include "utils/rel.h"

#include "rows/row_shape.h"

/* A table that is open: what was found when it was opened. Code of the owner's that runs meanwhile
 * may look at it again, and find something else. */
typedef struct RowOpened
{
	const RowShape *shape;
	RowTable table;
	Relation relation;
} RowOpened;

/* Called once, when the library is loaded. */
extern void row_table_init(void);

/* Opens the table of the shape's name; refuses one that is not there, or not to be worked on so. */
extern void row_table_open(RowOpened *opened, RowShape *shape, LOCKMODE mode);

/* The same of a partition of it. */
extern void row_table_open_leaf(RowOpened *opened, RowShape *shape, Oid relid, LOCKMODE mode);

#endif
