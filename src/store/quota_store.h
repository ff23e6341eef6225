/*-------------------------------------------------------------------------
 *
 * quota_store.h
 *	  Rows of quota.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_QUOTA_STORE_H
#define STORE_QUOTA_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/plan.h"
#include "spi/sql.h"

/* A part of a subscription with its planned end. */
typedef struct QuotaPart
{
	int64 quota_no;
	TimestampTz starts_at;
	TimestampTz ends_at;
	TimestampTz planned_until;
	TimestampTz windows_from; /* DT_NOBEGIN: its plan has no windows */
	int64 continues;		  /* quota_no of the part whose rest it is; NO_NUMBER */
	int64 amount_nano;
	int64 given_nano;
	int64 used_nano;
	int64 carried_nano; /* used of what it continues */
} QuotaPart;

/* The parts of a subscription, in their order. */
extern QuotaPart *quota_parts(int64 account_id, int64 subscription_no, size_t *count);

/* Stores one that is new (quota_no NO_NUMBER: numbered here), or its bounds. */
extern void quota_put_part(int64 account_id, int64 subscription_no, const QuotaPart *part);

/* Quotas of paid and revoked subscriptions that end after an instant, with room for that many more.
 */
extern Quotas quota_list(int64 account_id, TimestampTz since, size_t room, SqlRunner run);

/* The number that a subscription's next quota gets. */
extern int64 quota_next_no(int64 account_id, int64 subscription_no);

/* Ends the windows of a subscription that last beyond an instant. */
extern void quota_cut_windows(int64 account_id, int64 subscription_no, TimestampTz at);

/* Writes back what was used of one, or stores it: a window. */
extern void quota_write(int64 account_id, Quota *quota);

/* Gives credits on top. */
extern void quota_give(int64 account_id, const Quota *quota, int64 credits_nano);

#endif
