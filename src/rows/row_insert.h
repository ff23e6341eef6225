/*-------------------------------------------------------------------------
 *
 * row_insert.h
 *	  Inserting a row, into a leaf where the table is partitioned.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_INSERT_H
#define ROWS_ROW_INSERT_H

#include "postgres.h"

#include "rows/row_shape.h"

/* Inserts a row with all columns of the shape, and refuses where a trigger of the owner's drops it;
 * what other columns the table has get their defaults. nulls as in SPI. */
extern void row_insert(RowShape *shape, const Datum *values, const char *nulls);

#endif
