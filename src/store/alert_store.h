/*-------------------------------------------------------------------------
 *
 * alert_store.h
 *	  Rows of balance_alert.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_ALERT_STORE_H
#define STORE_ALERT_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/alert.h"
#include "store/account_store.h"

/* What is spent is read from that many of the newest entries at the most. */
#define ALERT_ENTRIES_MAX 10000

/* What an account spent on usage lately. */
typedef struct RecentSpend
{
	int64 spent_nano;  /* MONEY_NANO_MAX: that or more */
	int64 observed_us; /* since when: shorter than asked for where there were too many entries */
} RecentSpend;

/* The account's enabled alerts. It is held, here and below. */
extern Alert *alert_load(int64 account_id, size_t *count);

/* Writes back what a crossing or a review changes. */
extern void alert_update(int64 account_id, const Alert *alert);

/*
 * The number of the alert with that threshold, or of that runway_hours (0: the
 * threshold counts); 0 where there is none.
 */
extern int64 alert_find(int64 account_id, int64 threshold_nano, int32 runway_hours);

/* How many alerts the account has, off or on; the next one's number is one more. */
extern int64 alert_count(int64 account_id);

extern void alert_insert(int64 account_id, const Alert *alert);

/* Switches an alert on, with what it is then, or off. */
extern void alert_switch(int64 account_id, const Alert *alert, bool enabled);

extern RecentSpend alert_recent_spend(int64 account_id, int32 hours, TimestampTz now);

#endif
