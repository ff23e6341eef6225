/*-------------------------------------------------------------------------
 *
 * test_api_key_codec.c
 *	  The text of an API key: every change of it is noticed.
 *
 *-------------------------------------------------------------------------
 */
#include "core/api_key.h"

#include "unit.h"

/* Account 7, key 1, secret "0123456789abcdefghi"; computed by another program. */
#define FIXED_TEXT "sk-000000000000e000000k0c9j6ct3adhq70wp2rk3chjpcsv8d44a8mxk"

static ApiKey
random_key(void)
{
	ApiKey key = {.kind = random_below(2) ? API_KEY_PAYG : API_KEY_PLAN,
				  .account_id = 1 + (random_below(INT64_MAX) >> random_below(62)),
				  .key_id = 1 + (int32_t) (random_below(INT32_MAX) >> random_below(30))};

	for (size_t i = 0; i < sizeof(key.secret); i++)
		key.secret[i] = (uint8_t) random_next();
	return key;
}

static bool
decodes(const char *text)
{
	ApiKey key;

	return api_key_decode(text, strlen(text), &key);
}

static void
test_round_trip(void **state)
{
	char text[API_KEY_TEXT_LENGTH + 1];

	(void) state;
	for (int round = 0; round < 20000; round++)
	{
		ApiKey key = random_key();
		ApiKey decoded;

		api_key_encode(&key, text);
		assert_int_equal(strlen(text), API_KEY_TEXT_LENGTH);
		assert_memory_equal(text, key.kind == API_KEY_PAYG ? "sk-" : "tp-", 3);
		assert_int_equal(strspn(text + 3, "0123456789abcdefghjkmnpqrstvwxyz"), 56);
		assert_true(api_key_decode(text, API_KEY_TEXT_LENGTH, &decoded));
		assert_int_equal(decoded.kind, key.kind);
		assert_int_equal(decoded.account_id, key.account_id);
		assert_int_equal(decoded.key_id, key.key_id);
		assert_memory_equal(decoded.secret, key.secret, API_KEY_SECRET_BYTES);
	}
}

/* The format is for ever: keys that were handed out must go on to be read. */
static void
test_fixed_text(void **state)
{
	ApiKey key = {.kind = API_KEY_PAYG, .account_id = 7, .key_id = 1};
	ApiKey decoded;
	char text[API_KEY_TEXT_LENGTH + 1];

	(void) state;
	memcpy(key.secret, "0123456789abcdefghi", API_KEY_SECRET_BYTES);
	api_key_encode(&key, text);
	assert_string_equal(text, FIXED_TEXT);
	assert_true(api_key_decode(FIXED_TEXT, API_KEY_TEXT_LENGTH, &decoded));
	assert_int_equal(decoded.account_id, 7);
}

/* Any other byte in any one place: no key. */
static void
test_every_mutation_fails(void **state)
{
	char text[API_KEY_TEXT_LENGTH + 1];

	(void) state;
	for (int round = 0; round < 100; round++)
	{
		ApiKey key = random_key();

		api_key_encode(&key, text);
		for (size_t at = 0; at < API_KEY_TEXT_LENGTH; at++)
		{
			char right = text[at];

			for (int byte = 1; byte < 256; byte++)
			{
				text[at] = (char) byte;
				if (text[at] != right && decodes(text))
					fail_msg("byte %d at %zu of a key is not noticed", byte, at);
			}
			text[at] = right;
		}
		assert_true(decodes(text));
	}
}

/* Two neighbours that change places, and a part that is doubled or lost. */
static void
test_slips_of_the_pen(void **state)
{
	char text[API_KEY_TEXT_LENGTH + 2];

	(void) state;
	for (int round = 0; round < 1000; round++)
	{
		ApiKey key = random_key();

		api_key_encode(&key, text);
		for (size_t at = 3; at + 1 < API_KEY_TEXT_LENGTH; at++)
		{
			char swapped[API_KEY_TEXT_LENGTH + 1];

			memcpy(swapped, text, sizeof(swapped));
			swapped[at] = text[at + 1];
			swapped[at + 1] = text[at];
			assert_int_equal(decodes(swapped), text[at] == text[at + 1]);
		}
		assert_false(api_key_decode(text, API_KEY_TEXT_LENGTH - 1, &key));
		strcat(text, "0");
		assert_false(decodes(text));
	}
}

/* The checksum is right, but the numbers are none: no account, no key. */
static void
test_impossible_numbers(void **state)
{
	static const struct
	{
		int64_t account_id;
		int32_t key_id;
		bool good;
	} cases[] = {
		{1, 1, true},		   {INT64_MAX, INT32_MAX, true},
		{0, 1, false},		   {1, 0, false},
		{-1, 1, false},		   {1, -1, false},
		{INT64_MIN, 1, false}, {1, INT32_MIN, false},
	};
	char text[API_KEY_TEXT_LENGTH + 1];

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		ApiKey key = {.account_id = cases[i].account_id, .key_id = cases[i].key_id};

		api_key_encode(&key, text);
		assert_int_equal(decodes(text), cases[i].good);
	}
}

static void
test_random_texts(void **state)
{
	(void) state;
	for (int round = 0; round < 100000; round++)
	{
		size_t length = random_below(4) ? API_KEY_TEXT_LENGTH : (size_t) random_below(100);
		char *text = malloc(length + 1);
		ApiKey key;

		for (size_t i = 0; i < length; i++)
			text[i] = (char) random_next();
		if (length >= 3 && random_below(2))
			memcpy(text, "sk-", 3);
		assert_false(api_key_decode(text, length, &key));
		free(text);
	}
}

/* SHA-256; equal only where all bytes are. */
static void
test_hash(void **state)
{
	static const uint8_t abc[4] = {0xba, 0x78, 0x16, 0xbf};
	uint8_t a[API_KEY_HASH_BYTES];
	uint8_t b[API_KEY_HASH_BYTES];

	(void) state;
	assert_true(api_key_hash("abc", 3, a));
	assert_memory_equal(a, abc, sizeof(abc));
	memcpy(b, a, sizeof(b));
	assert_true(api_key_hash_equals(a, b));
	for (size_t i = 0; i < sizeof(b); i++)
	{
		b[i] ^= 0x80;
		assert_false(api_key_hash_equals(a, b));
		b[i] ^= 0x80;
	}
}

static void
test_kinds(void **state)
{
	ApiKeyKind kind;

	(void) state;
	assert_true(api_key_kind_from_name("payg", &kind) && kind == API_KEY_PAYG);
	assert_true(api_key_kind_from_name("plan", &kind) && kind == API_KEY_PLAN);
	assert_string_equal(api_key_kind_name(API_KEY_PAYG), "payg");
	assert_string_equal(api_key_kind_name(API_KEY_PLAN), "plan");
	assert_false(api_key_kind_from_name("", &kind));
	assert_false(api_key_kind_from_name("Plan", &kind));
	assert_false(api_key_kind_from_name("sk-", &kind));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_fixed_text),
		cmocka_unit_test(test_every_mutation_fails),
		cmocka_unit_test(test_slips_of_the_pen),
		cmocka_unit_test(test_impossible_numbers),
		cmocka_unit_test(test_random_texts),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
