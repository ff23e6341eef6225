/*-------------------------------------------------------------------------
 *
 * test_gateway_parts.c
 *	  What all gateways are read with: base64, forms, JSON, instants,
 *	  signatures, seals.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/base64.h"
#include "gateway/document.h"
#include "gateway/form.h"
#include "gateway/instant.h"
#include "gateway/mac.h"
#include "gateway/sealed.h"
#include "gateway/signature.h"

#include "gateway_vectors.h"
#include "unit.h"

/* ---- base64 -------------------------------------------------------------- */

static void
test_base64(void **state)
{
	static const struct
	{
		const char *text;
		const char *bytes; /* NULL: it is none */
	} cases[] = {
		{"", ""},			{"Zg==", "f"},		  {"Zm8=", "fo"},
		{"Zm9v", "foo"},	{"Zm9vYg==", "foob"}, {"+/+/", "\xfb\xff\xbf"},
		{"Zg", NULL},		{"Zg=", NULL},		  {"Zg===", NULL},
		{"=", NULL},		{"====", NULL},		  {"Zh==", NULL},
		{"Zm9=", NULL},		{"Z===", NULL},		  {"Zg==Zg==", NULL},
		{"Zm9v\n", NULL},	{" Zm9v", NULL},	  {"Zm-_", NULL},
		{"Zm9v====", NULL},
	};
	unsigned char bytes[8];
	char text[16];
	size_t size;

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		bool read = base64_decode(bytes_of(cases[i].text), bytes, sizeof(bytes), &size);

		assert_int_equal(read, cases[i].bytes != NULL);
		if (read)
		{
			assert_int_equal(size, strlen(cases[i].bytes));
			assert_memory_equal(bytes, cases[i].bytes, size);
			base64_encode((Bytes){(const char *) bytes, size}, text);
			assert_string_equal(text, cases[i].text);
		}
	}
	assert_true(base64_decode(bytes_of("Zm9v"), bytes, 3, &size));
	assert_false(base64_decode(bytes_of("Zm9v"), bytes, 2, &size));
}

/* Beyond what OpenSSL is given at once. */
static void
test_large_base64(void **state)
{
	enum
	{
		BYTES = (6 << 20) + 1
	};
	unsigned char *bytes = malloc(BYTES);
	char *text = malloc(BASE64_SIZE(BYTES) + 1);
	char *raw = calloc(1, BYTES);
	size_t size;

	(void) state;
	for (size_t i = 0; i < BYTES; i += 97)
		raw[i] = (char) random_next();
	base64_encode((Bytes){raw, BYTES}, text);
	assert_int_equal(strlen(text), BASE64_SIZE(BYTES));
	assert_true(base64_decode(bytes_of(text), bytes, BYTES, &size));
	assert_int_equal(size, BYTES);
	assert_memory_equal(bytes, raw, BYTES);
	free(bytes);
	free(text);
	free(raw);
}

/* ---- forms --------------------------------------------------------------- */

static Form form;

static void
test_form(void **state)
{
	char text[8];

	(void) state;
	assert_true(form_read(bytes_of("b=2&a=%E5%85%85+x%2b%26&c="), &form));
	assert_int_equal(form.count, 3);
	assert_true(bytes_equal(form.fields[0].name, bytes_of("a")));
	assert_true(bytes_equal(form_value(&form, "a"), bytes_of("\xe5\x85\x85 x+&")));
	assert_true(bytes_equal(form_value(&form, "b"), bytes_of("2")));
	assert_int_equal(form_value(&form, "c").size, 0);
	assert_int_equal(form_value(&form, "d").size, 0);
	assert_true(form_text(&form, "b", text, sizeof(text)));
	assert_string_equal(text, "2");
	assert_false(form_text(&form, "c", text, sizeof(text)));
	assert_false(form_text(&form, "a", text, 7));
	assert_true(form_read(bytes_of(""), &form));
	assert_true(form_read(bytes_of("a"), &form));
	assert_true(form_read(bytes_of("a=b=c"), &form));
	assert_true(bytes_equal(form_value(&form, "a"), bytes_of("b=c")));
	assert_true(form_read(bytes_of("a=%0a"), &form));
	assert_false(form_text(&form, "a", text, sizeof(text)));
}

