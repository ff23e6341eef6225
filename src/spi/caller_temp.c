/*-------------------------------------------------------------------------
 *
 * caller_temp.c
 *	  A look at what is created, by the hook for that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

#include "errors.h"
#include "spi/caller_temp.h"

static object_access_hook_type next_hook = NULL;

/* Is it in a temporary schema? It was made by the command that runs, so its dependencies alone
 * tell, as they stand now. */
static bool
is_temporary(Oid class_id, Oid object_id)
{
	Relation depend = table_open(DependRelationId, AccessShareLock);
	bool found = false;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple row;

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(class_id));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object_id));
	scan = systable_beginscan(depend, DependDependerIndexId, true, SnapshotSelf, 2, keys);
	while (!found && HeapTupleIsValid(row = systable_getnext(scan)))
	{
		const FormData_pg_depend *on = (Form_pg_depend) GETSTRUCT(row);

		found = on->refclassid == NamespaceRelationId && isTempNamespace(on->refobjid);
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return found;
}

static void
look(ObjectAccessType access, Oid class_id, Oid object_id, int column, void *argument)
{
	if (next_hook)
		next_hook(access, class_id, object_id, column, argument);
	if (access == OAT_POST_CREATE && InSecurityRestrictedOperation() &&
		is_temporary(class_id, object_id))
		refuse_as_server(ERRCODE_INSUFFICIENT_PRIVILEGE,
						 "cannot create temporary objects within security-restricted operation",
						 NULL);
}

void
caller_temp_init(void)
{
	next_hook = object_access_hook;
	object_access_hook = look;
}
