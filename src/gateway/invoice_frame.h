/*-------------------------------------------------------------------------
 *
 * invoice_frame.h
 *	  Parts of frames that are about invoices.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_INVOICE_FRAME_H
#define GATEWAY_INVOICE_FRAME_H

#include "gateway/call.h"
#include "gateway/document.h"

/* Put into an object that goes on its way; false where something does not fit. */
extern bool invoice_frame_put_call(json_t *object, const CallInvoice *invoice);
extern bool invoice_frame_put_answer(json_t *object, const GatewayAnswer *answer);

/* Get from one that came; false where it is no such thing. */
extern bool invoice_frame_get_call(const json_t *object, CallInvoice *invoice);
extern bool invoice_frame_get_answer(const json_t *object, GatewayAnswer *answer);

#endif
