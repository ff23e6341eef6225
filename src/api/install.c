/*-------------------------------------------------------------------------
 *
 * install.c
 *	  version(), install() and migrate(), and what CREATE EXTENSION asks first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "clock.h"
#include "errors.h"
#include "spi/catalog.h"
#include "spi/scope.h"
#include "store/access_store.h"
#include "store/schema_store.h"

PG_FUNCTION_INFO_V1(billing_version);
Datum
billing_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(BILLING_VERSION));
}

/* Run by CREATE EXTENSION, before anything else is there. */
PG_FUNCTION_INFO_V1(billing_claim_schema);
Datum
billing_claim_schema(PG_FUNCTION_ARGS)
{
	Scope scope;

	if (GetDatabaseEncoding() != PG_UTF8)
		refuse(ERROR_DATABASE_ENCODING, GetDatabaseEncodingName());
	scope_open_as_caller(&scope);
	schema_check_empty("billing.claim_schema");
	schema_check_creators(EXTENSION_SCHEMA, BOOTSTRAP_SUPERUSERID);
	scope_close(&scope);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(billing_install);
Datum
billing_install(PG_FUNCTION_ARGS)
{
	Scope scope;

	scope_open_for_ddl(&scope);
	if (!schema_exists())
		schema_create(clock_now());
	schema_check_creators(EXTENSION_SCHEMA, BOOTSTRAP_SUPERUSERID);
	schema_check_creators(BOOKS_SCHEMA, GetUserId());
	schema_restore_guards();
	scope_close(&scope);
	PG_RETURN_INT32(SCHEMA_VERSION);
}

/* The tables' owner can write those rows: whoever gets a right by them is named. */
static void
apply_again(const AccessGrant *grant)
{
	int64 calls = access_count_calls(grant->role);

	access_apply(grant->role, grant->level);
	calls = access_count_calls(grant->role) - calls;
	if (calls > 0)
		ereport(
			NOTICE,
			(errmsg("role \"%s\" may make " INT64_FORMAT " more calls, at level %s", grant->role,
					calls, grant->level),
			 errhint("Table access_grant says so; SELECT billing.revoke_access(role) takes them "
					 "back.")));
}

PG_FUNCTION_INFO_V1(billing_migrate);
Datum
billing_migrate(PG_FUNCTION_ARGS)
{
	Scope scope;
	AccessGrant *grants;
	uint64 count;

	if (!superuser())
		refuse(ERROR_NOT_SUPERUSER, "migrate()");
	if (!schema_exists())
		refuse(ERROR_NOT_INSTALLED);
	scope_open_as_caller(&scope);
	schema_close_to_creators();
	scope_close(&scope);
	/* The owner's tables are mended and read as the owner, rights are given as the caller. */
	scope_open_for_ddl(&scope);
	schema_restore_guards();
	scope_close(&scope);
	scope_open(&scope);
	grants = access_grants_read(scope.caller_context, &count);
	scope_close(&scope);
	scope_open_as_caller(&scope);
	for (uint64 i = 0; i < count; i++)
		apply_again(&grants[i]);
	scope_close(&scope);
	PG_RETURN_INT32(SCHEMA_VERSION);
}
