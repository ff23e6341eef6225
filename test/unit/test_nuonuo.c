/*-------------------------------------------------------------------------
 *
 * test_nuonuo.c
 *	  Nuonuo: what is asked, and what of its replies is believed.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/nuonuo.h"

#include "gateway/document.h"
#include "gateway/instant.h"
#include "gateway/providers.h"
#include "gateway_vectors.h"
#include "unit.h"

#define NOW INT64_C(1767232800)
#define ROUNDS 3000 /* of mutations */
#define SELLER "339902999999789113"
#define NUMBER "INV202601010001"
#define RED_NUMBER "RC0001"
#define BLUE "26332000000000000001"
#define RED "26332000000000000002"
#define CENT MONEY_NANO_PER_CENT

static Merchant merchant;
static HttpRequest request;
static GatewayAnswer answer;

static int
set_up(void **state)
{
	(void) state;
	merchant = (Merchant){.merchant_id = SELLER,
						  .app_id = "testKey",
						  .app_secret = "testSecret",
						  .host = "sdk.nuonuo.com",
						  .document_host = "inv.jss.com.cn",
						  .token = "5d6f"};
	return 0;
}

static GatewayCall
call_of(CallOperation operation)
{
	return (GatewayCall){
		.operation = operation,
		.amount_nano = 8888 * CENT,
		.created_at = (NOW - INSTANT_EPOCH_S) * 1000000,
		.invoice = {.number = NUMBER,
					.red_number = RED_NUMBER,
					.buyer_name = "某某科技有限公司",
					.buyer_tax_number = "91330106MA2XXXXXX7",
					.seller_name = "某某数据有限公司",
					.seller_tax_number = SELLER,
					.seller_bank = "工商银行",
					.seller_bank_account = "1202",
					.drawer = "张三",
					.goods_name = "*信息技术服务*API调用服务",
					.goods_code = "3040203000000000000",
					.goods_unit = "次",
					.tax_rate_bp = 600,
					.lines_count = 1,
					.lines = {{8888 * CENT, 503 * CENT}},
					.blue_number = BLUE,
					.red_reason = RED_RETURNED,
					.document_url = "https://inv.jss.com.cn/fp2/a.pdf?x=1"},
	};
}

static ProviderBuild
build(const GatewayCall *call)
{
	ProviderMoment moment = {NOW, "0123456789abcdef0123456789abcdef"};

	memset(&request, 0, sizeof(request));
	memset(&answer, 0, sizeof(answer));
	return nuonuo_provider.build(call, &merchant, &moment, &request, &answer);
}

static bool
has_header(const char *header)
{
	for (size_t i = 0; i < request.headers_count; i++)
		if (strcmp(request.headers[i], header) == 0)
			return true;
	return false;
}

static void
assert_body(const char *text)
{
	assert_int_equal(request.body_size, strlen(text));
	assert_memory_equal(request.body, text, request.body_size);
}

/* The signature that was made elsewhere, of this very request. */
static void
test_vector(void **state)
{
	GatewayCall call = call_of(CALL_ISSUE_QUERY);

	(void) state;
	strcpy(call.invoice.number, "R1");
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.target,
						"/open/v1/services?senid=0123456789abcdef0123456789abcdef&nonce=12345678"
						"&timestamp=1767232800&appkey=testKey");
	assert_body(NUONUO_BODY);
	assert_true(has_header("X-Nuonuo-Sign: " NUONUO_SIGNATURE));
	assert_true(has_header("Content-Type: application/json"));
	assert_true(has_header("accessToken: 5d6f"));
	assert_true(has_header("userTax: " SELLER));
	assert_true(has_header("method: nuonuo.OpeMplatform.queryInvoiceResult"));
	assert_int_equal(request.headers_count, 5);
	/* Every part of it is signed. */
	merchant.app_secret[0] = 'T';
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_false(has_header("X-Nuonuo-Sign: " NUONUO_SIGNATURE));
	set_up(NULL);
	strcpy(call.invoice.number, "R2");
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_false(has_header("X-Nuonuo-Sign: " NUONUO_SIGNATURE));
}

static void
test_issue(void **state)
{
	GatewayCall call = call_of(CALL_ISSUE);

	(void) state;
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_true(has_header("method: nuonuo.OpeMplatform.requestBillingNew"));
	assert_body(
		"{\"order\":{\"orderNo\":\"" NUMBER "\",\"invoiceDate\":\"2026-01-01 10:00:00\","
		"\"invoiceType\":\"1\",\"invoiceLine\":\"pc\",\"salerTaxNum\":\"" SELLER "\","
		"\"salerAccount\":\"工商银行 1202\",\"pushMode\":\"-1\",\"clerk\":\"张三\","
		"\"buyerName\":\"某某科技有限公司\",\"buyerTaxNum\":\"91330106MA2XXXXXX7\","
		"\"naturalPersonFlag\":\"0\",\"invoiceDetail\":[{\"goodsName\":"
		"\"*信息技术服务*API调用服务\",\"goodsCode\":\"3040203000000000000\",\"withTaxFlag\":"
		"\"1\",\"price\":\"88.88\",\"num\":\"1\",\"unit\":\"次\",\"taxRate\":\"0.06\","
		"\"taxIncludedAmount\":\"88.88\",\"taxExcludedAmount\":\"83.85\",\"tax\":\"5.03\","
		"\"invoiceLineProperty\":\"0\"}]}}");
}

/* What may be given is. */
static void
test_issue_whole(void **state)
{
	GatewayCall call = call_of(CALL_ISSUE);

	(void) state;
	strcpy(merchant.notify_url, "https://bill.example.com/n/nuonuo");
	call.invoice.is_special = true;
	strcpy(call.invoice.buyer_address, "杭州");
	strcpy(call.invoice.buyer_phone, "0571-1");
	strcpy(call.invoice.buyer_bank_account, "62");
	strcpy(call.invoice.email, "a@b.c");
	strcpy(call.invoice.mobile, "13800000000");
	strcpy(call.invoice.seller_address, "上海");
	strcpy(call.invoice.seller_phone, "021-1");
	call.invoice.tax_rate_bp = 1300;
	call.invoice.lines_count = 2;
	call.invoice.lines[1] = (CallInvoiceLine){CENT, 0};
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_true(request.body_size < HTTP_BODY_SIZE);
	for (size_t i = 0; i < 11; i++)
	{
		static const char *const parts[] = {
			"\"invoiceLine\":\"bs\"",
			"\"callBackUrl\":\"https://bill.example.com/n/nuonuo\"",
			"\"buyerAddress\":\"杭州\"",
			"\"buyerTel\":\"0571-1\"",
			"\"buyerAccount\":\"62\"",
			"\"email\":\"a@b.c\"",
			"\"buyerPhone\":\"13800000000\"",
			"\"salerAddress\":\"上海\"",
			"\"salerTel\":\"021-1\"",
			"\"taxRate\":\"0.13\"",
			"\"taxIncludedAmount\":\"0.01\",\"taxExcludedAmount\":\"0.01\",\"tax\":\"0.00\"",
		};

		assert_non_null(strstr(request.body, parts[i]));
	}
	set_up(NULL);
}

