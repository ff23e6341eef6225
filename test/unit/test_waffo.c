/*-------------------------------------------------------------------------
 *
 * test_waffo.c
 *	  Waffo: what is asked, and what of its replies and notices is believed.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/waffo.h"

#include "gateway_vectors.h"
#include "unit.h"

#include <jansson.h>

#define NOW INT64_C(1767232800)
#define EPOCH_S INT64_C(946684800)
#define ROUNDS 3000 /* of mutations */

static SignatureKey *merchant_public;
static SignatureKey *platform_private;
static Merchant merchant;
static HttpRequest request;
static GatewayAnswer answer;

static int
set_up(void **state)
{
	(void) state;
	merchant_public = signature_public_key(bytes_of(MERCHANT_PUBLIC_KEY));
	platform_private = signature_private_key(bytes_of(PLATFORM_PRIVATE_KEY));
	merchant = (Merchant){
		.merchant_id = "1000000201",
		.notify_url = "https://bill.example.com/n/waffo",
		.api_key = "key-of-the-api",
		.private_key = signature_private_key(bytes_of(MERCHANT_PRIVATE_KEY)),
		.keys = {{"", signature_public_key(bytes_of(PLATFORM_PUBLIC_KEY))}},
		.keys_count = 1,
	};
	return merchant_public && platform_private && merchant.private_key && merchant.keys[0].key ? 0
																							   : -1;
}

static int
tear_down(void **state)
{
	(void) state;
	merchant_free(&merchant);
	signature_free_key(merchant_public);
	signature_free_key(platform_private);
	return 0;
}

static GatewayCall
call_of(CallOperation operation)
{
	return (GatewayCall){
		.operation = operation,
		.product = "credit_card",
		.order_number = "R1",
		.refund_number = "F1",
		.transaction_id = "ACQ1",
		.currency = "USD",
		.amount_nano = INT64_C(12000000000),
		.refund_nano = INT64_C(2050000000),
		.created_at = (NOW - EPOCH_S) * 1000000 + 999999,
		.expires_at = (NOW - EPOCH_S + 1800) * 1000000,
		.description = "API credits",
		.email = "u1@example.com",
		.terminal = "WEB",
	};
}

static ProviderBuild
build_at(const GatewayCall *call, int64_t now_s)
{
	ProviderMoment moment = {now_s, "593BEC0C930BF1AFEB40B4A08C8FB242"};

	memset(&request, 0, sizeof(request));
	memset(&answer, 0, sizeof(answer));
	return waffo_provider.build(call, &merchant, &moment, &request, &answer);
}

/* ---- notices ------------------------------------------------------------- */

static NoticeVerdict
read_signed(Bytes body, Bytes signature, NoticeFact *fact)
{
	HttpHeader header = {bytes_of("x-signature"), signature};
	HttpMessage notice = {.headers = &header, .headers_count = 1, .body = body};

	*fact = (NoticeFact){0};
	return waffo_provider.read_notice(&notice, &merchant, NOW, fact);
}

/* A notice that Waffo signed. */
static NoticeVerdict
read_it(const char *body, NoticeFact *fact)
{
	char signature[SIGNATURE_TEXT_SIZE];
	Bytes bytes = bytes_of(body);

	assert_true(signature_make(platform_private, &bytes, 1, signature));
	return read_signed(bytes, bytes_of(signature), fact);
}

static void
test_vectors(void **state)
{
	GatewayCall call = {.operation = CALL_SIGN};
	Bytes body = bytes_of(WAFFO_REQUEST_BODY);
	char signature[SIGNATURE_TEXT_SIZE];
	NoticeFact fact;

	(void) state;
	assert_true(signature_make(merchant.private_key, &body, 1, signature));
	assert_string_equal(signature, WAFFO_REQUEST_SIGNATURE);
	assert_int_equal(
		read_signed(bytes_of(WAFFO_NOTICE_BODY), bytes_of(WAFFO_NOTICE_SIGNATURE), &fact),
		NOTICE_OF_PAYMENT);
	assert_int_equal(fact.payment.state, FACT_PAID);
	assert_string_equal(fact.payment.order_number, "a1b2c3d4e5f60718293a4b5c6d7e8f90");
	assert_string_equal(fact.payment.transaction_id, "ACQ2026010100000001");
	assert_string_equal(fact.payment.merchant_id, "1000000201");
	assert_string_equal(fact.payment.app_id, "");
	assert_string_equal(fact.payment.currency, "USD");
	assert_true(merchant_is_of(&merchant, &fact.payment));
	assert_true(fact.payment.amount_nano == INT64_C(12000000000));
	assert_true(fact.payment.payer_nano == fact.payment.amount_nano);
	assert_true(fact.payment.paid_at == (NOW + 60 - EPOCH_S) * 1000000);
	/* What a notice is answered with: signed without a word of the caller's. */
	assert_string_equal(waffo_provider.accepted.body, WAFFO_ACCEPTED_BODY);
	assert_string_equal(waffo_provider.signature_header, "X-SIGNATURE");
	strcpy(call.description, "{\"message\":\"another\"}");
	assert_int_equal(build_at(&call, NOW), BUILD_ANSWERS);
	assert_int_equal(answer.result, RESULT_DONE);
	assert_string_equal(answer.signature, WAFFO_ACCEPTED_SIGNATURE);
}

