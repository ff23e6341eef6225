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

/* All policies at one moment; of amounts those in one currency. */
typedef struct PolicyValues
{
	int64 of[POLICIES_COUNT];
	bool is_unset[POLICIES_COUNT]; /* and without a default: its description says what that means */
} PolicyValues;

/*
 * The policies in force. What decides by them reads them once: they may change
 * between two readings. currency NULL: no amounts are asked for.
 */
extern PolicyValues policy_values(const char *currency);

/* The value of one of them in force; false where it is unset and has no default. */
extern bool policy_get(PolicyId id, const char *currency, int64 *value);

extern void policy_store(PolicyId id, const char *currency, int64 value);

/* Back to the default. */
extern void policy_remove(PolicyId id, const char *currency);

#endif
