/*-------------------------------------------------------------------------
 *
 * test_gateway_calls.c
 *	  What is sent to gateways, what their replies mean, and how both travel
 *	  between the worker and billing-caller.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/form.h"
#include "gateway/frame.h"
#include "gateway/providers.h"

#include "gateway_vectors.h"
#include "unit.h"

#include <stdlib.h>

#define NOW INT64_C(1767232800)
#define ROUNDS 3000 /* of mutations */

static Merchant merchant;
static SignatureKey *platform_private;
static HttpRequest request;
static GatewayAnswer answer;

#define SECRET_32 "0123456789abcdef0123456789abcdef"
#define SECRET_128 SECRET_32 SECRET_32 SECRET_32 SECRET_32

/* The files beside a merchant's. */
static bool
read_file(void *argument, const char *file, char *room, size_t size_max, size_t *size)
{
	static const struct
	{
		const char *file;
		const char *text;
	} files[] = {
		{"merchant.pem", MERCHANT_PRIVATE_KEY},
		{"platform.pem", PLATFORM_PUBLIC_KEY},
		{"apiv3", WECHAT_APIV3_KEY "\n"},
		{"apiv3.short", "0123"},
		{"secret", "s3cret\r\n"},
		{"secret.two", "s3cret s3cret\n"},
		{"secret.long", SECRET_128 "9"},
		{"secret.most", SECRET_128 "\n"},
		{"nothing", "\n"},
	};

	(void) argument;
	for (size_t i = 0; i < LENGTH(files); i++)
		if (strcmp(files[i].file, file) == 0 && strlen(files[i].text) <= size_max)
		{
			*size = strlen(files[i].text);
			memcpy(room, files[i].text, *size);
			return true;
		}
	return false;
}

#define IDENTITY                                                                        \
	"database = shop\nmerchant_id = 1900000001\napp_id=wxd678efh567hg6787\n"            \
	"certificate_serial = 3775B6A45ACD588826D15E583A95F5DD00000001\nhost = 127.0.0.1\n" \
	"port = 8443\nnotify_url = https://bill.example.com/n/wechat\nprivate_key = merchant.pem\n"
#define SOUND                                                                              \
	"# a comment\r\nprovider = wechat\r\n\n" IDENTITY "public_key = " WECHAT_NOTICE_SERIAL \
	" platform.pem\napiv3_key = apiv3"

static int
set_up(void **state)
{
	char fault[MERCHANT_FAULT_SIZE];

	(void) state;
	platform_private = signature_private_key(bytes_of(PLATFORM_PRIVATE_KEY));
	return merchant_read(bytes_of(SOUND), true, read_file, NULL, &merchant, fault) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void) state;
	merchant_free(&merchant);
	signature_free_key(platform_private);
	return 0;
}

#define FIELDS_8(x)                                                                             \
	"field = a" x " a" x "\nfield = b" x " b" x "\nfield = c" x " c" x "\nfield = d" x " d" x   \
	"\nfield = e" x " e" x "\nfield = f" x " f" x "\nfield = g" x " g" x "\nfield = h" x " h" x \
	"\n"
#define FIELDS_16 FIELDS_8("1") FIELDS_8("2")