static void
test_forged(void **state)
{
	Bytes body = bytes_of(WAFFO_NOTICE_BODY);
	Bytes signature = bytes_of(WAFFO_NOTICE_SIGNATURE);
	HttpHeader twice[] = {{bytes_of("X-SIGNATURE"), signature},
						  {bytes_of("x-signature"), signature}};
	HttpMessage notice = {.headers = twice, .body = body};
	char changed[sizeof(WAFFO_NOTICE_BODY)];
	NoticeFact fact;

	(void) state;
	assert_int_equal(read_signed(body, bytes_of(""), &fact), NOTICE_FORGED);
	assert_int_equal(read_signed(body, bytes_of(WAFFO_REQUEST_SIGNATURE), &fact), NOTICE_FORGED);
	assert_int_equal(read_signed(body, bytes_of(WAFFO_ACCEPTED_SIGNATURE), &fact), NOTICE_FORGED);
	assert_int_equal(read_signed(bytes_of(""), signature, &fact), NOTICE_FORGED);
	for (notice.headers_count = 0; notice.headers_count <= 2; notice.headers_count++)
		assert_int_equal(waffo_provider.read_notice(&notice, &merchant, NOW, &fact),
						 notice.headers_count == 1 ? NOTICE_OF_PAYMENT : NOTICE_FORGED);
	for (size_t bit = 0; bit < 8 * body.size; bit += 7)
	{
		memcpy(changed, body.data, body.size);
		changed[bit / 8] ^= (char) (1 << bit % 8);
		assert_int_equal(read_signed((Bytes){changed, body.size}, signature, &fact), NOTICE_FORGED);
	}
}

#define EVENT(type, rest) "{\"eventType\":\"" type "_NOTIFICATION\"" rest "}"
#define FLAT(fields) EVENT("PAYMENT", "," fields)
#define NESTED(fields) EVENT("PAYMENT", ",\"result\":{" fields "}")
#define ORDER(number, status) "\"paymentRequestId\":\"" number "\",\"orderStatus\":\"" status "\""
#define PAID(amount, currency, at)                                                          \
	ORDER("R1", "PAY_SUCCESS")                                                              \
	",\"acquiringOrderId\":\"ACQ1\",\"orderAmount\":" amount ",\"orderCurrency\":" currency \
	",\"orderCompletedAt\":" at
#define AT "\"2026-01-01T02:01:00.123Z\""
#define NUMBER_64 "1234567890123456789012345678901234567890123456789012345678901234"

