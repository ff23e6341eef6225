/*-------------------------------------------------------------------------
 *
 * request_once_store.h
 *	  Requests of an account that are recorded twice (R18).
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_REQUEST_ONCE_STORE_H
#define STORE_REQUEST_ONCE_STORE_H

#include "postgres.h"

#include "utils/tuplesort.h"

#include "store/discrepancy_store.h"

/* The hashes of an account's requests, sorted in work_mem or on disk. */
typedef struct RequestOnce
{
	Tuplesortstate *hashes;
} RequestOnce;

/* In the current memory context, which must last until the end. */
extern void request_once_begin(RequestOnce *requests);
extern void request_once_add(RequestOnce *requests, int64 request_hash);

/* Tells request_once: of each hash that came more than once its requests are compared. */
extern void request_once_end(RequestOnce *requests, int64 account_id, Telling *telling);

#endif
