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

/* The oid of a table of schema billing; InvalidOid when there is none. */
extern Oid catalog_table(const char *name);

/* The owner of a table; refuses where there is none. */
extern Oid catalog_owner(Oid table);

/* The name of the role that is logged in. */
extern char *catalog_login_name(void);

#endif
