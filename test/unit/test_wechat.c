/*-------------------------------------------------------------------------
 *
 * test_wechat.c
 *	  WeChat Pay's notices: what is believed, and what is not.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/wechat.h"

#include "gateway_vectors.h"
#include "unit.h"

#include <openssl/evp.h>

#define NOW INT64_C(1767232806)
#define ROUNDS 3000 /* of mutations */

static SignatureKey *platform_public;
static SignatureKey *platform_private;
static Merchant merchant;

/* What a notice is made of. */
typedef struct WechatNotice
{
	Bytes serial;
	Bytes timestamp;
	Bytes nonce;
	Bytes signature;
	Bytes body;
} WechatNotice;

static int
set_up(void **state)
{
	(void) state;
	platform_public = signature_public_key(bytes_of(PLATFORM_PUBLIC_KEY));
	platform_private = signature_private_key(bytes_of(PLATFORM_PRIVATE_KEY));
	merchant = (Merchant){
		.keys = {{"SERIAL OF ANOTHER", signature_public_key(bytes_of(MERCHANT_PUBLIC_KEY))},
				 {WECHAT_NOTICE_SERIAL, platform_public}},
		.keys_count = 2,
		.has_sealing_key = true,
	};
	memcpy(merchant.sealing_key, WECHAT_APIV3_KEY, SEALED_KEY_BYTES);
	return platform_public && platform_private ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void) state;
	merchant_free(&merchant);
	signature_free_key(platform_private);
	return 0;
}

/* The vector. */
static WechatNotice
genuine(void)
{
	return (WechatNotice){
		.serial = bytes_of(WECHAT_NOTICE_SERIAL),
		.timestamp = bytes_of(WECHAT_NOTICE_TIMESTAMP),
		.nonce = bytes_of(WECHAT_NOTICE_NONCE),
		.signature = bytes_of(WECHAT_NOTICE_SIGNATURE),
		.body = bytes_of(WECHAT_NOTICE_BODY),
	};
}

static NoticeVerdict
read_all(const Merchant *by, const WechatNotice *notice, int64_t now_s, NoticeFact *told)
{
	const HttpHeader headers[] = {
		{bytes_of("Wechatpay-Serial"), notice->serial},
		{bytes_of("wechatpay-timestamp"), notice->timestamp},
		{bytes_of("WECHATPAY-NONCE"), notice->nonce},
		{bytes_of("Wechatpay-Signature"), notice->signature},
	};
	HttpMessage message = {.headers = headers, .headers_count = 4, .body = notice->body};

	*told = (NoticeFact){0};
	return wechat_provider.read_notice(&message, by, now_s, told);
}

static NoticeVerdict
read_by(const Merchant *by, const WechatNotice *notice, int64_t now_s, PaymentFact *fact)
{
	NoticeFact told;
	NoticeVerdict verdict = read_all(by, notice, now_s, &told);

	*fact = told.payment;
	return verdict;
}

static NoticeVerdict
read_it(const WechatNotice *notice, PaymentFact *fact)
{
	return read_by(&merchant, notice, NOW, fact);
}

static void
test_genuine(void **state)
{
	WechatNotice notice = genuine();
	PaymentFact fact;

	(void) state;
	assert_int_equal(read_it(&notice, &fact), NOTICE_OF_PAYMENT);
	assert_int_equal(fact.state, FACT_PAID);
	assert_string_equal(fact.order_number, "R20260101000001");
	assert_string_equal(fact.transaction_id, "4200001234202601010000000001");
	assert_string_equal(fact.merchant_id, "1900000001");
	assert_string_equal(fact.app_id, "wxd678efh567hg6787");
	assert_string_equal(fact.currency, "CNY");
	assert_true(fact.amount_nano == INT64_C(88880000000) && fact.payer_nano == fact.amount_nano);
	assert_true(fact.paid_at == (INT64_C(1767232805) - INT64_C(946684800)) * 1000000);
}

