/*-------------------------------------------------------------------------
 *
 * test_wechat_keys.c
 *	  WeChat Pay's platform certificates: which lists are believed, and what a
 *	  merchant's file of them gives.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/providers.h"
#include "gateway/wechat.h"

#include "gateway_vectors.h"
#include "make_certificate.h"
#include "unit.h"

#define NOW INT64_C(1767232806)
#define LATER (NOW + 1000000)
#define SERIAL "7132D72A03E93CDDF8C03BBD1F37EEDF00000001"
#define SERIAL_2 "7132D72A03E93CDDF8C03BBD1F37EEDF00000002"
#define SERIAL_ZERO "0132D72A03E93CDDF8C03BBD1F37EEDF00000003"
#define PUBLIC_KEY_SERIAL "PUB_KEY_ID_0000000000000000000000000001"
#define LIST_MAX 9

static SignatureKey *platform_private;
static SignatureKey *other_private;
static EVP_PKEY *curve;
static Merchant merchant;
static HttpRequest request;
static GatewayAnswer answer;
static char room[CONF_LINE_BYTES_MAX];

static int
set_up(void **state)
{
	(void) state;
	platform_private = signature_private_key(bytes_of(PLATFORM_PRIVATE_KEY));
	other_private = signature_private_key(bytes_of(MERCHANT_PRIVATE_KEY));
	curve = EVP_EC_gen("P-256");
	merchant = (Merchant){
		.merchant_id = "1900000001",
		.serial = "OURS",
		.private_key = signature_private_key(bytes_of(MERCHANT_PRIVATE_KEY)),
		.keys = {{PUBLIC_KEY_SERIAL, signature_public_key(bytes_of(MERCHANT_PUBLIC_KEY))}},
		.keys_count = 1,
		.has_sealing_key = true,
	};
	memcpy(merchant.sealing_key, WECHAT_APIV3_KEY, SEALED_KEY_BYTES);
	return platform_private && other_private && curve ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void) state;
	merchant_free(&merchant);
	signature_free_key(platform_private);
	signature_free_key(other_private);
	EVP_PKEY_free(curve);
	return 0;
}

/* ---- making lists ---------------------------------------------------------- */

typedef enum Damage
{
	SOUND,
	BROKEN_TAG,
	OTHER_APIV3_KEY,
	OTHER_ALGORITHM,
	NO_CERTIFICATE,
	CURVE /* no RSA */
} Damage;

typedef struct Entry
{
	const char *serial;
	const char *named; /* serial_no; NULL: the same */
	int64_t expires_s;
	Damage damage;
} Entry;

static void
seal(const char *plain, Damage damage, char *cipher)
{
	unsigned char key[SEALED_KEY_BYTES];
	unsigned char sealed[CERTIFICATE_ROOM + SEALED_TAG_BYTES];
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int size;

	memcpy(key, merchant.sealing_key, sizeof(key));
	key[0] ^= damage == OTHER_APIV3_KEY;
	EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key,
					   (const unsigned char *) "nonce of 12.");
	EVP_EncryptUpdate(context, NULL, &size, (const unsigned char *) "certificate", 11);
	EVP_EncryptUpdate(context, sealed, &size, (const unsigned char *) plain, (int) strlen(plain));
	EVP_EncryptFinal_ex(context, sealed + size, &size);
	EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEALED_TAG_BYTES, sealed + strlen(plain));
	EVP_CIPHER_CTX_free(context);
	sealed[strlen(plain)] ^= damage == BROKEN_TAG;
	EVP_EncodeBlock((unsigned char *) cipher, sealed, (int) strlen(plain) + SEALED_TAG_BYTES);
}