static void
test_payments(void **state)
{
	static const struct
	{
		const char *body;
		NoticeVerdict verdict;
		FactState state;
		int64_t amount_nano;
	} cases[] = {
		{NESTED(PAID("\"12.00\"", "\"USD\"", AT)), NOTICE_OF_PAYMENT, FACT_PAID, 12000000000},
		{FLAT(PAID("\"12.00\"", "\"USD\"", AT)), NOTICE_OF_PAYMENT, FACT_PAID, 12000000000},
		{FLAT("\"result\":\"SUCCESS\"," PAID("\"12\"", "\"USD\"", AT)), NOTICE_OF_PAYMENT,
		 FACT_PAID, 12000000000},
		{NESTED(PAID("\"0.01\"", "\"USD\"", "\"2026-01-01T02:01:00Z\"")), NOTICE_OF_PAYMENT,
		 FACT_PAID, 10000000},
		{NESTED(ORDER("R1", "PAY_IN_PROGRESS")), NOTICE_OF_PAYMENT, FACT_PENDING, 0},
		{NESTED(ORDER("R1", "AUTHORIZATION_REQUIRED")), NOTICE_OF_PAYMENT, FACT_PENDING, 0},
		{NESTED(ORDER("R1", "AUTHED_WAITING_CAPTURE") ",\"orderAmount\":\"12.00\""),
		 NOTICE_OF_PAYMENT, FACT_PENDING, 0},
		{NESTED(ORDER("R1", "ORDER_CLOSE") ",\"orderFailedReason\":{\"code\":\"x\"}"),
		 NOTICE_OF_PAYMENT, FACT_CLOSED, 0},
		{NESTED(ORDER(NUMBER_64, "ORDER_CLOSE")), NOTICE_OF_PAYMENT, FACT_CLOSED, 0},
		{NESTED(ORDER("R1", "PAY_SUCCESS")), NOTICE_MALFORMED, 0, 0},
		{NESTED(ORDER("R1", "REFUNDED")), NOTICE_MALFORMED, 0, 0},
		{NESTED(ORDER("R1", "")), NOTICE_MALFORMED, 0, 0},
		{NESTED(ORDER("", "ORDER_CLOSE")), NOTICE_MALFORMED, 0, 0},
		{NESTED(ORDER("a\\nb", "ORDER_CLOSE")), NOTICE_MALFORMED, 0, 0},
		{NESTED(ORDER(NUMBER_64 "5", "ORDER_CLOSE")), NOTICE_MALFORMED, 0, 0},
		{NESTED("\"orderStatus\":\"ORDER_CLOSE\""), NOTICE_MALFORMED, 0, 0},
		{NESTED(""), NOTICE_MALFORMED, 0, 0},
		/* An object is the payload, whatever stands beside it. */
		{EVENT("PAYMENT", ",\"result\":{}," ORDER("R1", "ORDER_CLOSE")), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("\"12.001\"", "\"USD\"", AT)), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("\"-12.00\"", "\"USD\"", AT)), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("\"0.00\"", "\"USD\"", AT)), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("\"1000000000.00\"", "\"USD\"", AT)), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("\"99999999999999999999999999\"", "\"USD\"", AT)), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("\"12,00\"", "\"USD\"", AT)), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("12.00", "\"USD\"", AT)), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("12", "\"USD\"", AT)), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("null", "\"USD\"", AT)), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("\"12.00\"", "\"USDT\"", AT)), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("\"12.00\"", "840", AT)), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("\"12.00\"", "\"USD\"", "null")), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("\"12.00\"", "\"USD\"", "\"2026-01-01 02:01:00\"")), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("\"12.00\"", "\"USD\"", "\"2000-01-01T00:00:00Z\"")), NOTICE_MALFORMED, 0, 0},
		{NESTED(PAID("\"12.00\"", "\"USD\"", AT) ",\"orderAmount\":\"99.00\""), NOTICE_MALFORMED, 0,
		 0},
		{NESTED(PAID("\"12.00\"", "\"USD\"", AT) ",\"merchantInfo\":{\"merchantId\":7}"),
		 NOTICE_MALFORMED, 0, 0},
		{EVENT("SUBSCRIPTION_STATUS", ",\"result\":{}"), NOTICE_OF_ANOTHER_KIND, 0, 0},
		{"{}", NOTICE_OF_ANOTHER_KIND, 0, 0},
		{"{\"eventType\":7}", NOTICE_OF_ANOTHER_KIND, 0, 0},
		{"[]", NOTICE_MALFORMED, 0, 0},
		{"", NOTICE_MALFORMED, 0, 0},
		{"{\"eventType\":", NOTICE_MALFORMED, 0, 0},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		NoticeFact fact;

		assert_int_equal(read_it(cases[i].body, &fact), cases[i].verdict);
		if (cases[i].verdict != NOTICE_OF_PAYMENT)
			continue;
		assert_int_equal(fact.payment.state, cases[i].state);
		assert_true(fact.payment.amount_nano == cases[i].amount_nano);
		assert_true((fact.payment.paid_at > 0) == (cases[i].state == FACT_PAID));
	}
}

/* Waffo may say whose an order is, and milliseconds. */
static void
test_parties(void **state)
{
	NoticeFact fact;

	(void) state;
	assert_int_equal(read_it(NESTED(PAID("\"12.00\"", "\"USD\"",
										 AT) ",\"merchantInfo\":{\"merchantId\":\"OTHER\"}"),
							 &fact),
					 NOTICE_OF_PAYMENT);
	assert_string_equal(fact.payment.merchant_id, "OTHER");
	assert_false(merchant_is_of(&merchant, &fact.payment));
	assert_true(fact.payment.paid_at == (NOW + 60 - EPOCH_S) * 1000000 + 123000);
	assert_int_equal(read_it(NESTED(ORDER("R1", "ORDER_CLOSE") ",\"merchantInfo\":null"), &fact),
					 NOTICE_OF_PAYMENT);
	assert_string_equal(fact.payment.merchant_id, "1000000201");
}

#define REFUND(number, status, amount, rest)                              \
	"\"refundRequestId\":" number ",\"acquiringRefundOrderId\":\"ARF1\"," \
	"\"acquiringOrderId\":\"ACQ1\",\"refundStatus\":\"" status "\",\"refundAmount\":" amount rest
#define REFUND_NOTICE(fields) EVENT("REFUND", ",\"result\":{" fields "}")
#define PARTLY "ORDER_PARTIALLY_REFUNDED"

