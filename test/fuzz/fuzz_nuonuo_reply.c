/*-------------------------------------------------------------------------
 *
 * fuzz_nuonuo_reply.c
 *	  Nuonuo's replies, and those that have a token.
 *
 * Input: the operation ('0' and up), or '@' for a token; the status (an index); a body.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "gateway/nuonuo.h"

static const int statuses[] = {200, 201, 302, 401, 500, 0};

/* A done answer is of a success by 200, and of an operation that it has. */
static void
try_reply(const GatewayCall *call, const HttpMessage *reply)
{
	const ProviderMoment moment = {FUZZ_NOW_S, "593BEC0C930BF1AFEB40B4A08C8FB242"};
	GatewayAnswer *answer = malloc(sizeof(GatewayAnswer));
	HttpRequest *request = malloc(sizeof(HttpRequest));

	nuonuo_provider.read_reply(call, fuzz_merchant(), FUZZ_NOW_S, reply, answer);
	fuzz_check_answer(call, answer);
	if (answer->result == RESULT_DONE)
		MUST(reply->status == 200 && call_is_of_invoice(call->operation) &&
			 call->operation != CALL_DOCUMENT && strcmp(answer->code, "E0000") == 0);
	MUST(reply->status < 500 || answer->result == RESULT_UNANSWERED);
	if (nuonuo_provider.build_refresh(call, fuzz_merchant(), &moment, answer, request) ==
		BUILD_SENDS)
		MUST((call->operation == CALL_RED_QUERY || call->operation == CALL_RED_LIST) &&
			 request->body_size <= HTTP_BODY_SIZE);
	free(request);
	free(answer);
}

/* A token that is believed stands in a header, and ends behind now. */
static void
try_token(const HttpMessage *reply)
{
	GatewayAnswer *answer = malloc(sizeof(GatewayAnswer));
	ProviderToken *token = malloc(sizeof(ProviderToken));

	if (nuonuo_provider.tokens->read(FUZZ_NOW_S, reply, token, answer))
	{
		MUST(reply->status == 200 && token->ends_s > FUZZ_NOW_S && token->text[0] != '\0');
		fuzz_check_text(token->text, sizeof(token->text));
		MUST(strpbrk(token->text, " \t\r\n") == NULL);
	}
	else
		MUST(answer->result != RESULT_DONE);
	free(token);
	free(answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	unsigned operation = fuzz_choose(&input, CALL_OPERATIONS_COUNT + 1);
	int status = statuses[fuzz_choose(&input, LENGTH(statuses))];
	Bytes copy = {fuzz_copy(input), input.size};
	HttpMessage reply = {.status = status, .body = copy};

	if (operation == CALL_OPERATIONS_COUNT)
		try_token(&reply);
	else
	{
		GatewayCall call = fuzz_call((CallOperation) operation, "");

		try_reply(&call, &reply);
	}
	free((void *) copy.data);
	return 0;
}
