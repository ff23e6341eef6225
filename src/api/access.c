/*-------------------------------------------------------------------------
 *
 * access.c
 *	  grant_access() and revoke_access().
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

/*
 * The role whose rights a superuser changes. From others GRANT takes no more than a warning, but
 * the row would be believed.
 */
static char *
arg_role(FunctionCallInfo fcinfo, const char *call)
{
	if (PG_ARGISNULL(0))
		refuse(ERROR_NULL_ARGUMENT, "role");
	if (!superuser())
		refuse(ERROR_NOT_SUPERUSER, call);
	return pstrdup(NameStr(*PG_GETARG_NAME(0)));
}

PG_FUNCTION_INFO_V1(billing_grant_access);
Datum
billing_grant_access(PG_FUNCTION_ARGS)
{
	AccessGrant grant;
	Scope scope;

	grant.role = arg_role(fcinfo, "grant_access()");
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

/* A role that was dropped is forgotten, too: another of its name would get its rights by migrate().
 */
PG_FUNCTION_INFO_V1(billing_revoke_access);
Datum
billing_revoke_access(PG_FUNCTION_ARGS)
{
	char *role = arg_role(fcinfo, "revoke_access()");
	bool exists = OidIsValid(get_role_oid(role, true));
	char *levels;
	Scope scope;

	scope_open(&scope);
	levels = access_grants_delete(role);
	if (levels == NULL && !exists)
		refuse(ERROR_ROLE_UNKNOWN, role);
	audit_insert(&(AuditLine){.action = "revoke_access",
							  .object = psprintf("role %s", role),
							  .old_value = levels,
							  .actor = catalog_login_name()});
	scope_close(&scope);

	if (exists)
	{
		scope_open_as_caller(&scope);
		access_withdraw(role);
		scope_close(&scope);
	}
	PG_RETURN_VOID();
}
