/*-------------------------------------------------------------------------
 *
 * access.c
 *	  grant_access().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "errors.h"
#include "spi/catalog.h"
#include "spi/scope.h"
#include "store/access_store.h"
#include "store/audit_store.h"
#include "store/schema_store.h"

PG_FUNCTION_INFO_V1(billing_grant_access);
Datum
billing_grant_access(PG_FUNCTION_ARGS)
{
	AccessGrant grant;
	Scope scope;

	if (PG_ARGISNULL(0))
		refuse(ERROR_NULL_ARGUMENT, "role");
	/* From others GRANT takes no more than a warning, but the row would be believed. */
	if (!superuser())
		refuse(ERROR_NOT_SUPERUSER, "grant_access()");
	grant.role = pstrdup(NameStr(*PG_GETARG_NAME(0)));
	grant.level = arg_text(fcinfo, 1, "level", VALUE_BYTES_MAX);
	scope_open_as_caller(&scope);
	if (!schema_exists())
		refuse(ERROR_NOT_INSTALLED);
	if (!access_level_exists(grant.level))
		refuse(ERROR_ACCESS_LEVEL, grant.level);
	if (!OidIsValid(get_role_oid(grant.role, true)))
		refuse(ERROR_ROLE_UNKNOWN, grant.role);
	access_apply(grant.role, grant.level);
	scope_close(&scope);

	scope_open(&scope);
	access_grant_insert(&grant);
	audit_insert(&(AuditLine){.action = "grant_access",
							  .object = psprintf("role %s", grant.role),
							  .new_value = grant.level,
							  .actor = catalog_login_name()});
	scope_close(&scope);
	PG_RETURN_VOID();
}