static size_t
write_entry(const Entry *entry, char *text, size_t size)
{
	char pem[CERTIFICATE_ROOM] = "no certificate";
	char cipher[2 * CERTIFICATE_ROOM];

	if (entry->damage != NO_CERTIFICATE)
		make_certificate(entry->damage == CURVE ? curve : (EVP_PKEY *) platform_private,
						 entry->serial, entry->expires_s, pem);
	seal(pem, entry->damage, cipher);
	return (size_t) snprintf(
		text, size,
		"{\"serial_no\":\"%s\",\"effective_time\":\"2020-01-01T00:00:00+08:00\",\"expire_time\":"
		"\"2030-01-01T00:00:00+08:00\",\"encrypt_certificate\":{\"algorithm\":\"%s\",\"nonce\":"
		"\"nonce of 12.\",\"associated_data\":\"certificate\",\"ciphertext\":\"%s\"}}",
		entry->named ? entry->named : entry->serial,
		entry->damage == OTHER_ALGORITHM ? "AEAD_SM4_GCM" : "AEAD_AES_256_GCM", cipher);
}

static const char *
list_of(const Entry *entries, size_t count)
{
	static char body[64 * 1024];
	size_t size = (size_t) snprintf(body, sizeof(body), "{\"data\":[");

	for (size_t i = 0; i < count; i++)
	{
		size += (size_t) snprintf(body + size, sizeof(body) - size, i > 0 ? "," : "");
		size += write_entry(&entries[i], body + size, sizeof(body) - size);
	}
	snprintf(body + size, sizeof(body) - size, "]}");
	return body;
}

/* How a reply is signed. */
typedef struct Signed
{
	SignatureKey *key; /* NULL: it is not */
	const char *serial;
	int64_t at_s;
} Signed;

/* Reads a list that came with a status, into so much room; the size of what was read. */
static size_t
read_list(const char *body, int status, Signed by, size_t size)
{
	char timestamp[24];
	char signature[SIGNATURE_TEXT_SIZE] = "";
	HttpMessage reply = {.status = status, .body = bytes_of(body)};

	snprintf(timestamp, sizeof(timestamp), "%lld", (long long) by.at_s);
	if (by.key)
		assert_true(signature_make(
			by.key, (Bytes[]){bytes_of(timestamp), bytes_of("\nn\n"), reply.body, bytes_of("\n")},
			4, signature));
	reply.headers = (HttpHeader[]){
		{bytes_of("Wechatpay-Serial"), bytes_of(by.serial)},
		{bytes_of("Wechatpay-Timestamp"), bytes_of(timestamp)},
		{bytes_of("Wechatpay-Nonce"), bytes_of("n")},
		{bytes_of("Wechatpay-Signature"), bytes_of(signature)},
	};
	reply.headers_count = by.key ? 4 : 0;
	return wechat_provider.read_keys(&merchant, NOW, &reply, room, size, &answer);
}

static Signed
by_itself(void)
{
	return (Signed){platform_private, SERIAL, NOW};
}

static size_t
count_certificates(size_t size)
{
	Bytes rest = {room, size};
	Certificate certificate;
	size_t count = 0;

	while (rest.size > 0)
	{
		assert_true(certificate_read(&rest, &certificate));
		certificate_free(&certificate);
		count++;
	}
	return count;
}

/* ---- lists ------------------------------------------------------------------- */

static void
test_lists(void **state)
{
	static const struct
	{
		Entry list[LIST_MAX];
		size_t count; /* of entries */
		size_t kept;  /* 0: none is believed */
	} cases[] = {
		{{{SERIAL, NULL, LATER, SOUND}}, 1, 1},
		{{{SERIAL, NULL, LATER, SOUND}, {SERIAL_2, NULL, LATER, SOUND}}, 2, 2},
		{{{SERIAL, NULL, LATER, SOUND}, {SERIAL, NULL, LATER, SOUND}}, 2, 1},
		{{{SERIAL, NULL, LATER, SOUND},
		  {SERIAL_ZERO, "132D72A03E93CDDF8C03BBD1F37EEDF00000003", LATER, SOUND}},
		 2,
		 2},
		{{{SERIAL, NULL, NOW + 1, SOUND}}, 1, 1},
		{{{SERIAL, NULL, NOW, SOUND}}, 1, 0},
		{{{SERIAL, NULL, LATER, SOUND}, {SERIAL_2, NULL, NOW - 1, SOUND}}, 2, 0},
		{{{SERIAL, NULL, LATER, SOUND}, {SERIAL_2, SERIAL, LATER, SOUND}}, 2, 0},
		{{{SERIAL, NULL, LATER, SOUND}, {SERIAL_2, "", LATER, SOUND}}, 2, 0},
		{{{SERIAL, NULL, LATER, SOUND}, {SERIAL_2, NULL, LATER, BROKEN_TAG}}, 2, 0},
		{{{SERIAL, NULL, LATER, OTHER_APIV3_KEY}}, 1, 0},
		{{{SERIAL, NULL, LATER, OTHER_ALGORITHM}}, 1, 0},
		{{{SERIAL, NULL, LATER, SOUND}, {SERIAL_2, NULL, LATER, NO_CERTIFICATE}}, 2, 0},
		{{{SERIAL, NULL, LATER, SOUND}, {SERIAL_2, NULL, LATER, CURVE}}, 2, 0},
		{{{SERIAL, NULL, LATER, SOUND}, {"-1", NULL, LATER, SOUND}}, 2, 0},
		{{{0}}, 0, 0},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		size_t size = read_list(list_of(cases[i].list, cases[i].count), 200, by_itself(),
								sizeof(room));

		assert_int_equal(count_certificates(size), cases[i].kept);
		assert_int_equal(answer.result,
						 RESULT_UNANSWERED); /* who keeps them says that it is done */
	}
}

