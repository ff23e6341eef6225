/*-------------------------------------------------------------------------
 *
 * test_xiaomi.c
 *	  Xiaomi Pay: what is asked, and what of its replies and notices is believed.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/xiaomi.h"

#include "gateway/form.h"
#include "gateway_vectors.h"
#include "unit.h"

#define NOW INT64_C(1767232800)
#define EPOCH_S INT64_C(946684800)
#define ROUNDS 3000 /* of mutations */
#define APP_ID "2882303761517239138"

static Merchant merchant;
static HttpRequest request;
static GatewayAnswer answer;
static Form form;

static int
set_up(void **state)
{
	(void) state;
	merchant = (Merchant){.merchant_id = "mi-1", .app_id = APP_ID, .app_secret = XIAOMI_APP_SECRET};
	return 0;
}

static GatewayCall
call_of(CallOperation operation)
{
	return (GatewayCall){
		.operation = operation,
		.product = "sdk",
		.order_number = "R20260101000003",
		.refund_number = "F1",
		.transaction_id = "T1",
		.currency = "CNY",
		.amount_nano = INT64_C(88880000000),
		.refund_nano = INT64_C(10000000),
		.bill_day = "2026-01-01",
		.uid = "100010",
	};
}

static ProviderBuild
build(const GatewayCall *call)
{
	ProviderMoment moment = {NOW, "593BEC0C930BF1AFEB40B4A08C8FB242"};

	memset(&request, 0, sizeof(request));
	memset(&answer, 0, sizeof(answer));
	return xiaomi_provider.build(call, &merchant, &moment, &request, &answer);
}

static NoticeVerdict
read_query(Bytes query, PaymentFact *fact)
{
	HttpMessage notice = {.query = query, .body = bytes_of("ignored=1")};
	NoticeFact told = {0};
	NoticeVerdict verdict = xiaomi_provider.read_notice(&notice, &merchant, NOW, &told);

	*fact = told.payment;
	return verdict;
}

static void
sign(const char *text, char signature[MAC_TEXT_SIZE])
{
	Bytes bytes = bytes_of(text);

	assert_true(mac_make(merchant.digest, bytes_of(merchant.app_secret), &bytes, 1, signature));
}

/* A notice whose fields stand there sorted, need no escape, and are signed here. */
static NoticeVerdict
read_it(const char *fields, PaymentFact *fact)
{
	char signature[MAC_TEXT_SIZE];
	char query[4096];

	sign(fields, signature);
	snprintf(query, sizeof(query), "signature=%s&%s", signature, fields);
	return read_query(bytes_of(query), fact);
}

static void
test_vector(void **state)
{
	PaymentFact fact;
	char signature[MAC_TEXT_SIZE];

	(void) state;
	sign(XIAOMI_NOTICE_TEXT, signature);
	assert_string_equal(signature, XIAOMI_NOTICE_SIGNATURE);
	assert_int_equal(read_query(bytes_of(XIAOMI_NOTICE_QUERY), &fact), NOTICE_OF_PAYMENT);
	assert_int_equal(fact.state, FACT_PAID);
	assert_string_equal(fact.order_number, "R20260101000003");
	assert_string_equal(fact.transaction_id, "21140990160359583390");
	assert_string_equal(fact.app_id, APP_ID);
	assert_string_equal(fact.uid, "100010");
	assert_string_equal(fact.merchant_id, "mi-1");
	assert_true(merchant_is_of(&merchant, &fact));
	assert_string_equal(fact.currency, "CNY");
	assert_true(fact.amount_nano == INT64_C(88880000000) && fact.payer_nano == fact.amount_nano);
	assert_true(fact.paid_at == (INT64_C(1767232805) - EPOCH_S) * 1000000);
	/* Fields without a value are not signed; the order of the fields is nobody's. */
	assert_int_equal(
		read_query(bytes_of("cpUserExtra=&" XIAOMI_NOTICE_QUERY "&partnerGiftConsume="), &fact),
		NOTICE_OF_PAYMENT);
}

