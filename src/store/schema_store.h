/*-------------------------------------------------------------------------
 *
 * schema_store.h
 *	  Making the tables, and the guards that keep history as it is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_SCHEMA_STORE_H
#define STORE_SCHEMA_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* What a guard is, and how it is put back. */
typedef struct Guard
{
	const char *table;
	const char *name;
	const char *definition; /* what follows CREATE TRIGGER name, %s for the table */
} Guard;

/* Why a guard does not hold; GUARD_HOLDS where it does. */
typedef enum GuardFault
{
	GUARD_HOLDS,
	GUARD_MISSING,
	GUARD_NOT_ALWAYS /* disabled, or demoted to an ordinary trigger */
} GuardFault;

typedef void (*GuardVisitor)(const Guard *guard, const char *table, GuardFault fault,
							 void *argument);

extern bool schema_exists(void);
extern void schema_create(TimestampTz now);

/* Makes the views anew, and puts back what is missing or weakened. */
extern void schema_refresh(void);

/* Calls the visitor for every guard of every table and partition. */
extern void schema_visit_guards(GuardVisitor visitor, void *argument);

#endif