/* The newest first, whatever their order; as many as a merchant takes, and no more than fit. */
static void
test_many(void **state)
{
	static const char *const serials[LIST_MAX] = {SERIAL, "2", "3", "4", "5", "6", "7", "8", "9"};
	Entry list[LIST_MAX];
	Certificate first;
	size_t size;

	(void) state;
	for (size_t i = 0; i < LIST_MAX; i++)
		list[i] = (Entry){serials[i], NULL, LATER + (i == 5) - (i == 2), SOUND};
	size = read_list(list_of(list, MERCHANT_FETCHED_MAX), 200, by_itself(), sizeof(room));
	assert_int_equal(count_certificates(size), MERCHANT_FETCHED_MAX);
	assert_true(certificate_read(&(Bytes){room, size}, &first));
	assert_string_equal(first.serial, "06");
	assert_true(first.expires_s == LATER + 1);
	certificate_free(&first);
	assert_int_equal(read_list(list_of(list, MERCHANT_FETCHED_MAX), 200, by_itself(), size), size);
	assert_int_equal(read_list(list_of(list, MERCHANT_FETCHED_MAX), 200, by_itself(), size - 1), 0);
	assert_int_equal(read_list(list_of(list, LIST_MAX), 200, by_itself(), sizeof(room)), 0);
}

static void
test_signatures(void **state)
{
	const Entry entry = {SERIAL, NULL, LATER, SOUND};
	const struct
	{
		Signed by;
		bool is_believed;
	} cases[] = {
		{{platform_private, SERIAL, NOW - WECHAT_CLOCK_TOLERANCE_S}, true},
		{{platform_private, SERIAL, NOW - WECHAT_CLOCK_TOLERANCE_S - 1}, false},
		{{platform_private, SERIAL, NOW + WECHAT_CLOCK_TOLERANCE_S + 1}, false},
		{{other_private, PUBLIC_KEY_SERIAL, NOW}, true}, /* known before */
		{{platform_private, PUBLIC_KEY_SERIAL, NOW}, false},
		{{other_private, SERIAL, NOW}, false},
		{{platform_private, SERIAL_2, NOW}, false},
		{{platform_private, "", NOW}, false},
		{{NULL, "", NOW}, false},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		size_t size = read_list(list_of(&entry, 1), 200, cases[i].by, sizeof(room));

		assert_true(cases[i].is_believed == (size > 0));
		assert_int_equal(answer.result, RESULT_UNANSWERED);
	}
}

