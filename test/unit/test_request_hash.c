/*-------------------------------------------------------------------------
 *
 * test_request_hash.c
 *	  The short key of a request id.
 *
 *-------------------------------------------------------------------------
 */
#include "core/request_hash.h"

#include "unit.h"

static int64_t
hash_of(const char *text, size_t length)
{
	int64_t hash;

	assert_true(request_hash(text, length, &hash));
	return hash;
}

/* The first 8 bytes of SHA-256, big-endian; vectors of FIPS 180-2. */
static void
test_vectors(void **state)
{
	static const struct
	{
		const char *text;
		uint64_t hash;
	} cases[] = {
		{"", UINT64_C(0xe3b0c44298fc1c14)},
		{"abc", UINT64_C(0xba7816bf8f01cfea)},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", UINT64_C(0x248d6a61d20638b8)},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_true((uint64_t) hash_of(cases[i].text, strlen(cases[i].text)) == cases[i].hash);
}

/* Every byte counts, a zero byte and the length too. */
static void
test_every_byte(void **state)
{
	char text[200] = {0};
	int64_t hash = hash_of(text, sizeof(text));

	(void) state;
	assert_true(hash != hash_of(text, sizeof(text) - 1));
	for (size_t i = 0; i < sizeof(text); i++)
	{
		text[i] = 1;
		assert_true(hash != hash_of(text, sizeof(text)));
		text[i] = 0;
	}
	assert_true(hash == hash_of(text, sizeof(text)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
