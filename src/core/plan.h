/*-------------------------------------------------------------------------
 *
 * plan.h
 *	  Token Plans: which quota a request draws on, and what of the money is
 *	  earned (R3, B&S 3 and 4.8).
 *
 * A period gives its quota in one part, or in monthly ones, and may limit what
 * is drawn within a window. A quota pack is drawn where the period's own quota,
 * or its window, is used up. A request is counted whole, wherever it crosses.
 *
 * Instants are microseconds; credits are counted in nano-credits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "core/gate.h"
#include "core/outcome.h"

#include <stddef.h>

typedef enum QuotaKind
{
	QUOTA_PART,	 /* of a period or of a pack */
	QUOTA_WINDOW /* of a period: a limit within its parts */
} QuotaKind;

/* What may be used of a subscription in [starts_at, ends_at). */
typedef struct Quota
{
	int64_t subscription_no;
	int64_t quota_no; /* within the subscription */
	int64_t pack_of;  /* a pack's: the subscription that it is drawn beside; else NO_NUMBER */
	QuotaKind kind;
	int64_t starts_at;
	int64_t ends_at;
	int64_t amount_nano;
	int64_t given_nano; /* on top, by an operator */
	int64_t used_nano;
	int64_t loaded_nano; /* what was used of it when it was loaded, or last written */
	int64_t
		continues; /* quota_no of the part that was cut, and whose rest this one is; NO_NUMBER */
	int64_t carried_nano; /* used of that before, and late */
	int64_t window_us;	  /* a part's: its period's windows are so long; 0: it has none */
	int64_t window_nano;  /* amount of each */
	int64_t windows_from; /* where the first one begins */
	bool is_new;		  /* as the next: since it was loaded */
	bool changed;
} Quota;

/* An account's quotas: at least all that cover the instants that are asked about, or come later. */
typedef struct Quotas
{
	Quota *list;
	size_t count;
	size_t capacity; /* plan_count() may add a window */
} Quotas;

/* What a request at an instant draws on; part NULL: no period covers it. */
typedef struct QuotaChoice
{
	Quota *part;
	Quota *window; /* NULL: nothing was drawn in it yet, or there is none */
} QuotaChoice;

/* What is left of it; below 0 where a request crossed its end. */
static inline int64_t
plan_left_nano(const Quota *quota)
{
	return quota->amount_nano + quota->given_nano - quota->used_nano - quota->carried_nano;
}

/*
 * True where little is left of a part, a tenth of it or less, and more was when it was loaded.
 */
extern bool plan_is_nearly_used(const Quota *quota);

extern QuotaChoice plan_choose(const Quotas *quotas, int64_t at);

/* True where a request at an instant is allowed: a period covers it, and quota is left. */
extern bool plan_allows(const Quotas *quotas, int64_t at);

/*
 * When a period that is used up, or that another one follows, gives quota again by itself;
 * INT64_MAX: never.
 */
extern int64_t plan_resets_at(const Quotas *quotas, int64_t at);

/*
 * Counts credits at an instant that a period covers, in *drawn; a window that is new has no number
 * yet. What is drawn on a part that was cut leaves its rest, too. OUTCOME_OUT_OF_RANGE where
 * nobody can have used that much, OUTCOME_TOO_MANY where there is no room for a window.
 */
extern Outcome plan_count(Quotas *quotas, int64_t at, int64_t credits_nano, QuotaChoice *drawn);

/*
 * What of an amount is still to be earned when a day begins: straight-line over the days from
 * first_day up to, not including, end_day, rounded half up; all of it where that is no day.
 */
extern int64_t plan_unearned_nano(int64_t amount_nano, int64_t first_day, int64_t end_day,
								  int64_t day);

#endif
