/*-------------------------------------------------------------------------
 *
 * nuonuo.h
 *	  Nuonuo: invoices of the mainland (shudian), and the confirmations by which
 *	  they are reversed.
 *
 * Facts, from copies of its documents of requestBillingNew, queryInvoiceResult,
 * reInvoice, saveInvoiceRedConfirm, queryInvoiceRedConfirm,
 * refreshInvoiceRedConfirm, confirm and confirmInfoCancel, and from its own SDK:
 * every call is a POST of JSON to /open/v1/services, signed by HMAC-SHA1 with the
 * app's secret over the parts of the path, the numbers of the request and the
 * very body; its method and a token stand in headers. The token is for 24 hours,
 * and about 50 are given in 30 days (070306). Replies are not signed: that they
 * come by TLS is all there is, and so they are believed about the number that was
 * asked, and no further. What is sent to callBackUrl is not signed either, and
 * not believed: a query says what is true.
 *
 * Not public, and assumed here: which codes say that a token is none any more
 * (070301 to 070303), that codes 420 and 430, and words about logins, ask for the
 * drawer, that a credit line is told of in words, that codes of E91 are checks of
 * the request before anything happens, and that amounts of a confirmation are
 * below zero. A code that is not here is no answer: the number is queried.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_NUONUO_H
#define GATEWAY_NUONUO_H

#include "gateway/provider.h"

extern const Provider nuonuo_provider;

#endif
