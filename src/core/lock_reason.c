/*-------------------------------------------------------------------------
 *
 * lock_reason.c
 *	  The names of the locks.
 *
 *-------------------------------------------------------------------------
 */
#include "core/lock_reason.h"

#include <stddef.h>
#include <string.h>

static const struct
{
	LockReason lock;
	const char *name;
} locks[] = {
	{LOCK_REFUND, "refund"},
	{LOCK_OPERATOR, "operator"},
	{LOCK_DISPUTE, "dispute"},
	{LOCK_CLOSED, "closed"},
};

#define LOCKS_COUNT (sizeof(locks) / sizeof(locks[0]))

const char *
lock_reason_name(LockReason lock)
{
	for (size_t i = 0; i < LOCKS_COUNT; i++)
		if (locks[i].lock == lock)
			return locks[i].name;
	return "";
}

unsigned
lock_reason_from_name(const char *name)
{
	for (size_t i = 0; i < LOCKS_COUNT; i++)
		if (strcmp(locks[i].name, name) == 0)
			return locks[i].lock;
	return 0;
}