static void
test_rates(void **state)
{
	static const struct
	{
		int32_t bp;
		const char *text;
	} cases[] = {
		{0, "\"taxRate\":\"0.0\""},	   {50, "\"taxRate\":\"0.005\""}, {100, "\"taxRate\":\"0.01\""},
		{300, "\"taxRate\":\"0.03\""}, {1000, "\"taxRate\":\"0.1\""}, {1, "\"taxRate\":\"0.0001\""},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		GatewayCall call = call_of(CALL_ISSUE);

		call.invoice.tax_rate_bp = cases[i].bp;
		assert_int_equal(build(&call), BUILD_SENDS);
		assert_non_null(strstr(request.body, cases[i].text));
	}
}

static void
fill(char *text, size_t size, char with)
{
	memset(text, with, size - 1);
	text[size - 1] = '\0';
}

/* A hundred lines of the longest names fit, whatever they are of. */
static void
test_longest(void **state)
{
	GatewayCall call = call_of(CALL_ISSUE);
	CallInvoice *invoice = &call.invoice;

	(void) state;
	fill(invoice->number, sizeof(invoice->number), 'Z');
	fill(invoice->buyer_name, sizeof(invoice->buyer_name), '"');
	fill(invoice->buyer_tax_number, sizeof(invoice->buyer_tax_number), '"');
	fill(invoice->buyer_address, sizeof(invoice->buyer_address), '"');
	fill(invoice->buyer_phone, sizeof(invoice->buyer_phone), '"');
	fill(invoice->buyer_bank, sizeof(invoice->buyer_bank), '"');
	fill(invoice->buyer_bank_account, sizeof(invoice->buyer_bank_account), '"');
	fill(invoice->email, sizeof(invoice->email), '"');
	fill(invoice->mobile, sizeof(invoice->mobile), '"');
	fill(invoice->seller_address, sizeof(invoice->seller_address), '"');
	fill(invoice->seller_phone, sizeof(invoice->seller_phone), '"');
	fill(invoice->seller_bank, sizeof(invoice->seller_bank), '"');
	fill(invoice->seller_bank_account, sizeof(invoice->seller_bank_account), '"');
	fill(invoice->drawer, sizeof(invoice->drawer), '"');
	fill(invoice->goods_name, sizeof(invoice->goods_name), '"');
	fill(invoice->goods_code, sizeof(invoice->goods_code), '9');
	fill(invoice->goods_unit, sizeof(invoice->goods_unit), '"');
	fill(merchant.notify_url, sizeof(merchant.notify_url), 'n');
	invoice->tax_rate_bp = 9999;
	invoice->lines_count = INVOICE_LINES_MAX;
	for (size_t i = 0; i < INVOICE_LINES_MAX; i++)
		invoice->lines[i] = (CallInvoiceLine){MONEY_NANO_MAX / CENT * CENT,
											  MONEY_NANO_MAX / CENT * CENT / 2 / CENT * CENT};
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_true(request.body_size > 80000 && request.body_size <= HTTP_BODY_SIZE);
	set_up(NULL);
}

static void
test_others(void **state)
{
	GatewayCall call = call_of(CALL_RESEAL);

	(void) state;
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_true(has_header("method: nuonuo.OpeMplatform.reInvoice"));
	assert_body("{\"orderno\":\"" NUMBER "\"}");
	call = call_of(CALL_RED_QUERY);
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_true(has_header("method: nuonuo.OpeMplatform.queryInvoiceRedConfirm"));
	assert_body("{\"identity\":\"0\",\"billId\":\"" RED_NUMBER "\"}");
	call = call_of(CALL_RED_ANSWER);
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_true(has_header("method: nuonuo.OpeMplatform.confirm"));
	assert_body("{\"billId\":\"" RED_NUMBER "\",\"identity\":\"0\",\"confirmAgreement\":\"1\"}");
	call.invoice.red_answer = RED_REFUSE;
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_true(has_header("method: nuonuo.OpeMplatform.confirm"));
	assert_body("{\"billId\":\"" RED_NUMBER "\",\"identity\":\"0\",\"confirmAgreement\":\"0\"}");
	call.invoice.red_answer = RED_WITHDRAW;
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_true(has_header("method: nuonuo.OpeMplatform.confirmInfoCancel"));
	assert_body("{\"billId\":\"" RED_NUMBER "\",\"identity\":\"0\"}");
}

/* One that the buyer began is asked for by Nuonuo's number of it, and answered by the bureau's. */
static void
test_buyers(void **state)
{
	GatewayCall call = call_of(CALL_RED_QUERY);

	(void) state;
	call.invoice.red_number[0] = '\0';
	assert_int_equal(build(&call), BUILD_IMPOSSIBLE);
	strcpy(call.invoice.confirmation_id, "nu1");
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_body("{\"identity\":\"0\",\"billUuid\":\"nu1\"}");
	call.operation = CALL_RED_ANSWER;
	assert_int_equal(build(&call), BUILD_IMPOSSIBLE);
	strcpy(call.invoice.confirmation_number, "990000007566113377");
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_body(
		"{\"billNo\":\"990000007566113377\",\"identity\":\"0\",\"confirmAgreement\":\"1\"}");
}

static GatewayCall
list_of(int64_t page)
{
	GatewayCall call = {.operation = CALL_RED_LIST};

	call.invoice.to_at = (NOW - INSTANT_EPOCH_S) * 1000000; /* 2026-01-01 10:00 in China */
	call.invoice.from_at = call.invoice.to_at - INT64_C(11) * 3600 * 1000000;
	call.invoice.page = page;
	return call;
}

