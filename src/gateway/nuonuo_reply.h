/*-------------------------------------------------------------------------
 *
 * nuonuo_reply.h
 *	  What Nuonuo answers. It is not signed: see gateway/nuonuo.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_NUONUO_REPLY_H
#define GATEWAY_NUONUO_REPLY_H

#include "gateway/provider.h"

/* Nuonuo's own codes for the bureau's reasons; NULL at 0. */
#define NUONUO_RED_REASONS_COUNT (RED_ALLOWANCE + 1)
extern const char *const nuonuo_red_reasons[NUONUO_RED_REASONS_COUNT];

/* As a Provider's read_reply. */
extern void nuonuo_reply_read(const GatewayCall *call, const Merchant *merchant, int64_t now_s,
							  const HttpMessage *reply, GatewayAnswer *answer);

/* As read and is_refused of ProviderTokens. */
extern bool nuonuo_reply_token(int64_t now_s, const HttpMessage *reply, ProviderToken *token,
							   GatewayAnswer *answer);
extern bool nuonuo_reply_is_of_token(const GatewayAnswer *answer);

#endif
