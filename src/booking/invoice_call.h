/*-------------------------------------------------------------------------
 *
 * invoice_call.h
 *	  Calls about invoices: issuing them, and fetching their documents (B&S 4.6).
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_INVOICE_CALL_H
#define BOOKING_INVOICE_CALL_H

#include "postgres.h"

#include "booking/call_work.h"
#include "gateway/bytes.h"
#include "gateway/call.h"

/* Claims a KIND_ISSUE or KIND_DOCUMENT: false where nothing is sent now. */
extern bool invoice_call_claim(CallWork *work, int64 epoch, CallOperation *operation);

/* What is sent, from what is stored: the same whenever it is sent again. */
extern void invoice_call_fill(const CallWork *work, GatewayCall *call);

/* The buyer and the seller, as they stand on an invoice. */
extern void invoice_call_fill_parties(const Invoice *invoice, CallInvoice *call);

/* A text that may not be there, into a place of its own. */
#define INVOICE_CALL_COPY(to, text) strlcpy(to, (text) ? (text) : "", sizeof(to))

/* What was never sent waits where the books may be older than what the provider has done. */
extern bool invoice_call_is_held(CallWork *work, int64 epoch);

/* Gives a call the number that it is sent under, once: random, since there is room for no more; a
 * key sees to it. */
extern void invoice_call_number(CallRow *row, int64 epoch);

/* Books the answer of one. document: what came in front of it. */
extern void invoice_call_record(CallWork *work, CallOperation operation,
								const GatewayAnswer *answer, Bytes document);

#endif
