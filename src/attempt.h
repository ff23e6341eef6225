/*-------------------------------------------------------------------------
 *
 * attempt.h
 *	  Letting the server read a caller's text without its errors.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BILLING_ATTEMPT_H
#define BILLING_ATTEMPT_H

/*
 * Calls a function in a subtransaction. False where it raised a data exception
 * (class 22), or found the text nested too deep (54001): its effects are undone.
 * Any other error goes on.
 */
extern bool attempt(void (*function)(void *argument), void *argument);

#endif
