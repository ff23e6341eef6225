/*-------------------------------------------------------------------------
 *
 * scope.h
 *	  The frame around all work on the books: who, where names resolve, SPI.
 *
 * Between scope_open() and scope_close() the code runs as the owner of
 * billing_books.account, with names resolving in pg_catalog alone, connected to
 * SPI. Whatever setting the owner's triggers change meanwhile is as before at the
 * end, and the caller's open cursors are hidden from them. An error in between
 * undoes all of it with the transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_SCOPE_H
#define SPI_SCOPE_H

#include "postgres.h"

#include "spi/planning.h"

typedef struct Scope
{
	Oid user_id;
	int security_context;
	int settings_nest_level;
	Planning planning;
	int hidden_cursors;
	MemoryContext caller_context;
} Scope;

/* The version of the tables that this library works on. */
#define SCHEMA_VERSION 1

/* Registers the caches; called once, when the library is loaded. */
extern void scope_init(void);

/* Refuses when the tables are missing or of another version. Statements go by indexes. */
extern void scope_open(Scope *scope);

/* The same for what reads whole tables: its statements are planned as the server thinks best. */
extern void scope_open_to_scan(Scope *scope);

/*
 * The same for what reads all that one account has: it is found by indexes, and joined by passing
 * over it once, whatever the statistics say, however much it is.
 */
extern void scope_open_to_look(Scope *scope);

/*
 * The same for lists that are read page by page: their statements go by the order of indexes, too,
 * so that they read what they return and no more.
 */
extern void scope_open_to_page(Scope *scope);

/* The same whatever their version, and as the caller where there are none: to make and mend them.
 */
extern void scope_open_for_ddl(Scope *scope);

/* The same without the switch of user: for what only the caller may do. */
extern void scope_open_as_caller(Scope *scope);

/* For workers: false, and nothing opened, without the extension or tables of this version. */
extern bool scope_open_if_ready(Scope *scope);

extern void scope_close(Scope *scope);

/* Closes, and returns a copy of a row that outlives the session. */
extern Datum scope_close_with(Scope *scope, Datum row);

/*
 * Around what may fail within an open scope, inside a subtransaction: the row
 * sets of a statement that failed are forgotten with it.
 */
extern void scope_open_inner(void);
extern void scope_close_inner(void);

#endif
