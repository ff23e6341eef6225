/*-------------------------------------------------------------------------
 *
 * caller_temp.h
 *	  Keeping the code of the books' owner from the caller's temporary schema.
 *
 * Types are looked for there first, before pg_catalog, and who may make temporary
 * tables in the database may put some there: a domain "text" of the owner's, left by a
 * trigger of his, would run its CHECK with the rights of who casts. Where it restricts
 * what code may do, as it does within calls, PostgreSQL 15.20 refuses types there; its
 * releases until 15.18 refuse relations alone.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_CALLER_TEMP_H
#define SPI_CALLER_TEMP_H

#include "postgres.h"

/* From here on nothing is created there within a security-restricted operation. */
extern void caller_temp_init(void);

#endif