static void
test_bad_forms(void **state)
{
	static const char *const bad[] = {
		"=1", "a=1&a=2", "a=1&&b=2", "a=%", "a=%1", "a=%zz", "%=1", "a=%00", "%61=1&a=2", "a=1&=",
	};
	static char large[FORM_BYTES_MAX + 1];
	char many[FORM_FIELDS_MAX * 8];
	size_t used = 0;

	(void) state;
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(form_read(bytes_of(bad[i]), &form));
	memset(large, 'a', sizeof(large));
	assert_true(form_read((Bytes){large, FORM_BYTES_MAX}, &form));
	assert_false(form_read((Bytes){large, FORM_BYTES_MAX + 1}, &form));
	for (int i = 0; i < FORM_FIELDS_MAX; i++)
		used += (size_t) snprintf(many + used, sizeof(many) - used, "f%d&", i);
	assert_true(form_read((Bytes){many, used - 1}, &form));
	assert_false(form_read((Bytes){many, (size_t) snprintf(many + used, 3, "x") + used}, &form));
	assert_false(form_read((Bytes){"a=\0b", 4}, &form));
}

/* ---- JSON ---------------------------------------------------------------- */

static void
test_document(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"1",
		"{",
		"{\"a\":1,\"a\":2}",
		"{\"a\":\"\xff\"}",
		"{} x",
		"{\"a\":\"\\u0000\"}",
		"{\"a\":99999999999999999999}",
		"{\"a\":{\"b\":1,\"b\":1}}",
		"{\"a\":01}",
		"{'a':1}",
		"{\"a\":NaN}",
	};
	json_t *read = document_read(bytes_of(
		"{\"text\":\"abc\",\"count\":7,\"real\":7.0,\"in\":{\"x\":\"y\"},\"line\":\"a\\n\"}"));
	char text[4];
	int64_t count;

	(void) state;
	assert_non_null(read);
	assert_true(document_text(read, "text", text, sizeof(text)));
	assert_string_equal(text, "abc");
	assert_false(document_text(read, "text", text, 3));
	assert_string_equal(text, "");
	assert_false(document_text(read, "line", text, sizeof(text)));
	assert_false(document_text(read, "count", text, sizeof(text)));
	assert_false(document_text(read, "none", text, sizeof(text)));
	assert_true(document_count(read, "count", &count) && count == 7);
	assert_false(document_count(read, "real", &count));
	assert_false(document_count(read, "text", &count));
	assert_non_null(document_object(read, "in"));
	assert_null(document_object(read, "text"));
	assert_null(document_object(NULL, "text"));
	assert_false(document_text(NULL, "text", text, sizeof(text)));
	json_decref(read);
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_null(document_read(bytes_of(bad[i])));
}

/* Too long, and nested as deep as it goes. */
static void
test_large_documents(void **state)
{
	char *large = malloc(DOCUMENT_BYTES_MAX + 1);

	(void) state;
	memset(large, ' ', DOCUMENT_BYTES_MAX + 1);
	memcpy(large, "{}", 2);
	json_decref(document_read((Bytes){large, DOCUMENT_BYTES_MAX}));
	assert_null(document_read((Bytes){large, DOCUMENT_BYTES_MAX + 1}));
	memset(large, '[', DOCUMENT_BYTES_MAX);
	memcpy(large, "{\"a\":", 5);
	assert_null(document_read((Bytes){large, DOCUMENT_BYTES_MAX}));
	free(large);
}

/* ---- instants ------------------------------------------------------------ */

#define S INT64_C(1000000)

static void
test_instants(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-01-01T10:00:05",
		"2026-01-01T10:00:05+0800",
		"2026-01-01 10:00:05+08:00",
		"2026-02-29T10:00:05Z",
		"2026-13-01T10:00:05Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T10:60:00Z",
		"1999-12-31T23:59:59Z",
		"2026-01-01T10:00:05Zx",
		"2026-01-01T10:00:05+15:00",
		"2026-01-01T10:00:05+08:60",
		"26-01-01T10:00:05Z",
	};
	int64_t instant;

	(void) state;
	assert_true(instant_from_rfc3339("2000-01-01T00:00:00Z", &instant) && instant == 0);
	assert_true(instant_from_rfc3339("2000-01-01T08:00:00+08:00", &instant) && instant == 0);
	assert_true(instant_from_rfc3339("1999-12-31T20:00:00-04:00", &instant) == false);
	assert_true(instant_from_rfc3339("2000-01-01T00:00:00-04:00", &instant) &&
				instant == 4 * 3600 * S);
	assert_true(instant_from_rfc3339("2026-01-01T10:00:05+08:00", &instant) &&
				instant == (INT64_C(1767232805) - INSTANT_EPOCH_S) * S);
	assert_true(instant_from_rfc3339("2024-02-29T00:00:00Z", &instant) &&
				instant == (INT64_C(1709164800) - INSTANT_EPOCH_S) * S);
	assert_true(instant_from_china("2026-01-01 10:00:05", &instant) &&
				instant == (INT64_C(1767232805) - INSTANT_EPOCH_S) * S);
	assert_false(instant_from_china("2026-01-01T10:00:05", &instant));
	assert_false(instant_from_china("2026-01-01 10:00:05+08:00", &instant));
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(instant_from_rfc3339(bad[i], &instant));
}

