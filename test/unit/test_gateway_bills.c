/*-------------------------------------------------------------------------
 *
 * test_gateway_bills.c
 *	  How bills are come by: the call for a link, whose link it is, where it may
 *	  lead, and how it is followed; and a row on its way to the worker.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/frame.h"
#include "gateway/providers.h"

#include "gateway_vectors.h"
#include "unit.h"

#define NOW INT64_C(1767232800)
#define NONCE "593BEC0C930BF1AFEB40B4A08C8FB242"
#define SHA1 "5f424569fc2adc7ee06531ec796b7bb9457df004"

static Merchant merchant = {
	.merchant_id = "1900000001",
	.app_id = "wxd678efh567hg6787",
	.serial = "3775B6A45ACD588826D15E583A95F5DD00000001",
	.host = "api.example.com",
	.bill_host = "bills.example.com",
};
static SignatureKey *platform_private;
static HttpRequest request;
static GatewayAnswer answer;
static ProviderLink link_read;

static int
set_up(void **state)
{
	(void) state;
	platform_private = signature_private_key(bytes_of(PLATFORM_PRIVATE_KEY));
	merchant.private_key = signature_private_key(bytes_of(MERCHANT_PRIVATE_KEY));
	merchant.keys[0] = (MerchantKey){WECHAT_NOTICE_SERIAL,
									 signature_public_key(bytes_of(PLATFORM_PUBLIC_KEY))};
	merchant.keys_count = 1;
	return 0;
}

static int
tear_down(void **state)
{
	(void) state;
	merchant_free(&merchant);
	signature_free_key(platform_private);
	return 0;
}

static GatewayCall
call_of(const char *bill)
{
	GatewayCall call = {.operation = CALL_BILL, .gateway = "g", .bill_day = "2026-01-01"};

	snprintf(call.bill, sizeof(call.bill), "%s", bill);
	return call;
}

static ProviderBuild
build(const char *provider, const GatewayCall *call)
{
	const ProviderMoment moment = {NOW, NONCE};

	memset(&request, 0, sizeof(request));
	return providers_find(provider)->build(call, &merchant, &moment, &request, &answer);
}

/* ---- what is asked ----------------------------------------------------------------- */

static void
test_wechat_call(void **state)
{
	GatewayCall call = call_of("trade");

	(void) state;
	assert_int_equal(build("wechat", &call), BUILD_SENDS);
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.target,
						"/v3/bill/tradebill?bill_date=2026-01-01&bill_type=ALL&tar_type=GZIP");
	assert_int_equal(request.body_size, 0);
	call = call_of("fund");
	assert_int_equal(build("wechat", &call), BUILD_SENDS);
	assert_string_equal(
		request.target,
		"/v3/bill/fundflowbill?bill_date=2026-01-01&account_type=BASIC&tar_type=GZIP");
	strcpy(call.bill_day, "2026-01");
	assert_int_equal(build("wechat", &call), BUILD_IMPOSSIBLE);
	call = call_of("other");
	assert_int_equal(build("wechat", &call), BUILD_IMPOSSIBLE);
}

static void
test_alipay_call(void **state)
{
	static const char *const bills[][2] = {{"trade", "trade"}, {"fund", "signcustomer"}};
	GatewayCall call;

	(void) state;
	for (size_t i = 0; i < LENGTH(bills); i++)
	{
		char content[128];

		call = call_of(bills[i][0]);
		assert_int_equal(build("alipay", &call), BUILD_SENDS);
		assert_non_null(
			strstr(request.body, "&method=alipay.data.dataservice.bill.downloadurl.query&"));
		snprintf(content, sizeof(content),
				 "biz_content=%%7B%%22bill_type%%22%%3A%%22%s%%22%%2C%%22bill_date%%22%%3A%%222026-"
				 "01-01%%22%%7D&",
				 bills[i][1]);
		assert_non_null(strstr(request.body, content));
	}
	call = call_of("other");
	assert_int_equal(build("alipay", &call), BUILD_IMPOSSIBLE);
}

static void
test_formats(void **state)
{
	static const char *const providers[] = {"wechat", "alipay"};
	GatewayCall trade = call_of("trade");
	GatewayCall fund = call_of("fund");
	GatewayCall other = call_of("");
	const Provider without = {.name = "without"};

	(void) state;
	for (size_t i = 0; i < LENGTH(providers); i++)
	{
		const Provider *provider = providers_find(providers[i]);

		assert_non_null(providers_bill(provider, &trade));
		assert_non_null(providers_bill(provider, &fund));
		assert_ptr_not_equal(providers_bill(provider, &trade), providers_bill(provider, &fund));
		assert_null(providers_bill(provider, &other));
	}
	assert_null(providers_bill(&without, &trade));
}

