/*-------------------------------------------------------------------------
 *
 * waffo.h
 *	  Waffo's acquiring API: cards, Apple Pay and Google Pay, in US dollars.
 *
 * All is JSON by POST. X-SIGNATURE is SHA256withRSA over the very bytes of the
 * body, of requests and notices, of replies and of what a notice is answered
 * with; a reply without it is not believed, though Waffo's own packages do.
 * (waffo.com/docs; waffo-com/waffo-go core/, types/; waffo-com/waffo-integrate
 * references/api-contract.md.)
 *
 * No time is signed: a message can come again at any time, and says nothing new.
 * An order ends when it says that it expires; closing ends it before. After
 * "nobody knows" the same order, with the same fields, may be sent again.
 *
 * Not public: whether a notice's fields stand under "result" (Waffo's packages)
 * or beside "eventType" (its page of events), so both are read; a bill.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_WAFFO_H
#define GATEWAY_WAFFO_H

#include "gateway/provider.h"

extern const Provider waffo_provider;

#endif
