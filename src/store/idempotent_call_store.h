/*-------------------------------------------------------------------------
 *
 * idempotent_call_store.h
 *	  Rows of idempotent_call.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_IDEMPOTENT_CALL_STORE_H
#define STORE_IDEMPOTENT_CALL_STORE_H

#include "postgres.h"

#include "spi/sql.h"

#define ARGUMENTS_HASH_BYTES 32

/* Who asked for a booking that needs a second person. */
typedef struct Approval
{
	const char *actor; /* who asked */
	const char *session_user_name;
	int64 amount_nano;
	bool is_withdrawn;
} Approval;

/* A call that carries an idempotency key. */
typedef struct IdempotentCall
{
	int64 account_id;
	const char *idempotency_key;
	const char *function;
	uint8 arguments_hash[ARGUMENTS_HASH_BYTES]; /* of its other arguments */
	bool is_waiting;							/* for a second person */
	Approval approval;							/* who asked, if it is */
} IdempotentCall;

/* What is known of a key. */
typedef enum IdempotentCallState
{
	CALL_IS_NEW,
	CALL_IS_KNOWN, /* the same request */
	CALL_CONFLICTS /* another request */
} IdempotentCallState;

/* *function is set on a conflict: what the key was used for. */
extern IdempotentCallState idempotent_call_find(const IdempotentCall *call, const char **function);

/* The stored result as a row of a composite type of schema billing, which says that it is replayed.
 */
extern Datum idempotent_call_result(const IdempotentCall *call, Oid type);
extern void idempotent_call_insert(const IdempotentCall *call, Datum result, Oid type);

/*
 * For the families of tables that know calls by their keys: the first four
 * arguments of a statement ($1 account, $2 key, $3 function, $4 hash), and
 * running a look whose first columns tell whether the request is the same, and
 * the function.
 */
extern void idempotent_call_bind(Datum *values, char *nulls, const IdempotentCall *call);
extern IdempotentCallState idempotent_call_look_up(Sql *statement, const IdempotentCall *call,
												   const char **function);

#endif
