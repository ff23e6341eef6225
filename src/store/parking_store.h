/*-------------------------------------------------------------------------
 *
 * parking_store.h
 *	  Rows of parking: what workers pass over.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_PARKING_STORE_H
#define STORE_PARKING_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* Stands for the worker itself where an account is asked for. */
#define PARKED_WORKER 0

/* Parks an account for a kind of worker, or the worker itself; one that is parked stays so. */
extern void parking_insert(const char *worker, int64 account_id, TimestampTz now);

/* The accounts that are parked, in their order. */
extern int64 *parking_accounts(const char *worker, size_t *count);

/* How many are, the worker itself counted in. */
extern int64 parking_count(const char *worker);

/* Ends a parking; false where there is none. */
extern bool parking_end(const char *worker, int64 account_id, TimestampTz now, const char *actor,
						const char *reason);

#endif
