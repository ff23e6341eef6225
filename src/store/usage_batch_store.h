/*-------------------------------------------------------------------------
 *
 * usage_batch_store.h
 *	  Usage events by the batch, whatever its size: finding requests again, and storing them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_USAGE_BATCH_STORE_H
#define STORE_USAGE_BATCH_STORE_H

#include "core/dedupe.h"
#include "store/usage_store.h"

/*
 * The rows under the hashes of these events in the partitions that may hold
 * what was received in a window: an element for each event; each row's is the UsageEvent
 * itself. The accounts are held.
 */
extern StoredRequests *usage_find_recent(UsageEvent *const *events, size_t count, TimestampTz since,
										 TimestampTz now);

extern void usage_insert(UsageEvent *const *events, size_t count);

#endif
