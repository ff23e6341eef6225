/*-------------------------------------------------------------------------
 *
 * notice_store.h
 *	  Rows of gateway_notice.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_NOTICE_STORE_H
#define STORE_NOTICE_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* A message as it came. */
typedef struct Notice
{
	const char *gateway;
	Datum headers; /* a jsonb */
	const char *query;
	Datum body; /* a bytea */
} Notice;

/* What became of it. */
typedef struct NoticeOutcome
{
	const char *state;
	const char *verdict;
	int64 account_id; /* NO_NUMBER: of none, as the next */
	int64 payment_id;
	const char *fact; /* JSON, where it waits to be booked */
} NoticeOutcome;

/* Stores a message; returns its number. */
extern int64 notice_insert(const Notice *notice, TimestampTz now);

extern void notice_update(int64 notice_id, const NoticeOutcome *outcome);

typedef struct WaitingNotice
{
	const char *gateway;
	const char *verdict;
	const char *fact;
} WaitingNotice;

/* One that waits to be booked, from a number on; 0 where there is none. */
extern int64 notice_next_waiting(int64 from, WaitingNotice *waiting);

/* A fact that came by no message, which waits to be booked. */
extern void notice_insert_waiting(const char *gateway, const char *verdict, const char *fact,
								  TimestampTz now);

/* What was told of refunds of a payment that was not here waits to be booked now that it is; false
 * where there is nothing such. */
extern bool notice_rematch(const char *gateway, const char *transaction_id);

/* The same for all: who booked the payment and who told of the refund may not have seen each other.
 */
extern void notice_rematch_all(void);

/* Forgets one again. */
extern void notice_delete(int64 notice_id);

/* How many that nobody signed came since an instant; counts to so many at the most. */
extern int64 notice_count_unverified(TimestampTz since, int64 max);

/* Forgets messages that nobody signed and that came before; returns how many, so many at the most.
 */
extern int64 notice_forget(TimestampTz before, int64 max);

#endif