static void
test_refunds(void **state)
{
	static const struct
	{
		const char *body;
		NoticeVerdict verdict;
		RefundState state;
		const char *dispute;
	} cases[] = {
		{REFUND_NOTICE(REFUND("\"F1\"", PARTLY, "\"2.05\"", "")), NOTICE_OF_REFUND, REFUND_PAID,
		 ""},
		{EVENT("REFUND", "," REFUND("\"F1\"", "ORDER_FULLY_REFUNDED", "\"2.05\"", "")),
		 NOTICE_OF_REFUND, REFUND_PAID, ""},
		{REFUND_NOTICE(REFUND("\"F1\"", "REFUND_IN_PROGRESS", "\"2.05\"",
							  ",\"refundSource\":\"MERCHANT\",\"refundCompletedAt\":null")),
		 NOTICE_OF_REFUND, REFUND_PENDING, ""},
		{REFUND_NOTICE(REFUND("\"F1\"", "ORDER_REFUND_FAILED", "\"2.05\"",
							  ",\"refundFailedReason\":\"{}\",\"refundCompletedAt\":" AT)),
		 NOTICE_OF_REFUND, REFUND_FAILED, ""},
		{REFUND_NOTICE(REFUND("\"unknown\"", PARTLY, "\"2.05\"", ",\"refundSource\":\"RDR\"")),
		 NOTICE_OF_REFUND, REFUND_PAID, "RDR"},
		{REFUND_NOTICE(REFUND("null", PARTLY, "\"2.05\"", ",\"refundSource\":\"ETHOCA\"")),
		 NOTICE_OF_REFUND, REFUND_PAID, "ETHOCA"},
		{REFUND_NOTICE(REFUND("\"\"", PARTLY, "\"2.05\"", ",\"refundSource\":\"PORTAL\"")),
		 NOTICE_OF_REFUND, REFUND_PAID, "PORTAL"},
		{REFUND_NOTICE(REFUND("\"F1\"", PARTLY, "\"2.05\"", ",\"refundSource\":7")),
		 NOTICE_MALFORMED, 0, ""},
		{REFUND_NOTICE(REFUND("7", PARTLY, "\"2.05\"", "")), NOTICE_MALFORMED, 0, ""},
		{REFUND_NOTICE(REFUND("\"F1\"", "REFUNDED", "\"2.05\"", "")), NOTICE_MALFORMED, 0, ""},
		{REFUND_NOTICE(REFUND("\"F1\"", PARTLY, "\"0.00\"", "")), NOTICE_MALFORMED, 0, ""},
		{REFUND_NOTICE(REFUND("\"F1\"", PARTLY, "\"-1.00\"", "")), NOTICE_MALFORMED, 0, ""},
		{REFUND_NOTICE(REFUND("\"F1\"", PARTLY, "\"2.055\"", "")), NOTICE_MALFORMED, 0, ""},
		{REFUND_NOTICE(REFUND("\"F1\"", PARTLY, "2.05", "")), NOTICE_MALFORMED, 0, ""},
		{REFUND_NOTICE(REFUND("\"F1\"", PARTLY, "\"2.05\"", ",\"refundCompletedAt\":\"now\"")),
		 NOTICE_MALFORMED, 0, ""},
		{REFUND_NOTICE(REFUND("\"F1\"", PARTLY, "\"2.05\"", ",\"refundCurrency\":\"DOLLAR\"")),
		 NOTICE_MALFORMED, 0, ""},
		{REFUND_NOTICE("\"refundRequestId\":\"F1\",\"refundStatus\":\"" PARTLY
					   "\",\"refundAmount\":\"2.05\""),
		 NOTICE_MALFORMED, 0, ""},
		{REFUND_NOTICE(""), NOTICE_MALFORMED, 0, ""},
	};
	NoticeFact fact;

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_int_equal(read_it(cases[i].body, &fact), cases[i].verdict);
		if (cases[i].verdict != NOTICE_OF_REFUND)
			continue;
		assert_int_equal(fact.refund.state, cases[i].state);
		assert_string_equal(fact.refund.dispute, cases[i].dispute);
		assert_string_equal(fact.refund.currency, "USD");
		assert_true(fact.refund.refunded_at == 0);
	}
	assert_int_equal(read_it(REFUND_NOTICE(REFUND("\"F1\"", PARTLY, "\"2.05\"",
												  ",\"origPaymentRequestId\":\"R1\","
												  "\"refundCurrency\":\"EUR\","
												  "\"refundCompletedAt\":" AT)),
							 &fact),
					 NOTICE_OF_REFUND);
	assert_string_equal(fact.refund.refund_number, "F1");
	assert_string_equal(fact.refund.refund_id, "ARF1");
	assert_string_equal(fact.refund.transaction_id, "ACQ1");
	assert_string_equal(fact.refund.order_number, "R1");
	assert_string_equal(fact.refund.merchant_id, "1000000201");
	assert_string_equal(fact.refund.currency, "EUR");
	assert_true(fact.refund.amount_nano == 2050000000 && fact.refund.payer_nano == 2050000000);
	assert_true(fact.refund.refunded_at == (NOW + 60 - EPOCH_S) * 1000000 + 123000);
}

/* ---- what is asked ------------------------------------------------------- */

#define CREATE_BODY                                                                               \
	"{\"paymentRequestId\":\"R1\",\"merchantOrderId\":\"R1\",\"orderCurrency\":\"USD\","          \
	"\"orderAmount\":\"12.00\",\"orderDescription\":\"API credits\",\"orderRequestedAt\":"        \
	"\"2026-01-01T02:00:00.000Z\",\"orderExpiredAt\":\"2026-01-01T02:30:00.000Z\",\"notifyUrl\":" \
	"\"https://bill.example.com/n/waffo\",\"merchantInfo\":{\"merchantId\":\"1000000201\"},"      \
	"\"userInfo\":{\"userId\":\"R1\",\"userEmail\":\"u1@example.com\",\"userTerminal\":\"WEB\"}," \
	"\"paymentInfo\":{\"productName\":\"ONE_TIME_PAYMENT\",\"payMethodType\":\"CREDITCARD\"}}"

