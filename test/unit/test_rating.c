/*-------------------------------------------------------------------------
 *
 * test_rating.c
 *	  Tokens times prices (R20).
 *
 *-------------------------------------------------------------------------
 */
#include "core/rating.h"

#include "unit.h"

static const Price mimo = {.nano_of = {[TOKENS_INPUT] = 435000000,
									   [TOKENS_CACHE_READ] = 3600000,
									   [TOKENS_CACHE_WRITE] = 435000000,
									   [TOKENS_OUTPUT] = 870000000}};

/* The worked example: 1,434 input + 700 cache read + 153 output = 0.000759420. */
static void
test_worked_example(void **state)
{
	TokenCounts tokens = {
		.of = {[TOKENS_INPUT] = 1434, [TOKENS_CACHE_READ] = 700, [TOKENS_OUTPUT] = 153}};
	int64_t charge;

	(void) state;
	assert_int_equal(rating_charge(&tokens, &mimo, &charge), OUTCOME_OK);
	assert_int_equal(charge, 759420);
	assert_int_equal(rating_prompt_tokens(&tokens), 2134);
}

/* The prompt is input, cache read and cache write; output is none of it; no sum overflows. */
static void
test_prompt(void **state)
{
	TokenCounts most = {.of = {TOKENS_MAX, TOKENS_MAX, TOKENS_MAX, TOKENS_MAX}};
	TokenCounts output = {.of = {[TOKENS_OUTPUT] = 5}};

	(void) state;
	assert_int_equal(rating_prompt_tokens(&most), INT64_C(3) * TOKENS_MAX);
	assert_int_equal(rating_prompt_tokens(&output), 0);
}

/* Rounded once, half up: the classes' fractions are added first. */
static void
test_rounded_once(void **state)
{
	static const struct
	{
		int32_t tokens[TOKEN_CLASSES];
		int64_t prices[TOKEN_CLASSES];
		int64_t charge;
	} cases[] = {
		{{0, 0, 0, 0}, {1, 1, 1, 1}, 0},
		{{1, 0, 0, 0}, {499999, 0, 0, 0}, 0},
		{{1, 0, 0, 0}, {500000, 0, 0, 0}, 1},
		{{1, 1, 0, 0}, {499999, 1, 0, 0}, 1},
		{{1, 1, 1, 1}, {250000, 250000, 250000, 250000}, 1},
		{{1, 1, 1, 1}, {500000, 500000, 500000, 500000}, 2},
		{{1000000, 0, 0, 0}, {7, 0, 0, 0}, 7},
		{{0, 0, 0, 3}, {0, 0, 0, 500000}, 2},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		TokenCounts tokens;
		Price price = {0};
		int64_t charge;

		memcpy(tokens.of, cases[i].tokens, sizeof(tokens.of));
		memcpy(price.nano_of, cases[i].prices, sizeof(price.nano_of));
		assert_int_equal(rating_charge(&tokens, &price, &charge), OUTCOME_OK);
		assert_int_equal(charge, cases[i].charge);
	}
}

/* The largest request at the highest price is still an amount of money. */
static void
test_largest(void **state)
{
	TokenCounts tokens = {.of = {TOKENS_MAX, TOKENS_MAX, TOKENS_MAX, TOKENS_MAX}};
	Price price = {.nano_of = {PRICE_NANO_MAX, PRICE_NANO_MAX, PRICE_NANO_MAX, PRICE_NANO_MAX}};
	int64_t charge = 42;

	(void) state;
	assert_int_equal(rating_charge(&tokens, &price, &charge), OUTCOME_OK);
	assert_int_equal(charge,
					 TOKEN_CLASSES * (int64_t) (TOKENS_MAX / TOKENS_PER_PRICE) * PRICE_NANO_MAX);
	price.nano_of[TOKENS_INPUT] = INT64_MAX;
	charge = 42;
	assert_int_equal(rating_charge(&tokens, &price, &charge), OUTCOME_OUT_OF_RANGE);
	assert_int_equal(charge, 42);
}

/* Against long division by parts: a charge is within half a nano-unit of the exact sum. */
static void
test_random_requests(void **state)
{
	(void) state;
	for (int i = 0; i < 100000; i++)
	{
		TokenCounts tokens;
		Price price = {0};
		int128_t millionths = 0;
		int64_t charge;

		for (int class = 0; class < TOKEN_CLASSES; class ++)
		{
			tokens.of[class] = (int32_t) (random_below(TOKENS_MAX) >> random_below(28));
			price.nano_of[class] = random_below(PRICE_NANO_MAX) >> random_below(50);
			millionths += (int128_t) tokens.of[class] * price.nano_of[class];
		}
		assert_int_equal(rating_charge(&tokens, &price, &charge), OUTCOME_OK);
		assert_true((int128_t) charge * 2000000 <= millionths * 2 + 1000000);
		assert_true((int128_t) charge * 2000000 > millionths * 2 - 1000000);
	}
}

/* The tier, the version and the variant: the highest tier that the prompt exceeds, its newest row.
 */
static void
test_choice(void **state)
{
	static const Price prices[] = {
		{.price_id = 1, .variant = "", .effective_from = 100},
		{.price_id = 2, .variant = "", .effective_from = 200},
		{.price_id = 3, .variant = "", .prompt_tokens_over = 1000, .effective_from = 200},
		{.price_id = 4, .variant = "batch", .effective_from = 100},
		{.price_id = 5, .variant = "batch", .prompt_tokens_over = 1000, .effective_from = 150},
	};
	static const struct
	{
		PriceQuery query;
		int64_t price_id; /* 0: none */
	} cases[] = {
		{{"", 0, 99}, 0},		   {{"", 0, 100}, 1},	   {{"", 1000, 199}, 1},
		{{"", 1001, 199}, 1},	   {{"", 1000, 200}, 2},   {{"", 1001, 200}, 3},
		{{"batch", 0, 99}, 0},	   {{"batch", 0, 300}, 4}, {{"batch", 1001, 149}, 4},
		{{"batch", 1001, 150}, 5}, {{"Batch", 0, 300}, 0}, {{"batch ", 0, 300}, 0},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		const Price *price = rating_choose_price(prices, sizeof(prices) / sizeof(prices[0]),
												 &cases[i].query);

		assert_int_equal(price ? price->price_id : 0, cases[i].price_id);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worked_example),	cmocka_unit_test(test_prompt),
		cmocka_unit_test(test_rounded_once),	cmocka_unit_test(test_largest),
		cmocka_unit_test(test_random_requests), cmocka_unit_test(test_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
