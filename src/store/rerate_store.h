/*-------------------------------------------------------------------------
 *
 * rerate_store.h
 *	  Rows of rerate, rerate_account and rerate_skip (R20).
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_RERATE_STORE_H
#define STORE_RERATE_STORE_H

#include "postgres.h"

#include "nodes/execnodes.h"

#include "store/account_store.h"
#include "store/usage_store.h"

typedef struct Rerate
{
	int64 rerate_no;
	int64 account_id; /* NO_NUMBER: all */
	CorrectedUsage usage;
	TimestampTz begun_at;	 /* DT_NOEND: it waits for a second person */
	TimestampTz finished_at; /* DT_NOEND: it is not */
	int64 call_account_id;
	const char *idempotency_key;
	const char *actor;
	const char *reason;
	int64 outdated_by; /* that began while it waited; NO_NUMBER: none did */
} Rerate;

/* What would move, of an account or of all. */
typedef struct RerateSums
{
	int64 accounts;
	int64 events;
	int64 less_nano;
	int64 more_nano;
} RerateSums;

/* How far an account is. */
typedef struct RerateProgress
{
	int64 events; /* that would move, as it was asked for */
	int64 moved;
	int64 passed_over;
	UsageCursor after;
	UsageBooked booked;		 /* what was booked later is not touched */
	int64 next_reversal_id;	 /* from here on charges were undone since */
	TimestampTz finished_at; /* DT_NOEND: it is not */
} RerateProgress;

/* Keeps others from asking for one, to the end of the transaction; charges and steps go on. */
extern void rerate_hold_for_adding(void);

/* What was asked for by a call, and by number. */
extern bool rerate_find_call(int64 call_account_id, const char *idempotency_key, Rerate *rerate);
extern bool rerate_find(int64 rerate_no, Rerate *rerate);
extern bool rerate_exists(int64 rerate_no);

/* The next one behind a number that has begun and is not finished. */
extern bool rerate_find_open(int64 after_rerate_no, Rerate *rerate);

/*
 * One that has begun, may be of the same charges, and is not finished (with the account, where it
 * is of one). NO_NUMBER where there is none.
 */
extern int64 rerate_find_other(const Rerate *rerate);

/* The instant of prices of one that is asked for now: not before one that was, or a correction,
 * that may be of the same charges. */
extern TimestampTz rerate_prices_at(TimestampTz now, const char *model);

/* The newest instant of prices of those that may be of a model: corrections are recorded later.
 * DT_NOBEGIN when there is none. */
extern TimestampTz rerate_newest_prices(const char *model);

/* Adds it, and sets its number. */
extern void rerate_insert(Rerate *rerate);
extern void rerate_begin(int64 rerate_no, TimestampTz now);

/* Those that wait and may be of the same charges: what they were to move is not so any more. */
extern void rerate_outdate_others(const Rerate *rerate);

/* Ends it where no account is open; false where there is one. */
extern bool rerate_finish(int64 rerate_no, TimestampTz now);

/* The accounts that have such usage, charged or not, in their order. */
extern int64 *rerate_usage_accounts(const Rerate *rerate, size_t *count);

/* Adds an account; with nothing to move it is finished at once. */
extern void rerate_account_insert(const Account *account, const Rerate *rerate,
								  const RerateSums *sums);

extern RerateSums rerate_sums(int64 rerate_no);

/* Those that are not finished, the first of them. */
extern int64 *rerate_open_accounts(int64 rerate_no, int64 accounts_max, size_t *count);

extern RerateProgress rerate_progress(int64 account_id, int64 rerate_no);

/* Adds to what has moved, and moves the cursor. */
extern void rerate_account_update(int64 account_id, int64 rerate_no, const RerateProgress *progress,
								  int64 given_back_nano, int64 charged_nano);

/* Ends it for all accounts that are not under way: what is left of them stays. Returns
 * rerate_left(). */
extern int64 rerate_end(int64 rerate_no, TimestampTz now);

/* From which calls on there is one that is not finished; DT_NOEND: there is none. */
extern TimestampTz rerate_open_from(void);

/* About how many charges are left: at least one of each account that is not finished. */
extern int64 rerate_left(int64 rerate_no);

/* Counts what is passed over. */
extern void rerate_skip(int64 account_id, int64 rerate_no, const char *reason, int64 events);

/* The same of what is no charge, and of closed months, of all its accounts. */
extern void rerate_skip_uncharged(const Rerate *rerate);

extern void rerate_report_accounts(int64 rerate_no, ReturnSetInfo *result);

#endif
