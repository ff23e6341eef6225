/*-------------------------------------------------------------------------
 *
 * fuzz_waffo_reply.c
 *	  Waffo's replies.
 *
 * Input: the operation ('0' to '6'); '0' by our number or '1' by the gateway's; the
 * status (an index); a damage (an index of WaffoDamage) and a body, which is signed.
 *
 *-------------------------------------------------------------------------
 */
#include "waffo_message.h"

#include "gateway/waffo.h"

#define REFUND_ID "ARF1"

static const int statuses[] = {200, 201, 302, 400, 406, 429, 500, 503, 0};

/* The page is one of TLS; the refund is the one that was asked for. */
static void
check_done(const GatewayCall *call, const GatewayAnswer *answer)
{
	if (call->operation == CALL_CREATE)
		MUST(strncmp(answer->pay_url, "https://", 8) == 0 && !strpbrk(answer->pay_url, " \"<>"));
	else
		MUST(answer->pay_url[0] == '\0');
	if (call->operation != CALL_REFUND && call->operation != CALL_REFUND_QUERY)
		return;
	fuzz_check_refund(&answer->refund);
	MUST(strcmp(answer->refund.transaction_id, call->transaction_id) == 0);
	if (call->refund_number[0] != '\0')
		MUST(strcmp(answer->refund.refund_number, call->refund_number) == 0);
	else
		MUST(strcmp(answer->refund.refund_id, call->refund_id) == 0);
}

static void
try_reply(const GatewayCall *call, int status, Bytes body, WaffoDamage damage)
{
	GatewayAnswer *answer = malloc(sizeof(GatewayAnswer));
	WaffoMessage message;

	waffo_message_sign(body, status, damage, &message);
	waffo_provider.read_reply(call, fuzz_merchant(), FUZZ_NOW_S, &message.http, answer);
	fuzz_check_answer(call, answer);
	if (answer->result == RESULT_DONE)
	{
		MUST(damage == WAFFO_DAMAGE_NONE && status == 200);
		check_done(call, answer);
	}
	waffo_message_free(&message);
	free(answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	CallOperation operation = (CallOperation) fuzz_choose(&input, CALL_OPERATIONS_COUNT);
	GatewayCall call = fuzz_call(operation, "credit_card");
	bool by_id = fuzz_choose(&input, 2) == 1;
	int status = statuses[fuzz_choose(&input, LENGTH(statuses))];
	WaffoDamage damage = fuzz_choose(&input, WAFFO_DAMAGES_COUNT);

	(void) snprintf(call.currency, sizeof(call.currency), "USD");
	if (by_id)
	{
		call.refund_number[0] = '\0';
		(void) snprintf(call.refund_id, sizeof(call.refund_id), REFUND_ID);
	}
	try_reply(&call, status, input, damage);
	return 0;
}
