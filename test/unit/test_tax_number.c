/*-------------------------------------------------------------------------
 *
 * test_tax_number.c
 *	  Tax numbers of enterprises (R16).
 *
 *-------------------------------------------------------------------------
 */
#include "core/tax_number.h"

#include "unit.h"

static void
test_credit_codes(void **state)
{
	/* Public entries of the register of enterprises. */
	static const char *const valid[] = {"91110108551385082Q", "91330106673959654P",
										"91440300708461136T", "914403001922038216"};

	(void) state;
	for (size_t i = 0; i < LENGTH(valid); i++)
	{
		char code[19];

		assert_true(tax_number_is_valid(valid[i]));
		/* Any other letter in any place is noticed. */
		for (int place = 0; place < 18; place++)
			for (const char *letter = "0123456789ABCDEFGHJKLMNPQRTUWXYIOSVZ a-"; *letter; letter++)
			{
				strcpy(code, valid[i]);
				code[place] = *letter;
				assert_int_equal(tax_number_is_valid(code), *letter == valid[i][place]);
			}
	}
}

static void
test_other_lengths(void **state)
{
	(void) state;
	assert_true(tax_number_is_valid("110108551385082"));
	assert_true(tax_number_is_valid("11010855138508212"));
	assert_true(tax_number_is_valid("110108551385082Z0001"));
	assert_false(tax_number_is_valid(""));
	assert_false(tax_number_is_valid("11010855138508"));
	assert_false(tax_number_is_valid("1101085513850821"));
	assert_false(tax_number_is_valid("11010855138508a"));
	assert_false(tax_number_is_valid("9111010855138508212"));
	assert_false(tax_number_is_valid("110108551385082 0001"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_credit_codes),
									   cmocka_unit_test(test_other_lengths)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