/* By days of China; Nuonuo looks at the bureau once for all pages. */
static void
test_list(void **state)
{
	ProviderMoment moment = {NOW, "0123456789abcdef0123456789abcdef"};
	GatewayCall call = list_of(2);

	(void) state;
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_true(has_header("method: nuonuo.OpeMplatform.queryInvoiceRedConfirm"));
	assert_body(
		"{\"identity\":\"0\",\"billTimeStart\":\"2025-12-31\",\"billTimeEnd\":\"2026-01-01\","
		"\"pageSize\":\"10\",\"pageNo\":\"2\"}");
	answer = (GatewayAnswer){.result = RESULT_DONE};
	assert_int_equal(nuonuo_provider.build_refresh(&call, &merchant, &moment, &answer, &request),
					 BUILD_IMPOSSIBLE);
	call.invoice.page = 1;
	memset(&request, 0, sizeof(request));
	assert_int_equal(nuonuo_provider.build_refresh(&call, &merchant, &moment, &answer, &request),
					 BUILD_SENDS);
	assert_body("{\"identity\":\"0\",\"startTime\":\"2025-12-31\",\"endTime\":\"2026-01-01\"}");
	answer.result = RESULT_UNANSWERED;
	assert_int_equal(nuonuo_provider.build_refresh(&call, &merchant, &moment, &answer, &request),
					 BUILD_IMPOSSIBLE);
	for (int damage = 0; damage < 3; damage++)
	{
		call = list_of(1);
		if (damage == 0)
			call.invoice.page = 0;
		else if (damage == 1)
			call.invoice.from_at = call.invoice.to_at + 1;
		else
			call.invoice.from_at = 0;
		assert_int_equal(build(&call), BUILD_IMPOSSIBLE);
	}
}

/* The bureau's codes of reasons are not Nuonuo's. */
static void
test_red(void **state)
{
	static const char *const reasons[] = {"2", "1", "3", "4"};

	(void) state;
	for (int reason = RED_WRONG; reason <= RED_ALLOWANCE; reason++)
	{
		GatewayCall call = call_of(CALL_RED);
		char expected[1024];

		call.invoice.red_reason = reason;
		call.invoice.is_special = true;
		snprintf(expected, sizeof(expected),
				 "{\"billId\":\"" RED_NUMBER "\",\"blueInvoiceLine\":\"bs\",\"applySource\":\"0\","
				 "\"blueElecInvoiceNumber\":\"" BLUE "\",\"sellerTaxNo\":\"" SELLER "\","
				 "\"sellerName\":\"某某数据有限公司\",\"buyerTaxNo\":\"91330106MA2XXXXXX7\","
				 "\"buyerName\":\"某某科技有限公司\",\"redReason\":\"%s\",\"autoInvoice\":\"1\","
				 "\"orderNo\":\"" RED_NUMBER "\"}",
				 reasons[reason - 1]);
		assert_int_equal(build(&call), BUILD_SENDS);
		assert_true(has_header("method: nuonuo.OpeMplatform.saveInvoiceRedConfirm"));
		assert_body(expected);
	}
}

static void
test_document_address(void **state)
{
	static const char *const elsewhere[] = {
		"https://example.com/fp2/a.pdf",	  "https://inv.jss.com.cn.example.com/a.pdf",
		"ftp://inv.jss.com.cn/a.pdf",		  "https://inv.jss.com.cn:8443/a.pdf",
		"https://u@inv.jss.com.cn/a.pdf",	  "https://inv.jss.com.cn",
		"https://inv.jss.com.cn/a\r\nb: c/x",
	};
	GatewayCall call = call_of(CALL_DOCUMENT);
	HttpAddress address;

	(void) state;
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.target, "/fp2/a.pdf?x=1");
	assert_int_equal(request.headers_count, 0); /* the token stays here */
	assert_int_equal(request.body_size, 0);
	/* By TLS, whatever it says. */
	assert_true(
		merchant_document_address(&merchant, bytes_of("http://inv.jss.com.cn/a"), &address));
	assert_false(address.is_plain);
	assert_true(
		merchant_document_address(&merchant, bytes_of("https://SDK.nuonuo.com/a"), &address));
	assert_false(merchant_bill_address(&merchant, bytes_of("https://inv.jss.com.cn/a"), &address));
	for (size_t i = 0; i < LENGTH(elsewhere); i++)
	{
		strcpy(call.invoice.document_url, elsewhere[i]);
		assert_int_equal(build(&call), BUILD_IMPOSSIBLE);
	}
}

/* Each damage by itself makes a call that cannot be sent. */
static void
test_impossible(void **state)
{
	static const CallOperation lacking[] = {CALL_CREATE,	   CALL_QUERY, CALL_CLOSE, CALL_REFUND,
											CALL_REFUND_QUERY, CALL_SIGN,  CALL_BILL,  CALL_KEYS};

	(void) state;
	for (size_t i = 0; i < LENGTH(lacking); i++)
	{
		GatewayCall call = call_of(lacking[i]);

		strcpy(call.order_number, "R1");
		strcpy(call.bill_day, "2026-01-01");
		assert_int_equal(build(&call), BUILD_IMPOSSIBLE);
		assert_true(nuonuo_provider.lacks & PROVIDER_LACKS(lacking[i]));
	}
	for (int operation = CALL_ISSUE; operation < CALL_OPERATIONS_COUNT; operation++)
		assert_false(nuonuo_provider.lacks & PROVIDER_LACKS(operation));
	for (int damage = 0; damage < 20; damage++)
	{
		GatewayCall call = call_of(CALL_ISSUE);
		CallInvoice *invoice = &call.invoice;

		switch (damage)
		{
			case 0:
				invoice->number[0] = '\0';
				break;
			case 1:
				invoice->number[0] = 'a';
				break;
			case 2:
				invoice->number[0] = '-';
				break;
			case 3:
				invoice->buyer_name[0] = '\0';
				break;
			case 4:
				invoice->buyer_tax_number[0] = '\0';
				break;
			case 5:
				invoice->seller_tax_number[0] = '4';
				break;
			case 6:
				invoice->drawer[0] = '\0';
				break;
			case 7:
				invoice->goods_name[0] = '\0';
				break;
			case 8:
				invoice->lines_count = 0;
				break;
			case 9:
				invoice->lines_count = INVOICE_LINES_MAX + 1;
				break;
			case 10:
				invoice->lines[0].amount_nano = 0;
				break;
			case 11:
				invoice->lines[0].amount_nano++;
				break;
			case 12:
				invoice->lines[0].tax_nano = -CENT;
				break;
			case 13:
				invoice->lines[0].tax_nano = 8888 * CENT;
				break;
			case 14:
				invoice->lines[0].tax_nano--;
				break;
			case 15:
				invoice->lines[0].amount_nano = INT64_MAX / CENT * CENT;
				break;
			case 16:
				invoice->tax_rate_bp = -1;
				break;
			case 17:
				invoice->tax_rate_bp = INVOICE_RATE_BP_MAX;
				break;
			case 18:
				call.created_at = 0;
				break;
			case 19:
				invoice->is_special = invoice->is_individual = true;
				invoice->buyer_tax_number[0] = '\0';
				break;
		}
		assert_int_equal(build(&call), BUILD_IMPOSSIBLE);
	}
}