static void
test_merchant(void **state)
{
	static const struct
	{
		const char *text;
		const char *fault;
	} cases[] = {
		{"", "provider is missing"},
		{IDENTITY, "provider is missing"},
		{"provider = wechat\n", "database is missing"},
		{SOUND "\nhost = other", "host stands twice"},
		{SOUND "\npassword = x", "it has a name that is no setting"},
		{SOUND "\n= x", "it has a value without a name"},
		{SOUND "\nallow_http = maybe", "allow_http is unsound, or its file cannot be read"},
		{SOUND "\nca_file = a b", "ca_file is unsound, or its file cannot be read"},
		{"port = 0", "port is unsound, or its file cannot be read"},
		{"port = 65536", "port is unsound, or its file cannot be read"},
		{"port = 99999999999", "port is unsound, or its file cannot be read"},
		{"public_key = ../platform.pem", "public_key is unsound, or its file cannot be read"},
		{"public_key = .platform.pem", "public_key is unsound, or its file cannot be read"},
		{"public_key = merchant.pem", "public_key is unsound, or its file cannot be read"},
		{"private_key = platform.pem", "private_key is unsound, or its file cannot be read"},
		{"apiv3_key = apiv3.short", "apiv3_key is unsound, or its file cannot be read"},
		{"apiv3_key = nowhere", "apiv3_key is unsound, or its file cannot be read"},
		{"api_key = nowhere", "api_key is unsound, or its file cannot be read"},
		{"api_key = nothing", "api_key is unsound, or its file cannot be read"},
		{"api_key = secret.two", "api_key is unsound, or its file cannot be read"},
		{"api_key = secret.long", "api_key is unsound, or its file cannot be read"},
		{"api_key = secret\napi_key = secret", "api_key stands twice"},
		{"app_secret = nothing", "app_secret is unsound, or its file cannot be read"},
		{"app_secret = secret.long", "app_secret is unsound, or its file cannot be read"},
		{"query_path = pay/query", "query_path is unsound, or its file cannot be read"},
		{"query_path = /pay?x", "query_path is unsound, or its file cannot be read"},
		{"query_path = /" SECRET_128, "query_path is unsound, or its file cannot be read"},
		{"query_path = ", "query_path is unsound, or its file cannot be read"},
		{"digest = md5", "digest is unsound, or its file cannot be read"},
		{"digest = SHA256", "digest is unsound, or its file cannot be read"},
		{"digest = sha1\ndigest = sha1", "digest stands twice"},
		{"field = cpOrderId", "field is unsound, or its file cannot be read"},
		{"field = cpOrderId a b", "field is unsound, or its file cannot be read"},
		{"field = cpOrderId a&b", "field is unsound, or its file cannot be read"},
		{"field = cp-OrderId a", "field is unsound, or its file cannot be read"},
		{"field = a " SECRET_32 "9", "field is unsound, or its file cannot be read"},
		{"field = a b\nfield = a c", "field is unsound, or its file cannot be read"},
		{"field = a b\nfield = c b", "field is unsound, or its file cannot be read"},
		{FIELDS_16 "field = r r", "field is unsound, or its file cannot be read"},
	};
	Merchant read;
	char fault[MERCHANT_FAULT_SIZE];

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_false(merchant_read(bytes_of(cases[i].text), true, read_file, NULL, &read, fault));
		assert_string_equal(fault, cases[i].fault);
		assert_true(read.keys_count == 0 && read.private_key == NULL && !read.has_sealing_key);
	}
	assert_true(merchant_read(bytes_of(SOUND), false, read_file, NULL, &read, fault));
	assert_null(read.private_key);
	assert_true(read.port == 8443 && !read.allow_http && read.has_sealing_key);
	assert_non_null(merchant_key(&read, bytes_of(WECHAT_NOTICE_SERIAL)));
	assert_null(merchant_key(&read, bytes_of("")));
	assert_non_null(providers_of(&read, fault));
	merchant_free(&read);
	assert_true(merchant_read(bytes_of("provider = wechat\n" IDENTITY), true, read_file, NULL,
							  &read, fault));
	assert_null(providers_of(&read, fault));
	assert_string_equal(fault, "public_key is missing");
	merchant_free(&read);
	assert_true(merchant_read(bytes_of("provider = nobody\n" IDENTITY), true, read_file, NULL,
							  &read, fault));
	assert_null(providers_of(&read, fault));
	merchant_free(&read);
}

#define NEEDED "database = shop\nmerchant_id = m\nhost = gateway.example\n"
#define WAFFO                                                                 \
	"provider = waffo\n" NEEDED "notify_url = https://bill.example.com/n/w\n" \
	"private_key = merchant.pem\npublic_key = platform.pem\napi_key = secret\n"
#define XIAOMI "provider = xiaomi\n" NEEDED "app_id = a\napp_secret = secret.most\n"

/* Secrets, and what a contract has of its own. */
static void
test_secrets(void **state)
{
	Merchant read;
	char fault[MERCHANT_FAULT_SIZE];

	(void) state;
	assert_true(merchant_read(bytes_of(WAFFO), true, read_file, NULL, &read, fault));
	assert_string_equal(read.api_key, "s3cret");
	assert_string_equal(read.app_id, "");
	assert_string_equal(providers_of(&read, fault)->name, "waffo");
	merchant_free(&read);
	assert_string_equal(read.api_key, "");
	/* Who only reads notices calls nobody. */
	assert_true(merchant_read(bytes_of(WAFFO), false, read_file, NULL, &read, fault));
	assert_string_equal(read.api_key, "");
	assert_non_null(providers_of(&read, fault));
	merchant_free(&read);
	assert_true(merchant_read(bytes_of(XIAOMI FIELDS_16), false, read_file, NULL, &read, fault));
	assert_string_equal(read.app_secret, SECRET_128);
	assert_true(read.query_path[0] == '\0' && read.digest == MAC_SHA1);
	assert_string_equal(merchant_field(&read, "h2"), "h2");
	assert_int_equal(read.fields_count, MERCHANT_FIELDS_MAX);
	assert_string_equal(providers_of(&read, fault)->name, "xiaomi");
	merchant_free(&read);
	assert_true(merchant_read(bytes_of(XIAOMI "query_path = /a_b/c-d.do\ndigest = sha256\n"
											  "field = cpOrderId  order_no\nfield = uid user"),
							  false, read_file, NULL, &read, fault));
	assert_string_equal(read.query_path, "/a_b/c-d.do");
	assert_int_equal(read.digest, MAC_SHA256);
	assert_string_equal(merchant_field(&read, "cpOrderId"), "order_no");
	assert_string_equal(merchant_field(&read, "uid"), "user");
	assert_string_equal(merchant_field(&read, "appId"), "appId");
	merchant_free(&read);
	assert_true(merchant_read(bytes_of("provider = xiaomi\n" NEEDED "app_id = a"), false, read_file,
							  NULL, &read, fault));
	assert_null(providers_of(&read, fault));
	assert_string_equal(fault, "app_secret is missing");
	merchant_free(&read);
}

static GatewayCall
call_of(CallOperation operation, const char *product)
{
	GatewayCall call = {
		.operation = operation,
		.gateway = "g",
		.order_number = "R20260101000001",
		.refund_number = "F1",
		.transaction_id = "T1",
		.currency = "CNY",
		.amount_nano = INT64_C(88880000000),
		.refund_nano = INT64_C(20000000000),
		.expires_at = (INT64_C(1767234600) - INT64_C(946684800)) * 1000000 + 999999,
		.description = "API 充值",
		.client_ip = "192.0.2.1",
		.return_url = "https://shop.example.com/back?a=b&c=d",
	};

	snprintf(call.product, sizeof(call.product), "%s", product);
	return call;
}

