/*-------------------------------------------------------------------------
 *
 * catalog.c
 *	  Look-ups in the system catalogs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "errors.h"
#include "spi/catalog.h"

Oid
catalog_table(const char *name)
{
	Oid schema = get_namespace_oid(BOOKS_SCHEMA, true);

	return OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
}

Oid
catalog_extension(void)
{
	return get_extension_oid("billing", true);
}

Oid
catalog_owner(Oid table)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		refuse(ERROR_NOT_INSTALLED);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

char *
catalog_login_name(void)
{
	return GetUserNameFromId(GetSessionUserId(), false);
}

List *
catalog_leaves(Oid table)
{
	List *leaves = NIL;
	ListCell *cell;

	if (get_rel_relkind(table) != RELKIND_PARTITIONED_TABLE)
		return list_make1_oid(table);
	foreach (cell, find_all_inheritors(table, AccessShareLock, NULL))
		if (get_rel_relkind(lfirst_oid(cell)) != RELKIND_PARTITIONED_TABLE)
			leaves = lappend_oid(leaves, lfirst_oid(cell));
	return leaves;
}
