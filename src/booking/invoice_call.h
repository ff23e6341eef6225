/*-------------------------------------------------------------------------
 *
 * invoice_call.h
 *	  Calls about invoices: issuing them, fetching their documents, reversing them
 *	  (B&S 4.6, 4.7).
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_INVOICE_CALL_H
#define BOOKING_INVOICE_CALL_H

#include "postgres.h"

#include "booking/call_work.h"
#include "gateway/bytes.h"
#include "gateway/call.h"

/* Claims a KIND_ISSUE, KIND_DOCUMENT or KIND_RED: false where nothing is sent now. */
extern bool invoice_call_claim(CallWork *work, int64 epoch, CallOperation *operation);

/* What is sent, from what is stored: the same whenever it is sent again. */
extern void invoice_call_fill(const CallWork *work, GatewayCall *call);

/* Books the answer of one. document: what came in front of it. */
extern void invoice_call_record(CallWork *work, CallOperation operation,
								const GatewayAnswer *answer, Bytes document);

#endif