/* ---- what is answered -------------------------------------------------------------- */

static bool
wechat_link(int status, const char *body, bool is_signed)
{
	char signature[SIGNATURE_TEXT_SIZE];
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
	GatewayCall call = call_of("trade");

	assert_true(signature_make(
		platform_private, (Bytes[]){bytes_of("1767232790\nn\n"), bytes_of(body), bytes_of("\n")}, 3,
		signature));
	headers[3].value = bytes_of(is_signed ? signature : "WECHATPAY/SIGNTEST/x");
	return providers_find("wechat")->bills->read_link(&call, &merchant, NOW, &reply, &link_read,
													  &answer);
}

#define WECHAT_LINK(url, type, value) \
	"{\"download_url\":\"" url "\",\"hash_type\":\"" type "\",\"hash_value\":\"" value "\"}"
#define WECHAT_URL "https://api.example.com/v3/billdownload/file?token=a-b_c"

static void
test_wechat_link(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		WECHAT_LINK("https://evil.example.com/v3/billdownload/file?token=a", "SHA1", SHA1),
		WECHAT_LINK("https://api.example.com:8443/v3/billdownload/file?token=a", "SHA1", SHA1),
		/* What is signed there would be another call. */
		WECHAT_LINK("https://api.example.com/v3/certificates", "SHA1", SHA1),
		WECHAT_LINK(WECHAT_URL, "MD5", SHA1),
		WECHAT_LINK(WECHAT_URL, "SHA1", ""),
		WECHAT_LINK(WECHAT_URL, "SHA1", "5f42"),
		WECHAT_LINK(WECHAT_URL, "SHA1", "5f424569fc2adc7ee06531ec796b7bb9457df00g"),
		WECHAT_LINK(WECHAT_URL, "SHA1", SHA1 "00"),
	};

	(void) state;
	assert_true(wechat_link(200, WECHAT_LINK(WECHAT_URL, "SHA1", SHA1), true));
	assert_string_equal(link_read.address.host, "api.example.com");
	assert_string_equal(link_read.address.target, "/v3/billdownload/file?token=a-b_c");
	assert_string_equal(link_read.sha1, SHA1);
	assert_true(wechat_link(
		200, WECHAT_LINK(WECHAT_URL, "SHA1", "5F424569FC2ADC7EE06531EC796B7BB9457DF004"), true));
	assert_string_equal(link_read.sha1, SHA1);
	assert_false(wechat_link(200, WECHAT_LINK(WECHAT_URL, "SHA1", SHA1), false));
	assert_int_equal(answer.result, RESULT_UNANSWERED);
	assert_false(wechat_link(202, WECHAT_LINK(WECHAT_URL, "SHA1", SHA1), true));
	for (size_t i = 0; i < LENGTH(bad); i++)
	{
		assert_false(wechat_link(200, bad[i], true));
		assert_int_equal(answer.result, RESULT_UNANSWERED);
	}
}

static void
test_wechat_errors(void **state)
{
	static const struct
	{
		int status;
		const char *code;
		CallResult result;
	} cases[] = {
		{400, "NO_STATEMENT_EXIST", RESULT_ABSENT}, {400, "STATEMENT_CREATING", RESULT_ABSENT},
		{403, "NO_AUTH", RESULT_MISCONFIGURED},		{429, "FREQUENCY_LIMITED", RESULT_BUSY},
		{500, "SYSTEM_ERROR", RESULT_UNANSWERED},
	};
	char body[128];

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		snprintf(body, sizeof(body), "{\"code\":\"%s\",\"message\":\"x\"}", cases[i].code);
		assert_false(wechat_link(cases[i].status, body, false));
		assert_int_equal(answer.result, cases[i].result);
		assert_string_equal(answer.code, cases[i].code);
	}
}

static bool
alipay_link(const char *node, bool is_signed)
{
	static char body[4096];
	char signature[SIGNATURE_TEXT_SIZE];
	HttpMessage reply = {.status = 200};
	GatewayCall call = call_of("trade");

	assert_true(signature_make(platform_private, &(Bytes){node, strlen(node)}, 1, signature));
	snprintf(body, sizeof(body),
			 "{\"alipay_data_dataservice_bill_downloadurl_query_response\":%s,\"sign\":\"%s\"}",
			 node, is_signed ? signature : "AAAA");
	reply.body = bytes_of(body);
	return providers_find("alipay")->bills->read_link(&call, &merchant, NOW, &reply, &link_read,
													  &answer);
}

