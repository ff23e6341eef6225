/*-------------------------------------------------------------------------
 *
 * access_store.h
 *	  What each level of access may call and read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_ACCESS_STORE_H
#define STORE_ACCESS_STORE_H

#include "postgres.h"

extern bool access_level_exists(const char *level);

/* Grants a role what belongs to a level; as the caller, who must be able to. */
extern void access_apply(const char *role, const char *level);

#endif
