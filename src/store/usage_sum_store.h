/*-------------------------------------------------------------------------
 *
 * usage_sum_store.h
 *	  Sums of usage by the quarter of an hour: usage_sum, usage_summed.
 *
 * What was received before the account's newest booking instant is all there:
 * instants never run back on an account, and who books holds it until he commits.
 * So sums are made without holding anybody.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_USAGE_SUM_STORE_H
#define STORE_USAGE_SUM_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* Accounts with this many requests in an hour get sums: some 10,000 a month. */
#define USAGE_SUM_REQUESTS_MIN 14

/* A stretch of an account's usage, in whole quarters of an hour. */
typedef struct UsageStretch
{
	int64 account_id;
	TimestampTz from;
	TimestampTz until;
} UsageStretch;

/*
 * Accounts whose sums are behind, those with the longest way to go first; and,
 * of usage received since an instant, accounts with much of it that have no sums yet.
 * An account whose instants cannot be is none.
 */
extern int64 *usage_sum_due(TimestampTz since, int64 accounts_max, size_t *count);

/*
 * The next stretch to be summed of an account, a day at the most; it is held until the
 * transaction ends. False where somebody else holds it, or nothing is left to do. An account's
 * first stretch begins with its oldest request that is kept.
 */
extern bool usage_sum_next(int64 account_id, UsageStretch *next);

/* Adds the sums of the stretch that comes next. */
extern void usage_sum_add(const UsageStretch *stretch);

/* Forgets what was summed before an instant, of all accounts; DT_NOEND, of one: all. */
extern void usage_sum_forget(TimestampTz before);
extern void usage_sum_forget_account(int64 account_id);

/* What of a range stands in sums; false where nothing does, or a zone's clocks do not go by
 * quarters of an hour. */
extern bool usage_sum_covers(int64 account_id, TimestampTz from, TimestampTz to,
							 const char *time_zone, UsageStretch *covered);

#endif