#define ALIPAY_LINK(url) \
	"{\"code\":\"10000\",\"msg\":\"Success\",\"bill_download_url\":\"" url "\"}"
#define ALIPAY_FAILURE(sub_code) "{\"code\":\"40004\",\"sub_code\":\"" sub_code "\"}"

static void
test_alipay_link(void **state)
{
	static const char *const absent[] = {"isp.bill_not_exist", "BILL_NOT_EXIST", "NO_BILL_DATA"};
	char node[128];

	(void) state;
	assert_true(alipay_link(
		ALIPAY_LINK("http:\\/\\/bills.example.com\\/d.resource?fileId=%2Ftrade&token=1"), true));
	assert_string_equal(link_read.address.host, "bills.example.com");
	assert_string_equal(link_read.address.target, "/d.resource?fileId=%2Ftrade&token=1");
	assert_false(link_read.address.is_plain);
	assert_string_equal(link_read.sha1, "");
	assert_false(alipay_link(ALIPAY_LINK("https://bills.example.com/d"), false));
	assert_int_equal(answer.result, RESULT_UNANSWERED);
	assert_false(alipay_link(ALIPAY_LINK("https://evil.example.com/d"), true));
	assert_int_equal(answer.result, RESULT_UNANSWERED);
	assert_string_equal(answer.pay_url, "");
	assert_false(alipay_link("{\"code\":\"10000\"}", true));
	for (size_t i = 0; i < LENGTH(absent); i++)
	{
		snprintf(node, sizeof(node), "{\"code\":\"40004\",\"sub_code\":\"%s\"}", absent[i]);
		assert_false(alipay_link(node, true));
		assert_int_equal(answer.result, RESULT_ABSENT);
		assert_string_equal(answer.code, absent[i]);
	}
	assert_false(alipay_link(ALIPAY_FAILURE("invalid_arguments"), true));
	assert_int_equal(answer.result, RESULT_REFUSED);
}

/* ---- where a link may lead ----------------------------------------------------------- */

static void
test_addresses(void **state)
{
	static const struct
	{
		const char *text;
		const char *host; /* NULL: it is none */
		int port;
		const char *target;
	} cases[] = {
		{"https://a.example/x?y=z", "a.example", 0, "/x?y=z"},
		{"http://A.Example:8080/", "a.example", 8080, "/"},
		{"https://a:443/x", "a", 0, "/x"},
		{"http://a:80/x", "a", 0, "/x"},
		{"https://a:80/x", "a", 80, "/x"},
		{"https://a", NULL, 0, NULL},
		{"https:///x", NULL, 0, NULL},
		{"https://a:/x", NULL, 0, NULL},
		{"https://a:0/x", NULL, 0, NULL},
		{"https://a:65536/x", NULL, 0, NULL},
		{"https://a:000443/x", NULL, 0, NULL},
		{"https://user@a/x", NULL, 0, NULL},
		{"https://a@evil/x", NULL, 0, NULL},
		{"https://a\\@evil/x", NULL, 0, NULL},
		{"https://[::1]/x", NULL, 0, NULL},
		{"https://a/x#y", NULL, 0, NULL},
		{"https://a/x y", NULL, 0, NULL},
		{"https://a/x\r\nHost: b", NULL, 0, NULL},
		{"https://a/\xe4\xbd", NULL, 0, NULL},
		{"ftp://a/x", NULL, 0, NULL},
		{"file:///etc/passwd", NULL, 0, NULL},
		{"//a/x", NULL, 0, NULL},
		{"", NULL, 0, NULL},
	};
	HttpAddress address;

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_int_equal(http_read_address(bytes_of(cases[i].text), &address),
						 cases[i].host != NULL);
		if (cases[i].host == NULL)
			continue;
		assert_string_equal(address.host, cases[i].host);
		assert_int_equal(address.port, cases[i].port);
		assert_string_equal(address.target, cases[i].target);
		assert_int_equal(address.is_plain, cases[i].text[4] == ':');
	}
}

static void
test_long_addresses(void **state)
{
	static char text[HTTP_TARGET_SIZE + HTTP_HOST_SIZE];
	HttpAddress address;

	(void) state;
	memcpy(text, "https://a/", 10);
	memset(text + 10, 'x', HTTP_TARGET_SIZE - 2);
	assert_true(http_read_address((Bytes){text, 9 + HTTP_TARGET_SIZE - 1}, &address));
	assert_false(http_read_address((Bytes){text, 9 + HTTP_TARGET_SIZE}, &address));
	memset(text + 8, 'a', HTTP_HOST_SIZE);
	text[8 + HTTP_HOST_SIZE - 1] = '/';
	assert_true(http_read_address((Bytes){text, 8 + HTTP_HOST_SIZE}, &address));
	text[8 + HTTP_HOST_SIZE - 1] = 'a';
	text[8 + HTTP_HOST_SIZE] = '/';
	assert_false(http_read_address((Bytes){text, 8 + HTTP_HOST_SIZE + 1}, &address));
}

