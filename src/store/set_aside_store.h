/*-------------------------------------------------------------------------
 *
 * set_aside_store.h
 *	  Rows of usage_set_aside.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_SET_ASIDE_STORE_H
#define STORE_SET_ASIDE_STORE_H

#include "postgres.h"

#include "store/inbox_store.h"

/* cause: of a booking that failed; NULL where the row is no usage. */
extern void set_aside_insert(const InboxRow *row, const Fault *fault, const char *cause,
							 TimestampTz now);

/*
 * Whose rows of a cause were set aside since an instant and wait, one element a
 * row, NO_ACCOUNT where it names none, 1,000 at the most.
 */
extern int64 *set_aside_accounts(const char *cause, TimestampTz since, size_t *count);

/* How an operator handled rows. */
typedef struct SetAsideHandling
{
	bool retries; /* they are put into the inbox again */
	TimestampTz at;
	const char *actor;
	const char *reason;
} SetAsideHandling;

typedef struct SetAsideRow
{
	int64 set_aside_no;
	int64 account_id;
} SetAsideRow;

/* Handles those of the rows of these numbers that wait; returns them, in the order of their
 * numbers.
 */
extern SetAsideRow *set_aside_handle(const int64 *numbers, size_t numbers_count,
									 const SetAsideHandling *handling, size_t *count);

/* How many rows were set aside before an instant and wait, counted up to WAITING_COUNT_MAX. */
extern int64 set_aside_waiting(TimestampTz before);

#endif
