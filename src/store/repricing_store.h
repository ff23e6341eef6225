/*-------------------------------------------------------------------------
 *
 * repricing_store.h
 *	  Pricing what is booked once more (R20, R3).
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_REPRICING_STORE_H
#define STORE_REPRICING_STORE_H

#include "postgres.h"

/* Called with what is wrong with a charge: by the name of a check of verify(). */
typedef void (*RepricingVisitor)(const char *check, int64 account_id, const char *detail,
								 void *argument);

/*
 * Judges every charge, its revisions, and the credits of every request on a plan, by the
 * functions of core/rating that booked them, in the snapshot of the caller's query: of all
 * accounts, or (only not NULL) of one. A row that cannot be read is passed over: other checks tell
 * of it.
 */
extern void repricing_visit(const int64 *only, RepricingVisitor visit, void *argument);

#endif
