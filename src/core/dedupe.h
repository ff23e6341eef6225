/*-------------------------------------------------------------------------
 *
 * dedupe.h
 *	  Exactly once: whether a request was recorded before (design 4).
 *
 * A request is looked for among the stored rows of its hash. A hash is no
 * request_id: another text may share it, and then has another probe.
 * Instants are microseconds of the server's epoch.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_DEDUPE_H
#define CORE_DEDUPE_H

#include <stddef.h>
#include <stdint.h>

typedef struct StoredRequest
{
	const char *request_id;
	int64_t recorded_at; /* its receipt */
	int64_t occurred_at;
	int16_t probe;
	const void *row; /* what else its reader knows of it; not looked at here */
} StoredRequest;

/* The stored rows of one account and hash, in any order. */
typedef struct StoredRequests
{
	const StoredRequest *rows;
	size_t count;
} StoredRequests;

/*
 * The row that a request_id belongs to: the newest of that id that was received
 * since an instant, or was stamped since, which may be a little later than its
 * receipt: as long as it could be reported, it is known. NULL where there is
 * none: then the id is free.
 */
extern const StoredRequest *dedupe_find(StoredRequests stored, const char *request_id,
										int64_t since);

/* The least probe above those of the stored rows, whatever their ids and age: a new row's. */
extern int16_t dedupe_free_probe(StoredRequests stored);

#endif
