/*-------------------------------------------------------------------------
 *
 * idempotent_call.h
 *	  Calls with an idempotency key: done once, answered alike for ever.
 *
 * A function that moves, promises or creates something holds its account,
 * then asks idempotent_call_begin(). If that returns true, *answer is what the
 * function returns, with "replayed" true in it; else it acts and hands its
 * result, in which that is false, to idempotent_call_end().
 *
 *-------------------------------------------------------------------------
 */
#ifndef API_IDEMPOTENT_CALL_H
#define API_IDEMPOTENT_CALL_H

#include "postgres.h"

#include "fmgr.h"

#include "store/idempotent_call_store.h"

/*
 * The call's key and arguments_hash: of the function's name and all arguments but the
 * key itself and those that say who and why, named by the indexes of
 * idempotency_key, actor and reason (-1 where there is none).
 */
extern IdempotentCall idempotent_call_read(FunctionCallInfo fcinfo, const char *function,
										   int key_index, int actor_index, int reason_index);

/* The same of a call that is no customer's: all its arguments count, on an account of the house. */
extern IdempotentCall idempotent_call_read_on(FunctionCallInfo fcinfo, const char *function,
											  int64 account_id, int key_index, int actor_index,
											  int reason_index);

extern bool idempotent_call_begin(FunctionCallInfo fcinfo, IdempotentCall *call, Datum *answer);

/* Stores the result of the call. */
extern void idempotent_call_end(FunctionCallInfo fcinfo, const IdempotentCall *call, Datum result);

#endif
