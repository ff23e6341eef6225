/*-------------------------------------------------------------------------
 *
 * row_table.c
 *	  What tables are like, remembered until they change.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "errors.h"
#include "rows/row_check.h"
#include "rows/row_table.h"
#include "spi/catalog.h"

static RowShape *shapes = NULL;

/* How often something may have changed. */
static uint64 changes = 0;

/* InvalidOid stands for all relations. Sets flags only: it may run anywhere. */
static void
forget(Datum argument, Oid relid)
{
	changes++;
	for (RowShape *shape = shapes; shape; shape = shape->next)
	{
		if (!OidIsValid(relid) || relid == shape->relid)
			shape->relid = InvalidOid;
		for (RowTable *table = shape->tables; table; table = table->next)
			if (!OidIsValid(relid) || relid == table->relid)
				table->fresh = false;
	}
}

/* Another schema may have the name, or other rights. */
static void
forget_names(Datum argument, int cache, uint32 hash)
{
	forget(argument, InvalidOid);
}

void
row_table_init(void)
{
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, forget_names, (Datum) 0);
}

/*
 * Code of the owner's may run even now, in an index's predicate that is folded, and look at the
 * same table: what is found is kept when all of it is known, as fresh if nothing has changed
 * meanwhile.
 */
static void
look_at(Relation relation, const RowShape *shape, RowTable *table)
{
	uint64 before = changes;
	RowTable found = {.relid = table->relid, .next = table->next};

	row_check_table(relation, shape, &found);
	found.fresh = changes == before;
	*table = found;
}

static void
link_shape(RowShape *shape)
{
	shape->next = shapes;
	shapes = shape;
}

/* What is remembered of a table; nothing yet of a new one. */
static RowTable *
table_of(RowShape *shape, Oid relid)
{
	RowTable *table = shape->tables;

	while (table && table->relid != relid)
		table = table->next;
	if (table)
		return table;
	table = MemoryContextAllocZero(TopMemoryContext, sizeof(RowTable));
	if (shape->tables == NULL)
		link_shape(shape);
	table->relid = relid;
	table->next = shape->tables;
	shape->tables = table;
	return table;
}

static void
describe(RowOpened *opened, RowShape *shape, Relation relation)
{
	RowTable *table = table_of(shape, RelationGetRelid(relation));

	if (!table->fresh)
		look_at(relation, shape, table);
	row_check_security(relation);
	*opened = (RowOpened){shape, *table, relation};
}

void
row_table_open_leaf(RowOpened *opened, RowShape *shape, Oid relid, LOCKMODE mode)
{
	describe(opened, shape, table_open(relid, mode));
}

/* Opens what has the name once it is locked; another may have had it before. */
static Relation
open_by_name(RowShape *shape, LOCKMODE mode)
{
	for (;;)
	{
		Oid relid = OidIsValid(shape->relid) ? shape->relid : catalog_table(shape->name);
		Relation relation = OidIsValid(relid) ? try_table_open(relid, mode) : NULL;

		if (relation && (shape->relid == relid || catalog_table(shape->name) == relid))
		{
			shape->relid = relid;
			return relation;
		}
		if (relation)
			table_close(relation, mode);
		if (!OidIsValid(relid))
			refuse(ERROR_TABLE_UNSUITED, shape->name, "it is not there");
	}
}

void
row_table_open(RowOpened *opened, RowShape *shape, LOCKMODE mode)
{
	describe(opened, shape, open_by_name(shape, mode));
}