/* A member of what would be sent; to be compared. */
static void
check_sent(const char *object, const char *member, const char *expected)
{
	json_t *body = json_loadb(request.body, request.body_size, 0, NULL);
	const json_t *at = object ? json_object_get(body, object) : body;
	const char *text = json_string_value(json_object_get(at, member));

	if (expected)
		assert_string_equal(text, expected);
	else
		assert_null(text);
	json_decref(body);
}

static void
test_requests(void **state)
{
	static const struct
	{
		CallOperation operation;
		const char *target;
		const char *body;
	} cases[] = {
		{CALL_CREATE, "/api/v1/order/create", CREATE_BODY},
		{CALL_QUERY, "/api/v1/order/inquiry", "{\"paymentRequestId\":\"R1\"}"},
		{CALL_CLOSE, "/api/v1/order/cancel",
		 "{\"paymentRequestId\":\"R1\",\"merchantId\":\"1000000201\",\"orderRequestedAt\":"
		 "\"2026-01-01T02:00:00.000Z\"}"},
		{CALL_REFUND, "/api/v1/order/refund",
		 "{\"refundRequestId\":\"F1\",\"merchantRefundOrderId\":\"F1\",\"acquiringOrderId\":"
		 "\"ACQ1\",\"merchantId\":\"1000000201\",\"requestedAt\":\"2026-01-01T02:00:00.000Z\","
		 "\"refundAmount\":\"2.05\",\"refundReason\":\"Refund\",\"refundNotifyUrl\":"
		 "\"https://bill.example.com/n/waffo\"}"},
		{CALL_REFUND_QUERY, "/api/v1/refund/inquiry", "{\"refundRequestId\":\"F1\"}"},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		GatewayCall call = call_of(cases[i].operation);
		Bytes body;
		static HttpRequest first;

		assert_int_equal(build_at(&call, NOW), BUILD_SENDS);
		assert_string_equal(request.method, "POST");
		assert_string_equal(request.target, cases[i].target);
		assert_string_equal(request.body, cases[i].body);
		body = (Bytes){request.body, request.body_size};
		assert_int_equal(request.headers_count, 4);
		assert_string_equal(request.headers[0], "Content-Type: application/json");
		assert_string_equal(request.headers[1], "X-API-VERSION: 1.0.0");
		assert_string_equal(request.headers[2], "X-API-KEY: key-of-the-api");
		assert_memory_equal(request.headers[3], "X-SIGNATURE: ", 13);
		assert_true(signature_holds(merchant_public, &body, 1, bytes_of(request.headers[3] + 13)));
		/* Sent again at another moment it is the same. */
		first = request;
		assert_int_equal(build_at(&call, NOW + 86400), BUILD_SENDS);
		assert_memory_equal(&first, &request, sizeof(request));
	}
}

/* What a create says beside what all say. */
static void
test_create(void **state)
{
	static const char *const types[][2] = {{"credit_card", "CREDITCARD"},
										   {"debit_card", "DEBITCARD"},
										   {"apple_pay", "APPLEPAY"},
										   {"google_pay", "GOOGLEPAY"}};
	GatewayCall call;

	(void) state;
	for (size_t i = 0; i < LENGTH(types); i++)
	{
		call = call_of(CALL_CREATE);
		strcpy(call.product, types[i][0]);
		assert_int_equal(build_at(&call, NOW), BUILD_SENDS);
		check_sent("paymentInfo", "payMethodType", types[i][1]);
		check_sent(NULL, "successRedirectUrl", NULL);
		assert_string_equal(waffo_provider.products[i].name, types[i][0]);
		assert_int_equal(waffo_provider.products[i].needs, PAYER_EMAIL | PAYER_TERMINAL);
		assert_int_equal(waffo_provider.products[i].pays_with, PAYS_BY_URL);
	}
	assert_null(waffo_provider.products[4].name);
	call = call_of(CALL_CREATE);
	strcpy(call.uid, "u1");
	strcpy(call.terminal, "APP");
	strcpy(call.return_url, "https://shop.example.com/back");
	strcpy(merchant.app_id, "Shop");
	/* 63 bytes and a character of three: 66 are too many. */
	memset(call.description, 'x', 63);
	strcpy(call.description + 63, "充值");
	assert_int_equal(build_at(&call, NOW), BUILD_SENDS);
	check_sent("userInfo", "userId", "u1");
	check_sent("userInfo", "userTerminal", "APP");
	check_sent(NULL, "successRedirectUrl", "https://shop.example.com/back");
	check_sent(NULL, "failedRedirectUrl", "https://shop.example.com/back");
	check_sent(NULL, "cancelRedirectUrl", "https://shop.example.com/back");
	check_sent("goodsInfo", "appName", "Shop");
	check_sent(NULL, "orderDescription", call.description);
	call.description[63] = '\0';
	check_sent("goodsInfo", "goodsName", call.description);
	/* 64 bytes that end with a character are all. */
	strcpy(call.description + 61, "充");
	assert_int_equal(build_at(&call, NOW), BUILD_SENDS);
	check_sent("goodsInfo", "goodsName", call.description);
	memset(merchant.app_id, 0, sizeof(merchant.app_id));
}

static void
check_impossible(const GatewayCall *call)
{
	assert_int_equal(build_at(call, NOW), BUILD_IMPOSSIBLE);
}

