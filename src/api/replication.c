/*-------------------------------------------------------------------------
 *
 * replication.c
 *	  adopt_books().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "errors.h"
#include "spi/catalog.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/audit_store.h"
#include "store/replication_store.h"

PG_FUNCTION_INFO_V1(billing_adopt_books);
Datum
billing_adopt_books(PG_FUNCTION_ARGS)
{
	Scope scope;
	int behind;

	if (!superuser())
		refuse(ERROR_NOT_SUPERUSER, "adopt_books()");
	scope_open(&scope);
	subscriber_check_none();
	behind = replication_advance_identities();
	audit_insert(&(AuditLine){.action = "adopt_books",
							  .object = psprintf("%d identities", behind),
							  .actor = catalog_login_name()});
	scope_close(&scope);
	PG_RETURN_INT32(behind);
}
