/*-------------------------------------------------------------------------
 *
 * test_seal.c
 *	  Reading the text of a seal: nothing of it can be another.
 *
 *-------------------------------------------------------------------------
 */
#include "core/seal.h"

#include "unit.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD \
	"billing seal 1\nseal 7\nsealed at 2026-11-30 02:07:00.000001\nrows before 2026-11-30 02:06:59.5\nafter "
#define LINES                                                                \
	HEAD ZEROS "\nrows 2 " ZEROS " usage_event 2026-11\naccount -1 3 " ZEROS \
			   "\naccount 42 17 " ZEROS "\n"
/* Made with sha256sum. */
#define ROOT "952fc3ee231db9d8fd02ca02670359a5ea51451dd98424602d9e9db0ed962763"
#define FIRST \
	"billing seal 1\nseal 1\nsealed at 2026-11-30 02:07:00.000001\nrows before none\nafter none\n"
#define FIRST_ROOT "9aabde4811396c527b38d2cd7c55f55d1151e91609fff35813ec8c8e81588e37"

static SealFault
read_text(const char *text)
{
	SealText seal;

	return seal_read(text, &seal);
}

static void
test_sound(void **state)
{
	SealText seal;

	(void) state;
	assert_int_equal(seal_read(LINES "root " ROOT "\n", &seal), SEAL_IS_SOUND);
	assert_int_equal(seal.seal_no, 7);
	assert_int_equal(read_text(FIRST "root " FIRST_ROOT "\n"), SEAL_IS_SOUND);
	assert_int_equal(read_text(FIRST "root " FIRST_ROOT), SEAL_IS_SOUND);
	assert_int_equal(read_text(FIRST "root " FIRST_ROOT "\r\n\r\n\n"), SEAL_IS_SOUND);
}

/* Whatever byte is changed, or left out, it is no seal any more, or one that is told. */
static void
test_every_byte(void **state)
{
	static const char text[] = LINES "root " ROOT "\n";
	char changed[sizeof(text)];

	(void) state;
	for (size_t i = 0; i < sizeof(text) - 2; i++)
	{
		memcpy(changed, text, sizeof(text));
		changed[i] = changed[i] == '1' ? '2' : '1';
		assert_int_not_equal(read_text(changed), SEAL_IS_SOUND);
		memmove(changed + i, text + i + 1, sizeof(text) - i - 1);
		assert_int_not_equal(read_text(changed), SEAL_IS_SOUND);
		memcpy(changed, text, i);
		changed[i] = '\0';
		assert_int_equal(read_text(changed), SEAL_IS_MALFORMED);
	}
}

static void
test_malformed(void **state)
{
	static const char *const texts[] = {"",
										"\n",
										"billing seal 2\n",
										FIRST,
										FIRST "root \n",
										FIRST "root " FIRST_ROOT "x",
										FIRST "root " FIRST_ROOT "\n" FIRST,
										FIRST "account 1 0 " ZEROS "\nroot " FIRST_ROOT,
										FIRST "account 1 2 3\nroot " FIRST_ROOT,
										FIRST "rows 1 " ZEROS " \nroot " FIRST_ROOT,
										FIRST "account -0 2 " ZEROS "\n",
										FIRST "account 9223372036854775808 2 " ZEROS "\n"};

	(void) state;
	for (size_t i = 0; i < LENGTH(texts); i++)
		assert_int_equal(read_text(texts[i]), SEAL_IS_MALFORMED);
	assert_int_equal(read_text(FIRST "root " ZEROS "\n"), SEAL_IS_ALTERED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
