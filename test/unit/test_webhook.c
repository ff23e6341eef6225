/*-------------------------------------------------------------------------
 *
 * test_webhook.c
 *	  Secrets and signatures of webhooks, and where they may go.
 *
 *-------------------------------------------------------------------------
 */
#include "message/webhook.h"

#include "gateway/instant.h"
#include "message/address.h"

#include <arpa/inet.h>

#include "parcels.h"
#include "unit.h"

#define MASTER_KEY "0123456789abcdef0123456789abcdef"

/* ---- secrets and signatures ---------------------------------------------- */

/* Made with node:crypto: HMAC-SHA256 of "webhook 7 3 2". */
static void
test_secrets(void **state)
{
	Bytes master = bytes_of(MASTER_KEY);
	char secret[WEBHOOK_SECRET_SIZE];
	char other[WEBHOOK_SECRET_SIZE];

	(void) state;
	assert_true(webhook_secret(master, 7, 3, 2, secret));
	assert_string_equal(secret, "whsec_EjbFojXWHk+hZZ6Pi7UoloZCglMO44f4HNeDJw3qd6g=");
	assert_int_equal(strlen(secret), WEBHOOK_SECRET_SIZE - 1);
	assert_true(webhook_secret(master, 7, 3, 3, other) && strcmp(secret, other) != 0);
	assert_true(webhook_secret(master, 7, 32, 2, other) && strcmp(secret, other) != 0);
	assert_true(webhook_secret(master, 73, 2, 2, other) && strcmp(secret, other) != 0);
	assert_true(webhook_secret(bytes_of(MASTER_KEY "0"), 7, 3, 2, other) &&
				strcmp(secret, other) != 0);
	assert_false(webhook_secret(bytes_of(""), 7, 3, 2, other));
	assert_string_equal(other, "");
}