static void
test_impossible_others(void **state)
{
	(void) state;
	for (int damage = 0; damage < 9; damage++)
	{
		GatewayCall call = call_of(damage < 6 ? CALL_RED : CALL_ISSUE_QUERY);

		switch (damage)
		{
			case 0:
				call.invoice.red_number[0] = '\0';
				break;
			case 1:
				call.invoice.blue_number[19] = '\0';
				break;
			case 2:
				call.invoice.blue_number[0] = 'A';
				break;
			case 3:
				call.invoice.red_reason = 0;
				break;
			case 4:
				call.invoice.red_reason = 5;
				break;
			case 5:
				call.invoice.buyer_name[0] = '\0';
				break;
			case 6:
				merchant.token[0] = '\0';
				break;
			case 7:
				merchant.app_secret[0] = '\0';
				break;
			case 8:
				strcpy(merchant.app_id, "a&b");
				break;
		}
		assert_int_equal(build(&call), BUILD_IMPOSSIBLE);
		set_up(NULL);
	}
}

/* An individual has no tax number. */
static void
test_individual(void **state)
{
	GatewayCall call = call_of(CALL_ISSUE);

	(void) state;
	call.invoice.is_individual = true;
	call.invoice.buyer_tax_number[0] = '\0';
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_non_null(strstr(request.body, "\"naturalPersonFlag\":\"1\""));
	assert_null(strstr(request.body, "buyerTaxNum"));
}

/* ---- the merchant's file --------------------------------------------------- */

static bool
read_secret(void *argument, const char *file, char *room, size_t size_max, size_t *size)
{
	(void) argument;
	*size = strlen("testSecret\n");
	if (strcmp(file, "app.secret") != 0 || size_max < *size)
		return false;
	memcpy(room, "testSecret\n", *size);
	return true;
}

#define FILE_TEXT                                                          \
	"provider = nuonuo\ndatabase = d\nmerchant_id = " SELLER               \
	"\napp_id = testKey\napp_secret = app.secret\nhost = sdk.nuonuo.com\n" \
	"token_host = open.nuonuo.com\ndocument_host = inv.jss.com.cn\n"

static void
test_merchant_file(void **state)
{
	static const char *const unsound[] = {
		FILE_TEXT "token_file = ../nuonuo.token\n",
		FILE_TEXT "token_file = .nuonuo.token\n",
		FILE_TEXT "token_file = a/b\n",
		FILE_TEXT "token_file =\n",
		FILE_TEXT "token_file = a\ntoken_file = b\n",
		FILE_TEXT "token = 5d6f\n", /* it is no setting */
	};
	char fault[MERCHANT_FAULT_SIZE];
	Merchant read;

	(void) state;
	assert_true(merchant_read(bytes_of(FILE_TEXT "token_file = nuonuo.token\n"), true, read_secret,
							  NULL, &read, fault));
	assert_string_equal(read.token_file, "nuonuo.token");
	assert_string_equal(read.token_host, "open.nuonuo.com");
	assert_string_equal(read.document_host, "inv.jss.com.cn");
	assert_string_equal(read.app_secret, "testSecret");
	assert_string_equal(read.token, "");
	assert_ptr_equal(providers_of(&read, fault), &nuonuo_provider);
	merchant_free(&read);
	assert_true(merchant_read(bytes_of(FILE_TEXT), true, read_secret, NULL, &read, fault));
	assert_null(providers_of(&read, fault));
	assert_string_equal(fault, "token_file is missing");
	merchant_free(&read);
	for (size_t i = 0; i < LENGTH(unsound); i++)
		assert_false(merchant_read(bytes_of(unsound[i]), true, read_secret, NULL, &read, fault));
}

/* Of those that take payments none has calls of invoices. */
static void
test_payment_providers(void **state)
{
	ProviderMoment moment = {NOW, "0123456789abcdef0123456789abcdef"};
	const Provider *provider;

	(void) state;
	for (size_t place = 0; (provider = providers_at(place)) != NULL; place++)
		for (int operation = CALL_ISSUE; operation < CALL_OPERATIONS_COUNT; operation++)
		{
			GatewayCall call = call_of((CallOperation) operation);

			if (provider == &nuonuo_provider)
				continue;
			strcpy(call.currency, provider->currency);
			strcpy(call.uid, "1");
			strcpy(call.order_number, "R1");
			assert_true(provider->lacks & PROVIDER_LACKS(operation));
			assert_int_not_equal(provider->build(&call, &merchant, &moment, &request, &answer),
								 BUILD_SENDS);
		}
}

/* ---- tokens -------------------------------------------------------------- */

static bool
read_token(int status, const char *body, ProviderToken *token)
{
	HttpMessage reply = {.status = status, .body = bytes_of(body)};

	*token = (ProviderToken){0};
	return nuonuo_provider.tokens->read(NOW, &reply, token, &answer);
}

static void
test_tokens(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{\"access_token\":\"a\"}",
		"{\"access_token\":\"\",\"expires_in\":86400}",
		"{\"access_token\":\"a b\",\"expires_in\":86400}",
		"{\"access_token\":\"a\\r\\nb\",\"expires_in\":86400}",
		"{\"access_token\":\"\xc3\xa4\",\"expires_in\":86400}",
		"{\"access_token\":\"a\",\"expires_in\":0}",
		"{\"access_token\":\"a\",\"expires_in\":-1}",
		"{\"access_token\":\"a\",\"expires_in\":\"1e3\"}",
		"{\"access_token\":\"a\",\"expires_in\":9999999999999999}",
	};
	ProviderToken token;

	(void) state;
	memset(&request, 0, sizeof(request));
	strcpy(merchant.app_secret, "a&b");
	assert_int_equal(nuonuo_provider.tokens->build(&merchant, &request), BUILD_SENDS);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.target, "/accessToken");
	assert_true(has_header("Content-Type: application/x-www-form-urlencoded"));
	assert_body("client_id=testKey&client_secret=a%26b&grant_type=client_credentials");
	set_up(NULL);
	assert_true(read_token(200, "{\"access_token\":\"5d6f\",\"expires_in\":86400}", &token));
	assert_string_equal(token.text, "5d6f");
	assert_true(token.ends_s == NOW + 86400);
	assert_true(read_token(200, "{\"access_token\":\"5d6f\",\"expires_in\":\"60\"}", &token));
	assert_true(token.ends_s == NOW + 60);
	assert_false(read_token(500, "{\"access_token\":\"5d6f\",\"expires_in\":86400}", &token));
	assert_int_equal(answer.result, RESULT_NOT_DELIVERED);
	for (size_t i = 0; i < LENGTH(bad); i++)
	{
		assert_false(read_token(200, bad[i], &token));
		assert_int_equal(answer.result, RESULT_NOT_DELIVERED);
	}
	assert_false(read_token(200, "{\"error\":\"070306\",\"error_description\":\"x\"}", &token));
	assert_int_equal(answer.result, RESULT_MISCONFIGURED);
	assert_string_equal(answer.code, "070306");
	assert_false(nuonuo_provider.tokens->is_refused(&answer));
}

