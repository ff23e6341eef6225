/*-------------------------------------------------------------------------
 *
 * row_set.h
 *	  Many rows as one argument of a statement.
 *
 * A statement names the set like a table: INSERT ... SELECT ... FROM rows. So
 * a batch costs one statement, whatever its size.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_ROW_SET_H
#define SPI_ROW_SET_H

#include "postgres.h"

#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

#include "spi/sql.h"

/* The columns of a statement's row set; one static value for each statement. */
typedef struct RowSetShape
{
	const char *names; /* with ", " between them */
	Oid types[SQL_ARGUMENTS_MAX];
	TupleDesc descriptor; /* made when it is first used */
} RowSetShape;

typedef struct RowSet
{
	TupleDesc descriptor;
	Tuplestorestate *rows;
	size_t count;
} RowSet;

extern void row_set_begin(RowSet *set, RowSetShape *shape);
/* nulls as in SPI. */
extern void row_set_put(RowSet *set, Datum *values, const char *nulls);

/* Runs a statement that writes a row for each FROM rows, and refuses where it does not; ends the
 * set. */
extern void row_set_write(RowSet *set, Sql *statement);

#endif
