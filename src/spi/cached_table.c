/*-------------------------------------------------------------------------
 *
 * cached_table.c
 *	  Freshness of small tables that are remembered between calls.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/inval.h"

#include "spi/cached_table.h"
#include "spi/catalog.h"

static CachedTable *tables = NULL;

/* InvalidOid stands for all relations. Sets flags only: it may run anywhere. */
static void
forget(Datum argument, Oid relid)
{
	for (CachedTable *table = tables; table; table = table->next)
		if (!OidIsValid(relid) || relid == table->relid)
		{
			table->fresh = false;
			table->missed = true;
		}
}

void
cached_table_register(CachedTable *table)
{
	if (tables == NULL)
		CacheRegisterRelcacheCallback(forget, (Datum) 0);
	table->next = tables;
	tables = table;
}

bool
cached_table_is_fresh(CachedTable *table)
{
	/* A transaction that holds all its locks already would not hear of changes. */
	AcceptInvalidationMessages();
	return table->fresh;
}

void
cached_table_begin_load(CachedTable *table)
{
	table->relid = catalog_table(table->name);
	table->fresh = false;
	table->missed = false;
}

void
cached_table_end_load(CachedTable *table)
{
	table->fresh = !table->missed;
}