/* ---- what is answered ---------------------------------------------------- */

static CallResult
read_reply(CallOperation operation, int status, const char *body)
{
	GatewayCall call = call_of(operation);
	HttpMessage reply = {.status = status, .body = bytes_of(body)};

	nuonuo_provider.read_reply(&call, &merchant, NOW, &reply, &answer);
	return answer.result;
}

#define OK(result) "{\"code\":\"E0000\",\"describe\":\"ok\",\"result\":" result "}"
#define CODE(code) "{\"code\":\"" code "\",\"describe\":\"x\"}"
#define WORDS(words) "{\"code\":\"E9999\",\"describe\":\"" words "\"}"

static void
test_codes(void **state)
{
	static const struct
	{
		CallOperation operation;
		const char *body;
		CallResult result;
	} cases[] = {
		{CALL_ISSUE, OK("{\"invoiceSerialNum\":\"26010110000000000001\"}"), RESULT_DONE},
		{CALL_ISSUE, OK("{}"), RESULT_UNANSWERED},
		{CALL_ISSUE, OK("null"), RESULT_UNANSWERED},
		{CALL_ISSUE, CODE("E9106"), RESULT_UNCLEAR},
		{CALL_ISSUE, CODE("E9101"), RESULT_REFUSED},
		{CALL_ISSUE, CODE("E9500"), RESULT_UNANSWERED},
		{CALL_ISSUE, CODE("E9999"), RESULT_UNANSWERED},
		{CALL_ISSUE, CODE("420"), RESULT_MISCONFIGURED},
		{CALL_ISSUE, CODE("430"), RESULT_MISCONFIGURED},
		{CALL_ISSUE, CODE("070301"), RESULT_MISCONFIGURED},
		{CALL_ISSUE, CODE("070306"), RESULT_MISCONFIGURED},
		{CALL_ISSUE, WORDS("开票员未登录电子税务局"), RESULT_MISCONFIGURED},
		{CALL_ISSUE, WORDS("需要人脸识别"), RESULT_MISCONFIGURED},
		{CALL_ISSUE, WORDS("可用授信额度不足"), RESULT_NO_FUNDS},
		{CALL_ISSUE_QUERY, CODE("E9500"), RESULT_ABSENT},
		{CALL_ISSUE_QUERY, CODE("E9101"), RESULT_UNANSWERED},
		{CALL_ISSUE_QUERY, WORDS("授信额度"), RESULT_UNANSWERED},
		{CALL_ISSUE_QUERY, CODE("070302"), RESULT_MISCONFIGURED},
		{CALL_RESEAL, OK("null"), RESULT_DONE},
		{CALL_RESEAL, CODE("E9613"), RESULT_BUSY},
		{CALL_RESEAL, CODE("E9500"), RESULT_ABSENT},
		{CALL_RED, OK("\"" RED_NUMBER "\""), RESULT_DONE},
		{CALL_RED, "{\"code\":\"E0000\"}", RESULT_DONE},
		{CALL_RED, OK("\"RC0002\""), RESULT_UNANSWERED},
		{CALL_RED, CODE("E9103"), RESULT_UNCLEAR},
		{CALL_RED, CODE("E9106"), RESULT_UNCLEAR},
		{CALL_RED, CODE("E9500"), RESULT_UNANSWERED},
		{CALL_RED_ANSWER, OK("{}"), RESULT_DONE},
		{CALL_RED_ANSWER, CODE("E9999"), RESULT_UNANSWERED},
		{CALL_ISSUE, "{\"code\":\"\"}", RESULT_UNANSWERED},
		{CALL_ISSUE, "{\"code\":0}", RESULT_UNANSWERED},
		{CALL_ISSUE, "<html>", RESULT_UNANSWERED},
		{CALL_ISSUE, "", RESULT_UNANSWERED},
		{CALL_DOCUMENT, OK("{}"), RESULT_UNANSWERED},
		{CALL_QUERY, OK("{}"), RESULT_UNANSWERED},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_int_equal(read_reply(cases[i].operation, 200, cases[i].body), cases[i].result);
		assert_int_equal(read_reply(cases[i].operation, 502, cases[i].body), RESULT_UNANSWERED);
	}
	/* A success is one of 200 alone. */
	assert_int_equal(read_reply(CALL_RESEAL, 302, OK("null")), RESULT_UNANSWERED);
	/* What people are told. */
	assert_int_equal(
		read_reply(CALL_ISSUE, 200, "{\"code\":\"E9101\",\"describe\":\"税率\\n错误\"}"),
		RESULT_REFUSED);
	assert_string_equal(answer.code, "E9101");
	assert_string_equal(answer.invoice.cause, "税率 错误");
	assert_int_equal(read_reply(CALL_RED, 200, WORDS("登录")), RESULT_MISCONFIGURED);
	assert_string_equal(answer.red.cause, "登录");
}

/* A token that is none any more; a quota that is used up is something else. */
static void
test_token_refused(void **state)
{
	(void) state;
	(void) read_reply(CALL_ISSUE, 200, CODE("070301"));
	assert_true(nuonuo_provider.tokens->is_refused(&answer));
	(void) read_reply(CALL_ISSUE, 401, CODE("070302"));
	assert_true(nuonuo_provider.tokens->is_refused(&answer));
	(void) read_reply(CALL_ISSUE, 200, CODE("070306"));
	assert_false(nuonuo_provider.tokens->is_refused(&answer));
	(void) read_reply(CALL_ISSUE, 500, CODE("070301"));
	assert_false(nuonuo_provider.tokens->is_refused(&answer));
	(void) read_reply(CALL_ISSUE, 200, CODE("E9101"));
	assert_false(nuonuo_provider.tokens->is_refused(&answer));
}

#define ITEM(status, rest) "{\"orderNo\":\"" NUMBER "\",\"status\":" status rest "}"
#define ISSUED                                                                           \
	",\"allElectronicInvoiceNumber\":\"" BLUE                                            \
	"\",\"invoiceTime\":1767232805000,\"orderAmount\":\"88.88\",\"taxAmount\":\"5.03\"," \
	"\"exTaxAmount\":\"83.85\",\"pdfUrl\":\"https://inv.jss.com.cn/a.pdf\",\"ofdUrl\":"  \
	"\"https://inv.jss.com.cn/a.ofd\",\"salerTaxNum\":\"" SELLER "\",\"failCause\":null"