static ProviderBuild
build(const Provider *provider, const GatewayCall *call)
{
	ProviderMoment moment = {NOW, "593BEC0C930BF1AFEB40B4A08C8FB242"};

	memset(&request, 0, sizeof(request));
	return provider->build(call, &merchant, &moment, &request, &answer);
}

/* The request that an official package signed, byte by byte. */
static void
test_wechat_create(void **state)
{
	const Provider *wechat = providers_find("wechat");
	GatewayCall call = call_of(CALL_CREATE, "native");
	char text[4096];

	(void) state;
	assert_int_equal(build(wechat, &call), BUILD_SENDS);
	snprintf(text, sizeof(text), "%s\n%s\n%lld\n%s\n%.*s\n", request.method, request.target,
			 (long long) NOW, "593BEC0C930BF1AFEB40B4A08C8FB242", (int) request.body_size,
			 request.body);
	assert_string_equal(text, WECHAT_REQUEST_TEXT);
	assert_non_null(strstr(request.headers[request.headers_count - 1], WECHAT_REQUEST_SIGNATURE));
	call = call_of(CALL_CREATE, "h5");
	assert_int_equal(build(wechat, &call), BUILD_SENDS);
	assert_string_equal(request.target, "/v3/pay/transactions/h5");
	assert_non_null(strstr(request.body, "\"payer_client_ip\":\"192.0.2.1\""));
	strcpy(call.currency, "USD");
	assert_int_equal(build(wechat, &call), BUILD_IMPOSSIBLE);
}

static void
test_wechat_others(void **state)
{
	const Provider *wechat = providers_find("wechat");
	static const struct
	{
		CallOperation operation;
		const char *method;
		const char *target;
		const char *body;
	} cases[] = {
		{CALL_QUERY, "GET", "/v3/pay/transactions/out-trade-no/R20260101000001?mchid=1900000001",
		 ""},
		{CALL_CLOSE, "POST", "/v3/pay/transactions/out-trade-no/R20260101000001/close",
		 "{\"mchid\":\"1900000001\"}"},
		{CALL_REFUND, "POST", "/v3/refund/domestic/refunds",
		 "{\"transaction_id\":\"T1\",\"out_refund_no\":\"F1\",\"amount\":{\"refund\":"
		 "2000,\"total\":8888,\"currency\":\"CNY\"}}"},
		{CALL_REFUND_QUERY, "GET", "/v3/refund/domestic/refunds/F1", ""},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		GatewayCall call = call_of(cases[i].operation, "native");

		assert_int_equal(build(wechat, &call), BUILD_SENDS);
		assert_string_equal(request.method, cases[i].method);
		assert_string_equal(request.target, cases[i].target);
		assert_true(request.body_size == strlen(cases[i].body) &&
					memcmp(request.body, cases[i].body, request.body_size) == 0);
	}
}

/* A reply signed by the platform a moment ago, or not. */
static void
wechat_reply(const GatewayCall *call, int status, const char *body, bool is_signed)
{
	char signature[SIGNATURE_TEXT_SIZE] = "";
	HttpHeader headers[] = {
		{bytes_of("Wechatpay-Serial"), bytes_of(WECHAT_NOTICE_SERIAL)},
		{bytes_of("Wechatpay-Timestamp"), bytes_of("1767232790")},
		{bytes_of("Wechatpay-Nonce"), bytes_of("n")},
		{bytes_of("Wechatpay-Signature"), {NULL, 0}},
	};
	HttpMessage reply = {.status = status,
						 .headers = headers,
						 .headers_count = LENGTH(headers),
						 .body = bytes_of(body)};

	assert_true(signature_make(
		platform_private, (Bytes[]){bytes_of("1767232790\nn\n"), bytes_of(body), bytes_of("\n")}, 3,
		signature));
	headers[3].value = bytes_of(is_signed ? signature : "WECHATPAY/SIGNTEST/x");
	providers_find("wechat")->read_reply(call, &merchant, NOW, &reply, &answer);
}

#define REFUND(number, state)                                                                             \
	"{\"refund_id\":\"50\",\"transaction_id\":\"T1\",\"out_trade_no\":\"R1\",\"out_refund_no\":\"" number \
	"\",\"status\":\"" state                                                                              \
	"\",\"success_time\":\"2026-01-01T10:00:05+08:00\",\"amount\":{\"refund\":2000,\"total\":8888,\"payer_refund\":1900}}"
#define ORDER(number, state, rest)                                                              \
	"{\"appid\":\"a\",\"mchid\":\"m\",\"out_trade_no\":\"" number "\",\"trade_state\":\"" state \
	"\"" rest "}"
#define PAID                                                                               \
	",\"transaction_id\":\"t\",\"success_time\":\"2026-01-01T10:00:05+08:00\",\"amount\":" \
	"{\"total\":8888,\"currency\":\"CNY\"}"