/* UTC, with or without milliseconds; written with three zeros. */
static void
test_utc(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-01-01T02:00:05",
		"2026-01-01T02:00:05.Z",
		"2026-01-01T02:00:05.12Z",
		"2026-01-01T02:00:05.1234Z",
		"2026-01-01T02:00:05.123",
		"2026-01-01T02:00:05.123+00:00",
		"2026-01-01T02:00:05+00:00",
		"2026-01-01 02:00:05Z",
		"2026-02-29T02:00:05Z",
		"2026-01-01T02:00:60Z",
		"1999-12-31T23:59:59Z",
		"3000-01-01T00:00:00Z",
		"2026-01-01T02:00:05Zx",
	};
	const int64_t at = (INT64_C(1767232805) - INSTANT_EPOCH_S) * S;
	char text[INSTANT_TEXT_SIZE];
	int64_t instant;

	(void) state;
	assert_true(instant_from_utc("2026-01-01T02:00:05Z", &instant) && instant == at);
	assert_true(instant_from_utc("2026-01-01T02:00:05.123Z", &instant) && instant == at + 123000);
	assert_true(instant_from_utc("2000-01-01T00:00:00.000Z", &instant) && instant == 0);
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(instant_from_utc(bad[i], &instant));
	assert_string_equal(instant_to_utc(at + 999999, text), "2026-01-01T02:00:05.000Z");
	assert_string_equal(instant_to_utc(0, text), "2000-01-01T00:00:00.000Z");
	assert_string_equal(instant_to_utc_s(at + 999999, text), "2026-01-01T02:00:05Z");
	assert_string_equal(instant_to_rfc5322(at + 999999, text), "Thu, 01 Jan 2026 02:00:05 +0000");
	assert_string_equal(instant_to_rfc5322(0, text), "Sat, 01 Jan 2000 00:00:00 +0000");
}

/* ---- signatures ---------------------------------------------------------- */

/* What the official packages signed, ours does to the letter, and verifies. */
static void
test_signatures(void **state)
{
	static const struct
	{
		const char *text;
		const char *signature;
	} cases[] = {
		{ALIPAY_REQUEST_TEXT, ALIPAY_REQUEST_SIGNATURE},
		{WECHAT_REQUEST_TEXT, WECHAT_REQUEST_SIGNATURE},
	};
	SignatureKey *private_key = signature_private_key(bytes_of(MERCHANT_PRIVATE_KEY));
	SignatureKey *public_key = signature_public_key(bytes_of(MERCHANT_PUBLIC_KEY));
	SignatureKey *other_key = signature_public_key(bytes_of(PLATFORM_PUBLIC_KEY));
	char text[SIGNATURE_TEXT_SIZE];

	(void) state;
	assert_non_null(private_key);
	assert_non_null(public_key);
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		Bytes whole = bytes_of(cases[i].text);
		Bytes parts[] = {{whole.data, 5}, {whole.data + 5, whole.size - 5}};

		assert_true(signature_make(private_key, &whole, 1, text));
		assert_string_equal(text, cases[i].signature);
		assert_true(signature_make(private_key, parts, 2, text));
		assert_string_equal(text, cases[i].signature);
		assert_true(signature_holds(public_key, parts, 2, bytes_of(text)));
		assert_false(signature_holds(other_key, parts, 2, bytes_of(text)));
		assert_false(signature_holds(public_key, parts, 1, bytes_of(text)));
		text[0] = text[0] == 'A' ? 'B' : 'A';
		assert_false(signature_holds(public_key, parts, 2, bytes_of(text)));
		assert_false(signature_holds(public_key, parts, 2, bytes_of("")));
	}
	signature_free_key(private_key);
	signature_free_key(public_key);
	signature_free_key(other_key);
}