/* A signature of one set of fields is none of another that joins to the same text. */
static void
test_ambiguous(void **state)
{
	static const char *const others[] = {
		"appId=" APP_ID "%26cpOrderId%3DR1&orderStatus=WAIT_BUYER_PAY",
		"appId=" APP_ID "&cpOrderId=R1%26orderStatus%3DWAIT_BUYER_PAY",
		"appId%3D" APP_ID "%26cpOrderId=R1&orderStatus=WAIT_BUYER_PAY",
	};
	char signature[MAC_TEXT_SIZE];
	char query[512];
	PaymentFact fact;

	(void) state;
	sign("appId=" APP_ID "&cpOrderId=R1&orderStatus=WAIT_BUYER_PAY", signature);
	snprintf(query, sizeof(query),
			 "appId=" APP_ID "&cpOrderId=R1&orderStatus=WAIT_BUYER_PAY&signature=%s", signature);
	assert_int_equal(read_query(bytes_of(query), &fact), NOTICE_OF_PAYMENT);
	for (size_t i = 0; i < LENGTH(others); i++)
	{
		snprintf(query, sizeof(query), "%s&signature=%s", others[i], signature);
		assert_int_equal(read_query(bytes_of(query), &fact), NOTICE_FORGED);
	}
}

static void
test_forged(void **state)
{
	static const char *const forged[] = {
		XIAOMI_NOTICE_QUERY "&partnerGiftConsume=1",
		XIAOMI_NOTICE_QUERY "0",
		"",
		"signature=",
		"signature=" XIAOMI_NOTICE_SIGNATURE,
		"appId=" APP_ID "&cpOrderId=R1&orderStatus=WAIT_BUYER_PAY",
		"appId=" APP_ID
		"&cpOrderId=R1&orderStatus=WAIT_BUYER_PAY&signature=" XIAOMI_NOTICE_SIGNATURE,
	};
	static const char *const no_forms[] = {
		XIAOMI_NOTICE_QUERY "&payFee=1",
		XIAOMI_NOTICE_QUERY "&%",
		XIAOMI_NOTICE_QUERY "&x=%00",
		XIAOMI_NOTICE_QUERY "&=x",
	};
	size_t size = strlen(XIAOMI_NOTICE_QUERY);
	char changed[sizeof(XIAOMI_NOTICE_QUERY)];
	PaymentFact fact;

	(void) state;
	for (size_t i = 0; i < LENGTH(forged); i++)
		assert_int_equal(read_query(bytes_of(forged[i]), &fact), NOTICE_FORGED);
	for (size_t i = 0; i < LENGTH(no_forms); i++)
		assert_int_equal(read_query(bytes_of(no_forms[i]), &fact), NOTICE_MALFORMED);
	/* Each digit of the signature counts, also the case of its letters. */
	for (size_t i = 1; i <= strlen(XIAOMI_NOTICE_SIGNATURE); i++)
	{
		memcpy(changed, XIAOMI_NOTICE_QUERY, size + 1);
		changed[size - i] ^= changed[size - i] >= 'a' ? 'a' ^ 'A' : 1;
		assert_int_equal(read_query((Bytes){changed, size}, &fact), NOTICE_FORGED);
	}
	/* Whoever has no secret believes nobody. */
	merchant.app_secret[0] = '\0';
	assert_int_equal(read_query(bytes_of(XIAOMI_NOTICE_QUERY), &fact), NOTICE_FORGED);
	set_up(NULL);
	merchant.app_secret[0] = 'T';
	assert_int_equal(read_query(bytes_of(XIAOMI_NOTICE_QUERY), &fact), NOTICE_FORGED);
	set_up(NULL);
	merchant.digest = MAC_SHA256;
	assert_int_equal(read_query(bytes_of(XIAOMI_NOTICE_QUERY), &fact), NOTICE_FORGED);
	set_up(NULL);
}

#define FIELDS(app, number, id, status, fee, time)                                         \
	"appId=" app "&cpOrderId=" number "&orderId=" id "&orderStatus=" status "&payFee=" fee \
	"&payTime=" time
