/*-------------------------------------------------------------------------
 *
 * subscriber.c
 *	  The subscription that feeds the books, remembered until one changes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_subscription_rel.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "errors.h"
#include "spi/catalog.h"
#include "spi/subscriber.h"

static Oid feeding; /* the subscription; InvalidOid: none */
static bool is_known = false;
static uint64 changes_count; /* of subscriptions, as far as they were heard of */

/* Sets flags only: it may run anywhere. */
static void
forget(Datum argument, int cache, uint32 hash)
{
	is_known = false;
	changes_count++;
}

void
subscriber_init(void)
{
	CacheRegisterSyscacheCallback(SUBSCRIPTIONRELMAP, forget, (Datum) 0);
}

/* The first subscription with a table of that schema. */
static Oid
find_feeding(Oid schema)
{
	Relation catalog = table_open(SubscriptionRelRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	Oid found = InvalidOid;
	HeapTuple tuple;

	while (!OidIsValid(found) && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_subscription_rel row = (Form_pg_subscription_rel) GETSTRUCT(tuple);

		if (get_rel_namespace(row->srrelid) == schema)
			found = row->srsubid;
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return found;
}

bool
subscriber_feeds_books(void)
{
	/* A transaction that holds all its locks already would not hear of changes. */
	AcceptInvalidationMessages();
	if (!is_known)
	{
		uint64 changes_before = changes_count;

		feeding = find_feeding(get_namespace_oid(BOOKS_SCHEMA, false));
		is_known = changes_count == changes_before;
	}
	return OidIsValid(feeding);
}

void
subscriber_check_none(void)
{
	if (subscriber_feeds_books())
		refuse(ERROR_BOOKS_REPLICATED, get_subscription_name(feeding, true));
}
