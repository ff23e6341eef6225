/*-------------------------------------------------------------------------
 *
 * repricing_store.h
 *	  Pricing what is booked once more (R20, R3), by the functions of core/rating that booked it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_REPRICING_STORE_H
#define STORE_REPRICING_STORE_H

#include "postgres.h"

#include "core/stored_event.h"
#include "store/discrepancy_store.h"

/* Prices and weights that were read, each once, in the snapshot of the caller's query. */
typedef struct Repricing Repricing;

/* What the account and its key's plan say of an event. */
typedef struct RepricingTerms
{
	const char *currency;	/* empty: there is no such account */
	const char *price_list; /* RATING_STANDARD_LIST, or another */
	const char *plan;		/* of what is on one */
	bool moves;				/* a clock that was ahead settled it: its price is not chosen again */
} RepricingTerms;

/* It lives as long as the current memory context. */
extern Repricing *repricing_make(Telling *telling);

/* Judges a charge, or the credits of a request on a plan; what cannot be read is passed over: other
 * checks tell of it. */
extern void repricing_judge(Repricing *repricing, const StoredEvent *event,
							const RepricingTerms *terms);

/* Judges all revisions of charges, or (only not NULL) those of one account. */
extern void repricing_judge_revisions(Repricing *repricing, const int64 *only);

#endif
