/*-------------------------------------------------------------------------
 *
 * row_update.h
 *	  Updating the one row of a key.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_UPDATE_H
#define ROWS_ROW_UPDATE_H

#include "postgres.h"

#include "rows/row_shape.h"

/* What a row is to have in some of its columns. */
typedef struct RowChange
{
	const int *columns; /* their places in the shape */
	const Datum *values;
	const char *nulls; /* as in SPI */
	int count;
} RowChange;

/*
 * Changes the row that these values of the first key of the shape find, and refuses where that is
 * not one: the key is unique. The row need not be held.
 */
extern void row_update(RowShape *shape, const int64 *key, const RowChange *change);

#endif