static void
test_wechat_replies(void **state)
{
	static const struct
	{
		CallOperation operation;
		int status;
		const char *body;
		bool is_signed;
		CallResult result;
	} cases[] = {
		{CALL_CREATE, 200, "{\"code_url\":\"weixin://x\"}", true, RESULT_DONE},
		{CALL_CREATE, 200, "{\"code_url\":\"weixin://x\"}", false, RESULT_UNANSWERED},
		{CALL_CREATE, 200, "{}", true, RESULT_UNANSWERED},
		{CALL_CREATE, 200, "", true, RESULT_UNANSWERED},
		{CALL_CREATE, 204, "", true, RESULT_UNANSWERED},
		{CALL_CREATE, 302, "{\"code\":\"PARAM_ERROR\"}", true, RESULT_UNANSWERED},
		{CALL_CREATE, 400, "{\"code\":\"PARAM_ERROR\"}", false, RESULT_REFUSED},
		{CALL_CREATE, 400, "{\"code\":\"INVALID_REQUEST\"}", false, RESULT_UNCLEAR},
		{CALL_CREATE, 400, "<html>", false, RESULT_UNANSWERED},
		{CALL_CREATE, 401, "{\"code\":\"SIGN_ERROR\"}", false, RESULT_MISCONFIGURED},
		{CALL_CREATE, 403, "{\"code\":\"OUT_TRADE_NO_USED\"}", false, RESULT_UNCLEAR},
		{CALL_CREATE, 403, "{\"code\":\"WHAT_IS_THIS\"}", false, RESULT_UNCLEAR},
		{CALL_CREATE, 429, "", false, RESULT_BUSY},
		{CALL_CREATE, 500, "{\"code\":\"PARAM_ERROR\"}", false, RESULT_UNANSWERED},
		{CALL_QUERY, 404, "{\"code\":\"ORDER_NOT_EXIST\"}", false, RESULT_ABSENT},
		{CALL_QUERY, 200, ORDER("R20260101000001", "NOTPAY", ""), true, RESULT_DONE},
		{CALL_QUERY, 200, ORDER("R20260101000001", "SUCCESS", PAID), true, RESULT_DONE},
		{CALL_QUERY, 200, ORDER("R20260101000001", "SUCCESS", PAID), false, RESULT_UNANSWERED},
		{CALL_QUERY, 200, ORDER("R20260101000002", "SUCCESS", PAID), true, RESULT_UNANSWERED},
		{CALL_CLOSE, 204, "", true, RESULT_DONE},
		{CALL_CLOSE, 204, "", false, RESULT_UNANSWERED},
		{CALL_CLOSE, 400, "{\"code\":\"ORDERPAID\"}", false, RESULT_UNCLEAR},
		{CALL_CLOSE, 400, "{\"code\":\"ORDER_CLOSED\"}", false, RESULT_UNCLEAR},
		{CALL_REFUND, 200, REFUND("F1", "PROCESSING"), true, RESULT_DONE},
		{CALL_REFUND, 200, REFUND("F2", "SUCCESS"), true, RESULT_UNANSWERED},
		{CALL_REFUND, 200, REFUND("F1", "SUCCESS"), false, RESULT_UNANSWERED},
		{CALL_REFUND, 403, "{\"code\":\"NOT_ENOUGH\"}", false, RESULT_NO_FUNDS},
		{CALL_REFUND_QUERY, 200, REFUND("F1", "ABNORMAL"), true, RESULT_DONE},
		{CALL_REFUND_QUERY, 404, "{\"code\":\"RESOURCE_NOT_EXISTS\"}", false, RESULT_ABSENT},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		GatewayCall call = call_of(cases[i].operation, "native");

		wechat_reply(&call, cases[i].status, cases[i].body, cases[i].is_signed);
		assert_int_equal(answer.result, cases[i].result);
	}
	assert_string_equal(answer.code, "RESOURCE_NOT_EXISTS");
	assert_int_equal(answer.refund.state, REFUND_PENDING);
}

/* The text that Alipay verifies of what is sent: each field as it is decoded; it is signed. */
static void
alipay_signed_text(Bytes sent, char *text, size_t size)
{
	SignatureKey *merchant_public = signature_public_key(bytes_of(MERCHANT_PUBLIC_KEY));
	Form *form = malloc(sizeof(Form));
	char signature[SIGNATURE_TEXT_SIZE];
	size_t used = 0;

	assert_true(form_read(sent, form));
	assert_true(form_text(form, "sign", signature, sizeof(signature)));
	for (size_t i = 0; i < form->count; i++)
		if (!bytes_equal(form->fields[i].name, bytes_of("sign")))
			used += (size_t) snprintf(text + used, size - used, "%s%.*s=%.*s", used ? "&" : "",
									  (int) form->fields[i].name.size, form->fields[i].name.data,
									  (int) form->fields[i].value.size, form->fields[i].value.data);
	assert_true(signature_holds(merchant_public, &(Bytes){text, used}, 1, bytes_of(signature)));
	signature_free_key(merchant_public);
	free(form);
}

