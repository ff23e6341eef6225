/*-------------------------------------------------------------------------
 *
 * catalog.h
 *	  What the system catalogs know of the books.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_CATALOG_H
#define SPI_CATALOG_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* The schema of the members of the extension: types, functions, views. */
#define EXTENSION_SCHEMA "billing"

/* The schema of all tables, and how SQL names one: "SELECT ... FROM " BOOKS "lot". */
#define BOOKS_SCHEMA "billing_books"
#define BOOKS BOOKS_SCHEMA "."

/* The oid of a table of that schema; InvalidOid when there is none. */
extern Oid catalog_table(const char *name);

/* The oid of the extension; InvalidOid when there is none. */
extern Oid catalog_extension(void);

/* The owner of a table; refuses where there is none. */
extern Oid catalog_owner(Oid table);

/* The name of the role that is logged in. */
extern char *catalog_login_name(void);

/* The tables that have the rows of one: itself, or its leaves where it is partitioned. */
extern List *catalog_leaves(Oid table);

#endif
