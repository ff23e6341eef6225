/*-------------------------------------------------------------------------
 *
 * waffo_message.h
 *	  A message of Waffo, signed here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WAFFO_MESSAGE_H
#define WAFFO_MESSAGE_H

#include "fuzz.h"

/* What is done to a message behind its signature. */
typedef enum WaffoDamage
{
	WAFFO_DAMAGE_NONE,
	WAFFO_DAMAGE_SIGNATURE,
	WAFFO_DAMAGE_BODY, /* a blank more, which says nothing to JSON */
	WAFFO_DAMAGE_NO_HEADER,
	WAFFO_DAMAGE_TWO_HEADERS,
	WAFFO_DAMAGES_COUNT
} WaffoDamage;

/* What it is made of; freed by waffo_message_free(). */
typedef struct WaffoMessage
{
	char signature[SIGNATURE_TEXT_SIZE];
	HttpHeader headers[2];
	HttpMessage http;
} WaffoMessage;

/* Signs a body as Waffo does, then damages it. */
extern void waffo_message_sign(Bytes body, int status, WaffoDamage damage, WaffoMessage *message);

extern void waffo_message_free(WaffoMessage *message);

#endif
