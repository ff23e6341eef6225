/*-------------------------------------------------------------------------
 *
 * red_call.h
 *	  Calls about confirmations, by which invoices are reversed (B&S 4.7).
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_RED_CALL_H
#define BOOKING_RED_CALL_H

#include "postgres.h"

#include "booking/call_work.h"
#include "gateway/call.h"

/* Claims a KIND_RED: false where nothing is sent now. */
extern bool red_call_claim(CallWork *work, int64 epoch, CallOperation *operation);

/* What is sent, from what is stored: the same whenever it is sent again. */
extern void red_call_fill(const CallWork *work, GatewayCall *call);

/* Books the answer of one. */
extern void red_call_record(CallWork *work, CallOperation operation, const GatewayAnswer *answer);

#endif