/* Each piece that is signed, replaced; keys and clocks. */
static void
test_not_believed(void **state)
{
	WechatNotice notice = genuine();
	PaymentFact fact;

	(void) state;
	assert_int_equal(read_by(&merchant, &notice, NOW + WECHAT_CLOCK_TOLERANCE_S, &fact),
					 NOTICE_OF_PAYMENT);
	assert_int_equal(read_by(&merchant, &notice, NOW + WECHAT_CLOCK_TOLERANCE_S + 1, &fact),
					 NOTICE_STALE);
	assert_int_equal(read_by(&merchant, &notice, NOW - WECHAT_CLOCK_TOLERANCE_S - 1, &fact),
					 NOTICE_STALE);
	notice.timestamp = bytes_of("1767232807");
	assert_int_equal(read_it(&notice, &fact), NOTICE_FORGED);
	notice.timestamp = bytes_of("1767232806 ");
	assert_int_equal(read_it(&notice, &fact), NOTICE_FORGED);
	notice.timestamp = bytes_of("99999999999999999999");
	assert_int_equal(read_it(&notice, &fact), NOTICE_FORGED);
	notice = genuine();
	notice.nonce = bytes_of("EcsXqLyMWzXV6dCK");
	assert_int_equal(read_it(&notice, &fact), NOTICE_FORGED);
	notice = genuine();
	notice.serial = bytes_of("SERIAL OF ANOTHER");
	assert_int_equal(read_it(&notice, &fact), NOTICE_FORGED);
	notice.serial = bytes_of("SERIAL OF NOBODY");
	assert_int_equal(read_it(&notice, &fact), NOTICE_UNKNOWN_KEY);
	notice.serial = bytes_of("");
	assert_int_equal(read_it(&notice, &fact), NOTICE_UNKNOWN_KEY);
	notice = genuine();
	notice.signature = bytes_of("WECHATPAY/SIGNTEST/" WECHAT_NOTICE_SIGNATURE);
	assert_int_equal(read_it(&notice, &fact), NOTICE_FORGED);
	merchant.sealing_key[31] ^= 1;
	notice = genuine();
	assert_int_equal(read_it(&notice, &fact), NOTICE_UNKNOWN_KEY);
	merchant.sealing_key[31] ^= 1;
	assert_int_equal(read_by(&(Merchant){0}, &notice, NOW, &fact), NOTICE_UNKNOWN_KEY);
}

/* No bit of the body can be another. */
static void
test_every_bit(void **state)
{
	size_t size = strlen(WECHAT_NOTICE_BODY);
	char *body = malloc(size);
	PaymentFact fact;

	(void) state;
	for (size_t bit = 0; bit < 8 * size; bit += 7)
	{
		WechatNotice notice = genuine();

		memcpy(body, WECHAT_NOTICE_BODY, size);
		body[bit / 8] ^= (char) (1 << bit % 8);
		notice.body = (Bytes){body, size};
		assert_int_equal(read_it(&notice, &fact), NOTICE_FORGED);
	}
	free(body);
}

/* Seals a transaction and signs the event about it, as WeChat Pay does. */
typedef struct Made
{
	char body[16384];
	char signature[SIGNATURE_TEXT_SIZE];
	WechatNotice notice;
} Made;

static void
seal(const char *plain, unsigned char *sealed)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int size;

	EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, merchant.sealing_key,
					   (const unsigned char *) "nonce of 12.");
	EVP_EncryptUpdate(context, sealed, &size, (const unsigned char *) plain, (int) strlen(plain));
	EVP_EncryptFinal_ex(context, sealed + size, &size);
	EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEALED_TAG_BYTES, sealed + strlen(plain));
	EVP_CIPHER_CTX_free(context);
}

static void
sign_body(Made *made)
{
	made->notice = genuine();
	made->notice.body = bytes_of(made->body);
	assert_true(signature_make(platform_private,
							   (Bytes[]){made->notice.timestamp, bytes_of("\n"), made->notice.nonce,
										 bytes_of("\n"), made->notice.body, bytes_of("\n")},
							   6, made->signature));
	made->notice.signature = bytes_of(made->signature);
}

static void
make(Made *made, const char *event_type, const char *plain)
{
	unsigned char sealed[4096];
	char cipher[8192];

	seal(plain, sealed);
	EVP_EncodeBlock((unsigned char *) cipher, sealed, (int) (strlen(plain) + SEALED_TAG_BYTES));
	snprintf(made->body, sizeof(made->body),
			 "{\"event_type\":\"%s\",\"resource\":{\"algorithm\":\"AEAD_AES_256_GCM\",\"nonce\":"
			 "\"nonce of 12.\",\"associated_data\":\"\",\"ciphertext\":\"%s\"}}",
			 event_type, cipher);
	sign_body(made);
}

#define TRANSACTION(number, state, amount, rest)                                                \
	"{\"mchid\":\"m\",\"appid\":\"a\",\"out_trade_no\":\"" number "\",\"trade_state\":\"" state \
	"\",\"amount\":" amount rest "}"
