/*-------------------------------------------------------------------------
 *
 * calling.h
 *	  One call of a gateway: from its row to what is sent, and from the answer to
 *	  what it changes (B&S 4.3).
 *
 * Between the two is no transaction. What is sent stands in the row, and is on
 * disk, before the first byte leaves; an answer that did not come is unknown,
 * and asked for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_CALLING_H
#define BOOKING_CALLING_H

#include "postgres.h"

#include "gateway/bytes.h"
#include "gateway/call.h"
#include "store/gateway_call_store.h"

/* Whoever claims a call has so long to record an answer. */
#define CALLING_LEASE_US (60 * INT64CONST(1000000))

typedef enum ClaimResult
{
	CLAIM_SENDS,
	CLAIM_NOTHING, /* it is not needed: it has ended, or waits for its next time */
	CLAIM_HELD	   /* somebody else holds its account: it stays due */
} ClaimResult;

/* Claims a call that is due: writes down that it is sent, and fills *call with what. */
extern ClaimResult calling_claim(const DueCall *due, int64 epoch, GatewayCall *call);

/* Books an answer, with the document that came in front of it, if one did. Waits for the account as
 * any call does. */
extern void calling_record(const DueCall *due, const GatewayCall *call, const GatewayAnswer *answer,
						   Bytes document);

/* Recording an answer failed by itself: tried again later, and parked when that goes on. */
extern void calling_put_off(const DueCall *due);

/* Has a parked call sent again; refuses one that is not. */
extern void calling_retry(int64 account_id, int64 call_id);

/* The same for those of a gateway whose accounts nobody holds, 1,000 at the most; returns how many.
 */
extern int64 calling_retry_free(const char *gateway);

#endif