static void
test_keys(void **state)
{
	static const char *const bad[] = {
		"",
		"whsec_",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ==",
	};
	char large[16 + WEBHOOK_KEY_BYTES_MAX * 2] = "whsec_";
	unsigned char key[WEBHOOK_KEY_BYTES_MAX];
	size_t size;

	(void) state;
	assert_true(webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", key, &size));
	assert_int_equal(size, 24);
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(webhook_key(bad[i], key, &size));
	memset(large + 6, 'A', 88);
	assert_false(webhook_key(large, key, &size)); /* 66 bytes */
}

/* The vector of the libraries of Standard Webhooks. */
static void
test_vector(void **state)
{
	unsigned char key[WEBHOOK_KEY_BYTES_MAX];
	Bytes keys[2] = {{(const char *) key, 0}, bytes_of("another key")};
	HttpRequest request = {.body = "{\"test\": 2432232314}", .body_size = 20};
	int64_t at = (1614265330 - INSTANT_EPOCH_S) * 1000000 + 999999;

	(void) state;
	assert_true(webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", key, &keys[0].size));
	assert_true(webhook_sign(keys, 1, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, &request));
	assert_int_equal(request.headers_count, 3);
	assert_string_equal(request.headers[0], "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek");
	assert_string_equal(request.headers[1], "webhook-timestamp: 1614265330");
	assert_string_equal(request.headers[2],
						"webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	request.headers_count = 0;
	assert_true(webhook_sign(keys, 2, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, &request));
	assert_non_null(strstr(request.headers[2], "tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,"));
	assert_false(webhook_sign(keys, 0, "a", at, &request));
	keys[0].size = 0;
	assert_false(webhook_sign(keys, 1, "a", at, &request));
}

static const char *
signature_of(int64_t version, int64_t previous_version)
{
	static HttpRequest request;
	Parcel parcel = parcels_make(PARCEL_WEBHOOK);
	HttpAddress address;

	parcel.version = version;
	parcel.previous_version = previous_version;
	request = (HttpRequest){0};
	assert_true(webhook_read_url(parcel.url, 0, &address));
	assert_string_equal(address.host, "hooks.example.com");
	assert_true(webhook_build(bytes_of(MASTER_KEY), &parcel, &address, &request));
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.target, "/billing?a=1");
	assert_true(bytes_equal((Bytes){request.body, request.body_size}, parcel.payload));
	assert_int_equal(request.headers_count, 4);
	return request.headers[3] + strlen("webhook-signature: ");
}

/* While secrets change, both sign. */
static void
test_rotation(void **state)
{
	char one[128];
	char two[128];
	char both[256];

	(void) state;
	strcpy(one, signature_of(1, 0));
	strcpy(two, signature_of(2, 0));
	assert_string_not_equal(one, two);
	(void) snprintf(both, sizeof(both), "%s %s", two, one);
	assert_string_equal(signature_of(2, 1), both);
}

static void
test_replies(void **state)
{
	static const struct
	{
		int status;
		ParcelResult result;
		const char *code;
	} cases[] = {
		{200, PARCEL_SENT, ""},			 {204, PARCEL_SENT, ""},
		{299, PARCEL_SENT, ""},			 {302, PARCEL_LATER, "http_302"},
		{400, PARCEL_LATER, "http_400"}, {404, PARCEL_LATER, "http_404"},
		{410, PARCEL_REFUSED, "gone"},	 {429, PARCEL_LATER, "http_429"},
		{500, PARCEL_LATER, "http_500"}, {100, PARCEL_LATER, "http_100"},
	};
	ParcelAnswer answer;

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		webhook_read_reply(&(HttpMessage){.status = cases[i].status}, &answer);
		assert_int_equal(answer.result, cases[i].result);
		assert_string_equal(answer.code, cases[i].code);
	}
}

/* ---- where they may go --------------------------------------------------- */

static void
test_urls(void **state)
{
	static const char *const good[] = {
		"https://example.com/",		   "https://a.b/x?y=z&u=v",		   "https://Example.COM:443/",
		"https://xn--fiq228c.cn/%E4?", "https://1.2.3.4.example.com/", "https://127.0.0.1.nip.io/",
	};
	static const char *const bad[] = {
		"",
		"http://example.com/",
		"HTTPS://example.com/",
		"https://example.com",
		"https://example.com?a",
		"https:///",
		"https://example.com:8443/",
		"https://example.com:80/",
		"https://example.com:4430/",
		"https://example.com:/",
		"https://user@example.com/",
		"https://user:password@example.com/",
		"https://example.com/#a",
		"https://example.com/a b",
		"https://example.com/\r\nX: y",
		"https://localhost/",
		"https://intranet/",
		"https://example.com./",
		"https://.example.com/",
		"https://example..com/",
		"https://-a.com/",
		"https://a-.com/",
		"https://127.0.0.1/",
		"https://127.1/",
		"https://2130706433/",
		"https://0x7f000001/",
		"https://0x7f.0.0.0x1/",
		"https://1.2.3.0x4/",
		"https://017700000001/",
		"https://[::1]/",
		"https://[::ffff:10.0.0.1]/",
		"https://example.com\\@a.b/",
		"https://ex%61mple.com/",
		"https://\xe4\xbd\x99.cn/",
		"ftp://example.com/",
		"file:///etc/passwd",
	};
	HttpAddress address;

	(void) state;
	for (size_t i = 0; i < LENGTH(good); i++)
		assert_true(webhook_read_url(good[i], 0, &address) && address.port == 0);
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(webhook_read_url(bad[i], 0, &address));
	assert_true(webhook_read_url("https://example.com:8443/", 8443, &address));
	assert_int_equal(address.port, 8443);
	assert_true(webhook_read_url("https://example.com/", 8443, &address));
	assert_false(webhook_read_url("https://example.com:8444/", 8443, &address));
}

static void
test_long_urls(void **state)
{
	char url[PARCEL_URL_SIZE + 1];
	char label[128];
	HttpAddress address;

	(void) state;
	memset(url, 'a', sizeof(url));
	memcpy(url, "https://a.b/", 12);
	url[PARCEL_URL_SIZE - 1] = '\0';
	assert_true(webhook_read_url(url, 0, &address));
	url[PARCEL_URL_SIZE - 1] = 'a';
	url[PARCEL_URL_SIZE] = '\0';
	assert_false(webhook_read_url(url, 0, &address));
	(void) snprintf(label, sizeof(label), "https://%063d.b/", 0);
	assert_true(webhook_read_url(label, 0, &address));
	(void) snprintf(label, sizeof(label), "https://%064d.b/", 0);
	assert_false(webhook_read_url(label, 0, &address));
}

static bool
is_public(const char *text)
{
	unsigned char bytes[ADDRESS_V6_BYTES];
	bool is_v6 = strchr(text, ':') != NULL;

	assert_int_equal(inet_pton(is_v6 ? AF_INET6 : AF_INET, text, bytes), 1);
	return address_is_public(bytes, is_v6 ? ADDRESS_V6_BYTES : ADDRESS_V4_BYTES);
}

/* The first and the last of each range, and their neighbours where those are anybody's. */
static void
test_addresses(void **state)
{
	static const char *const anybodys[] = {
		"1.0.0.0",		   "9.255.255.255",	   "11.0.0.0",		  "100.63.255.255",
		"100.128.0.0",	   "126.255.255.255",  "128.0.0.0",		  "169.253.255.255",
		"169.255.0.0",	   "172.15.255.255",   "172.32.0.0",	  "191.255.255.255",
		"192.0.1.0",	   "192.0.3.0",		   "192.167.255.255", "192.169.0.0",
		"198.17.255.255",  "198.20.0.0",	   "203.0.112.255",	  "203.0.114.0",
		"223.255.255.255", "8.8.8.8",		   "2000::",		  "2001:200::",
		"2606:4700::1111", "2003::",		   "3ffe::1",		  "2001:db7::1",
		"2001:db9::",	   "64:ff9b::8.8.8.8", "3fff:1000::",
	};
	static const char *const nobodys[] = {
		"0.0.0.0",
		"0.255.255.255",
		"10.0.0.0",
		"10.255.255.255",
		"100.64.0.0",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.255.255",
		"169.254.0.0",
		"169.254.169.254",
		"169.254.255.255",
		"172.16.0.0",
		"172.31.255.255",
		"192.0.0.0",
		"192.0.0.255",
		"192.0.2.1",
		"192.88.99.1",
		"192.168.0.0",
		"192.168.255.255",
		"198.18.0.0",
		"198.19.255.255",
		"198.51.100.1",
		"203.0.113.255",
		"224.0.0.0",
		"239.255.255.255",
		"240.0.0.0",
		"255.255.255.255",
		"::",
		"::1",
		"::8.8.8.8",
		"::ffff:10.0.0.1",
		"::ffff:127.0.0.1",
		"::ffff:8.8.8.8",
		"64:ff9b::10.0.0.1",
		"64:ff9b::127.0.0.1",
		"64:ff9b::169.254.169.254",
		"64:ff9b:1::8.8.8.8",
		"100::1",
		"2001::1",
		"2001:0:808:808::",
		"2001:10::1",
		"2001:1ff:ffff::",
		"2001:db8::1",
		"2002:0a00:1::",
		"2002:808:808::",
		"3fff::",
		"3fff:fff::1",
		"4000::",
		"5f00::1",
		"fc00::1",
		"fd00:ec2::254",
		"fe80::1",
		"febf::1",
		"fec0::1",
		"ff02::1",
		"1fff:ffff::",
	};
	unsigned char bytes[ADDRESS_V6_BYTES] = {8, 8, 8, 8};

	(void) state;
	for (size_t i = 0; i < LENGTH(anybodys); i++)
		assert_true(is_public(anybodys[i]));
	for (size_t i = 0; i < LENGTH(nobodys); i++)
		assert_false(is_public(nobodys[i]));
	assert_true(address_is_public(bytes, 4));
	assert_false(address_is_public(bytes, 0));
	assert_false(address_is_public(bytes, 5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets),	  cmocka_unit_test(test_keys),
		cmocka_unit_test(test_vector),	  cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_replies),	  cmocka_unit_test(test_urls),
		cmocka_unit_test(test_long_urls), cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