#define PAID(fee, time) FIELDS(APP_ID, "R1", "21", "TRADE_SUCCESS", fee, time)
#define AT "2026-01-01 10:00:05"
#define NUMBER_64 "1234567890123456789012345678901234567890123456789012345678901234"

static void
test_orders(void **state)
{
	static const struct
	{
		const char *fields;
		NoticeVerdict verdict;
		FactState state;
		int64_t amount_nano;
	} cases[] = {
		{PAID("1", AT), NOTICE_OF_PAYMENT, FACT_PAID, 10000000},
		{PAID("99999999999", AT), NOTICE_OF_PAYMENT, FACT_PAID, INT64_C(999999999990000000)},
		{"appId=" APP_ID "&cpOrderId=R1&orderStatus=WAIT_BUYER_PAY", NOTICE_OF_PAYMENT,
		 FACT_PENDING, 0},
		{FIELDS(APP_ID, "R1", "21", "WAIT_BUYER_PAY", "x", "y"), NOTICE_OF_PAYMENT, FACT_PENDING,
		 0},
		{FIELDS(APP_ID, NUMBER_64, "21", "TRADE_SUCCESS", "1", AT), NOTICE_OF_PAYMENT, FACT_PAID,
		 10000000},
		{FIELDS(APP_ID, NUMBER_64 "5", "21", "TRADE_SUCCESS", "1", AT), NOTICE_MALFORMED, 0, 0},
		{FIELDS(APP_ID, "R1", "21", "REPEAT_PURCHASE", "1", AT), NOTICE_MALFORMED, 0, 0},
		{FIELDS(APP_ID, "R1", "21", "trade_success", "1", AT), NOTICE_MALFORMED, 0, 0},
		{PAID("0", AT), NOTICE_MALFORMED, 0, 0},
		{PAID("-1", AT), NOTICE_MALFORMED, 0, 0},
		{PAID("1.5", AT), NOTICE_MALFORMED, 0, 0},
		{PAID("1e3", AT), NOTICE_MALFORMED, 0, 0},
		{PAID("100000000000", AT), NOTICE_MALFORMED, 0, 0},
		{PAID("99999999999999999999", AT), NOTICE_MALFORMED, 0, 0},
		{PAID("1", "2026-01-01T10:00:05Z"), NOTICE_MALFORMED, 0, 0},
		{PAID("1", "2026-02-30 10:00:05"), NOTICE_MALFORMED, 0, 0},
		{PAID("1", "2000-01-01 08:00:00"), NOTICE_MALFORMED, 0, 0},
		{"appId=" APP_ID "&cpOrderId=R1&orderStatus=TRADE_SUCCESS", NOTICE_MALFORMED, 0, 0},
		{"appId=" APP_ID "&cpOrderId=R1&orderStatus=TRADE_SUCCESS&payFee=1&payTime=" AT,
		 NOTICE_MALFORMED, 0, 0},
		{"appId=" APP_ID "&orderStatus=WAIT_BUYER_PAY", NOTICE_MALFORMED, 0, 0},
		{"cpOrderId=R1&orderStatus=WAIT_BUYER_PAY", NOTICE_MALFORMED, 0, 0},
		{"appId=" APP_ID "&cpOrderId=R1", NOTICE_MALFORMED, 0, 0},
		{"appId=" NUMBER_64 "&cpOrderId=R1&orderStatus=WAIT_BUYER_PAY", NOTICE_MALFORMED, 0, 0},
	};
	PaymentFact fact;

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_int_equal(read_it(cases[i].fields, &fact), cases[i].verdict);
		if (cases[i].verdict != NOTICE_OF_PAYMENT)
			continue;
		assert_int_equal(fact.state, cases[i].state);
		assert_true(fact.amount_nano == cases[i].amount_nano);
		assert_true((fact.paid_at > 0) == (cases[i].state == FACT_PAID));
	}
	/* Of another app, though with our secret: of nobody that we are. */
	assert_int_equal(read_it(FIELDS("77", "R1", "21", "TRADE_SUCCESS", "1", AT), &fact),
					 NOTICE_OF_PAYMENT);
	assert_string_equal(fact.app_id, "77");
	assert_false(merchant_is_of(&merchant, &fact));
}

