/*-------------------------------------------------------------------------
 *
 * row_rights.c
 *	  Asking the executor's own check.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "executor/executor.h"

#include "compat.h"
#include "rows/row_rights.h"

static Bitmapset *
add_column(Bitmapset *set, const RowOpened *opened, int place)
{
	return bms_add_member(set, opened->table.numbers[place] - FirstLowInvalidHeapAttributeNumber);
}

static Bitmapset *
all_columns(const RowOpened *opened)
{
	int count = row_shape_count(opened->shape);
	Bitmapset *set = NULL;

	for (int i = 0; i < count; i++)
		set = add_column(set, opened, i);
	return set;
}

static Bitmapset *
written_columns(const RowOpened *opened, RowColumns written)
{
	Bitmapset *set = NULL;

	for (int i = 0; i < written.count; i++)
		set = add_column(set, opened, written.places ? written.places[i] : i);
	return set;
}

static RangeTblEntry *
make_entry(const RowOpened *opened, LOCKMODE mode)
{
	RangeTblEntry *entry = makeNode(RangeTblEntry);

	entry->rtekind = RTE_RELATION;
	entry->relid = RelationGetRelid(opened->relation);
	entry->relkind = opened->relation->rd_rel->relkind;
	entry->rellockmode = mode;
	entry->inh = true;
	entry->inFromCl = true;
	return entry;
}

void
row_rights_check_read(const RowOpened *opened, LOCKMODE mode)
{
	RangeTblEntry *entry = make_entry(opened, mode);
	Bitmapset *columns = all_columns(opened);
	RowRights rights = {list_make1(entry)};
	AclMode needed = ACL_SELECT | (mode == AccessShareLock ? 0 : ACL_SELECT_FOR_UPDATE);

	rights.infos = range_entry_ask(entry, needed, columns, NULL, NULL);
	range_table_check(rights.range_table, rights.infos);
	list_free_deep(rights.range_table);
	list_free_deep(rights.infos);
	bms_free(columns);
}

RowRights
row_rights_check_write(const RowOpened *opened, CmdType command, RowColumns written)
{
	RangeTblEntry *entry = make_entry(opened, RowExclusiveLock);
	RowRights rights = {list_make1(entry)};
	Bitmapset *columns = written_columns(opened, written);

	switch (command)
	{
		case CMD_INSERT:
			rights.infos = range_entry_ask(entry, ACL_INSERT, NULL, columns, NULL);
			break;
		case CMD_UPDATE:
			rights.infos = range_entry_ask(entry, ACL_SELECT | ACL_UPDATE, all_columns(opened),
										   NULL, columns);
			break;
		default:
			rights.infos = range_entry_ask(entry, ACL_SELECT | ACL_DELETE, all_columns(opened),
										   NULL, NULL);
	}
	range_table_check(rights.range_table, rights.infos);
	return rights;
}
