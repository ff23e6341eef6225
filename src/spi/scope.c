/*-------------------------------------------------------------------------
 *
 * scope.c
 *	  Entering and leaving the books.
 *
 * Entry points are ordinary functions, not SECURITY DEFINER: the owner of the
 * functions is a superuser, the owner of the books need not be. So each entry
 * point becomes the owner of the tables for as long as it works on them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "errors.h"
#include "spi/cached_table.h"
#include "spi/caller_cursor.h"
#include "spi/catalog.h"
#include "spi/column.h"
#include "spi/scope.h"
#include "spi/sql.h"

static CachedTable version_cache = {.name = "schema_version"};
static int version_cached;

void
scope_init(void)
{
	cached_table_register(&version_cache);
}

static int
schema_version(void)
{
	static Sql newest = SQL("SELECT version FROM " BOOKS
							"schema_version ORDER BY installed_at DESC, version "
							"DESC LIMIT 1");

	if (!cached_table_is_fresh(&version_cache))
	{
		cached_table_begin_load(&version_cache);
		version_cached = sql_latest(&newest, NULL, NULL) > 0 ? column_int32(0, 1) : 0;
		cached_table_end_load(&version_cache);
	}
	return version_cached;
}

void
scope_open_inner(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		refuse(ERROR_INTERNAL, "SPI_connect failed");
}

void
scope_close_inner(void)
{
	SPI_finish();
}

static void
enter(Scope *scope, Planning planning)
{
	scope->caller_context = CurrentMemoryContext;
	scope->hidden_cursors = caller_cursor_hide();
	scope->planning = planning_set(planning);
	scope->settings_nest_level = NewGUCNestLevel();
	search_path_pin();
	scope_open_inner();
}

/* Opens a session on the tables that there are. */
static void
open_as_owner(Scope *scope, Oid account, Planning planning)
{
	GetUserIdAndSecContext(&scope->user_id, &scope->security_context);
	/* Restricted: no trigger of the owner's is put off until another user's commit. */
	SetUserIdAndSecContext(catalog_owner(account), scope->security_context |
													   SECURITY_LOCAL_USERID_CHANGE |
													   SECURITY_RESTRICTED_OPERATION);
	enter(scope, planning);
}

/*
 * A table of the books that Citus keeps elsewhere, NULL where there is none: its rows are
 * not where these statements look, and what another node did would be done again.
 */
static char *
distributed_table(void)
{
	static Sql find = SQL("SELECT c.relname::text FROM pg_catalog.pg_dist_partition AS d JOIN "
						  "pg_catalog.pg_class AS c ON c.oid = d.logicalrelid WHERE c.relnamespace "
						  "= '" BOOKS_SCHEMA "'::regnamespace ORDER BY 1 LIMIT 1");

	if (!OidIsValid(get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE)))
		return NULL;
	return sql_latest(&find, NULL, NULL) > 0 ? column_text(0, 1) : NULL;
}

static void
check_local(void)
{
	char *table = distributed_table();

	if (table)
		refuse(ERROR_TABLES_DISTRIBUTED, table);
}

static void
open_checked(Scope *scope, Planning planning)
{
	Oid account = catalog_table("account");

	if (!OidIsValid(account))
		refuse(ERROR_NOT_INSTALLED);
	open_as_owner(scope, account, planning);
	check_local();
	if (schema_version() != SCHEMA_VERSION)
		refuse(ERROR_SCHEMA_VERSION, version_cached, SCHEMA_VERSION);
}

void
scope_open(Scope *scope)
{
	open_checked(scope, PLAN_BY_INDEXES);
}

void
scope_open_to_scan(Scope *scope)
{
	open_checked(scope, PLAN_TO_SCAN);
}

void
scope_open_to_look(Scope *scope)
{
	open_checked(scope, PLAN_TO_LOOK);
}

/* One plan serves all accounts and places; it is not made anew for each. */
void
scope_open_to_page(Scope *scope)
{
	open_checked(scope, PLAN_BY_ORDER);
	(void) set_config_option("plan_cache_mode", "force_generic_plan", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

bool
scope_open_if_ready(Scope *scope)
{
	Oid account = catalog_table("account");

	if (!OidIsValid(account) || !OidIsValid(catalog_table("schema_version")) ||
		!OidIsValid(catalog_extension()))
		return false;
	open_as_owner(scope, account, PLAN_BY_INDEXES);
	if (distributed_table() == NULL && schema_version() == SCHEMA_VERSION)
		return true;
	scope_close(scope);
	return false;
}

void
scope_open_as_caller(Scope *scope)
{
	GetUserIdAndSecContext(&scope->user_id, &scope->security_context);
	enter(scope, PLAN_AS_SET);
}

void
scope_open_for_ddl(Scope *scope)
{
	Oid account = catalog_table("account");

	if (OidIsValid(account))
	{
		open_as_owner(scope, account, PLAN_AS_SET);
		check_local();
	}
	else
		scope_open_as_caller(scope);
}

void
scope_close(Scope *scope)
{
	scope_close_inner();
	caller_cursor_show(scope->hidden_cursors);
	search_path_unpin();
	/* As a rollback: kept as at a commit, a plain SET of the owner's would outlive the call. */
	AtEOXact_GUC(false, scope->settings_nest_level);
	(void) planning_set(scope->planning);
	SetUserIdAndSecContext(scope->user_id, scope->security_context);
}

Datum
scope_close_with(Scope *scope, Datum row)
{
	MemoryContext scope_context = MemoryContextSwitchTo(scope->caller_context);
	Datum copy = datumCopy(row, false, -1);

	MemoryContextSwitchTo(scope_context);
	scope_close(scope);
	return copy;
}
