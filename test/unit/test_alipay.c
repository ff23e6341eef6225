/*-------------------------------------------------------------------------
 *
 * test_alipay.c
 *	  Alipay's notices: what is believed, and what is not.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/alipay.h"

#include "gateway_vectors.h"
#include "unit.h"

#define ROUNDS 2000 /* of mutations */

static SignatureKey *platform_private;
static Merchant merchant;

static int
set_up(void **state)
{
	(void) state;
	platform_private = signature_private_key(bytes_of(PLATFORM_PRIVATE_KEY));
	merchant = (Merchant){
		.keys = {{"", signature_public_key(bytes_of(MERCHANT_PUBLIC_KEY))},
				 {"", signature_public_key(bytes_of(PLATFORM_PUBLIC_KEY))}},
		.keys_count = 2,
	};
	return platform_private ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void) state;
	merchant_free(&merchant);
	signature_free_key(platform_private);
	return 0;
}

static NoticeVerdict
read_by(const Merchant *by, Bytes body, PaymentFact *fact)
{
	HttpMessage message = {.body = body};
	NoticeFact told = {0};
	NoticeVerdict verdict = alipay_provider.read_notice(&message, by, 0, &told);

	*fact = told.payment;
	return verdict;
}

static NoticeVerdict
read_it(const char *body, PaymentFact *fact)
{
	return read_by(&merchant, bytes_of(body), fact);
}

static void
test_genuine(void **state)
{
	PaymentFact fact;

	(void) state;
	assert_int_equal(read_it(ALIPAY_NOTICE_BODY, &fact), NOTICE_OF_PAYMENT);
	assert_int_equal(fact.state, FACT_PAID);
	assert_string_equal(fact.order_number, "R20260101000001");
	assert_string_equal(fact.transaction_id, "2026010122001473030500000001");
	assert_string_equal(fact.merchant_id, "2088102119685838");
	assert_string_equal(fact.app_id, "2021000000000001");
	assert_string_equal(fact.currency, "CNY");
	assert_true(fact.amount_nano == INT64_C(88880000000) && fact.payer_nano == fact.amount_nano);
	assert_true(fact.refunded_nano == 0);
	assert_true(fact.paid_at == (INT64_C(1767232805) - INT64_C(946684800)) * 1000000);
	merchant.keys_count = 1;
	assert_int_equal(read_it(ALIPAY_NOTICE_BODY, &fact), NOTICE_FORGED);
	merchant.keys_count = 2;
	assert_int_equal(read_by(&(Merchant){0}, bytes_of(ALIPAY_NOTICE_BODY), &fact), NOTICE_FORGED);
}

/* Fields added, left out or changed. */
static void
test_not_believed(void **state)
{
	static char body[8192];
	PaymentFact fact;

	(void) state;
	snprintf(body, sizeof(body), "%s&extra=1", ALIPAY_NOTICE_BODY);
	assert_int_equal(read_it(body, &fact), NOTICE_FORGED);
	snprintf(body, sizeof(body), "%s&total_amount=88.88", ALIPAY_NOTICE_BODY);
	assert_int_equal(read_it(body, &fact), NOTICE_MALFORMED);
	snprintf(body, sizeof(body), "%s", ALIPAY_NOTICE_BODY);
	memcpy(strstr(body, "88.88"), "88.87", 5);
	assert_int_equal(read_it(body, &fact), NOTICE_FORGED);
	assert_int_equal(read_it(strchr(ALIPAY_NOTICE_BODY, '&') + 1, &fact), NOTICE_FORGED);
	assert_int_equal(read_it("", &fact), NOTICE_FORGED);
	assert_int_equal(read_it("sign=", &fact), NOTICE_FORGED);
}

/* A notice of these fields, in their order, which is sorted; signed as Alipay does. */
static const char *
make(const char *fields, bool with_sign_type)
{
	static char body[8192];
	char sorted[4096];
	char signature[SIGNATURE_TEXT_SIZE];
	size_t used;

	snprintf(sorted, sizeof(sorted), "%s%s", fields, with_sign_type ? "&sign_type=RSA2" : "");
	/* sign_type stands between the others by its name: the fields here all come before it. */
	assert_true(signature_make(platform_private, &(Bytes){sorted, strlen(sorted)}, 1, signature));
	used = (size_t) snprintf(body, sizeof(body), "%s&sign_type=RSA2&sign=", fields);
	for (const char *c = signature; *c; c++)
		used += (size_t) snprintf(body + used, sizeof(body) - used,
								  *c == '+'	  ? "%%2B"
								  : *c == '/' ? "%%2F"
								  : *c == '=' ? "%%3D"
											  : "%c",
								  *c);
	return body;
}

/* Genuine, and of all kinds. Names are sorted: app_id, gmt_payment, invoice_amount, ..., seller_id.
 */