static void
test_hosts(void **state)
{
	static const struct
	{
		const char *text;
		bool of_gateways; /* whether it may be followed, where TLS must be, */
		bool of_tests;	  /* and where it need not */
	} cases[] = {
		{"https://api.example.com/x", true, true},
		{"https://bills.example.com/x", true, true},
		{"https://api.example.com:8443/x", true, true},
		{"https://bills.example.com:8443/x", true, true},
		{"http://api.example.com/x", true, true},
		{"https://api.example.com:8444/x", false, false},
		{"https://example.com/x", false, false},
		{"https://api.example.com.evil.com/x", false, false},
		{"https://xapi.example.com/x", false, false},
		{"https://169.254.169.254/x", false, false},
		{"https://localhost/x", false, false},
	};
	Merchant other = {.host = "api.example.com", .bill_host = "bills.example.com", .port = 8443};
	HttpAddress address;

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		other.allow_http = false;
		assert_int_equal(merchant_bill_address(&other, bytes_of(cases[i].text), &address),
						 cases[i].of_gateways);
		assert_true(!cases[i].of_gateways || !address.is_plain);
		other.allow_http = true;
		assert_int_equal(merchant_bill_address(&other, bytes_of(cases[i].text), &address),
						 cases[i].of_tests);
		assert_true(!cases[i].of_tests || address.is_plain == (cases[i].text[4] == ':'));
	}
	other = (Merchant){.host = "api.example.com"};
	assert_false(merchant_bill_address(&other, bytes_of("https://bills.example.com/x"), &address));
}

/* ---- following it --------------------------------------------------------------------- */

static void
test_downloads(void **state)
{
	const ProviderMoment moment = {NOW, NONCE};
	const ProviderLink link = {
		.address = {.host = "api.example.com", .target = "/v3/billdownload/file?token=a"}};
	SignatureKey *merchant_public = signature_public_key(bytes_of(MERCHANT_PUBLIC_KEY));
	char signature[SIGNATURE_TEXT_SIZE];
	const char *header;

	(void) state;
	memset(&request, 0, sizeof(request));
	assert_int_equal(
		providers_find("wechat")->bills->build_download(&merchant, &moment, &link, &request),
		BUILD_SENDS);
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.target, link.address.target);
	header = strstr(request.headers[request.headers_count - 1], "signature=\"");
	assert_non_null(header);
	snprintf(signature, sizeof(signature), "%.344s", header + strlen("signature=\""));
	assert_true(signature_holds(
		merchant_public,
		(Bytes[]){bytes_of("GET\n/v3/billdownload/file?token=a\n1767232800\n" NONCE "\n\n")}, 1,
		bytes_of(signature)));
	/* Alipay's address is a secret of its own. */
	memset(&request, 0xff, sizeof(request));
	assert_int_equal(
		providers_find("alipay")->bills->build_download(&merchant, &moment, &link, &request),
		BUILD_SENDS);
	assert_true(request.headers_count == 0 && request.body_size == 0);
	assert_string_equal(request.target, link.address.target);
	signature_free_key(merchant_public);
}

static void
test_row_travels(void **state)
{
	static char room[FRAME_ROOM];
	const BillRow row = {.kind = BILL_REFUND,
						 .order_number = "R1",
						 .transaction_id = "T1",
						 .refund_number = "F1",
						 .refund_id = "50",
						 .amount_nano = INT64_C(20000000000),
						 .fee_nano = -120000000,
						 .at = 7};
	BillRow read;
	int64_t id;
	size_t size = frame_write_row(9, &row, room);

	(void) state;
	assert_true(size > 0 && size == frame_size((Bytes){room, size}));
	assert_true(frame_read_row((Bytes){room, size}, &id, &read));
	assert_int_equal(id, 9);
	assert_memory_equal(&read, &row, sizeof(row));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wechat_call),	  cmocka_unit_test(test_alipay_call),
		cmocka_unit_test(test_formats),		  cmocka_unit_test(test_wechat_link),
		cmocka_unit_test(test_wechat_errors), cmocka_unit_test(test_alipay_link),
		cmocka_unit_test(test_addresses),	  cmocka_unit_test(test_long_addresses),
		cmocka_unit_test(test_hosts),		  cmocka_unit_test(test_downloads),
		cmocka_unit_test(test_row_travels),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
