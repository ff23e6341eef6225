/*-------------------------------------------------------------------------
 *
 * row_check.h
 *	  Is a table such that its rows can be worked on without the executor?
 *
 * Each of these refuses (ERROR_TABLE_UNSUITED, ERROR_TABLES_ALTERED) one that is not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_CHECK_H
#define ROWS_ROW_CHECK_H

#include "postgres.h"

#include "nodes/nodes.h"
#include "utils/rel.h"

#include "rows/row_shape.h"

/* Notes where the columns of a shape are, and an index for each of its keys. */
extern void row_check_table(Relation relation, const RowShape *shape, RowTable *table);

/* A leaf that a row was routed to is such a one? */
extern void row_check_leaf(Relation relation);

/* Nobody's policies may hold for the user. It goes by settings, too: to be asked each time. */
extern void row_check_security(Relation relation);

/* Nothing may be there that a command does beside the rows that it writes. */
extern void row_check_writable(Relation relation, CmdType command);

#endif
