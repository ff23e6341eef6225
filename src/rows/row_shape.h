/*-------------------------------------------------------------------------
 *
 * row_shape.h
 *	  What a store needs of a table that it works on by its rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_SHAPE_H
#define ROWS_ROW_SHAPE_H

#include "postgres.h"

#include "access/attnum.h"

#include "compat.h"

#define ROW_COLUMNS_MAX 32
#define ROW_KEYS_MAX 3
#define ROW_KEY_COLUMNS_MAX 3

/* What rows are found by: columns of type bigint, with the first of which at least an index begins.
 */
typedef struct RowKey
{
	int count;
	int columns[ROW_KEY_COLUMNS_MAX]; /* their places in the shape */
	int only_if; /* a boolean column: an index of the rows where it is true will do; 0: none */
} RowKey;

/* An index that finds the rows of a key, by so many of its columns. */
typedef struct RowIndex
{
	Oid relid;
	int matches;
} RowIndex;

/* A table as it is now. */
typedef struct RowTable
{
	Oid relid;
	bool fresh;							 /* nothing has changed since it was looked at */
	AttrNumber numbers[ROW_COLUMNS_MAX]; /* of the shape's columns */
	RowIndex indexes[ROW_KEYS_MAX];		 /* of the shape's keys */
	int others;							 /* how many columns it has beside those */
	struct RowTable *next;
} RowTable;

/* One static value for each use of a table. */
typedef struct RowShape
{
	const char *name;
	const char *columns;		/* their names with ", " between them */
	Oid types[ROW_COLUMNS_MAX]; /* up to the first InvalidOid */
	RowKey keys[ROW_KEYS_MAX];	/* up to the first without columns */
	Oid relid;					/* of that name; InvalidOid: to be looked for */
	RowTable *tables;
	struct RowShape *next;
} RowShape;

extern int row_shape_count(const RowShape *shape);

/* The name of a column by its place. */
extern char *row_shape_column(const RowShape *shape, int place);

/* Refuses what the table is like, or answers: "column name is bigint instead of text". */
no_return extern void row_shape_refuse(const RowShape *shape, const char *what);

#endif
