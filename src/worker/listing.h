/*-------------------------------------------------------------------------
 *
 * listing.h
 *	  Reading the lists of confirmations that providers have, a page at a time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WORKER_LISTING_H
#define WORKER_LISTING_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "gateway/call.h"

/* Claims the next page, of providers with commas between them, in a transaction that is open; false
 * where none is due, or what the last one had is not taken yet. */
extern bool listing_claim(const char *providers, GatewayCall *call);

/* Records a page's answer, in a transaction that is open. */
extern void listing_record(const GatewayAnswer *answer);

/* Takes one of what it had, in a transaction of its own; false where there is none. */
extern bool listing_take(void);

/* When a page is due next, by the books' clock. The transaction is open. */
extern TimestampTz listing_next_due(const char *providers);

#endif