/* ---- what is asked ------------------------------------------------------- */

/* The signature of a query is over its other fields. */
static void
check_target(const char *path, const char *text)
{
	char signature[MAC_TEXT_SIZE];
	size_t size = strlen(path);

	assert_int_equal(strncmp(request.target, path, size), 0);
	assert_true(form_read(bytes_of(request.target + size), &form));
	assert_int_equal(form.count, 4);
	sign(text, signature);
	assert_true(bytes_equal(form_value(&form, merchant_field(&merchant, "signature")),
							bytes_of(signature)));
}

static void
test_requests(void **state)
{
	GatewayCall call = call_of(CALL_CREATE);

	(void) state;
	assert_int_equal(build(&call), BUILD_ANSWERS);
	assert_int_equal(answer.result, RESULT_DONE);
	assert_string_equal(answer.pay_url, "{\"appId\":\"" APP_ID
										"\",\"cpOrderId\":\"R20260101000003\",\"payFee\":8888}");
	assert_int_equal(xiaomi_provider.products[0].pays_with, PAYS_BY_SDK);
	assert_int_equal(xiaomi_provider.products[0].needs, PAYER_UID);
	call = call_of(CALL_QUERY);
	strcpy(call.uid, "用户 1&x=2");
	assert_int_equal(build(&call), BUILD_SENDS);
	assert_string_equal(request.method, "GET");
	assert_int_equal(request.body_size, 0);
	check_target("/api/biz/service/queryOrder.do?",
				 "appId=" APP_ID "&cpOrderId=R20260101000003&uid=用户 1&x=2");
	assert_true(bytes_equal(form_value(&form, "uid"), bytes_of("用户 1&x=2")));
	assert_string_equal(merchant_field(&merchant, "uid"), "uid");
}

static void
test_impossible(void **state)
{
	static const CallOperation lacking[] = {CALL_CLOSE, CALL_REFUND, CALL_REFUND_QUERY, CALL_SIGN,
											CALL_BILL};
	GatewayCall call;

	(void) state;
	for (size_t i = 0; i < LENGTH(lacking); i++)
	{
		call = call_of(lacking[i]);
		assert_int_equal(build(&call), BUILD_IMPOSSIBLE);
		assert_true(xiaomi_provider.lacks & PROVIDER_LACKS(lacking[i]));
	}
	assert_false(xiaomi_provider.lacks &
				 (PROVIDER_LACKS(CALL_CREATE) | PROVIDER_LACKS(CALL_QUERY)));
	for (int query = 0; query <= 1; query++)
	{
		CallOperation operation = query ? CALL_QUERY : CALL_CREATE;

		call = call_of(operation);
		call.uid[0] = '\0';
		assert_int_equal(build(&call), BUILD_IMPOSSIBLE);
		call = call_of(operation);
		strcpy(call.currency, "USD");
		assert_int_equal(build(&call), BUILD_IMPOSSIBLE);
		call = call_of(operation);
		strcpy(call.order_number, "R&1");
		assert_int_equal(build(&call), BUILD_IMPOSSIBLE);
	}
	merchant.app_secret[0] = '\0';
	call = call_of(CALL_QUERY);
	assert_int_equal(build(&call), BUILD_IMPOSSIBLE);
	set_up(NULL);
}

/* A contract with names, a path and a digest of its own. */
static void
test_contract(void **state)
{
	GatewayCall call = call_of(CALL_QUERY);
	PaymentFact fact;
	char query[512];
	char signature[MAC_TEXT_SIZE];

	(void) state;
	strcpy(merchant.query_path, "/pay/v2/query");
	merchant.digest = MAC_SHA256;
	merchant.fields[0] = (MerchantField){"cpOrderId", "zOrder"};
	merchant.fields[1] = (MerchantField){"signature", "sign"};
	merchant.fields_count = 2;
	assert_int_equal(build(&call), BUILD_SENDS);
	check_target("/pay/v2/query?", "appId=" APP_ID "&uid=100010&zOrder=R20260101000003");
	call.operation = CALL_CREATE;
	assert_int_equal(build(&call), BUILD_ANSWERS);
	assert_non_null(strstr(answer.pay_url, "\"zOrder\":\"R20260101000003\""));
	sign("appId=" APP_ID "&orderStatus=WAIT_BUYER_PAY&signature=x&zOrder=R1", signature);
	snprintf(query, sizeof(query),
			 "appId=" APP_ID "&orderStatus=WAIT_BUYER_PAY&signature=x&zOrder=R1&sign=%s",
			 signature);
	assert_int_equal(read_query(bytes_of(query), &fact), NOTICE_OF_PAYMENT);
	assert_string_equal(fact.order_number, "R1");
	assert_int_equal(read_query(bytes_of(XIAOMI_NOTICE_QUERY), &fact), NOTICE_FORGED);
	set_up(NULL);
}

