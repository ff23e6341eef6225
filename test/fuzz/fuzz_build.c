/*-------------------------------------------------------------------------
 *
 * fuzz_build.c
 *	  Requests: whatever call comes over the frame, what is built fits.
 *
 * Input: '0' WeChat Pay, '1' Alipay, '2' Waffo, '3' Xiaomi Pay or '4' Nuonuo; a call as JSON.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "gateway/frame.h"
#include "gateway/providers.h"

/* A line of HTTP: none of its bytes ends it. */
static void
check_request(const HttpRequest *request)
{
	MUST(request->method != NULL && request->body_size <= HTTP_BODY_SIZE);
	MUST(request->headers_count <= HTTP_HEADERS_MAX);
	fuzz_check_text(request->target, HTTP_TARGET_SIZE);
	MUST(request->target[0] == '/');
	for (size_t i = 0; i < request->headers_count; i++)
		fuzz_check_text(request->headers[i], HTTP_HEADER_SIZE);
}

static void
build(const Provider *provider, const GatewayCall *call)
{
	const ProviderMoment moment = {FUZZ_NOW_S, "593BEC0C930BF1AFEB40B4A08C8FB242"};
	HttpRequest *request = malloc(sizeof(HttpRequest));
	GatewayAnswer *answer = malloc(sizeof(GatewayAnswer));

	switch (provider->build(call, fuzz_merchant(), &moment, request, answer))
	{
		case BUILD_SENDS:
			check_request(request);
			MUST((provider->lacks & PROVIDER_LACKS(call->operation)) == 0);
			break;
		case BUILD_ANSWERS:
			fuzz_check_answer(call, answer);
			break;
		case BUILD_IMPOSSIBLE:
			break;
	}
	free(answer);
	free(request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const providers[] = {"wechat", "alipay", "waffo", "xiaomi", "nuonuo"};
	Bytes input = {(const char *) data, size};
	const Provider *provider = providers_find(providers[fuzz_choose(&input, LENGTH(providers))]);
	Bytes frame = fuzz_join((Bytes[]){{"\0\0\0\0", FRAME_PREFIX_BYTES}, input}, 2);
	GatewayCall call;
	int64_t id;

	if (frame_read_call(frame, &id, &call))
		build(provider, &call);
	free((void *) frame.data);
	return 0;
}