#define PAID ",\"transaction_id\":\"t\",\"success_time\":\"2026-01-01T10:00:05+08:00\""

/* Genuine, and of all kinds. */
static void
test_transactions(void **state)
{
	static const struct
	{
		const char *plain;
		NoticeVerdict verdict;
		FactState state;
		int64_t amount_nano;
		int64_t payer_nano;
	} cases[] = {
		{TRANSACTION("1", "SUCCESS", "{\"total\":1,\"currency\":\"CNY\"}", PAID), NOTICE_OF_PAYMENT,
		 FACT_PAID, 10000000, 10000000},
		{TRANSACTION("1", "REFUND", "{\"total\":100,\"payer_total\":95,\"currency\":\"CNY\"}",
					 PAID),
		 NOTICE_OF_PAYMENT, FACT_PAID, 1000000000, 950000000},
		{TRANSACTION("1", "NOTPAY", "{}", ""), NOTICE_OF_PAYMENT, FACT_PENDING, 0, 0},
		{TRANSACTION("1", "CLOSED", "{}", ""), NOTICE_OF_PAYMENT, FACT_CLOSED, 0, 0},
		{TRANSACTION("1", "PAYERROR", "{}", ""), NOTICE_MALFORMED, 0, 0, 0},
		{TRANSACTION("1", "SUCCESS", "{\"total\":1,\"currency\":\"CNY\"}", ""), NOTICE_MALFORMED, 0,
		 0, 0},
		{TRANSACTION("1", "SUCCESS", "{\"total\":-1,\"currency\":\"CNY\"}", PAID), NOTICE_MALFORMED,
		 0, 0, 0},
		{TRANSACTION("1", "SUCCESS", "{\"total\":1.5,\"currency\":\"CNY\"}", PAID),
		 NOTICE_MALFORMED, 0, 0, 0},
		{TRANSACTION("1", "SUCCESS", "{\"total\":\"1\",\"currency\":\"CNY\"}", PAID),
		 NOTICE_MALFORMED, 0, 0, 0},
		{TRANSACTION("1", "SUCCESS", "{\"total\":100000000000,\"currency\":\"CNY\"}", PAID),
		 NOTICE_MALFORMED, 0, 0, 0},
		{TRANSACTION("1", "SUCCESS", "{\"total\":1,\"payer_total\":-1,\"currency\":\"CNY\"}", PAID),
		 NOTICE_MALFORMED, 0, 0, 0},
		{TRANSACTION("1", "SUCCESS", "{\"total\":1,\"currency\":\"CNYX\"}", PAID), NOTICE_MALFORMED,
		 0, 0, 0},
		{TRANSACTION("1", "SUCCESS", "7", PAID), NOTICE_MALFORMED, 0, 0, 0},
		{TRANSACTION("", "SUCCESS", "{\"total\":1,\"currency\":\"CNY\"}", PAID), NOTICE_MALFORMED,
		 0, 0, 0},
		{TRANSACTION("a\\nb", "NOTPAY", "{}", ""), NOTICE_MALFORMED, 0, 0, 0},
		{TRANSACTION("1234567890123456789012345678901234567890123456789012345678901234", "NOTPAY",
					 "{}", ""),
		 NOTICE_OF_PAYMENT, FACT_PENDING, 0, 0},
		{TRANSACTION("12345678901234567890123456789012345678901234567890123456789012345", "NOTPAY",
					 "{}", ""),
		 NOTICE_MALFORMED, 0, 0, 0},
		{TRANSACTION("1", "NOTPAY", "{}", ",\"mchid\":\"other\""), NOTICE_MALFORMED, 0, 0, 0},
		{"[]", NOTICE_MALFORMED, 0, 0, 0},
		{"", NOTICE_MALFORMED, 0, 0, 0},
	};
	static Made made;

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		PaymentFact fact;

		make(&made, "TRANSACTION.SUCCESS", cases[i].plain);
		assert_int_equal(read_it(&made.notice, &fact), cases[i].verdict);
		if (cases[i].verdict != NOTICE_OF_PAYMENT)
			continue;
		assert_int_equal(fact.state, cases[i].state);
		assert_true(fact.amount_nano == cases[i].amount_nano &&
					fact.payer_nano == cases[i].payer_nano);
	}
	make(&made, "COUPON.USE", "{}");
	assert_int_equal(read_it(&made.notice, &(PaymentFact){0}), NOTICE_OF_ANOTHER_KIND);
}

