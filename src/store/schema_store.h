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

/* A trigger that keeps history as it is, in all that can be compared. */
typedef struct Guard
{
	const char *table;
	const char *name;
	const char *function;  /* of schema billing */
	int16 type;			   /* TRIGGER_TYPE_* bits */
	const char *columns;   /* of UPDATE OF, else NULL */
	const char *arguments; /* names of columns, or "" */
	bool is_ordinary;	   /* not ENABLE ALWAYS: it judges by what is elsewhere in the books */
} Guard;

/* Why a guard does not hold; GUARD_HOLDS where it does. */
typedef enum GuardFault
{
	GUARD_HOLDS,
	GUARD_MISSING,
	GUARD_ALTERED,	  /* it fires for something else, or calls something else */
	GUARD_NOT_ENABLED /* or not always, or always where it is an ordinary one */
} GuardFault;

typedef void (*GuardVisitor)(const Guard *guard, const char *table, GuardFault fault,
							 void *argument);

extern bool schema_exists(void);
extern void schema_create(TimestampTz now);

/* Refuses where others than superusers, and one role beside them, may create objects in a schema.
 */
extern void schema_check_creators(const char *schema, Oid may);

/* Takes the right to create objects in schema billing from all who are no superusers. */
extern void schema_close_to_creators(void);

/* Refuses where anything but that function is in schema billing. */
extern void schema_check_empty(const char *but);

/* Puts back guards that are missing or weakened. */
extern void schema_restore_guards(void);

/* False where a guard is missing: the tables are being restored, or the extension was dropped. */
extern bool schema_is_complete(void);

/* Calls the visitor for every guard of every table, partition and table of a closed month. */
extern void schema_visit_guards(GuardVisitor visitor, void *argument);

#endif
