/*-------------------------------------------------------------------------
 *
 * row_index.h
 *	  Which index of a table finds rows by a key.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_INDEX_H
#define ROWS_ROW_INDEX_H

#include "postgres.h"

#include "utils/relcache.h"

#include "rows/row_shape.h"

/* The index that fits best; none where no index begins with the first column of the key. numbers:
 * of the columns of the shape. */
extern RowIndex row_index_find(Relation relation, const RowKey *key, const AttrNumber *numbers);

#endif
