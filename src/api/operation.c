/*-------------------------------------------------------------------------
 *
 * operation.c
 *	  Installing, access, and the tables of errors and transfers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "clock.h"
#include "errors.h"
#include "store/access_store.h"
#include "store/operation_store.h"
#include "store/schema_store.h"
#include "store/session.h"

PG_FUNCTION_INFO_V1(billing_version);
Datum
billing_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(BILLING_VERSION));
}

PG_FUNCTION_INFO_V1(billing_install);
Datum
billing_install(PG_FUNCTION_ARGS)
{
	Session session;

	session_open_as_caller(&session);
	if (!schema_exists())
		schema_create(clock_now());
	schema_refresh();
	session_close(&session);
	PG_RETURN_INT32(SCHEMA_VERSION);
}

PG_FUNCTION_INFO_V1(billing_migrate);
Datum
billing_migrate(PG_FUNCTION_ARGS)
{
	Session session;
	AccessGrant *grants;
	uint64 count;

	session_open_as_caller(&session);
	if (!schema_exists())
		refuse(ERROR_NOT_INSTALLED);
	schema_refresh();
	session_close(&session);

	/* The owner's tables are read as the owner, rights are given as the caller. */
	session_open(&session);
	grants = access_grants_read(session.caller_context, &count);
	session_close(&session);
	session_open_as_caller(&session);
	for (uint64 i = 0; i < count; i++)
		access_apply(grants[i].role, grants[i].level);
	session_close(&session);
	PG_RETURN_INT32(SCHEMA_VERSION);
}

PG_FUNCTION_INFO_V1(billing_grant_access);
Datum
billing_grant_access(PG_FUNCTION_ARGS)
{
	AccessGrant grant;
	Session session;

	if (PG_ARGISNULL(0))
		refuse(ERROR_NULL_ARGUMENT, "role");
	/* From others GRANT takes no more than a warning, but the row would be believed. */
	if (!superuser())
		refuse(ERROR_NOT_SUPERUSER, "grant_access()");
	grant.role = pstrdup(NameStr(*PG_GETARG_NAME(0)));
	grant.level = arg_text(fcinfo, 1, "level", VALUE_BYTES_MAX);
	session_open_as_caller(&session);
	if (!schema_exists())
		refuse(ERROR_NOT_INSTALLED);
	if (!access_level_exists(grant.level))
		refuse(ERROR_ACCESS_LEVEL, grant.level);
	if (!OidIsValid(get_role_oid(grant.role, true)))
		refuse(ERROR_ROLE_UNKNOWN, grant.role);
	access_apply(grant.role, grant.level);
	session_close(&session);

	session_open(&session);
	access_grant_insert(&grant);
	audit_insert(&(AuditLine){.action = "grant_access",
							  .object = psprintf("role %s", grant.role),
							  .new_value = grant.level,
							  .actor = login_name()});
	session_close(&session);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(billing_error_codes);
Datum
billing_error_codes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < ERRORS_COUNT; i++)
	{
		Datum values[] = {CStringGetTextDatum(error_codes[i].sqlstate),
						  CStringGetTextDatum(error_codes[i].name),
						  CStringGetTextDatum(error_codes[i].hint)};
		bool nulls[3] = {0};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
