/*-------------------------------------------------------------------------
 *
 * keyed_call.h
 *	  Calls with an idempotency key: done once, answered alike for ever.
 *
 * A function that moves, promises or creates something locks its account,
 * then asks keyed_call_begin(). If that returns true, *answer is what the
 * function returns; else it acts and hands its result to keyed_call_end().
 *
 *-------------------------------------------------------------------------
 */
#ifndef API_KEYED_CALL_H
#define API_KEYED_CALL_H

#include "postgres.h"

#include "fmgr.h"

#include "store/operation_store.h"

/*
 * The call's key and digest: of the function's name and all arguments but the
 * key itself and those that say who and why, named by the indexes of
 * idempotency_key, actor and reason (-1 where there is none).
 */
extern KeyedCall keyed_call_read(FunctionCallInfo fcinfo, const char *function, int key_index,
								 int actor_index, int reason_index);

extern bool keyed_call_begin(FunctionCallInfo fcinfo, KeyedCall *call, Datum *answer);

/* Stores the result of the call. */
extern void keyed_call_end(FunctionCallInfo fcinfo, const KeyedCall *call, Datum result);

#endif
