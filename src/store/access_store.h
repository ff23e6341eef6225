/*-------------------------------------------------------------------------
 *
 * access_store.h
 *	  What each level of access may call and read, and rows of access_grant.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_ACCESS_STORE_H
#define STORE_ACCESS_STORE_H

#include "postgres.h"

/* A role and the level that it was given. */
typedef struct AccessGrant
{
	char *role;
	char *level;
} AccessGrant;

extern bool access_level_exists(const char *level);

/* Grants a role what belongs to a level; as the caller, who must be able to. */
extern void access_apply(const char *role, const char *level);

/* How many calls a role may make. */
extern int64 access_count_calls(const char *role);

/* Takes from a role what belongs to any level; as the caller. */
extern void access_withdraw(const char *role);

/* Remembers a grant, for migrate(). */
extern void access_grant_insert(const AccessGrant *grant);

/* Forgets what was granted to a role: its levels, with commas between them; null: there was none.
 */
extern char *access_grants_delete(const char *role);

/* What was granted to roles that exist, in memory of that context. */
extern AccessGrant *access_grants_read(MemoryContext context, uint64 *count);

#endif