static void
test_invoice(void **state)
{
	const InvoiceFact *fact = &answer.invoice;

	(void) state;
	assert_int_equal(read_reply(CALL_ISSUE_QUERY, 200, OK("[" ITEM("\"2\"", ISSUED) "]")),
					 RESULT_DONE);
	assert_int_equal(fact->state, INVOICE_FACT_ISSUED);
	assert_string_equal(fact->number, BLUE);
	assert_true(fact->issued_at == (INT64_C(1767232805) - INSTANT_EPOCH_S) * 1000000);
	assert_true(fact->total_nano == 8888 * CENT && fact->tax_nano == 503 * CENT);
	assert_string_equal(fact->pdf_url, "https://inv.jss.com.cn/a.pdf");
	assert_string_equal(fact->ofd_url, "https://inv.jss.com.cn/a.ofd");
	assert_string_equal(fact->cause, "");
	/* By its other name; a red one is below zero. */
	assert_int_equal(
		read_reply(CALL_ISSUE_QUERY, 200,
				   OK("[" ITEM("2", ",\"invoiceNo\":\"" RED "\",\"orderAmount\":\"-88.88\"") "]")),
		RESULT_DONE);
	assert_string_equal(fact->number, RED);
	assert_true(fact->total_nano == 8888 * CENT && fact->issued_at == 0);
}

static void
test_invoice_states(void **state)
{
	static const struct
	{
		const char *item;
		InvoiceFactState state;
		const char *cause;
	} cases[] = {
		{ITEM("\"20\"", ""), INVOICE_FACT_ISSUING, ""},
		{ITEM("21", ",\"invoiceNo\":\"" BLUE "\""), INVOICE_FACT_ISSUING, ""},
		{ITEM("\"22\"", ",\"failCause\":\"税号\\t有误\""), INVOICE_FACT_REFUSED, "税号 有误"},
		{ITEM("\"22\"", ",\"statusMsg\":\"开票失败\""), INVOICE_FACT_REFUSED, "开票失败"},
		{ITEM("\"24\"", ",\"failCause\":\"签章\""), INVOICE_FACT_UNSEALED, "签章"},
		{ITEM("\"3\"", ""), INVOICE_FACT_VOIDED, ""},
		{ITEM("\"31\"", ",\"failCause\":\"x\""), INVOICE_FACT_ISSUING, ""},
	};
	char body[1024];

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		snprintf(body, sizeof(body), OK("[%s]"), cases[i].item);
		assert_int_equal(read_reply(CALL_ISSUE_QUERY, 200, body), RESULT_DONE);
		assert_int_equal(answer.invoice.state, cases[i].state);
		assert_string_equal(answer.invoice.cause, cases[i].cause);
	}
}

/* What is not about the number that was asked, or cannot be read, says nothing. */
static void
test_invoice_unsound(void **state)
{
	static const char *const results[] = {
		"[]",
		"{}",
		"null",
		"[{\"status\":\"2\"" ISSUED "}]",
		"[{\"orderNo\":\"R2\",\"status\":\"2\"" ISSUED "}]",
		"[" ITEM("\"2\"", "") "]",
		"[" ITEM("\"2\"", ",\"invoiceNo\":\"12345678\"") "]",
		"[" ITEM("\"2\"", ",\"allElectronicInvoiceNumber\":\"2633200000000000000X\"") "]",
		"[" ITEM("\"4\"", "") "]",
		"[" ITEM("\"02\"", ISSUED) "]",
		"[" ITEM("null", ISSUED) "]",
		"[" ITEM("\"20\"", "") "," ITEM("\"2\"", ISSUED) "]",
		"[" ITEM("\"20\"", ",\"salerTaxNum\":\"339902999999789114\"") "]",
		"[" ITEM("\"20\"", ",\"orderAmount\":\"1.234\"") "]",
		"[" ITEM("\"20\"", ",\"orderAmount\":\"--1\"") "]",
		"[" ITEM("\"20\"", ",\"taxAmount\":\"x\"") "]",
		"[1,\"x\",null]",
	};
	char body[2048];

	(void) state;
	for (size_t i = 0; i < LENGTH(results); i++)
	{
		snprintf(body, sizeof(body), OK("%s"), results[i]);
		assert_int_equal(read_reply(CALL_ISSUE_QUERY, 200, body), RESULT_UNANSWERED);
	}
	/* Others beside it do no harm. */
	assert_int_equal(
		read_reply(CALL_ISSUE_QUERY, 200,
				   OK("[{\"orderNo\":\"R2\",\"status\":\"22\"}," ITEM("\"2\"", ISSUED) "]")),
		RESULT_DONE);
}

/* A cause ends with a whole character, however long it is. */
static void
test_long_cause(void **state)
{
	for (size_t shift = 0; shift < 3; shift++)
	{
		char body[4096];
		size_t size = (size_t) snprintf(
			body, sizeof(body), "{\"code\":\"E9101\",\"describe\":\"%.*s", (int) shift, "xxx");

		for (int i = 0; i < 400; i++)
			size += (size_t) snprintf(body + size, sizeof(body) - size, "税");
		snprintf(body + size, sizeof(body) - size, "\"}");
		assert_int_equal(read_reply(CALL_ISSUE, 200, body), RESULT_REFUSED);
		assert_int_equal(strlen(answer.invoice.cause),
						 shift + (INVOICE_CAUSE_SIZE - 1 - shift) / 3 * 3);
	}
	(void) state;
}

/* ---- confirmations --------------------------------------------------------- */

#define FORM(status, rest) "{\"billId\":\"" RED_NUMBER "\",\"billStatus\":\"" status "\"" rest "}"
#define LIST(items) OK("{\"total\":1,\"list\":[" items "]}")

static void
test_red_states(void **state)
{
	static const struct
	{
		const char *word;
		RedFactState state;
	} cases[] = {
		{"15", RED_FACT_APPLYING},
		{"01", RED_FACT_FREE},
		{"02", RED_FACT_WAITS_FOR_BUYER},
		{"03", RED_FACT_WAITS_FOR_SELLER},
		{"04", RED_FACT_AGREED},
		{"05", RED_FACT_VOID},
		{"06", RED_FACT_VOID},
		{"07", RED_FACT_VOID},
		{"08", RED_FACT_VOID},
		{"10", RED_FACT_VOID},
		{"09", RED_FACT_WITHDRAWN_LATE},
		{"16", RED_FACT_FAILED},
	};
	char body[1024];

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		snprintf(body, sizeof(body), LIST(FORM("%s", ",\"billMessage\":\"已全额冲红\"")),
				 cases[i].word);
		assert_int_equal(read_reply(CALL_RED_QUERY, 200, body), RESULT_DONE);
		assert_int_equal(answer.red.state, cases[i].state);
		assert_string_equal(answer.red.cause,
							cases[i].state == RED_FACT_FAILED ? "已全额冲红" : "");
		assert_string_equal(answer.red.red_number, "");
		assert_false(answer.red.is_partial);
	}
	assert_int_equal(read_reply(CALL_RED_QUERY, 200, OK("{\"total\":0,\"list\":[]}")),
					 RESULT_ABSENT);
}

