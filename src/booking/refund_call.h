/*-------------------------------------------------------------------------
 *
 * refund_call.h
 *	  Calls that send money back, or ask what went back: returns of payments, items
 *	  of refunds, refunds that a gateway told of (B&S 4.3, 4.5).
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_REFUND_CALL_H
#define BOOKING_REFUND_CALL_H

#include "postgres.h"

#include "booking/call_work.h"
#include "gateway/call.h"

/* Claims a KIND_REFUND: false where nothing is sent now. */
extern bool refund_call_claim(CallWork *work, int64 epoch, CallOperation *operation);

/* Books the answer of one. */
extern void refund_call_record(CallWork *work, CallOperation operation,
							   const GatewayAnswer *answer);

/* The same of one that had ended before its answer came. */
extern void refund_call_record_late(const CallWork *work, const GatewayAnswer *answer);

/* Books the answer of a KIND_TAKE_BACK. */
extern void refund_call_record_take_back(CallWork *work, const GatewayAnswer *answer);

#endif