/* ---- what is answered ---------------------------------------------------- */

static CallResult
read_reply(CallOperation operation, int status, Bytes body)
{
	GatewayCall call = call_of(operation);
	HttpMessage reply = {.status = status, .body = body};

	xiaomi_provider.read_reply(&call, &merchant, NOW, &reply, &answer);
	return answer.result;
}

/* A reply of these members, signed as the text says; NULL: not at all. */
static CallResult
read_signed(CallOperation operation, int status, const char *members, const char *text)
{
	char signature[MAC_TEXT_SIZE] = "";
	char body[4096];

	if (text)
		sign(text, signature);
	snprintf(body, sizeof(body), "{%s,\"signature\":\"%s\"}", members, signature);
	return read_reply(operation, status, bytes_of(body));
}

#define MEMBERS(number, status, fee)                                         \
	"\"cpOrderId\":\"" number "\",\"orderId\":\"21\",\"appId\":\"" APP_ID    \
	"\",\"orderStatus\":\"" status "\",\"payFee\":" fee ",\"payTime\":\"" AT \
	"\",\"cpUserInfo\":\"\",\"productName\":\"API 充值\""
#define MEMBERS_TEXT(number, status) \
	FIELDS(APP_ID, number, "21", status, "8888", AT) "&productName=API 充值"
#define OURS "R20260101000003"

