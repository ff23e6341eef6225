/*-------------------------------------------------------------------------
 *
 * policy_store.h
 *	  Policies in force, remembered by each backend until one changes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_POLICY_STORE_H
#define STORE_POLICY_STORE_H

#include "postgres.h"

#include "core/policy.h"

/* Registers the cache; called once, when the library is loaded. */
extern void policy_init(void);

/* The value in force; false where it is unset and has no default. currency: amounts only. */
extern bool policy_get(PolicyId id, const char *currency, int64 *value);

/* The value of a policy that has a default and is no amount. */
extern int64 policy_value(PolicyId id);

extern void policy_store(PolicyId id, const char *currency, int64 value);

/* Back to the default. */
extern void policy_remove(PolicyId id, const char *currency);

#endif