static void
test_other_replies(void **state)
{
	static const struct
	{
		const char *body;
		int status;
		CallResult result;
	} cases[] = {
		{"", 200, RESULT_UNANSWERED},
		{"[]", 200, RESULT_UNANSWERED},
		{"{}", 200, RESULT_UNANSWERED},
		{"{\"data\":{}}", 200, RESULT_UNANSWERED},
		{"{\"data\":[7]}", 200, RESULT_UNANSWERED},
		{"{\"data\":[{\"serial_no\":\"1\",\"encrypt_certificate\":[]}]}", 200, RESULT_UNANSWERED},
		{"", 204, RESULT_UNANSWERED},
		{"{\"code\":\"RESOURCE_NOT_EXISTS\"}", 404, RESULT_ABSENT},
		{"{\"code\":\"SIGN_ERROR\"}", 401, RESULT_MISCONFIGURED},
		{"{\"code\":\"FREQUENCY_LIMITED\"}", 429, RESULT_BUSY},
		{"{\"code\":\"SYSTEM_ERROR\"}", 500, RESULT_UNANSWERED},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_int_equal(read_list(cases[i].body, cases[i].status, by_itself(), sizeof(room)), 0);
		assert_int_equal(answer.result, cases[i].result);
	}
}

/* Nobody is asked to sign with a key that may be gone; and without any key, nothing else is sent.
 */
static void
test_request(void **state)
{
	const ProviderMoment moment = {NOW, "593BEC0C930BF1AFEB40B4A08C8FB242"};
	const GatewayCall keys = {.operation = CALL_KEYS};
	const GatewayCall query = {.operation = CALL_QUERY, .order_number = "R1", .currency = "CNY"};

	(void) state;
	assert_int_equal(wechat_provider.build(&keys, &merchant, &moment, &request, &answer),
					 BUILD_SENDS);
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.target, "/v3/certificates");
	assert_int_equal(request.body_size, 0);
	for (size_t i = 0; i < request.headers_count; i++)
		assert_null(strstr(request.headers[i], "Wechatpay-Serial"));
	assert_int_equal(wechat_provider.build(&query, &merchant, &moment, &request, &answer),
					 BUILD_SENDS);
	assert_string_equal(request.headers[2], "Wechatpay-Serial: " PUBLIC_KEY_SERIAL);
	merchant.keys_count = 0;
	assert_int_equal(wechat_provider.build(&keys, &merchant, &moment, &request, &answer),
					 BUILD_SENDS);
	assert_int_equal(wechat_provider.build(&query, &merchant, &moment, &request, &answer),
					 BUILD_ANSWERS);
	merchant.keys_count = 1;
	assert_int_equal(answer.result, RESULT_NOT_DELIVERED);
	assert_string_equal(answer.code, "no_keys");
}

/* ---- a merchant's file ------------------------------------------------------- */

#define MERCHANT                                                                               \
	"provider = wechat\ndatabase = shop\nmerchant_id = m\napp_id = a\nhost = h\n"              \
	"certificate_serial = 1\nnotify_url = https://n/\nprivate_key = key.pem\napiv3_key = v3\n" \
	"fetched_keys = keys.pem\n"

/* keys.pem holds what the argument says; NULL: it is not there. */
static bool
read_file(void *argument, const char *file, char *to, size_t size_max, size_t *size)
{
	const struct
	{
		const char *file;
		const char *text;
	} files[] = {{"key.pem", MERCHANT_PRIVATE_KEY},
				 {"platform.pem", PLATFORM_PUBLIC_KEY},
				 {"v3", WECHAT_APIV3_KEY},
				 {"keys.pem", argument}};

	for (size_t i = 0; i < LENGTH(files); i++)
		if (strcmp(file, files[i].file) == 0 && files[i].text && strlen(files[i].text) <= size_max)
		{
			*size = strlen(files[i].text);
			memcpy(to, files[i].text, *size);
			return true;
		}
	return false;
}

static bool
read_merchant(const char *text, const char *bundle, Merchant *read, char *fault)
{
	return merchant_read(bytes_of(text), false, read_file, (void *) bundle, read, fault);
}

/* A bundle of so many certificates with serial numbers from 1, and something behind them. */
static const char *
bundle_of(size_t count, EVP_PKEY *key, const char *rest)
{
	static char bundle[LIST_MAX * CERTIFICATE_ROOM];
	size_t size = 0;

	for (size_t i = 1; i <= count; i++)
		size += make_certificate(key, (char[]){(char) ('0' + i), '\0'}, LATER, bundle + size);
	strcpy(bundle + size, rest);
	return bundle;
}

