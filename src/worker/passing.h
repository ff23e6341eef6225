/*-------------------------------------------------------------------------
 *
 * passing.h
 *	  Accounts that a worker passes over for a while: somebody holds them, or they
 *	  are parked, or what they have to do fails. One that does delays nobody else.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WORKER_PASSING_H
#define WORKER_PASSING_H

#include "postgres.h"

#include "datatype/timestamp.h"

#define PASSING_MAX 1024 /* at a time; no more are noted */

/* Static, one per worker; all zero at first. */
typedef struct Passing
{
	int64 accounts[PASSING_MAX];
	TimestampTz until[PASSING_MAX];
	size_t count;
} Passing;

extern void passing_add(Passing *passing, int64 account_id, TimestampTz until);
extern void passing_add_all(Passing *passing, const int64 *accounts, size_t count,
							TimestampTz until); /* those that are not noted yet */
extern bool passing_has(const Passing *passing, int64 account_id);

/* Forgets those whose time is over; when that of the next is: DT_NOEND where there is none. */
extern TimestampTz passing_end(Passing *passing, TimestampTz now);

#endif