static void
test_red_fact(void **state)
{
	const RedFact *fact = &answer.red;

	(void) state;
	assert_int_equal(
		read_reply(CALL_RED_QUERY, 200,
				   LIST(FORM("04", ",\"billNo\":\"990000007566113377\",\"billUuid\":\"nu1\","
								   "\"taxExcludedAmount\":\"-83.85\",\"taxAmount\":\"-5.03\","
								   "\"billTime\":\"2026-01-01 10:00:05\",\"openStatus\":\"1\","
								   "\"blueElecInvoiceNumber\":\"" BLUE "\","
								   "\"redInvoiceNumber\":\"" RED "\""))),
		RESULT_DONE);
	assert_string_equal(fact->red_number, RED);
	assert_string_equal(fact->confirmation_number, "990000007566113377");
	assert_string_equal(fact->confirmation_id, "nu1");
	assert_true(fact->amount_nano == 8888 * CENT);
	assert_false(fact->is_partial);
	assert_true(fact->entered_at == (INT64_C(1767232805) - INSTANT_EPOCH_S) * 1000000);
	assert_int_equal(read_reply(CALL_RED_QUERY, 200,
								LIST(FORM("02", ",\"taxExcludedAmount\":\"-83.84\","
												"\"taxAmount\":\"-5.03\""))),
					 RESULT_DONE);
	assert_true(fact->is_partial && fact->amount_nano == 8887 * CENT);
}

static void
test_red_unsound(void **state)
{
	static const char *const bodies[] = {
		OK("{}"),
		OK("[]"),
		OK("{\"total\":1,\"list\":[1]}"),
		LIST("{\"billId\":\"RC0002\",\"billStatus\":\"04\"}"),
		LIST("{\"billStatus\":\"04\"}"),
		LIST(FORM("04", "") "," FORM("02", "")),
		LIST(FORM("11", "")),
		LIST(FORM("4", "")),
		LIST(FORM("04", ",\"redInvoiceNumber\":\"1\"")),
		LIST(FORM("04", ",\"blueElecInvoiceNumber\":\"" RED "\"")),
		LIST(FORM("04", ",\"blueInvoiceNumber\":\"" RED "\"")),
		LIST(FORM("04", ",\"taxAmount\":\"1e9\"")),
		LIST(FORM("04", ",\"taxAmount\":\"999999999.99\",\"taxExcludedAmount\":\"999999999.99\"")),
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(bodies); i++)
		assert_int_equal(read_reply(CALL_RED_QUERY, 200, bodies[i]), RESULT_UNANSWERED);
}

#define DETAIL(lines) \
	LIST(FORM("04",   \
			  ",\"taxExcludedAmount\":\"-10.00\",\"taxAmount\":\"-0.60\",\"detail\":[" lines "]"))
#define LINE(place, net, tax) \
	"{\"blueDetailIndex\":" place ",\"taxExcludedAmount\":\"" net "\",\"taxAmount\":\"" tax "\"}"

/* What of each line a part is of; where that is not its sum, nobody knows. */
static void
test_red_lines(void **state)
{
	static const struct
	{
		const char *body;
		size_t count;
	} cases[] = {
		{DETAIL(LINE("\"3\"", "-4.00", "-0.24") "," LINE("1", "-6.00", "-0.36")), 3},
		{DETAIL(LINE("1", "-4.00", "-0.24") "," LINE("1", "-6.00", "-0.36")), 1},
		{DETAIL(LINE("1", "-4.00", "-0.24")), 0},
		{DETAIL(""), 0},
		{DETAIL(LINE("0", "-10.00", "-0.60")), 0},
		{DETAIL(LINE("101", "-10.00", "-0.60")), 0},
		{DETAIL("1"), 0},
		{DETAIL(LINE("1", "-10,00", "-0.60")), 0},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_int_equal(read_reply(CALL_RED_QUERY, 200, cases[i].body), RESULT_DONE);
		assert_true(answer.red.is_partial && answer.red.amount_nano == 1060 * CENT);
		assert_int_equal(answer.red.lines_count, cases[i].count);
	}
	(void) read_reply(CALL_RED_QUERY, 200, cases[0].body);
	assert_true(answer.red.lines_nano[0] == 636 * CENT && answer.red.lines_nano[1] == 0 &&
				answer.red.lines_nano[2] == 424 * CENT);
}

#define SEEN(id, number, blue, status, source)                           \
	"{\"billId\":null,\"billUuid\":\"" id "\",\"billNo\":\"" number      \
	"\",\"blueElecInvoiceNumber\":\"" blue "\",\"billStatus\":\"" status \
	"\",\"applySource\":" source ",\"redReason\":\"2\",\"billTime\":\"2026-01-01 10:00:05\"}"

/* Those that buyers began, and that may come to something, of invoices without paper. */
static void
test_seen(void **state)
{
	static const char *const others[] = {
		SEEN("nu1", "99", BLUE, "03", "0"),
		SEEN("nu1", "99", BLUE, "07", "1"),
		SEEN("nu1", "99", BLUE, "16", "1"),
		SEEN("nu1", "99", BLUE, "09", "1"),
		SEEN("nu1", "99", "12345678", "03", "1"),
		SEEN("", "99", BLUE, "03", "1"),
		SEEN("nu1", "", BLUE, "03", "1"),
		SEEN("nu1", "99", "", "03", "1"),
		"1",
	};
	char body[1024];

	(void) state;
	assert_int_equal(read_reply(CALL_RED_LIST, 200,
								OK("{\"total\":\"12\",\"list\":[" SEEN(
									"nu1", "99", BLUE, "03", "\"1\"") "," SEEN("nu2", "98", BLUE,
																			   "01", "1") "]}")),
					 RESULT_DONE);
	assert_true(answer.rows == 12 && answer.seen_count == 2);
	assert_string_equal(answer.seen[1].confirmation_id, "nu2");
	assert_string_equal(answer.seen[1].confirmation_number, "98");
	assert_string_equal(answer.seen[1].blue_number, BLUE);
	assert_int_equal(answer.seen[1].reason, RED_WRONG);
	assert_true(answer.seen[1].entered_at == (INT64_C(1767232805) - INSTANT_EPOCH_S) * 1000000);
	for (size_t i = 0; i < LENGTH(others); i++)
	{
		snprintf(body, sizeof(body), OK("{\"total\":1,\"list\":[%s]}"), others[i]);
		assert_int_equal(read_reply(CALL_RED_LIST, 200, body), RESULT_DONE);
		assert_int_equal(answer.seen_count, 0);
	}
	assert_int_equal(read_reply(CALL_RED_LIST, 200, OK("{\"total\":0,\"list\":[]}")), RESULT_DONE);
	assert_int_equal(read_reply(CALL_RED_LIST, 200, OK("{\"list\":[]}")), RESULT_UNANSWERED);
	assert_int_equal(read_reply(CALL_RED_LIST, 200, OK("{\"total\":1}")), RESULT_UNANSWERED);
	assert_int_equal(
		read_reply(CALL_RED_LIST, 200, OK("{\"total\":11,\"list\":[1,1,1,1,1,1,1,1,1,1,1]}")),
		RESULT_UNANSWERED);
	assert_int_equal(read_reply(CALL_RED_LIST, 200, CODE("E9999")), RESULT_UNANSWERED);
}

