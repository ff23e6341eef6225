/*-------------------------------------------------------------------------
 *
 * approval_store.h
 *	  Rows of approval_request.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_APPROVAL_STORE_H
#define STORE_APPROVAL_STORE_H

#include "postgres.h"

#include "store/idempotent_call_store.h"

/* Looks the call up among those that wait, as idempotent_call_find() does among those done. */
extern IdempotentCallState approval_find(const IdempotentCall *call, Approval *approval,
										 const char **function);
extern void approval_insert(const IdempotentCall *call, int64 amount_nano, const char *actor,
							const char *reason);

#endif
