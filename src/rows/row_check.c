/*-------------------------------------------------------------------------
 *
 * row_check.c
 *	  What a table may be like, so that its rows can be worked on without the executor.
 *
 * The owner may alter it. What row access would read as another type, or pass
 * over, is refused by name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/rls.h"

#include "errors.h"
#include "rows/row_check.h"
#include "rows/row_index.h"
#include "spi/catalog.h"

static void
refuse_unsuited(Relation relation, const char *what)
{
	refuse(ERROR_TABLE_UNSUITED, RelationGetRelationName(relation), what);
}

/* How many digits a number may have is asked when one is written; of other types nobody asks. */
static bool
is_of_type(Form_pg_attribute attribute, Oid type)
{
	return attribute->atttypid == type && (attribute->atttypmod < 0 || type == NUMERICOID);
}

/* Where a column of that name is; refuses one of another type. */
static AttrNumber
find_column(Relation relation, const RowShape *shape, int place)
{
	const char *name = row_shape_column(shape, place);
	Oid type = shape->types[place];
	TupleDesc descriptor = RelationGetDescr(relation);

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (attribute->attisdropped || strcmp(NameStr(attribute->attname), name) != 0)
			continue;
		if (!is_of_type(attribute, type))
			row_shape_refuse(
				shape, psprintf("column %s is %s instead of %s", name,
								format_type_with_typemod(attribute->atttypid, attribute->atttypmod),
								format_type_be(type)));
		if (attribute->attgenerated)
			refuse_unsuited(relation, psprintf("its column %s is generated", name));
		if (attribute->attidentity == ATTRIBUTE_IDENTITY_ALWAYS)
			refuse_unsuited(relation, psprintf("its column %s is numbered by the server", name));
		return attribute->attnum;
	}
	row_shape_refuse(shape, psprintf("there is no column %s", name));
}

static int
count_columns(Relation relation)
{
	TupleDesc descriptor = RelationGetDescr(relation);
	int count = 0;

	for (int i = 0; i < descriptor->natts; i++)
		count += !TupleDescAttr(descriptor, i)->attisdropped;
	return count;
}

/* Only the executor reads what stands in children, too. */
static bool
has_children(Relation relation)
{
	return relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE &&
		   relation->rd_rel->relhassubclass &&
		   find_inheritance_children(RelationGetRelid(relation), NoLock) != NIL;
}

/* A partitioned table has no rows to be found, but some may be put into its leaves. */
static bool
is_plain(Relation relation, bool may_be_partitioned)
{
	char kind = relation->rd_rel->relkind;

	return (kind == RELKIND_RELATION ||
			(kind == RELKIND_PARTITIONED_TABLE && may_be_partitioned)) &&
		   relation->rd_rel->relpersistence != RELPERSISTENCE_TEMP;
}

void
row_check_leaf(Relation relation)
{
	if (!is_plain(relation, false))
		refuse_unsuited(relation, "it is no plain table");
}

static bool
has_transition_tables(const TriggerDesc *triggers, CmdType command)
{
	if (triggers == NULL)
		return false;
	switch (command)
	{
		case CMD_INSERT:
			return triggers->trig_insert_new_table;
		case CMD_UPDATE:
			return triggers->trig_update_old_table || triggers->trig_update_new_table;
		default:
			return triggers->trig_delete_old_table;
	}
}

void
row_check_writable(Relation relation, CmdType command)
{
	if (relation->rd_rules)
		refuse_unsuited(relation, "it has a rule");
	if (has_transition_tables(relation->trigdesc, command))
		refuse_unsuited(relation, "it has a trigger with a transition table");
}

static void
check_suited(Relation relation, const RowShape *shape)
{
	if (!is_plain(relation, shape->keys[0].count == 0))
		refuse_unsuited(relation, "it is no plain table");
	if (has_children(relation))
		refuse_unsuited(relation, "it has children");
}

/* Whose policies apply depends on who asks, and on settings: it is looked at each time. */
void
row_check_security(Relation relation)
{
	if (relation->rd_rel->relrowsecurity &&
		check_enable_rls(RelationGetRelid(relation), InvalidOid, true) == RLS_ENABLED)
		refuse_unsuited(relation, "it has row security, which holds for its owner, too");
}

static void
find_columns(Relation relation, const RowShape *shape, RowTable *table)
{
	int count = row_shape_count(shape);

	for (int i = 0; i < count; i++)
		table->numbers[i] = find_column(relation, shape, i);
	table->others = count_columns(relation) - count;
}

static char *
key_columns(const RowShape *shape, const RowKey *key)
{
	char *columns = row_shape_column(shape, key->columns[0]);

	for (int i = 1; i < key->count; i++)
		columns = psprintf("%s, %s", columns, row_shape_column(shape, key->columns[i]));
	return columns;
}

static void
find_indexes(Relation relation, const RowShape *shape, RowTable *table)
{
	for (int i = 0; i < ROW_KEYS_MAX && shape->keys[i].count > 0; i++)
	{
		table->indexes[i] = row_index_find(relation, &shape->keys[i], table->numbers);
		if (!OidIsValid(table->indexes[i].relid))
			refuse_unsuited(relation,
							psprintf("it has no index on %s", key_columns(shape, &shape->keys[i])));
	}
}

void
row_check_table(Relation relation, const RowShape *shape, RowTable *table)
{
	(void) LookupExplicitNamespace(BOOKS_SCHEMA, false);
	check_suited(relation, shape);
	find_columns(relation, shape, table);
	find_indexes(relation, shape, table);
}