static void
test_impossible(void **state)
{
	GatewayCall call = call_of(CALL_BILL);
	Merchant with_key = merchant;

	(void) state;
	strcpy(call.bill_day, "2026-01-01");
	check_impossible(&call);
	call = call_of(CALL_CREATE);
	strcpy(call.terminal, "web");
	check_impossible(&call);
	call = call_of(CALL_CREATE);
	call.email[0] = '\0';
	check_impossible(&call);
	call = call_of(CALL_CREATE);
	strcpy(call.product, "cash");
	check_impossible(&call);
	call = call_of(CALL_CREATE);
	strcpy(call.currency, "EUR");
	check_impossible(&call);
	call = call_of(CALL_CREATE);
	strcpy(call.order_number, "R 1");
	check_impossible(&call);
	strcpy(call.order_number, "R12345678901234567890123456789012");
	check_impossible(&call);
	call = call_of(CALL_CREATE);
	strcpy(call.description, "\xff");
	check_impossible(&call);
	call = call_of(CALL_REFUND);
	call.refund_nano = call.amount_nano + 1;
	check_impossible(&call);
	call = call_of(CALL_REFUND);
	strcpy(call.refund_number, "F12345678901234567890123456789012");
	check_impossible(&call);
	merchant.private_key = NULL;
	call = call_of(CALL_QUERY);
	check_impossible(&call);
	call.operation = CALL_SIGN;
	check_impossible(&call);
	merchant = with_key;
}

/* ---- what is answered ---------------------------------------------------- */

typedef enum Signed
{
	UNSIGNED,
	SIGNED,
	SIGNED_BY_US
} Signed;

static CallResult
read_reply(const GatewayCall *call, int status, const char *body, Signed by)
{
	char signature[SIGNATURE_TEXT_SIZE] = "";
	Bytes bytes = bytes_of(body);
	HttpHeader header = {bytes_of("X-Signature"), {NULL, 0}};
	HttpMessage reply = {
		.status = status, .headers = &header, .headers_count = by != UNSIGNED, .body = bytes};

	assert_true(signature_make(by == SIGNED_BY_US ? merchant.private_key : platform_private, &bytes,
							   1, signature));
	header.value = bytes_of(signature);
	waffo_provider.read_reply(call, &merchant, NOW, &reply, &answer);
	return answer.result;
}

#define OK(fields) "{\"code\":\"0\",\"msg\":\"Success\",\"data\":{" fields "}}"
#define ACTION(url) \
	",\"orderAction\":\"{\\\"actionType\\\":\\\"WEB\\\",\\\"webUrl\\\":\\\"" url "\\\"}\""
#define PAGE ACTION("https://pay.waffo.com/c?a=b")
#define CREATED(rest) OK(ORDER("R1", "PAY_IN_PROGRESS") rest)