#define REFUND(state, amount, rest)                                                              \
	"{\"mchid\":\"1900000001\",\"transaction_id\":\"T1\",\"out_trade_no\":\"R1\",\"refund_id\":" \
	"\"50\",\"out_refund_no\":\"F1\",\"refund_status\":\"" state "\",\"amount\":" amount rest "}"
#define REFUNDED ",\"success_time\":\"2026-01-01T10:00:05+08:00\""
#define OF_100 "{\"total\":8888,\"refund\":100,\"payer_total\":8888,\"payer_refund\":95}"

/* Refunds that were asked for here or elsewhere, as WeChat Pay tells of them. */
static void
test_refunds(void **state)
{
	static const struct
	{
		const char *plain;
		NoticeVerdict verdict;
		RefundState state;
	} cases[] = {
		{REFUND("SUCCESS", OF_100, REFUNDED), NOTICE_OF_REFUND, REFUND_PAID},
		{REFUND("ABNORMAL", OF_100, ""), NOTICE_OF_REFUND, REFUND_ABNORMAL},
		{REFUND("CLOSED", OF_100, ""), NOTICE_OF_REFUND, REFUND_FAILED},
		{REFUND("SUCCESS", OF_100, ""), NOTICE_MALFORMED, 0},
		{REFUND("DONE", OF_100, REFUNDED), NOTICE_MALFORMED, 0},
		{REFUND("SUCCESS", "{\"refund\":0,\"payer_refund\":0}", REFUNDED), NOTICE_MALFORMED, 0},
		{REFUND("SUCCESS", "{\"refund\":1,\"payer_refund\":2}", REFUNDED), NOTICE_MALFORMED, 0},
		{REFUND("SUCCESS", "{\"refund\":-1,\"payer_refund\":-1}", REFUNDED), NOTICE_MALFORMED, 0},
		{REFUND("SUCCESS", "{\"refund\":1}", REFUNDED), NOTICE_MALFORMED, 0},
		{"{}", NOTICE_MALFORMED, 0},
	};
	static Made made;
	NoticeFact told;

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		make(&made, "REFUND.SUCCESS", cases[i].plain);
		assert_int_equal(read_all(&merchant, &made.notice, NOW, &told), cases[i].verdict);
		if (cases[i].verdict == NOTICE_OF_REFUND)
			assert_int_equal(told.refund.state, cases[i].state);
	}
	make(&made, "REFUND.SUCCESS", cases[0].plain);
	assert_int_equal(read_all(&merchant, &made.notice, NOW, &told), NOTICE_OF_REFUND);
	assert_string_equal(told.refund.refund_id, "50");
	assert_string_equal(told.refund.refund_number, "F1");
	assert_string_equal(told.refund.transaction_id, "T1");
	assert_string_equal(told.refund.order_number, "R1");
	assert_string_equal(told.refund.merchant_id, "1900000001");
	assert_string_equal(told.refund.currency, "CNY");
	assert_true(told.refund.amount_nano == 1000000000 && told.refund.payer_nano == 950000000);
	assert_true(told.refund.refunded_at > 0 && told.refund.dispute[0] == '\0');
}

/* Whatever the bodies are that WeChat Pay signs: each is answered, and nothing is read beyond it.
 */
static void
test_mutations(void **state)
{
	static Made made;
	size_t size = strlen(WECHAT_NOTICE_BODY);

	(void) state;
	for (int round = 0; round < ROUNDS; round++)
	{
		PaymentFact fact;

		memcpy(made.body, WECHAT_NOTICE_BODY, size + 1);
		for (int64_t change = random_below(4); change >= 0; change--)
			made.body[random_below((int64_t) size)] = (char) (1 + random_below(255));
		made.body[random_below(20) == 0 ? random_below((int64_t) size) : (int64_t) size] = '\0';
		/* Signing all of them would take long: what matters comes behind the signature. */
		if (round % 30 == 0)
		{
			sign_body(&made);
			assert_true(read_it(&made.notice, &fact) <= NOTICE_MALFORMED);
		}
		else
		{
			made.notice = genuine();
			made.notice.body = bytes_of(made.body);
			assert_int_not_equal(strcmp(made.body, WECHAT_NOTICE_BODY) != 0 &&
									 read_it(&made.notice, &fact) != NOTICE_FORGED,
								 1);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_genuine),	  cmocka_unit_test(test_not_believed),
		cmocka_unit_test(test_every_bit), cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_refunds),	  cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
