/*-------------------------------------------------------------------------
 *
 * subscription_store.h
 *	  Rows of subscription and quota.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_SUBSCRIPTION_STORE_H
#define STORE_SUBSCRIPTION_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "funcapi.h"

#include "core/books.h"
#include "core/lifecycle.h"
#include "core/plan.h"
#include "spi/sql.h"
#include "store/plan_store.h"

typedef struct Subscription
{
	int64 account_id;
	int64 order_id;
	PlanMoney money; /* its number, and what is not earned yet */
	TokenPlan plan;	 /* the version that was bought */
	SubscriptionState state;
	int64 pack_of;	/* NO_NUMBER: it is a period */
	int64 replaces; /* NO_NUMBER: none */
	int64 price_nano;
	TimestampTz booked_at;
	TimestampTz queued_at;
	TimestampTz starts_at; /* DT_NOEND: it waits for the end of a lock, as the next */
	TimestampTz ends_at;
	TimestampTz anchor_at; /* of the chain of months that it stands in; DT_NOBEGIN: in none */
	int32 anchor_months;
	int32 extra_days;
	bool is_rest;			/* a take-back has cut it: what is left keeps its length */
	TimestampTz revoked_at; /* DT_NOEND: it is not */
	int64 to_earn_nano;		/* what was not earned at earn_from */
	TimestampTz earn_from;	/* DT_NOEND: it waits */
	TimestampTz earn_at;	/* DT_NOEND: nothing is to be booked */
	bool end_is_told;		/* or need not be: something else ended it, or follows */
} Subscription;

/* The number that an account's next one gets; the account is held. */
extern int64 subscription_next_no(int64 account_id);

extern void subscription_insert(const Subscription *subscription);

/* Writes back what changes of one. */
extern void subscription_update(const Subscription *subscription);

/* False where the account has no such subscription; the next one: none of that order. */
extern bool subscription_find(int64 account_id, int64 subscription_no, Subscription *subscription);
extern bool subscription_find_of_order(int64 account_id, int64 order_id,
									   Subscription *subscription);

/*
 * Those of an account that are paid and have not ended at an instant, in their order: what runs,
 * then upgrades that wait, then the queue. Packs come last.
 */
extern Subscription *subscription_list_open(int64 account_id, TimestampTz at, SqlRunner run,
											size_t *count);

/* The packs beside a period that are paid, ended ones among them. */
extern Subscription *subscription_list_packs(int64 account_id, int64 period_no, size_t *count);

/* Those whose money is to be earned some time, an account's. */
extern Subscription *subscription_list_unearned(int64 account_id, size_t *count);

/* Periods of an account that have ended by an instant, and whose end was not told, in that order.
 */
extern Subscription *subscription_list_ended(int64 account_id, TimestampTz at, size_t *count);

/* The period that runs at an instant; false where none does. */
extern bool subscription_find_running(int64 account_id, TimestampTz at, SqlRunner run,
									  Subscription *subscription);

/* Accounts with something to be booked as earned by an instant, or an end to be told, in the order
 * of their ids. */
extern int64 *subscription_due_accounts(TimestampTz at, int64 accounts_max, size_t *count);

/* Why no period covers an instant, and when one begins; DT_NOEND: it is not known. */
extern GateReason subscription_reason(int64 account_id, TimestampTz at, SqlRunner run,
									  TimestampTz *starts_at);

/* The time zone that an account's months are those of. */
extern char *subscription_time_zone(int64 account_id);

#endif