/* An entry that is not sound, or long, loses no other one of its page; no list is without end. */
static void
test_neighbours(void **state)
{
	static char body[900 * 1024];
	size_t length;

	(void) state;
	assert_int_equal(
		read_reply(CALL_RED_LIST, 200,
				   OK("{\"total\":2,\"list\":[" SEEN("nu1", "9\\u00009", BLUE, "03", "1") "," SEEN(
					   "nu2", "98", BLUE, "03", "1") "]}")),
		RESULT_DONE);
	assert_int_equal(answer.seen_count, 1);
	assert_string_equal(answer.seen[0].confirmation_id, "nu2");
	length = (size_t) snprintf(body, sizeof(body),
							   "{\"code\":\"E0000\",\"result\":{\"total\":2,\"list\":[" SEEN(
								   "nu1", "99", BLUE, "03", "1") ",{\"detail\":[1");
	while (length < sizeof(body) - 100)
		length += (size_t) snprintf(body + length, 20, ",\"0123456789\"");
	strcpy(body + length, "]}]}}");
	assert_int_equal(read_reply(CALL_RED_LIST, 200, body), RESULT_DONE);
	assert_int_equal(answer.seen_count, 1);
	assert_int_equal(
		read_reply(CALL_RED_LIST, 200, OK("{\"total\":\"9999999999999999\",\"list\":[]}")),
		RESULT_DONE);
	assert_int_equal(answer.rows, 0);
}

/* Of a buyer's must be said of how much it is: he may have begun it of a part. */
static void
test_amount_of_buyers(void **state)
{
	static const struct
	{
		const char *amounts;
		CallResult result;
	} cases[] = {
		{",\"taxExcludedAmount\":\"-83.85\",\"taxAmount\":\"-5.03\"", RESULT_DONE},
		{",\"taxExcludedAmount\":\"-83.85\"", RESULT_DONE},
		{",\"taxExcludedAmount\":null,\"taxAmount\":null", RESULT_UNANSWERED},
		{",\"taxExcludedAmount\":\"0.00\",\"taxAmount\":\"0\"", RESULT_UNANSWERED},
		{"", RESULT_UNANSWERED},
	};
	GatewayCall call = call_of(CALL_RED_QUERY);
	char body[1024];

	(void) state;
	strcpy(call.invoice.confirmation_id, "nu1");
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		HttpMessage reply = {.status = 200};

		snprintf(body, sizeof(body), LIST("{\"billUuid\":\"nu1\",\"billStatus\":\"04\"%s}"),
				 cases[i].amounts);
		reply.body = bytes_of(body);
		nuonuo_provider.read_reply(&call, &merchant, NOW, &reply, &answer);
		assert_int_equal(answer.result, cases[i].result);
	}
}

/* Of one that waits for somebody Nuonuo is asked to look at the bureau. */
static void
test_refresh(void **state)
{
	ProviderMoment moment = {NOW, "0123456789abcdef0123456789abcdef"};
	static const struct
	{
		const char *body;
		ProviderBuild build;
	} cases[] = {
		{LIST(FORM("02", ",\"billUuid\":\"nu1\"")), BUILD_SENDS},
		{LIST(FORM("03", ",\"billUuid\":\"nu1\"")), BUILD_SENDS},
		{LIST(FORM("02", "")), BUILD_IMPOSSIBLE},
		{LIST(FORM("04", ",\"billUuid\":\"nu1\"")), BUILD_IMPOSSIBLE},
		{LIST(FORM("15", ",\"billUuid\":\"nu1\"")), BUILD_IMPOSSIBLE},
		{CODE("E9999"), BUILD_IMPOSSIBLE},
	};
	GatewayCall call = call_of(CALL_RED_QUERY);

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		(void) read_reply(CALL_RED_QUERY, 200, cases[i].body);
		memset(&request, 0, sizeof(request));
		assert_int_equal(
			nuonuo_provider.build_refresh(&call, &merchant, &moment, &answer, &request),
			cases[i].build);
		if (cases[i].build != BUILD_SENDS)
			continue;
		assert_true(has_header("method: nuonuo.OpeMplatform.refreshInvoiceRedConfirm"));
		assert_body("{\"identity\":\"0\",\"billUuid\":\"nu1\"}");
	}
	call = call_of(CALL_ISSUE_QUERY);
	assert_int_equal(nuonuo_provider.build_refresh(&call, &merchant, &moment, &answer, &request),
					 BUILD_IMPOSSIBLE);
}

/* Nobody signs them. */
static void
test_notices(void **state)
{
	HttpMessage notice = {.body = bytes_of("operater=callback&orderno=" NUMBER)};
	NoticeFact fact;

	(void) state;
	assert_int_equal(nuonuo_provider.read_notice(&notice, &merchant, NOW, &fact), NOTICE_FORGED);
}

/* Replies that were changed on their way: whatever comes is answered, and is about our number. */
static void
test_mutations(void **state)
{
	static const char whole[] = OK("[" ITEM("\"2\"", ISSUED) "]");
	char changed[sizeof(whole)];

	(void) state;
	for (int round = 0; round < ROUNDS; round++)
	{
		memcpy(changed, whole, sizeof(whole));
		changed[random_below((int64_t) sizeof(whole) - 1)] ^= (char) (1 << random_below(8));
		if (read_reply(CALL_ISSUE_QUERY, 200, changed) != RESULT_DONE)
			continue;
		assert_non_null(strstr(changed, NUMBER));
		assert_true(answer.invoice.state != INVOICE_FACT_ISSUED ||
					strlen(answer.invoice.number) == INVOICE_NUMBER_SIZE - 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_issue),
		cmocka_unit_test(test_issue_whole),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_buyers),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_red),
		cmocka_unit_test(test_document_address),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_impossible_others),
		cmocka_unit_test(test_individual),
		cmocka_unit_test(test_merchant_file),
		cmocka_unit_test(test_payment_providers),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_token_refused),
		cmocka_unit_test(test_invoice),
		cmocka_unit_test(test_invoice_states),
		cmocka_unit_test(test_invoice_unsound),
		cmocka_unit_test(test_long_cause),
		cmocka_unit_test(test_red_states),
		cmocka_unit_test(test_red_fact),
		cmocka_unit_test(test_red_unsound),
		cmocka_unit_test(test_red_lines),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_amount_of_buyers),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_notices),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