static void
test_alipay_requests(void **state)
{
	const Provider *alipay = providers_find("alipay");
	GatewayCall call = call_of(CALL_CREATE, "qr");
	char text[4096];

	(void) state;
	assert_int_equal(build(alipay, &call), BUILD_SENDS);
	alipay_signed_text((Bytes){request.body, request.body_size}, text, sizeof(text));
	assert_string_equal(
		text,
		"app_id=wxd678efh567hg6787&biz_content={\"out_trade_no\":\"R20260101000001\","
		"\"total_amount\":\"88.88\",\"subject\":\"API 充值\",\"product_code\":"
		"\"FACE_TO_FACE_PAYMENT\",\"time_expire\":\"2026-01-01 10:30:00\"}&charset=utf-8&format="
		"JSON&method=alipay.trade.precreate&notify_url=https://bill.example.com/n/wechat&"
		"sign_type=RSA2&timestamp=2026-01-01 10:00:00&version=1.0");
	call = call_of(CALL_CREATE, "page");
	assert_int_equal(build(alipay, &call), BUILD_ANSWERS);
	assert_int_equal(answer.result, RESULT_DONE);
	assert_non_null(strstr(answer.pay_url, "https://127.0.0.1:8443/gateway.do?app_id="));
	/* An address of ours has its own fields: signed as it is, and no field of the page's. */
	assert_non_null(strstr(answer.pay_url,
						   "&return_url=https%3A%2F%2Fshop.example.com%2Fback%3Fa%3Db%26c%3Dd&"));
	alipay_signed_text(bytes_of(strchr(answer.pay_url, '?') + 1), text, sizeof(text));
	assert_non_null(
		strstr(text, "&return_url=https://shop.example.com/back?a=b&c=d&sign_type=RSA2&"));
	call.description[0] = '\0';
	memset(call.description, 0xff, 3);
	assert_int_equal(build(alipay, &call), BUILD_IMPOSSIBLE);
}

/* A reply with a node, signed over its bytes, or with another signature. */
static void
alipay_reply(const GatewayCall *call, const char *root, const char *node, bool is_signed)
{
	static char body[8192];
	char signature[SIGNATURE_TEXT_SIZE];
	HttpMessage reply = {.status = 200};

	assert_true(signature_make(platform_private, &(Bytes){node, strlen(node)}, 1, signature));
	snprintf(body, sizeof(body), " { \"%s\" : %s , \"sign\":\"%s\"}", root, node,
			 is_signed ? signature : "AAAA");
	reply.body = bytes_of(body);
	providers_find("alipay")->read_reply(call, &merchant, NOW, &reply, &answer);
}

#define PRECREATE "alipay_trade_precreate_response"
#define TRADE_QUERY "alipay_trade_query_response"
#define OK(rest) \
	"{\"code\":\"10000\",\"msg\":\"\\\"}{Success\",\"out_trade_no\":\"R20260101000001\"" rest "}"
#define FAILURE(code, sub_code) "{\"code\":\"" code "\",\"sub_code\":\"" sub_code "\"}"

static void
test_alipay_replies(void **state)
{
	static const struct
	{
		CallOperation operation;
		const char *root;
		const char *node;
		bool is_signed;
		CallResult result;
	} cases[] = {
		{CALL_CREATE, PRECREATE, OK(",\"qr_code\":\"https:\\/\\/qr.example\""), true, RESULT_DONE},
		{CALL_CREATE, PRECREATE, OK(",\"qr_code\":\"https:\\/\\/qr.example\""), false,
		 RESULT_UNANSWERED},
		{CALL_CREATE, TRADE_QUERY, OK(",\"qr_code\":\"x\""), true, RESULT_UNANSWERED},
		{CALL_CREATE, PRECREATE, OK(""), true, RESULT_UNANSWERED},
		{CALL_CREATE, PRECREATE, "[]", true, RESULT_UNANSWERED},
		{CALL_CREATE, PRECREATE, FAILURE("40004", "ACQ.TRADE_HAS_SUCCESS"), false, RESULT_UNCLEAR},
		{CALL_CREATE, PRECREATE, FAILURE("40004", "ACQ.INVALID_PARAMETER"), false, RESULT_REFUSED},
		{CALL_CREATE, PRECREATE, FAILURE("20000", "isp.unknow-error"), true, RESULT_UNANSWERED},
		{CALL_CREATE, "error_response", FAILURE("40002", "isv.invalid-signature"), false,
		 RESULT_MISCONFIGURED},
		{CALL_CREATE, "error_response", OK(",\"qr_code\":\"x\""), true, RESULT_UNANSWERED},
		{CALL_QUERY, TRADE_QUERY, FAILURE("40004", "ACQ.TRADE_NOT_EXIST"), true, RESULT_ABSENT},
		{CALL_QUERY, TRADE_QUERY, OK(",\"trade_status\":\"WAIT_BUYER_PAY\""), true, RESULT_DONE},
		{CALL_QUERY, TRADE_QUERY,
		 OK(",\"trade_status\":\"TRADE_SUCCESS\",\"trade_no\":\"t\",\"total_amount\":\"88.88\","
			"\"send_pay_date\":\"2026-01-01 10:00:05\""),
		 true, RESULT_DONE},
		{CALL_QUERY, TRADE_QUERY,
		 "{\"code\":\"10000\",\"out_trade_no\":\"R2\",\"trade_status\":\"WAIT_BUYER_PAY\"}", true,
		 RESULT_UNANSWERED},
		{CALL_CLOSE, "alipay_trade_close_response", OK(""), true, RESULT_DONE},
		{CALL_CLOSE, "alipay_trade_close_response", FAILURE("40004", "ACQ.TRADE_STATUS_ERROR"),
		 true, RESULT_UNCLEAR},
		{CALL_REFUND, "alipay_trade_refund_response",
		 OK(",\"fund_change\":\"N\",\"trade_no\":\"T1\""), true, RESULT_DONE},
		{CALL_REFUND, "alipay_trade_refund_response",
		 FAILURE("40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH"), true, RESULT_NO_FUNDS},
		{CALL_REFUND, "alipay_trade_refund_response", FAILURE("40004", "ACQ.TRADE_HAS_CLOSE"), true,
		 RESULT_UNCLEAR},
		{CALL_REFUND_QUERY, "alipay_trade_fastpay_refund_query_response",
		 "{\"code\":\"10000\",\"msg\":\"Success\"}", true, RESULT_ABSENT},
		{CALL_REFUND_QUERY, "alipay_trade_fastpay_refund_query_response",
		 OK(",\"trade_no\":\"T1\",\"out_request_no\":\"F2\",\"refund_status\":\"REFUND_SUCCESS\",\"refund_amount\":\"20.00\""),
		 true, RESULT_UNANSWERED},
		{CALL_REFUND_QUERY, "alipay_trade_fastpay_refund_query_response",
		 OK(",\"trade_no\":\"T1\",\"out_request_no\":\"F1\",\"refund_status\":\"REFUND_SUCCESS\",\"refund_amount\":\"20.00\""),
		 true, RESULT_DONE},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		GatewayCall call = call_of(cases[i].operation, "qr");

		alipay_reply(&call, cases[i].root, cases[i].node, cases[i].is_signed);
		assert_int_equal(answer.result, cases[i].result);
	}
	assert_int_equal(answer.refund.state, REFUND_PAID);
	assert_true(answer.refund.amount_nano == INT64_C(20000000000));
}

