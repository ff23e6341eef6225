/*-------------------------------------------------------------------------
 *
 * session.c
 *	  Entering and leaving the books.
 *
 * Entry points are ordinary functions, not SECURITY DEFINER: the owner of the
 * functions is a superuser, the owner of the books need not be. So each entry
 * point becomes the owner of the tables for as long as it works on them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "errors.h"
#include "store/cached_table.h"
#include "store/session.h"
#include "store/statement.h"

static CachedTable version_cache = {.name = "schema_version"};
static int version_cached;

void
session_init(void)
{
	cached_table_register(&version_cache);
}

Oid
session_table(const char *name)
{
	Oid schema = get_namespace_oid("billing", true);

	return OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
}

static Oid
table_owner(Oid table)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		refuse(ERROR_NOT_INSTALLED);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

static int
schema_version(void)
{
	static Statement newest = STATEMENT(
		"SELECT version FROM billing.schema_version ORDER BY installed_at DESC, version "
		"DESC LIMIT 1");

	if (!cached_table_is_fresh(&version_cache))
	{
		cached_table_begin_load(&version_cache);
		version_cached = statement_latest(&newest, NULL, NULL) > 0 ? column_int32(0, 1) : 0;
		cached_table_end_load(&version_cache);
	}
	return version_cached;
}

static void
enter(Session *session)
{
	session->caller_context = CurrentMemoryContext;
	session->path_nest_level = search_path_pin();
	if (SPI_connect() != SPI_OK_CONNECT)
		refuse(ERROR_INTERNAL, "SPI_connect failed");
}

/* Opens a session on the tables that there are. */
static void
open_as_owner(Session *session, Oid account)
{
	GetUserIdAndSecContext(&session->user_id, &session->security_context);
	/* Restricted: no trigger of the owner's is put off until another user's commit. */
	SetUserIdAndSecContext(table_owner(account), session->security_context |
													 SECURITY_LOCAL_USERID_CHANGE |
													 SECURITY_RESTRICTED_OPERATION);
	enter(session);
}

void
session_open(Session *session)
{
	Oid account = session_table("account");

	if (!OidIsValid(account))
		refuse(ERROR_NOT_INSTALLED);
	open_as_owner(session, account);
	if (schema_version() != SCHEMA_VERSION)
		refuse(ERROR_SCHEMA_VERSION, version_cached, SCHEMA_VERSION);
}

bool
session_open_if_ready(Session *session)
{
	Oid account = session_table("account");

	if (!OidIsValid(account) || !OidIsValid(session_table("schema_version")) ||
		!OidIsValid(get_extension_oid("billing", true)))
		return false;
	open_as_owner(session, account);
	if (schema_version() == SCHEMA_VERSION)
		return true;
	session_close(session);
	return false;
}

void
session_open_as_caller(Session *session)
{
	GetUserIdAndSecContext(&session->user_id, &session->security_context);
	enter(session);
}

void
session_close(Session *session)
{
	SPI_finish();
	search_path_unpin(session->path_nest_level);
	SetUserIdAndSecContext(session->user_id, session->security_context);
}

Datum
session_close_with(Session *session, Datum row)
{
	MemoryContext session_context = MemoryContextSwitchTo(session->caller_context);
	Datum copy = datumCopy(row, false, -1);

	MemoryContextSwitchTo(session_context);
	session_close(session);
	return copy;
}
