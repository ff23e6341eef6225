/*-------------------------------------------------------------------------
 *
 * waffo_message.c
 *	  Messages of Waffo.
 *
 *-------------------------------------------------------------------------
 */
#include "waffo_message.h"

static size_t
headers_count(WaffoDamage damage)
{
	if (damage == WAFFO_DAMAGE_NO_HEADER)
		return 0;
	return damage == WAFFO_DAMAGE_TWO_HEADERS ? 2 : 1;
}

void
waffo_message_sign(Bytes body, int status, WaffoDamage damage, WaffoMessage *message)
{
	fuzz_sign(&body, 1, message->signature);
	if (damage == WAFFO_DAMAGE_SIGNATURE)
		fuzz_turn_bit(message->signature, (unsigned) body.size * 7 + 3);
	for (size_t i = 0; i < LENGTH(message->headers); i++)
		message->headers[i] = (HttpHeader){bytes_of(i == 0 ? "x-signature" : "X-SIGNATURE"),
										   bytes_of(message->signature)};
	message->http = (HttpMessage){
		.status = status,
		.headers = message->headers,
		.headers_count = headers_count(damage),
		.body = fuzz_join((Bytes[]){body, {" ", damage == WAFFO_DAMAGE_BODY}}, 2),
	};
}

void
waffo_message_free(WaffoMessage *message)
{
	free((void *) message->http.body.data);
}
