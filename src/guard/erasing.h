/*-------------------------------------------------------------------------
 *
 * erasing.h
 *	  Which contact data of history may be erased, whoever does it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GUARD_ERASING_H
#define GUARD_ERASING_H

#include "postgres.h"

#include "commands/trigger.h"

/* True where an update puts the mark of what is erased into a column that may be. */
extern bool erasing_allows(const TriggerData *trigger, int column);

#endif
