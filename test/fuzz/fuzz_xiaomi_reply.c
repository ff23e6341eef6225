/*-------------------------------------------------------------------------
 *
 * fuzz_xiaomi_reply.c
 *	  Xiaomi Pay's replies.
 *
 * Input: the operation ('0' to '6'); the status (an index); '0' and a raw body; or
 * '1', a damage ('0' none, '1' of the signature, '2' a member more) and a document,
 * which is signed.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "../unit/gateway_vectors.h"
#include "gateway/document.h"
#include "gateway/form.h"
#include "gateway/xiaomi.h"

#define DAMAGES_COUNT 3

static const int statuses[] = {200, 204, 302, 400, 500, 0};

static CallResult
read_reply(const GatewayCall *call, int status, Bytes body)
{
	GatewayAnswer *answer = malloc(sizeof(GatewayAnswer));
	Bytes copy = {fuzz_copy(body), body.size};
	HttpMessage reply = {.status = status, .body = copy};
	CallResult result;

	xiaomi_provider.read_reply(call, fuzz_merchant(), FUZZ_NOW_S, &reply, answer);
	fuzz_check_answer(call, answer);
	result = answer->result;
	MUST(result != RESULT_DONE || (call->operation == CALL_QUERY && status == 200));
	free((void *) copy.data);
	free(answer);
	return result;
}

static int
compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *) left, *(const char *const *) right);
}

/* The text "name=value" of a member that has one; to be freed. */
static Bytes
text_of(const json_t *document, const char *name, bool is_first)
{
	const json_t *value = json_object_get(document, name);
	char number[24];

	(void) snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return fuzz_join((Bytes[]){bytes_of(is_first ? "" : "&"), bytes_of(name), bytes_of("="),
							   json_is_integer(value)
								   ? bytes_of(number)
								   : (Bytes){json_string_value(value), json_string_length(value)}},
					 4);
}

/* Signs what a document has of texts and whole numbers. */
static void
sign(json_t *document, char signature[MAC_TEXT_SIZE])
{
	const char **names = calloc(json_object_size(document) + 1, sizeof(char *));
	Bytes *pieces = calloc(json_object_size(document) + 1, sizeof(Bytes));
	size_t count = 0;
	const char *name;
	json_t *value;

	(void) json_object_del(document, "signature");
	json_object_foreach(document, name,
						value) if (json_is_integer(value) || json_string_length(value) > 0)
		names[count++] = name;
	qsort(names, count, sizeof(char *), compare_names);
	for (size_t i = 0; i < count; i++)
		pieces[i] = text_of(document, names[i], i == 0);
	MUST(mac_make(MAC_SHA1, bytes_of(XIAOMI_APP_SECRET), pieces, count, signature));
	for (size_t i = 0; i < count; i++)
		free((void *) pieces[i].data);
	free(pieces);
	free(names);
}

static void
try_signed(const GatewayCall *call, int status, Bytes input, unsigned damage)
{
	json_t *document = document_read(input);
	char signature[MAC_TEXT_SIZE];
	char *body;

	if (document == NULL)
		return;
	if (damage == 2)
		(void) json_object_del(document, "zzzz");
	sign(document, signature);
	if (damage == 1)
		signature[input.size % 40] ^= 1;
	if (damage == 2)
		(void) json_object_set_new(document, "zzzz", json_integer(1));
	(void) json_object_set_new(document, "signature", json_string(signature));
	body = json_dumps(document, JSON_COMPACT);
	MUST(body != NULL);
	MUST(read_reply(call, status, bytes_of(body)) != RESULT_DONE || damage == 0);
	free(body);
	json_decref(document);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	CallOperation operation = (CallOperation) fuzz_choose(&input, CALL_OPERATIONS_COUNT);
	GatewayCall call = fuzz_call(operation, "sdk");
	int status = statuses[fuzz_choose(&input, LENGTH(statuses))];

	if (fuzz_choose(&input, 2) == 0)
		MUST(read_reply(&call, status, input) != RESULT_DONE);
	else
	{
		unsigned damage = fuzz_choose(&input, DAMAGES_COUNT);

		try_signed(&call, status, input, damage);
	}
	return 0;
}
