/*-------------------------------------------------------------------------
 *
 * session.h
 *	  The frame around all work on the books: who, where names resolve, SPI.
 *
 * Between session_open() and session_close() the code runs as the owner of
 * billing.account, with names resolving in pg_catalog alone, connected to SPI.
 * An error in between undoes all three with the transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H

#include "postgres.h"

typedef struct Session
{
	Oid user_id;
	int security_context;
	int path_nest_level;
	MemoryContext caller_context;
} Session;

/* The version of the tables that this library works on. */
#define SCHEMA_VERSION 1

/* Registers the caches; called once, when the library is loaded. */
extern void session_init(void);

/* Refuses when the tables are missing or of another version. */
extern void session_open(Session *session);

/* For workers: false, and nothing opened, without the extension or tables of this version. */
extern bool session_open_if_ready(Session *session);

extern void session_close(Session *session);

/* Closes, and returns a copy of a row that outlives the session. */
extern Datum session_close_with(Session *session, Datum row);

/* The same without the switch of user: for install(), which makes the tables. */
extern void session_open_as_caller(Session *session);

/* The oid of a table of schema billing; InvalidOid when there is none. */
extern Oid session_table(const char *name);

#endif
