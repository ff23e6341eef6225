/*-------------------------------------------------------------------------
 *
 * refund_claim_store.h
 *	  Rows of refund_claim.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_REFUND_CLAIM_STORE_H
#define STORE_REFUND_CLAIM_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* A gateway's refund, and what it became: a take-back or a call of ours; the other is NO_NUMBER. */
typedef struct RefundClaim
{
	const char *gateway;
	const char *transaction_id;
	const char *refund_id;
	int64 account_id;
	int64 take_back_id;
	int64 call_id;
	int64 amount_nano;
	TimestampTz refunded_at;
} RefundClaim;

/* False where that refund is claimed already. Waits for one who is about to. */
extern bool refund_claim_insert(const RefundClaim *claim);

/* True where the refund was booked before, as whatever; sets the four after the refund's id. */
extern bool refund_claim_find(RefundClaim *claim);

#endif
