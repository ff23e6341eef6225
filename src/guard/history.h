/*-------------------------------------------------------------------------
 *
 * history.h
 *	  Changing history under supervision: what the guards have in common.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GUARD_HISTORY_H
#define GUARD_HISTORY_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "commands/trigger.h"

/* Registers billing.allow_history_change. */
extern void history_init(void);

/* True, and a line in the log, where a superuser allows the change that a trigger is fired for. */
extern bool history_may_change(const TriggerData *trigger);

/* The number of a column; 0 when there is none of that name. */
extern int history_column(TupleDesc descriptor, const char *name);

#endif
