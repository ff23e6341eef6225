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

#include "datatype/timestamp.h"

#include "store/idempotent_call_store.h"

/* What became of a call that was told to wait for a second person. */
typedef enum ApprovalState
{
	APPROVAL_IS_NONE, /* it never waited, or was carried out */
	APPROVAL_WAITS,
	APPROVAL_IS_WITHDRAWN
} ApprovalState;

extern ApprovalState approval_state(int64 account_id, const char *idempotency_key);
extern void approval_withdraw(int64 account_id, const char *idempotency_key, TimestampTz at,
							  const char *actor, const char *reason);

/* Looks the call up among those that wait, as idempotent_call_find() does among those done. */
extern IdempotentCallState approval_find(const IdempotentCall *call, Approval *approval,
										 const char **function);
extern void approval_insert(const IdempotentCall *call, int64 amount_nano, const char *actor,
							const char *reason);

#endif