/* Two nodes of one name: which of them was signed nobody could say. */
static void
test_alipay_duplicate(void **state)
{
	GatewayCall call = call_of(CALL_CREATE, "qr");

	(void) state;
	alipay_reply(&call, PRECREATE,
				 OK(",\"qr_code\":\"a\"") ",\"" PRECREATE "\":" OK(",\"qr_code\":\"b\""), true);
	assert_int_equal(answer.result, RESULT_UNANSWERED);
}

static void
test_frames(void **state)
{
	static char room[FRAME_ROOM];
	GatewayCall call = call_of(CALL_REFUND, "native");
	GatewayCall read;
	GatewayAnswer sent = {.result = RESULT_DONE,
						  .pay_url = "weixin://x",
						  .payment = {.state = FACT_PAID, .amount_nano = 5, .paid_at = -7},
						  .refund = {.state = REFUND_ABNORMAL, .refund_id = "50"}};
	size_t size = frame_write_call(INT64_MAX, &call, room);
	int64_t id;

	(void) state;
	assert_true(size > FRAME_PREFIX_BYTES && frame_size((Bytes){room, size}) == size);
	assert_true(frame_size((Bytes){room, 3}) == 0);
	assert_true(frame_size(bytes_of("\xff\xff\xff\xff")) > FRAME_ROOM);
	assert_true(frame_read_call((Bytes){room, size}, &id, &read) && id == INT64_MAX);
	assert_memory_equal(&read, &call, sizeof(call));
	size = frame_write_answer(7, &sent, room);
	assert_true(frame_read_answer((Bytes){room, size}, &id, &answer) && id == 7);
	assert_memory_equal(&answer, &sent, sizeof(sent));
	assert_false(frame_read_call((Bytes){room, size}, &id, &read));
	/* Whatever one side sends, the other reads nothing beyond it. */
	for (int round = 0; round < ROUNDS; round++)
	{
		size = frame_write_answer(7, &sent, room);
		for (int64_t change = random_below(4); change >= 0; change--)
			room[FRAME_PREFIX_BYTES + random_below((int64_t) size - FRAME_PREFIX_BYTES)] = (char)
				random_below(256);
		(void) frame_read_answer((Bytes){room, size}, &id, &answer);
		(void) frame_read_call((Bytes){room, size - (size_t) random_below(8)}, &id, &read);
	}
}

static void
fill(char *text, size_t size)
{
	memset(text, '"', size - 1); /* which is written as two characters */
	text[size - 1] = '\0';
}