static void
test_fetched_keys(void **state)
{
	EVP_PKEY *key = (EVP_PKEY *) platform_private;
	char fault[MERCHANT_FAULT_SIZE];
	Merchant read;

	(void) state;
	assert_true(read_merchant(MERCHANT, NULL, &read, fault)); /* not there yet */
	assert_int_equal(read.keys_count, 0);
	assert_string_equal(read.fetched_keys, "keys.pem");
	assert_non_null(providers_of(&read, fault));
	merchant_free(&read);
	assert_true(read_merchant(MERCHANT, bundle_of(2, key, "\r\n \n"), &read, fault));
	assert_int_equal(read.keys_count, 2);
	assert_string_equal(read.keys[0].serial, "01");
	assert_ptr_equal(merchant_key(&read, bytes_of("2")), read.keys[1].key);
	assert_null(merchant_key(&read, bytes_of("")));
	assert_null(merchant_key(&read, bytes_of("0")));
	merchant_free(&read);
	/* What stands before a certificate may be a title. */
	assert_true(read_merchant(MERCHANT, bundle_of(2, key, "") + 1, &read, fault));
	assert_int_equal(read.keys_count, 1);
	merchant_free(&read);
	/* Given keys stand first wherever their lines are; what is given is not taken again. */
	assert_true(read_merchant(MERCHANT "public_key = 2 platform.pem\n",
							  bundle_of(MERCHANT_FETCHED_MAX, key, ""), &read, fault));
	assert_int_equal(read.keys_count, MERCHANT_FETCHED_MAX);
	assert_string_equal(read.keys[0].serial, "2");
	assert_string_equal(read.keys[1].serial, "01");
	assert_string_equal(read.keys[2].serial, "03");
	merchant_free(&read);
}

static void
test_unsound_files(void **state)
{
	EVP_PKEY *key = (EVP_PKEY *) platform_private;
	char fault[MERCHANT_FAULT_SIZE];
	Merchant read;

	(void) state;
	assert_false(read_merchant(MERCHANT, "", &read, fault));
	assert_string_equal(fault, "fetched_keys is unsound");
	assert_false(read_merchant(MERCHANT, MERCHANT_PRIVATE_KEY, &read, fault));
	assert_false(read_merchant(MERCHANT, PLATFORM_PUBLIC_KEY, &read, fault));
	assert_false(read_merchant(MERCHANT, bundle_of(1, curve, ""), &read, fault));
	assert_false(read_merchant(MERCHANT, bundle_of(1, key, "and more"), &read, fault));
	assert_false(
		read_merchant(MERCHANT, bundle_of(MERCHANT_FETCHED_MAX + 1, key, ""), &read, fault));
	assert_true(read.keys_count == 0 && read.fetched_keys[0] == '\0');
	assert_false(read_merchant("fetched_keys = ../keys.pem", "", &read, fault));
	assert_string_equal(fault, "fetched_keys is unsound, or its file cannot be read");
	assert_false(read_merchant("fetched_keys = .keys.pem", "", &read, fault));
	assert_false(read_merchant(MERCHANT "fetched_keys = other.pem", NULL, &read, fault));
	assert_string_equal(fault, "fetched_keys stands twice");
}

/* Who cannot fetch keys is given one. */
static void
test_who_needs_a_key(void **state)
{
	char fault[MERCHANT_FAULT_SIZE];
	Merchant read;

	(void) state;
	assert_true(read_merchant("provider = alipay\ndatabase = d\nmerchant_id = m\nhost = h\n"
							  "app_id = a\nnotify_url = https://n/\nprivate_key = key.pem\n"
							  "fetched_keys = keys.pem\n",
							  NULL, &read, fault));
	assert_null(providers_of(&read, fault));
	assert_string_equal(fault, "public_key is missing");
	merchant_free(&read);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),		  cmocka_unit_test(test_many),
		cmocka_unit_test(test_signatures),	  cmocka_unit_test(test_other_replies),
		cmocka_unit_test(test_request),		  cmocka_unit_test(test_fetched_keys),
		cmocka_unit_test(test_unsound_files), cmocka_unit_test(test_who_needs_a_key),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
