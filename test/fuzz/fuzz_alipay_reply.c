/*-------------------------------------------------------------------------
 *
 * fuzz_alipay_reply.c
 *	  Alipay's replies.
 *
 * Input: the operation ('0' to '4'); '0' and a raw body; or '1', a damage ('0'
 * none, '1' of the signature, '2' a byte more in the node) and a node, which is
 * signed and put into a body; or '2', a damage and a body, in which the signature of its
 * own node stands in the place of @SIGN@.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "gateway/alipay.h"
#include "gateway/document.h"

#define DAMAGES_COUNT 3

static const char *const roots[] = {
	[CALL_CREATE] = "alipay_trade_precreate_response",
	[CALL_QUERY] = "alipay_trade_query_response",
	[CALL_CLOSE] = "alipay_trade_close_response",
	[CALL_REFUND] = "alipay_trade_refund_response",
	[CALL_REFUND_QUERY] = "alipay_trade_fastpay_refund_query_response",
};

static CallResult
read_reply(const GatewayCall *call, Bytes body)
{
	GatewayAnswer *answer = malloc(sizeof(GatewayAnswer));
	Bytes copy = {fuzz_copy(body), body.size};
	HttpMessage reply = {.status = 200, .body = copy};
	CallResult result;

	alipay_provider.read_reply(call, fuzz_merchant(), FUZZ_NOW_S, &reply, answer);
	fuzz_check_answer(call, answer);
	result = answer->result;
	free((void *) copy.data);
	free(answer);
	return result;
}

static void
sign(Bytes node, unsigned damage, char signature[SIGNATURE_TEXT_SIZE])
{
	fuzz_sign(&node, 1, signature);
	if (damage == 1)
		fuzz_turn_bit(signature, (unsigned) node.size * 7 + 3);
}

static void
try_node(const GatewayCall *call, Bytes node, unsigned damage)
{
	char signature[SIGNATURE_TEXT_SIZE];
	Bytes body;

	sign(node, damage, signature);
	body = fuzz_join(
		(Bytes[]){bytes_of("{\""), bytes_of(roots[call->operation]), bytes_of("\":"),
				  /* blanks around a node do not count, within it they do */
				  bytes_of(damage == 2 && node.size > 0 ? "{ " : ""),
				  damage == 2 && node.size > 0 ? (Bytes){node.data + 1, node.size - 1} : node,
				  bytes_of(",\"sign\":\""), bytes_of(signature), bytes_of("\"}")},
		8);
	MUST(read_reply(call, body) != RESULT_DONE || damage == 0);
	free((void *) body.data);
}

/* The node of a body is the same without its signature and with it, unless that stands in it. */
static void
try_body(const GatewayCall *call, Bytes input, unsigned damage)
{
	json_t *document = document_read(input);
	bool is_document = document != NULL;
	char signature[SIGNATURE_TEXT_SIZE];
	Bytes before;
	Bytes body;

	json_decref(document);
	if (!is_document)
		return;
	sign(document_span(input, roots[call->operation]), damage, signature);
	before = fuzz_cut(&input, "@SIGN@");
	body = fuzz_join((Bytes[]){before, bytes_of(signature), input}, 3);
	MUST(read_reply(call, body) != RESULT_DONE || damage != 1);
	free((void *) body.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	GatewayCall call = fuzz_call((CallOperation) fuzz_choose(&input, LENGTH(roots)), "qr");
	unsigned kind = fuzz_choose(&input, 3);
	unsigned damage = kind > 0 ? fuzz_choose(&input, DAMAGES_COUNT) : 0;

	if (kind == 0)
		MUST(read_reply(&call, input) != RESULT_DONE);
	else if (kind == 1)
		try_node(&call, input, damage);
	else
		try_body(&call, input, damage);
	return 0;
}
