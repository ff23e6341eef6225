/*-------------------------------------------------------------------------
 *
 * usage_batch_store.h
 *	  Usage events by the thousand: one statement for a batch of any size.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_USAGE_BATCH_STORE_H
#define STORE_USAGE_BATCH_STORE_H

#include "store/usage_store.h"

/* A stored row under the hash of one of the events that were looked for. */
typedef struct StoredRequest
{
	size_t event; /* its index among them */
	int16 probe;
	TimestampTz recorded_at;
	TimestampTz occurred_at;
	const char *request_id;
} StoredRequest;

/*
 * The rows under the hashes of these events in the partitions that may hold
 * what was received in a window, by event. The accounts are held.
 */
extern StoredRequest *usage_find_all(UsageEvent *const *events, size_t events_count,
									 TimestampTz since, TimestampTz now, size_t *count);

/* The whole row that usage_find_all() found for an event. */
extern UsageEvent usage_get_stored(const UsageEvent *event, const StoredRequest *request);

extern void usage_insert_all(UsageEvent *const *events, size_t count);

#endif