static void
test_replies(void **state)
{
	static const struct
	{
		CallOperation operation;
		int status;
		const char *body;
		Signed by;
		CallResult result;
	} cases[] = {
		{CALL_CREATE, 200, CREATED(PAGE), SIGNED, RESULT_DONE},
		{CALL_CREATE, 200, CREATED(PAGE), UNSIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, CREATED(PAGE), SIGNED_BY_US, RESULT_UNANSWERED},
		{CALL_CREATE, 500, CREATED(PAGE), SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 302, CREATED(PAGE), SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, OK(ORDER("R2", "PAY_IN_PROGRESS") PAGE), SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, OK(ORDER("R1", "WHAT") PAGE), SIGNED, RESULT_UNANSWERED},
		/* Sent again, and it was paid or has ended. */
		{CALL_CREATE, 200, OK(ORDER("R1", "PAY_SUCCESS")), SIGNED, RESULT_UNCLEAR},
		{CALL_CREATE, 200, OK(ORDER("R1", "ORDER_CLOSE") PAGE), SIGNED, RESULT_UNCLEAR},
		{CALL_CREATE, 200, CREATED(""), SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, CREATED(",\"orderAction\":{\"webUrl\":\"https://x.example\"}"), SIGNED,
		 RESULT_UNANSWERED},
		{CALL_CREATE, 200, CREATED(",\"orderAction\":\"https://x.example\""), SIGNED,
		 RESULT_UNANSWERED},
		{CALL_CREATE, 200, CREATED(",\"orderAction\":\"[]\""), SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, CREATED(ACTION("http://pay.waffo.com/")), SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, CREATED(ACTION("javascript:alert(1)")), SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, CREATED(ACTION("https://a b")), SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, CREATED(ACTION("https://a'<b")), SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, CREATED(ACTION("https://a\xc3\xa4")), SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, CREATED(ACTION("")), SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, "{\"code\":\"0\"}", SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, "{\"code\":\"0\",\"data\":\"{}\"}", SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, "{\"code\":0,\"data\":{}}", SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, "", SIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, "<html>", UNSIGNED, RESULT_UNANSWERED},
		{CALL_CREATE, 200, "{\"code\":\"0\",\"code\":\"0\"}", SIGNED, RESULT_UNANSWERED},
		{CALL_QUERY, 200, OK(PAID("\"12.00\"", "\"USD\"", AT)), SIGNED, RESULT_DONE},
		{CALL_QUERY, 200, OK(PAID("\"12.00\"", "\"USD\"", AT)), UNSIGNED, RESULT_UNANSWERED},
		{CALL_QUERY, 200, OK(ORDER("R1", "ORDER_CLOSE")), SIGNED, RESULT_DONE},
		{CALL_QUERY, 200, OK(ORDER("R2", "ORDER_CLOSE")), SIGNED, RESULT_UNANSWERED},
		{CALL_QUERY, 200, OK(ORDER("R1", "PAY_SUCCESS")), SIGNED, RESULT_UNANSWERED},
		{CALL_CLOSE, 200, OK(ORDER("R1", "ORDER_CLOSE")), SIGNED, RESULT_DONE},
		{CALL_CLOSE, 200, OK(ORDER("R1", "ORDER_CLOSE")), UNSIGNED, RESULT_UNANSWERED},
		{CALL_CLOSE, 200, OK(ORDER("R2", "ORDER_CLOSE")), SIGNED, RESULT_UNANSWERED},
		{CALL_CLOSE, 200, OK(ORDER("R1", "PAY_SUCCESS")), SIGNED, RESULT_UNCLEAR},
		{CALL_CLOSE, 200, OK(ORDER("R1", "GONE")), SIGNED, RESULT_UNANSWERED},
		{CALL_REFUND, 200, OK(REFUND("\"F1\"", "REFUND_IN_PROGRESS", "\"2.05\"", "")), SIGNED,
		 RESULT_DONE},
		{CALL_REFUND, 200, OK(REFUND("\"F1\"", "REFUND_IN_PROGRESS", "\"2.05\"", "")), UNSIGNED,
		 RESULT_UNANSWERED},
		{CALL_REFUND, 200, OK(REFUND("\"F2\"", PARTLY, "\"2.05\"", "")), SIGNED, RESULT_UNANSWERED},
		{CALL_REFUND, 200, OK(REFUND("null", PARTLY, "\"2.05\"", "")), SIGNED, RESULT_UNANSWERED},
		{CALL_REFUND_QUERY, 200, OK(REFUND("\"F1\"", PARTLY, "\"2.05\"", "")), SIGNED, RESULT_DONE},
		{CALL_REFUND_QUERY, 200, OK(REFUND("\"F2\"", PARTLY, "\"2.05\"", "")), SIGNED,
		 RESULT_UNANSWERED},
		{CALL_SIGN, 200, OK(""), SIGNED, RESULT_UNANSWERED},
		{CALL_BILL, 200, OK(""), SIGNED, RESULT_UNANSWERED},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		GatewayCall call = call_of(cases[i].operation);

		assert_int_equal(read_reply(&call, cases[i].status, cases[i].body, cases[i].by),
						 cases[i].result);
		assert_string_equal(answer.pay_url,
							cases[i].operation == CALL_CREATE && cases[i].result == RESULT_DONE
								? "https://pay.waffo.com/c?a=b"
								: "");
	}
}

/* A page of another scheme for tests alone; one that fits, and one that is a byte too long. */
static void
test_pages(void **state)
{
	GatewayCall call = call_of(CALL_CREATE);
	char url[CALL_PAY_URL_SIZE + 1] = "https://";
	char body[2 * CALL_PAY_URL_SIZE];

	(void) state;
	merchant.allow_http = true;
	assert_int_equal(read_reply(&call, 200, CREATED(ACTION("http://127.0.0.1:1/")), SIGNED),
					 RESULT_DONE);
	merchant.allow_http = false;
	memset(url + 8, 'a', CALL_PAY_URL_SIZE - 8);
	for (int too_long = 1; too_long >= 0; too_long--)
	{
		url[CALL_PAY_URL_SIZE - 1 + too_long] = '\0';
		snprintf(body, sizeof(body), CREATED(ACTION("%s")), url);
		assert_int_equal(read_reply(&call, 200, body, SIGNED),
						 too_long ? RESULT_UNANSWERED : RESULT_DONE);
	}
}

/* The refund that was asked for by the gateway's own number: a dispute's has none of ours. */
static void
test_refund_by_id(void **state)
{
	GatewayCall call = call_of(CALL_REFUND_QUERY);

	(void) state;
	call.refund_number[0] = '\0';
	strcpy(call.refund_id, "ARF1");
	assert_int_equal(build_at(&call, NOW), BUILD_SENDS);
	assert_string_equal(request.body, "{\"acquiringRefundOrderId\":\"ARF1\"}");
	assert_int_equal(
		read_reply(&call, 200,
				   OK(REFUND("\"RDR7\"", PARTLY, "\"2.05\"", ",\"refundSource\":\"RDR\"")), SIGNED),
		RESULT_DONE);
	assert_string_equal(answer.refund.dispute, "RDR");
	assert_string_equal(answer.refund.refund_number, "RDR7");
	assert_string_equal(answer.code, "0");
	strcpy(call.refund_id, "ARF2");
	assert_int_equal(read_reply(&call, 200, OK(REFUND("\"RDR7\"", PARTLY, "\"2.05\"", "")), SIGNED),
					 RESULT_UNANSWERED);
	strcpy(call.refund_id, "ARF1");
	strcpy(call.transaction_id, "ACQ2");
	assert_int_equal(read_reply(&call, 200, OK(REFUND("\"RDR7\"", PARTLY, "\"2.05\"", "")), SIGNED),
					 RESULT_UNANSWERED);
}

