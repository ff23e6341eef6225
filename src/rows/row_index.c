/*-------------------------------------------------------------------------
 *
 * row_index.c
 *	  Choosing an index as a planner would for a lookup by equality.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type.h"
#include "nodes/primnodes.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "rows/row_index.h"

static bool
is_usable(Relation index)
{
	return index->rd_rel->relam == BTREE_AM_OID && index->rd_index->indisvalid;
}

/* How many of the key's columns it begins with. */
static int
count_matches(Relation index, const RowKey *key, const AttrNumber *numbers)
{
	int count = 0;

	while (count < key->count && count < index->rd_index->indnkeyatts &&
		   index->rd_index->indkey.values[count] == numbers[key->columns[count]] &&
		   index->rd_opfamily[count] == INTEGER_BTREE_FAM_OID &&
		   index->rd_opcintype[count] == INT8OID)
		count++;
	return count;
}

/* All rows are in it, or those that the key is for. */
static bool
has_the_rows(Relation index, const RowKey *key, const AttrNumber *numbers, bool *is_partial)
{
	List *predicate = RelationGetIndexPredicate(index);
	Var *column;

	*is_partial = predicate != NIL;
	if (predicate == NIL)
		return true;
	column = linitial(predicate);
	return key->only_if > 0 && list_length(predicate) == 1 && IsA(column, Var) &&
		   column->varattno == numbers[key->only_if];
}

/* The higher the better: by how much of the key it finds rows, and how small it is; 0: it will not
 * do. */
static int
worth(Relation index, const RowKey *key, const AttrNumber *numbers)
{
	int matches = count_matches(index, key, numbers);
	bool is_partial;

	if (!is_usable(index) || matches == 0 || !has_the_rows(index, key, numbers, &is_partial))
		return 0;
	return 2 * (INDEX_MAX_KEYS + 1) * matches + (is_partial ? INDEX_MAX_KEYS + 1 : 0) +
		   INDEX_MAX_KEYS - index->rd_index->indnkeyatts;
}

RowIndex
row_index_find(Relation relation, const RowKey *key, const AttrNumber *numbers)
{
	RowIndex best = {InvalidOid};
	int best_worth = 0;
	List *indexes = RelationGetIndexList(relation);
	ListCell *cell;

	foreach (cell, indexes)
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);
		int this_worth = worth(index, key, numbers);

		if (this_worth > best_worth)
		{
			best = (RowIndex){lfirst_oid(cell), count_matches(index, key, numbers)};
			best_worth = this_worth;
		}
		index_close(index, AccessShareLock);
	}
	list_free(indexes);
	return best;
}
