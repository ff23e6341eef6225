/*-------------------------------------------------------------------------
 *
 * operation_store.h
 *	  Rows of audit_log, idempotent_call and approval_request.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_OPERATION_STORE_H
#define STORE_OPERATION_STORE_H

#include "postgres.h"

/* One line of the audit log; account_id 0 and NULL texts are stored as null. */
typedef struct AuditLine
{
	int64 account_id;
	const char *action;
	const char *object;
	const char *old_value;
	const char *new_value;
	const char *actor;
	const char *reason;
} AuditLine;

#define REQUEST_DIGEST_BYTES 32

/* Who asked for a booking that needs a second person. */
typedef struct Approval
{
	const char *actor; /* who asked */
	const char *session_user_name;
	int64 amount_nano;
} Approval;

/* A call that carries an idempotency key. */
typedef struct KeyedCall
{
	int64 account_id;
	const char *idempotency_key;
	const char *function;
	uint8 digest[REQUEST_DIGEST_BYTES]; /* of its other arguments */
	bool is_waiting;					/* for a second person */
	Approval approval;					/* who asked, if it is */
} KeyedCall;

/* What is known of a key. */
typedef enum KeyedCallState
{
	CALL_IS_NEW,
	CALL_IS_KNOWN, /* the same request */
	CALL_CONFLICTS /* another request */
} KeyedCallState;

extern void audit_insert(const AuditLine *line);

/* *function is set on a conflict: what the key was used for. */
extern KeyedCallState idempotent_call_find(const KeyedCall *call, const char **function);

/* The stored result as a row of a composite type of schema billing. */
extern Datum idempotent_call_result(const KeyedCall *call, Oid type);
extern void idempotent_call_insert(const KeyedCall *call, Datum result, Oid type);

/* The same of a call that waits for a second person. */
extern KeyedCallState approval_find(const KeyedCall *call, Approval *approval,
									const char **function);
extern void approval_insert(const KeyedCall *call, int64 amount_nano, const char *actor,
							const char *reason);

#endif