/* The longest that there can be; what is in it is all there again. */
static void
test_longest_invoice(void **state)
{
	static char room[FRAME_ROOM];
	GatewayCall call = {.operation = CALL_ISSUE};
	GatewayCall read;
	CallInvoice *invoice = &call.invoice;
	size_t size;
	int64_t id;

	(void) state;
	*invoice = (CallInvoice){.is_special = true,
							 .tax_rate_bp = 9999,
							 .red_reason = RED_ALLOWANCE,
							 .red_answer = RED_WITHDRAW,
							 .lines_count = INVOICE_LINES_MAX};
	fill(call.gateway, sizeof(call.gateway));
	fill(call.database, sizeof(call.database));
	fill(invoice->number, sizeof(invoice->number));
	fill(invoice->red_number, sizeof(invoice->red_number));
	fill(invoice->buyer_name, sizeof(invoice->buyer_name));
	fill(invoice->buyer_tax_number, sizeof(invoice->buyer_tax_number));
	fill(invoice->buyer_address, sizeof(invoice->buyer_address));
	fill(invoice->buyer_phone, sizeof(invoice->buyer_phone));
	fill(invoice->buyer_bank, sizeof(invoice->buyer_bank));
	fill(invoice->buyer_bank_account, sizeof(invoice->buyer_bank_account));
	fill(invoice->email, sizeof(invoice->email));
	fill(invoice->mobile, sizeof(invoice->mobile));
	fill(invoice->seller_name, sizeof(invoice->seller_name));
	fill(invoice->seller_tax_number, sizeof(invoice->seller_tax_number));
	fill(invoice->seller_address, sizeof(invoice->seller_address));
	fill(invoice->seller_phone, sizeof(invoice->seller_phone));
	fill(invoice->seller_bank, sizeof(invoice->seller_bank));
	fill(invoice->seller_bank_account, sizeof(invoice->seller_bank_account));
	fill(invoice->drawer, sizeof(invoice->drawer));
	fill(invoice->goods_name, sizeof(invoice->goods_name));
	fill(invoice->goods_code, sizeof(invoice->goods_code));
	fill(invoice->goods_unit, sizeof(invoice->goods_unit));
	fill(invoice->blue_number, sizeof(invoice->blue_number));
	fill(invoice->document_url, sizeof(invoice->document_url));
	for (size_t i = 0; i < INVOICE_LINES_MAX; i++)
		invoice->lines[i] = (CallInvoiceLine){INT64_MIN + (int64_t) i, INT64_MIN};
	size = frame_write_call(INT64_MAX, &call, room);
	assert_true(size > 0);
	assert_true(frame_read_call((Bytes){room, size}, &id, &read) && id == INT64_MAX);
	assert_memory_equal(&read, &call, sizeof(call));
	/* With every other field of a call at its longest, too. */
	fill(call.description, sizeof(call.description));
	fill(call.return_url, sizeof(call.return_url));
	fill(call.order_number, sizeof(call.order_number));
	assert_true(frame_write_call(INT64_MAX, &call, room) > 0);
	invoice->lines_count = INVOICE_LINES_MAX + 1;
	assert_true(frame_write_call(1, &call, room) == 0);
	/* Of another operation nothing of it is sent. */
	call.operation = CALL_QUERY;
	size = frame_write_call(1, &call, room);
	assert_true(frame_read_call((Bytes){room, size}, &id, &read));
	assert_true(read.invoice.lines_count == 0 && read.invoice.number[0] == '\0');
}

#define INVOICE(rest)                                                                             \
	"{\"id\":1,\"operation\":\"issue\",\"invoice\":{\"is_special\":false,\"is_individual\":true," \
	"\"tax_rate_bp\":600,\"red_reason\":0,\"red_answer\":0," rest "}}"

static bool
read_call_text(const char *text)
{
	static char room[FRAME_ROOM];
	GatewayCall read;
	int64_t id;

	memcpy(room + FRAME_PREFIX_BYTES, text, strlen(text));
	return frame_read_call((Bytes){room, FRAME_PREFIX_BYTES + strlen(text)}, &id, &read);
}

static void
test_unsound_invoices(void **state)
{
	static const char *const unsound[] = {
		"{\"id\":1,\"operation\":\"issue\"}",
		INVOICE("\"lines\":[1]"),
		INVOICE("\"lines\":[1,2.5]"),
		INVOICE("\"lines\":{}"),
		INVOICE("\"number\":\"1\""),
		INVOICE("\"lines\":[],\"number\":\"012345678901234567890\""),
		INVOICE("\"lines\":[],\"number\":1"),
		"{\"id\":1,\"operation\":\"issue\",\"invoice\":{\"is_special\":0,\"is_individual\":true,"
		"\"tax_rate_bp\":600,\"red_reason\":0,\"red_answer\":0,\"lines\":[]}}",
		"{\"id\":1,\"operation\":\"issue\",\"invoice\":{\"is_special\":true,\"is_individual\":true,"
		"\"tax_rate_bp\":10001,\"red_reason\":0,\"red_answer\":0,\"lines\":[]}}",
		"{\"id\":1,\"operation\":\"issue\",\"invoice\":{\"is_special\":true,\"is_individual\":true,"
		"\"tax_rate_bp\":0,\"red_reason\":5,\"red_answer\":0,\"lines\":[]}}",
		"{\"id\":1,\"operation\":\"issue\",\"invoice\":{\"is_special\":true,\"is_individual\":true,"
		"\"tax_rate_bp\":0,\"red_reason\":0,\"red_answer\":3,\"lines\":[]}}",
	};
	char many[4096] = "";
	size_t used;

	(void) state;
	assert_true(read_call_text(INVOICE("\"lines\":[]")));
	for (size_t i = 0; i < LENGTH(unsound); i++)
		assert_false(read_call_text(unsound[i]));
	/* A line too many. */
	used = strlen(INVOICE("\"lines\":[1")) - 2;
	memcpy(many, INVOICE("\"lines\":[1"), used);
	for (int i = 0; i < 2 * INVOICE_LINES_MAX + 1; i++)
		used += (size_t) snprintf(many + used, sizeof(many) - used, ",1");
	snprintf(many + used, sizeof(many) - used, "]}}");
	assert_false(read_call_text(many));
	snprintf(many + used - 4, sizeof(many) - used, "]}}");
	assert_true(read_call_text(many));
}

