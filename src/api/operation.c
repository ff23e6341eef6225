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
	char *role;
	char *level;

	session_open_as_caller(&session);
	if (!schema_exists())
		refuse(ERROR_NOT_INSTALLED);
	schema_refresh();
	for (int64 i = 0; access_grant_get(i, &role, &level); i++)
		access_apply(role, level);
	session_close(&session);
	PG_RETURN_INT32(SCHEMA_VERSION);
}

PG_FUNCTION_INFO_V1(billing_grant_access);
Datum
billing_grant_access(PG_FUNCTION_ARGS)
{
	char *role;
	char *level;
	Session session;

	if (PG_ARGISNULL(0))
		refuse(ERROR_NULL_ARGUMENT, "role");
	role = pstrdup(NameStr(*PG_GETARG_NAME(0)));
	level = arg_text(fcinfo, 1, "level", VALUE_BYTES_MAX);
	session_open_as_caller(&session);
	if (!schema_exists())
		refuse(ERROR_NOT_INSTALLED);
	if (!access_level_exists(level))
		refuse(ERROR_ACCESS_LEVEL, level);
	if (!OidIsValid(get_role_oid(role, true)))
		refuse(ERROR_ROLE_UNKNOWN, role);
	access_apply(role, level);
	access_grant_insert(role, level);
	audit_insert(&(AuditLine){.action = "grant_access",
							  .object = psprintf("role %s", role),
							  .new_value = level,
							  .actor = GetUserNameFromId(GetSessionUserId(), false)});
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
