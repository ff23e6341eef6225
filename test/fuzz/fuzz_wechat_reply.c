/*-------------------------------------------------------------------------
 *
 * fuzz_wechat_reply.c
 *	  WeChat Pay's replies.
 *
 * Input: the operation ('0' to '4'), the product ('0' native, '1' h5), the status
 * (an index), '0' and a raw message, headers and body; or '1', a damage and a body,
 * which is signed.
 *
 *-------------------------------------------------------------------------
 */
#include "wechat_message.h"

#include "gateway/wechat.h"

static const int statuses[] = {200, 204, 201, 302, 400, 404, 403, 429, 500, 0};

static CallResult
read_reply(const GatewayCall *call, const Message *message)
{
	GatewayAnswer *answer = malloc(sizeof(GatewayAnswer));
	CallResult result;

	wechat_provider.read_reply(call, fuzz_merchant(), FUZZ_NOW_S, &message->http, answer);
	fuzz_check_answer(call, answer);
	result = answer->result;
	free(answer);
	return result;
}

/* The vector is a notice, and says nothing in a reply but that a close was heard. */
static void
try_raw(const GatewayCall *call, int status, Bytes input)
{
	Message message;
	CallResult result;

	message_read(input, status, &message);
	result = read_reply(call, &message);
	MUST(result != RESULT_DONE || (call->operation == CALL_CLOSE && message_is_vector(&message)));
	message_free(&message);
}

static void
try_signed(const GatewayCall *call, int status, Bytes body, Damage damage)
{
	Message message;
	CallResult result;

	message_sign(body, status, damage, &message);
	result = read_reply(call, &message);
	MUST(result != RESULT_DONE || (damage == DAMAGE_NONE && status >= 200 && status < 300));
	message_free(&message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	CallOperation operation = (CallOperation) fuzz_choose(&input, CALL_OPERATIONS_COUNT);
	GatewayCall call = fuzz_call(operation, fuzz_choose(&input, 2) ? "h5" : "native");
	int status = statuses[fuzz_choose(&input, LENGTH(statuses))];

	if (fuzz_choose(&input, 2) == 0)
		try_raw(&call, status, input);
	else
	{
		Damage damage = fuzz_choose(&input, DAMAGES_COUNT);

		try_signed(&call, status, input, damage);
	}
	return 0;
}