/* An answer about invoices at its longest, and what is in it. */
static void
test_invoice_answers(void **state)
{
	static char room[FRAME_ROOM];
	GatewayAnswer sent = {
		.result = RESULT_DONE,
		.rows = INT64_MAX,
		.invoice = {.state = INVOICE_FACT_VOIDED, .issued_at = -1, .total_nano = 2, .tax_nano = 1},
		.red = {.state = RED_FACT_FAILED, .is_partial = true, .amount_nano = 3, .entered_at = 4}};
	size_t size;
	int64_t id;

	(void) state;
	fill(sent.code, sizeof(sent.code));
	fill(sent.pay_url, sizeof(sent.pay_url));
	fill(sent.invoice.number, sizeof(sent.invoice.number));
	fill(sent.invoice.pdf_url, sizeof(sent.invoice.pdf_url));
	fill(sent.invoice.ofd_url, sizeof(sent.invoice.ofd_url));
	fill(sent.invoice.cause, sizeof(sent.invoice.cause));
	fill(sent.red.red_number, sizeof(sent.red.red_number));
	fill(sent.red.confirmation_number, sizeof(sent.red.confirmation_number));
	fill(sent.red.confirmation_id, sizeof(sent.red.confirmation_id));
	fill(sent.red.cause, sizeof(sent.red.cause));
	sent.red.lines_count = INVOICE_LINES_MAX;
	for (size_t i = 0; i < INVOICE_LINES_MAX; i++)
		sent.red.lines_nano[i] = MONEY_NANO_MAX - (int64_t) i;
	sent.seen_count = RED_SEEN_MAX;
	for (size_t i = 0; i < RED_SEEN_MAX; i++)
	{
		fill(sent.seen[i].confirmation_id, sizeof(sent.seen[i].confirmation_id));
		fill(sent.seen[i].confirmation_number, sizeof(sent.seen[i].confirmation_number));
		fill(sent.seen[i].blue_number, sizeof(sent.seen[i].blue_number));
		sent.seen[i].reason = RED_ALLOWANCE;
		sent.seen[i].entered_at = INT64_MAX - (int64_t) i;
	}
	size = frame_write_answer(7, &sent, room);
	assert_true(size > 0 && frame_read_answer((Bytes){room, size}, &id, &answer) && id == 7);
	assert_memory_equal(&answer, &sent, sizeof(sent));
}

static void
test_pieces(void **state)
{
	static char room[FRAME_ROOM];
	static char bytes[FRAME_PIECE_BYTES_MAX + 1];
	FramePiece piece;
	GatewayAnswer read;
	int64_t id;

	(void) state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char) random_below(256);
	for (size_t size = 1; size <= FRAME_PIECE_BYTES_MAX; size += size < 10 ? 1 : 1023)
	{
		size_t written = frame_write_piece(9, (Bytes){bytes, size}, room);

		assert_true(written > size && frame_size((Bytes){room, written}) == written);
		assert_true(frame_read_piece((Bytes){room, written}, &id, &piece) && id == 9);
		assert_int_equal(piece.size, size);
		assert_memory_equal(piece.bytes, bytes, size);
		assert_false(frame_read_answer((Bytes){room, written}, &id, &read));
	}
	assert_true(frame_write_piece(9, (Bytes){bytes, FRAME_PIECE_BYTES_MAX}, room) > 0);
	assert_true(frame_write_piece(9, (Bytes){bytes, FRAME_PIECE_BYTES_MAX + 1}, room) == 0);
	assert_true(frame_write_piece(9, (Bytes){bytes, 0}, room) == 0);
}

/* Replies that were changed on their way: whatever comes is answered, and no success is believed.
 */
static void
test_mutations(void **state)
{
	static const char node[] = OK(
		",\"trade_status\":\"TRADE_SUCCESS\",\"trade_no\":\"t\",\"total_amount\":\"88.88\"");
	GatewayCall call = call_of(CALL_QUERY, "qr");
	char signature[SIGNATURE_TEXT_SIZE];
	char body[4096];
	char changed[4096];
	size_t size;

	(void) state;
	assert_true(signature_make(platform_private, &(Bytes){node, strlen(node)}, 1, signature));
	size = (size_t) snprintf(body, sizeof(body), "{\"" TRADE_QUERY "\":%s,\"sign\":\"%s\"}", node,
							 signature);
	for (int round = 0; round < ROUNDS; round++)
	{
		HttpMessage reply = {.status = 200, .body = {changed, size}};

		memcpy(changed, body, size);
		changed[2 + random_below((int64_t) (sizeof(TRADE_QUERY) + sizeof(node)))] ^=
			(char) (1 << random_below(8));
		providers_find("alipay")->read_reply(&call, &merchant, NOW, &reply, &answer);
		assert_int_not_equal(answer.result, RESULT_DONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merchant),		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_wechat_create),	cmocka_unit_test(test_wechat_others),
		cmocka_unit_test(test_wechat_replies),	cmocka_unit_test(test_alipay_requests),
		cmocka_unit_test(test_alipay_replies),	cmocka_unit_test(test_alipay_duplicate),
		cmocka_unit_test(test_longest_invoice), cmocka_unit_test(test_unsound_invoices),
		cmocka_unit_test(test_invoice_answers), cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_frames),			cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
