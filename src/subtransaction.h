/*-------------------------------------------------------------------------
 *
 * subtransaction.h
 *	  Doing something whose failure is an answer, too.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BILLING_SUBTRANSACTION_H
#define BILLING_SUBTRANSACTION_H

#include "postgres.h"

/*
 * Calls a function in a subtransaction. Where it raises an error that catches()
 * accepts, its effects are undone and the error is returned; NULL where it
 * succeeded. Any other error goes on.
 */
extern ErrorData *subtransaction_run(void (*function)(void *argument), void *argument,
									 bool (*catches)(int sqlstate));

/*
 * The same for letting the server read a caller's text: PostgreSQL 15 has no
 * input functions that report instead of raising. False where it raised a data
 * exception (class 22), or found the text nested too deep (54001).
 */
extern bool subtransaction_read(void (*function)(void *argument), void *argument);

#endif