/* Errors need no signature, and none says that money moved. */
static void
test_codes(void **state)
{
	static const struct
	{
		const char *code;
		CallResult created;
		CallResult refunded; /* and closed */
	} cases[] = {
		{"A0001", RESULT_MISCONFIGURED, RESULT_MISCONFIGURED},
		{"A0002", RESULT_MISCONFIGURED, RESULT_MISCONFIGURED},
		{"A0003", RESULT_REFUSED, RESULT_REFUSED},
		{"A0008", RESULT_BUSY, RESULT_BUSY},
		{"A0009", RESULT_ABSENT, RESULT_ABSENT},
		{"A0011", RESULT_UNCLEAR, RESULT_UNCLEAR},
		{"A0012", RESULT_UNANSWERED, RESULT_NO_FUNDS},
		{"A0013", RESULT_UNCLEAR, RESULT_UNCLEAR},
		{"A0014", RESULT_REFUSED, RESULT_REFUSED},
		{"A0015", RESULT_UNCLEAR, RESULT_UNCLEAR},
		{"A0016", RESULT_UNCLEAR, RESULT_UNCLEAR},
		{"A0017", RESULT_REFUSED, RESULT_REFUSED},
		{"A0027", RESULT_REFUSED, RESULT_REFUSED},
		{"A0034", RESULT_REFUSED, RESULT_REFUSED},
		{"A0039", RESULT_UNCLEAR, RESULT_UNCLEAR},
		{"A0040", RESULT_BUSY, RESULT_BUSY},
		{"B0003", RESULT_UNANSWERED, RESULT_NO_FUNDS},
		{"B0004", RESULT_UNANSWERED, RESULT_UNANSWERED},
		{"C0001", RESULT_UNANSWERED, RESULT_UNANSWERED},
		{"C0003", RESULT_REFUSED, RESULT_UNCLEAR},
		{"C0005", RESULT_REFUSED, RESULT_UNCLEAR},
		{"C0006", RESULT_REFUSED, RESULT_UNCLEAR},
		{"C0007", RESULT_REFUSED, RESULT_UNCLEAR},
		{"D0001", RESULT_REFUSED, RESULT_UNCLEAR},
		{"E0001", RESULT_UNANSWERED, RESULT_UNANSWERED},
		{"Z9999", RESULT_UNANSWERED, RESULT_UNANSWERED},
		{"00", RESULT_UNANSWERED, RESULT_UNANSWERED},
	};
	char body[256];

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		GatewayCall create = call_of(CALL_CREATE);
		GatewayCall refund = call_of(CALL_REFUND);
		GatewayCall close = call_of(CALL_CLOSE);
		bool is_believed_down = strcmp(cases[i].code, "C0005") == 0;

		snprintf(body, sizeof(body), "{\"code\":\"%s\",\"msg\":\"m\",\"data\":{%s}}", cases[i].code,
				 PAID("\"12.00\"", "\"USD\"", AT));
		assert_int_equal(read_reply(&create, 200, body, UNSIGNED), cases[i].created);
		assert_string_equal(answer.code, cases[i].code);
		assert_int_equal(read_reply(&refund, 406, body, SIGNED), cases[i].refunded);
		assert_int_equal(read_reply(&close, 200, body, UNSIGNED), cases[i].refunded);
		assert_int_equal(read_reply(&create, 503, body, SIGNED),
						 is_believed_down ? cases[i].created : RESULT_UNANSWERED);
	}
}

/* Replies that were changed on their way: none is believed. */
static void
test_mutations(void **state)
{
	static const char body[] = OK(PAID("\"12.00\"", "\"USD\"", AT));
	GatewayCall call = call_of(CALL_QUERY);
	char signature[SIGNATURE_TEXT_SIZE];
	char changed[sizeof(body)];
	HttpHeader header = {bytes_of("X-SIGNATURE"), {NULL, 0}};
	HttpMessage reply = {.status = 200, .headers = &header, .headers_count = 1};

	(void) state;
	assert_true(signature_make(platform_private, &(Bytes){body, strlen(body)}, 1, signature));
	header.value = bytes_of(signature);
	for (int round = 0; round < ROUNDS; round++)
	{
		memcpy(changed, body, sizeof(body));
		changed[random_below((int64_t) strlen(body))] ^= (char) (1 << random_below(8));
		reply.body = (Bytes){changed, strlen(body)};
		waffo_provider.read_reply(&call, &merchant, NOW, &reply, &answer);
		assert_int_not_equal(answer.result, RESULT_DONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),		 cmocka_unit_test(test_forged),
		cmocka_unit_test(test_payments),	 cmocka_unit_test(test_parties),
		cmocka_unit_test(test_refunds),		 cmocka_unit_test(test_requests),
		cmocka_unit_test(test_create),		 cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_replies),		 cmocka_unit_test(test_pages),
		cmocka_unit_test(test_refund_by_id), cmocka_unit_test(test_codes),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