static void
test_trades(void **state)
{
	static const struct
	{
		const char *fields;
		NoticeVerdict verdict;
		FactState state;
		int64_t amount_nano;
		int64_t payer_nano;
		int64_t refunded_nano;
	} cases[] = {
		{"app_id=a&gmt_payment=2026-01-01 10:00:05&notify_type=trade_status_sync&out_trade_no=1&seller_id=s&"
		 "total_amount=100.00&trade_no=t&trade_status=TRADE_SUCCESS",
		 NOTICE_OF_PAYMENT, FACT_PAID, INT64_C(100000000000), INT64_C(100000000000), 0},
		{"app_id=a&gmt_payment=2026-01-01 10:00:05&invoice_amount=95.00&notify_type=trade_status_sync&out_trade_no=1&"
		 "refund_fee=50.00&seller_id=s&total_amount=100.00&trade_no=t&trade_status=TRADE_FINISHED",
		 NOTICE_OF_PAYMENT, FACT_PAID, INT64_C(100000000000), INT64_C(95000000000),
		 INT64_C(50000000000)},
		{"app_id=a&gmt_payment=2026-01-01 10:00:05&notify_type=trade_status_sync&out_trade_no=1&refund_fee=100&seller_id=s&"
		 "total_amount=100&trade_no=t&trade_status=TRADE_CLOSED",
		 NOTICE_OF_PAYMENT, FACT_PAID, INT64_C(100000000000), INT64_C(100000000000),
		 INT64_C(100000000000)},
		{"app_id=a&notify_type=trade_status_sync&out_trade_no=1&seller_id=s&trade_no=t&trade_status=TRADE_CLOSED",
		 NOTICE_OF_PAYMENT, FACT_CLOSED, 0, 0, 0},
		{"app_id=a&notify_type=trade_status_sync&out_trade_no=1&seller_id=s&trade_status=WAIT_BUYER_PAY",
		 NOTICE_OF_PAYMENT, FACT_PENDING, 0, 0, 0},
		{"app_id=a&notify_type=trade_status_sync&out_trade_no=1&seller_id=s&trade_status=NEW",
		 NOTICE_MALFORMED, 0, 0, 0, 0},
		{"app_id=a&notify_type=other&out_trade_no=1&seller_id=s", NOTICE_OF_ANOTHER_KIND, 0, 0, 0,
		 0},
		{"app_id=a&gmt_payment=2026-01-01 10:00:05&notify_type=trade_status_sync&out_trade_no=1&seller_id=s&"
		 "total_amount=100.001&trade_no=t&trade_status=TRADE_SUCCESS",
		 NOTICE_MALFORMED, 0, 0, 0, 0},
		{"app_id=a&gmt_payment=2026-01-01 10:00:05&notify_type=trade_status_sync&out_trade_no=1&seller_id=s&"
		 "total_amount=-1&trade_no=t&trade_status=TRADE_SUCCESS",
		 NOTICE_MALFORMED, 0, 0, 0, 0},
		{"app_id=a&gmt_payment=2026-01-01 10:00:05&notify_type=trade_status_sync&out_trade_no=1&seller_id=s&"
		 "total_amount=NaN&trade_no=t&trade_status=TRADE_SUCCESS",
		 NOTICE_MALFORMED, 0, 0, 0, 0},
		{"app_id=a&gmt_payment=yesterday&notify_type=trade_status_sync&out_trade_no=1&seller_id=s&"
		 "total_amount=1&trade_no=t&trade_status=TRADE_SUCCESS",
		 NOTICE_MALFORMED, 0, 0, 0, 0},
		{"app_id=a&gmt_payment=2026-01-01 10:00:05&notify_type=trade_status_sync&out_trade_no=1&seller_id=s&"
		 "total_amount=1&trade_status=TRADE_SUCCESS",
		 NOTICE_MALFORMED, 0, 0, 0, 0},
		{"app_id=a&gmt_payment=2026-01-01 10:00:05&notify_type=trade_status_sync&out_trade_no=1&seller_id=s&"
		 "trade_no=t&trade_status=TRADE_SUCCESS",
		 NOTICE_MALFORMED, 0, 0, 0, 0},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		PaymentFact fact;

		assert_int_equal(read_it(make(cases[i].fields, false), &fact), cases[i].verdict);
		if (cases[i].verdict != NOTICE_OF_PAYMENT)
			continue;
		assert_int_equal(fact.state, cases[i].state);
		assert_true(fact.amount_nano == cases[i].amount_nano);
		assert_true(fact.payer_nano == cases[i].payer_nano);
		assert_true(fact.refunded_nano == cases[i].refunded_nano);
	}
	/* Some are signed with sign_type, and empty values count. */
	assert_int_equal(
		read_it(make("app_id=a&empty=&notify_type=other&out_trade_no=1", true), &(PaymentFact){0}),
		NOTICE_OF_ANOTHER_KIND);
}

/* Whatever comes is answered, and a changed field is never believed. */
static void
test_mutations(void **state)
{
	static char body[8192];
	size_t size = strlen(ALIPAY_NOTICE_BODY);

	(void) state;
	for (int round = 0; round < ROUNDS; round++)
	{
		PaymentFact fact;
		NoticeVerdict verdict;

		memcpy(body, ALIPAY_NOTICE_BODY, size + 1);
		for (int64_t change = random_below(4); change >= 0; change--)
			body[random_below((int64_t) size)] = "&=%+0aZ\x80\xff\n"[random_below(10)];
		body[random_below(20) == 0 ? random_below((int64_t) size) : (int64_t) size] = '\0';
		verdict = read_it(body, &fact);
		/* A blank may be written in two ways, and a digit of an escape: the same notice. */
		if (verdict == NOTICE_OF_PAYMENT)
			assert_true(fact.amount_nano == INT64_C(88880000000) &&
						strcmp(fact.order_number, "R20260101000001") == 0);
		else
			assert_true(verdict == NOTICE_FORGED || verdict == NOTICE_MALFORMED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_genuine),
		cmocka_unit_test(test_not_believed),
		cmocka_unit_test(test_trades),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