static void
test_replies(void **state)
{
	static const struct
	{
		CallOperation operation;
		int status;
		const char *members;
		const char *text;
		CallResult result;
	} cases[] = {
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8888"),
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_DONE},
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "\"8888\""),
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_DONE},
		{CALL_QUERY, 200, MEMBERS(OURS, "WAIT_BUYER_PAY", "8888") ",\"uid\":null",
		 MEMBERS_TEXT(OURS, "WAIT_BUYER_PAY"), RESULT_DONE},
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8889"),
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_UNANSWERED},
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8888") ",\"uid\":1",
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_UNANSWERED},
		/* Of another user of the app, and of ours. */
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8888") ",\"uid\":\"100011\"",
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS") "&uid=100011", RESULT_UNANSWERED},
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8888") ",\"uid\":\"100010\"",
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS") "&uid=100010", RESULT_DONE},
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8888"), NULL, RESULT_UNANSWERED},
		{CALL_QUERY, 200, MEMBERS("R2", "TRADE_SUCCESS", "8888"),
		 MEMBERS_TEXT("R2", "TRADE_SUCCESS"), RESULT_UNANSWERED},
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_CLOSED", "8888"), MEMBERS_TEXT(OURS, "TRADE_CLOSED"),
		 RESULT_UNANSWERED},
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8888.0"),
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_UNANSWERED},
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8888") ",\"x\":{}",
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_UNANSWERED},
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8888") ",\"x\":true",
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_UNANSWERED},
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8888") ",\"\":\"\"",
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_UNANSWERED},
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8888") ",\"payFee\":8888",
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_UNANSWERED},
		{CALL_QUERY, 302, MEMBERS(OURS, "TRADE_SUCCESS", "8888"),
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_UNANSWERED},
		{CALL_QUERY, 500, MEMBERS(OURS, "TRADE_SUCCESS", "8888"),
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_UNANSWERED},
		{CALL_CREATE, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8888"),
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_UNANSWERED},
		{CALL_QUERY, 200, "\"errcode\":1506,\"errMsg\":\"x\"", NULL, RESULT_ABSENT},
		{CALL_QUERY, 200, "\"errcode\":1515", NULL, RESULT_MISCONFIGURED},
		{CALL_QUERY, 403, "\"errcode\":1525", NULL, RESULT_MISCONFIGURED},
		{CALL_QUERY, 200, "\"errcode\":1516", NULL, RESULT_REFUSED},
		{CALL_QUERY, 200, "\"errcode\":200", NULL, RESULT_UNANSWERED},
		{CALL_QUERY, 200, "\"errcode\":-9223372036854775808", NULL, RESULT_UNANSWERED},
		{CALL_QUERY, 503, "\"errcode\":1506", NULL, RESULT_UNANSWERED},
		/* What says that it failed says nothing else. */
		{CALL_QUERY, 200, MEMBERS(OURS, "TRADE_SUCCESS", "8888") ",\"errcode\":1506",
		 MEMBERS_TEXT(OURS, "TRADE_SUCCESS"), RESULT_ABSENT},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(
			read_signed(cases[i].operation, cases[i].status, cases[i].members, cases[i].text),
			cases[i].result);
	assert_string_equal(answer.code, "1506");
	assert_int_equal(read_signed(CALL_QUERY, 200, cases[0].members, cases[0].text), RESULT_DONE);
	assert_int_equal(answer.payment.state, FACT_PAID);
	assert_true(answer.payment.amount_nano == INT64_C(88880000000));
	assert_string_equal(answer.payment.merchant_id, "mi-1");
	assert_int_equal(read_reply(CALL_QUERY, 200, bytes_of("")), RESULT_UNANSWERED);
	assert_int_equal(read_reply(CALL_QUERY, 200, bytes_of("[]")), RESULT_UNANSWERED);
	assert_int_equal(read_reply(CALL_QUERY, 200, bytes_of("{}")), RESULT_UNANSWERED);
}

/* More fields, and longer ones, than a form has room for. */
static void
test_large_replies(void **state)
{
	static char body[60000];
	size_t used = 1;

	(void) state;
	body[0] = '{';
	for (int i = 0; i <= FORM_FIELDS_MAX; i++)
		used += (size_t) snprintf(body + used, sizeof(body) - used, "\"f%d\":%d,", i, i);
	body[used - 1] = '}';
	assert_int_equal(read_reply(CALL_QUERY, 200, (Bytes){body, used}), RESULT_UNANSWERED);
	memset(body, '%', sizeof(body));
	memcpy(body, "{\"a\":\"", 6);
	memcpy(body + sizeof(body) - 2, "\"}", 2);
	assert_int_equal(read_reply(CALL_QUERY, 200, (Bytes){body, sizeof(body)}), RESULT_UNANSWERED);
}

/* Notices that were changed on their way: whatever comes is answered, and only the same is
 * believed, however it is written. */
static void
test_mutations(void **state)
{
	size_t size = strlen(XIAOMI_NOTICE_QUERY);
	char changed[sizeof(XIAOMI_NOTICE_QUERY)];
	PaymentFact vector;
	PaymentFact fact;

	(void) state;
	assert_int_equal(read_query(bytes_of(XIAOMI_NOTICE_QUERY), &vector), NOTICE_OF_PAYMENT);
	for (int round = 0; round < ROUNDS; round++)
	{
		memcpy(changed, XIAOMI_NOTICE_QUERY, size);
		for (int64_t change = random_below(3); change >= 0; change--)
			changed[random_below((int64_t) size)] ^= (char) (1 << random_below(8));
		if (read_query((Bytes){changed, size}, &fact) == NOTICE_OF_PAYMENT)
			assert_memory_equal(&fact, &vector, sizeof(fact));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),		  cmocka_unit_test(test_forged),
		cmocka_unit_test(test_ambiguous),	  cmocka_unit_test(test_orders),
		cmocka_unit_test(test_requests),	  cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_contract),	  cmocka_unit_test(test_replies),
		cmocka_unit_test(test_large_replies), cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