static void
test_keys(void **state)
{
	SignatureKey *pkcs1 = signature_private_key(bytes_of(MERCHANT_PRIVATE_KEY_PKCS1));

	(void) state;
	assert_non_null(pkcs1);
	signature_free_key(pkcs1);
	assert_null(signature_private_key(bytes_of(MERCHANT_PUBLIC_KEY)));
	assert_null(signature_public_key(bytes_of("")));
	assert_null(signature_public_key(
		bytes_of("-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n")));
	signature_free_key(NULL);
}

/* ---- seals --------------------------------------------------------------- */

/* The vector's seal is opened by test_wechat.c; here: nothing else is. */
static void
test_sealed(void **state)
{
	/* AES-256-GCM, test case 13 and 14 of the specification: a key and a nonce of zeros. */
	static const unsigned char zeros[SEALED_KEY_BYTES];
	static const char nonce[SEALED_NONCE_BYTES];
	static const char empty[] = "\x53\x0f\x8a\xfb\xc7\x45\x36\xb9\xa9\x63\xb4\xf1\xc4\xcb\x73\x8b";
	static const char block[] = "\xce\xa7\x40\x3d\x4d\x60\x6b\x6e\x07\x4e\xc5\xd3\xba\xf3\x9d\x18"
								"\xd0\xd1\xc8\xa7\x99\x99\x6b\xf0\x26\x5b\x98\xb5\xd4\x8a\xb9\x19";
	unsigned char plain[16] = {1};
	char broken[33];

	(void) state;
	assert_true(sealed_open(zeros, (Bytes){nonce, 12}, (Bytes){"", 0}, (Bytes){empty, 16}, plain));
	assert_true(sealed_open(zeros, (Bytes){nonce, 12}, (Bytes){"", 0}, (Bytes){block, 32}, plain));
	assert_memory_equal(plain, zeros, 16);
	for (int bit = 0; bit < 256; bit++)
	{
		memcpy(broken, block, sizeof(broken));
		broken[bit / 8] ^= (char) (1 << bit % 8);
		assert_false(
			sealed_open(zeros, (Bytes){nonce, 12}, (Bytes){"", 0}, (Bytes){broken, 32}, plain));
	}
	assert_false(
		sealed_open(zeros, (Bytes){nonce, 12}, (Bytes){"x", 1}, (Bytes){block, 32}, plain));
	assert_false(sealed_open(zeros, (Bytes){nonce, 11}, (Bytes){"", 0}, (Bytes){block, 32}, plain));
	assert_false(sealed_open(zeros, (Bytes){nonce, 12}, (Bytes){"", 0}, (Bytes){block, 15}, plain));
}

/* ---- HMAC ---------------------------------------------------------------- */

/* RFC 2202, 3 (SHA-1) and RFC 4231 (SHA-256): "Jefe". */
static void
test_mac(void **state)
{
	static const struct
	{
		MacDigest digest;
		const char *mac;
	} cases[] = {
		{MAC_SHA1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		{MAC_SHA256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	};
	const Bytes key = bytes_of("Jefe");
	const Bytes pieces[] = {bytes_of("what do ya want "), bytes_of(""), bytes_of("for nothing?")};
	char text[MAC_TEXT_SIZE];

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		MacDigest digest = cases[i].digest;
		Bytes mac = bytes_of(cases[i].mac);

		assert_true(mac_make(digest, key, pieces, 3, text));
		assert_string_equal(text, cases[i].mac);
		assert_true(mac_matches(digest, key, pieces, 3, mac));
		assert_false(mac_matches(digest, key, pieces, 2, mac));
		assert_false(mac_matches(digest, bytes_of("jefe"), pieces, 3, mac));
		assert_false(mac_matches(digest, key, pieces, 3, (Bytes){mac.data, mac.size - 1}));
		assert_false(mac_matches(digest, key, pieces, 3, (Bytes){mac.data, mac.size + 1}));
		assert_false(mac_matches(digest, key, pieces, 3, (Bytes){NULL, 0}));
		text[mac.size - 1] ^= 1;
		assert_false(mac_matches(digest, key, pieces, 3, bytes_of(text)));
	}
	/* A merchant without a secret has not the secret "". */
	assert_false(mac_make(MAC_SHA1, bytes_of(""), pieces, 3, text));
	assert_false(mac_matches(MAC_SHA1, bytes_of(""), pieces, 0, bytes_of("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),	 cmocka_unit_test(test_large_base64),
		cmocka_unit_test(test_form),	 cmocka_unit_test(test_bad_forms),
		cmocka_unit_test(test_document), cmocka_unit_test(test_large_documents),
		cmocka_unit_test(test_instants), cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_keys),	 cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_utc),		 cmocka_unit_test(test_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
