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
	assert_int_equal(rating_charge(&tokens, NULL, &mimo, &charge), OUTCOME_OK);
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
		assert_int_equal(rating_charge(&tokens, NULL, &price, &charge), OUTCOME_OK);
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
	assert_int_equal(rating_charge(&tokens, NULL, &price, &charge), OUTCOME_OK);
	assert_int_equal(charge,
					 TOKEN_CLASSES * (int64_t) (TOKENS_MAX / TOKENS_PER_PRICE) * PRICE_NANO_MAX);
	price.nano_of[TOKENS_INPUT] = INT64_MAX;
	charge = 42;
	assert_int_equal(rating_charge(&tokens, NULL, &price, &charge), OUTCOME_OUT_OF_RANGE);
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
		assert_int_equal(rating_charge(&tokens, NULL, &price, &charge), OUTCOME_OK);
		assert_true((int128_t) charge * 2000000 <= millionths * 2 + 1000000);
		assert_true((int128_t) charge * 2000000 > millionths * 2 - 1000000);
	}
}

#define HOURS(id) .hours = "16:30-00:30 UTC", .hours_of = {0x7f, 990, 30}, .price_id = (id)
#define WEEK(id) .hours = "", .price_id = (id)
#define PRICE(id, list_name, variant_name, tier, from)                                          \
	{                                                                                           \
		id, .price_list = (list_name), .variant = (variant_name), .prompt_tokens_over = (tier), \
			.effective_from = (from)                                                            \
	}
#define STANDARD RATING_STANDARD_LIST

/* Of a moment that is a day and a minute. */
#define AT(days, minutes) ((int64_t) (days) *1440 + (minutes))

static LocalMoment
moment_at(int64_t at)
{
	return (LocalMoment){(int) (at / 1440 % 7), (int) (at % 1440)};
}

/* A number above, below or of 0, by what the rows are of. */
static int
compare_keys(const Price *a, const Price *b)
{
	int by_list = strcmp(a->price_list, b->price_list);
	int by_variant = strcmp(a->variant, b->variant);

	if (by_list != 0 || by_variant != 0)
		return by_list != 0 ? by_list : by_variant;
	if (a->prompt_tokens_over != b->prompt_tokens_over)
		return a->prompt_tokens_over > b->prompt_tokens_over ? 1 : -1;
	return strcmp(a->hours, b->hours);
}

static bool
is_newer(const Price *a, const Price *b)
{
	return a->effective_from != b->effective_from ? a->effective_from > b->effective_from
												  : a->price_id > b->price_id;
}

/* The order of the statements that read rows: a key's together, the newest first. */
static int
compare_rows(const void *a, const void *b)
{
	int by_key = compare_keys(a, b);

	return by_key != 0 ? by_key : is_newer(a, b) ? -1 : 1;
}

#define ROWS_MAX 64

static int64_t
choose_of(const Price *prices, size_t count, const PriceQuery *query)
{
	Price ordered[ROWS_MAX];
	const Price *price;

	assert_true(count <= ROWS_MAX);
	memcpy(ordered, prices, count * sizeof(Price));
	qsort(ordered, count, sizeof(Price), compare_rows);
	price = rating_choose_price(ordered, count, query);
	return price ? price->price_id : 0;
}

static int64_t
choose(const Price *prices, size_t count, const char *price_list, const char *variant,
	   int64_t prompt_tokens, int64_t at)
{
	const LocalMoment moment = moment_at(at);
	const PriceQuery query = {price_list, variant, prompt_tokens, at, &moment, 0};

	return choose_of(prices, count, &query);
}

/* As an account that is on a list is priced. */
static int64_t
choose_for(const Price *prices, size_t count, const char *price_list, const char *variant,
		   int64_t prompt_tokens, int64_t at)
{
	int64_t chosen = choose(prices, count, price_list, variant, prompt_tokens, at);

	return chosen ? chosen : choose(prices, count, STANDARD, variant, prompt_tokens, at);
}

/* The tier, the version and the variant: the highest tier that the prompt exceeds, its newest row.
 */
static void
test_choice(void **state)
{
	static const Price prices[] = {
		PRICE(WEEK(1), STANDARD, "", 0, 100),		  PRICE(WEEK(2), STANDARD, "", 0, 200),
		PRICE(WEEK(3), STANDARD, "", 1000, 200),	  PRICE(WEEK(4), STANDARD, "batch", 0, 100),
		PRICE(WEEK(5), STANDARD, "batch", 1000, 150),
	};
	static const struct
	{
		const char *variant;
		int64_t prompt_tokens;
		int64_t at;
		int64_t price_id; /* 0: none */
	} cases[] = {
		{"", 0, 99, 0},			 {"", 0, 100, 1},	   {"", 1000, 199, 1},
		{"", 1001, 199, 1},		 {"", 1000, 200, 2},   {"", 1001, 200, 3},
		{"batch", 0, 99, 0},	 {"batch", 0, 300, 4}, {"batch", 1001, 149, 4},
		{"batch", 1001, 150, 5}, {"Batch", 0, 300, 0}, {"batch ", 0, 300, 0},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(choose(prices, sizeof(prices) / sizeof(prices[0]), STANDARD,
								cases[i].variant, cases[i].prompt_tokens, cases[i].at),
						 cases[i].price_id);
}

/* The example of R20: A to D, and the end of D. Day 9 is 10 May, day 62 is 2 July. */
static void
test_lists_and_hours(void **state)
{
	static const Price prices[] = {
		PRICE(WEEK(1), STANDARD, "", 0, 0),
		PRICE(HOURS(2), STANDARD, "", 0, 0),
		PRICE(WEEK(3), STANDARD, "", 200000, 0),
		PRICE(HOURS(4), "vip", "", 0, 0),
		{HOURS(5), .price_list = "vip", .variant = "", .effective_from = AT(61, 0), .is_end = true},
	};
	static const struct
	{
		const char *price_list;
		const char *variant;
		int64_t prompt_tokens;
		int64_t at;
		int64_t price_id;
	} cases[] = {
		{"vip", "", 1000, AT(9, 17 * 60), 4},
		{"vip", "", 1000, AT(9, 12 * 60), 1},
		{"vip", "", 300000, AT(9, 17 * 60), 4}, /* the list decides */
		{"vip", "", 1000, AT(62, 17 * 60), 2},
		{"vip", "", 300000, AT(62, 17 * 60), 3}, /* the tier before the hours */
		{STANDARD, "", 1000, AT(9, 29), 2},
		{STANDARD, "", 1000, AT(9, 30), 1},
		{STANDARD, "", 300000, AT(9, 17 * 60), 3},
		{"vip", "batch", 1000, AT(9, 17 * 60), 0},
		{"other", "", 1000, AT(9, 17 * 60), 2},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(choose_for(prices, sizeof(prices) / sizeof(prices[0]), cases[i].price_list,
									cases[i].variant, cases[i].prompt_tokens, cases[i].at),
						 cases[i].price_id);
}

/* Of one key the newest row alone stands; what ended does not come again, but by a later row. */
static void
test_ends(void **state)
{
	static const Price prices[] = {
		PRICE(WEEK(1), STANDARD, "", 0, 100),
		PRICE(WEEK(2), STANDARD, "", 1000, 100),
		{WEEK(3), .price_list = STANDARD, .variant = "", .prompt_tokens_over = 1000,
		 .effective_from = 200, .is_end = true},
		{WEEK(4), .price_list = STANDARD, .variant = "", .effective_from = 300, .is_end = true},
		PRICE(WEEK(5), STANDARD, "", 1000, 400),
		PRICE(WEEK(7), STANDARD, "", 0, 500),
		PRICE(WEEK(6), STANDARD, "", 0, 500),
	};
	static const int64_t expected[][3] = {
		/* at, tokens, price */
		{150, 2000, 2}, {200, 2000, 1}, {300, 2000, 0}, {300, 10, 0},
		{400, 2000, 5}, {400, 10, 0},	{500, 10, 7},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(choose(prices, sizeof(prices) / sizeof(prices[0]), STANDARD, "",
								expected[i][1], expected[i][0]),
						 expected[i][2]);
}

/*
 * R20: a correction counts for what is booked from its instant on, the newest of them; and it does
 * not pass a row of other hours that goes before the one in whose place it stands.
 */
static void
test_corrections(void **state)
{
	static const Price prices[] = {
		{.price_id = 1, .price_list = STANDARD, .variant = "", .hours = ""},
		{.price_id = 2,
		 .price_list = STANDARD,
		 .variant = "",
		 .hours = "a",
		 .hours_of = {0x7f, 0, 1440},
		 .effective_from = 5},
		{.price_id = 3,
		 .price_list = STANDARD,
		 .variant = "",
		 .hours = "b",
		 .hours_of = {0x7f, 0, 1440},
		 .effective_from = 5},
		{.price_id = 4,
		 .price_list = STANDARD,
		 .variant = "",
		 .hours = "",
		 .corrects = 1,
		 .corrected_at = 10},
		{.price_id = 5,
		 .price_list = STANDARD,
		 .variant = "",
		 .hours = "a",
		 .hours_of = {0x7f, 0, 1440},
		 .effective_from = 5,
		 .corrects = 2,
		 .corrected_at = 10},
		{.price_id = 6,
		 .price_list = STANDARD,
		 .variant = "",
		 .hours = "",
		 .corrects = 1,
		 .corrected_at = 20},
		{.price_id = 7,
		 .price_list = STANDARD,
		 .variant = "",
		 .hours = "b",
		 .hours_of = {0x7f, 0, 1440},
		 .effective_from = 5,
		 .corrects = 3,
		 .corrected_at = 20},
	};
	static const int64_t expected[][3] = {{4, 9, 1},  {4, 10, 4}, {4, 19, 4}, {4, 20, 6},
										  {4, 99, 6}, {5, 9, 3},  {5, 19, 3}, {5, 20, 7}};
	const LocalMoment moment = moment_at(0);

	(void) state;
	for (size_t i = 0; i < LENGTH(expected); i++)
	{
		const PriceQuery query = {STANDARD, "", 0, expected[i][0], &moment, expected[i][1]};

		assert_int_equal(choose_of(prices, LENGTH(prices), &query), expected[i][2]);
	}
}

/* R20 (ii), as it is written. */
static bool
holds(const Price *price, const PriceQuery *query)
{
	return strcmp(price->price_list, query->price_list) == 0 &&
		   strcmp(price->variant, query->variant) == 0 &&
		   price->effective_from <= query->occurred_at && price->corrected_at <= query->booked_at &&
		   (price->prompt_tokens_over == 0 || price->prompt_tokens_over < query->prompt_tokens) &&
		   price_hours_contain(&price->hours_of, query->moments);
}

/* R20 (iii): no newer one of its key holds, and it is no end. */
static bool
stands(const Price *price, const Price *prices, size_t count, const PriceQuery *query)
{
	for (size_t i = 0; i < count; i++)
		if (compare_keys(&prices[i], price) == 0 && holds(&prices[i], query) &&
			is_newer(&prices[i], price))
			return false;
	return holds(price, query) && !price->is_end;
}

/* R20 (iv). */
static bool
goes_before(const Price *a, const Price *b)
{
	if (a->prompt_tokens_over != b->prompt_tokens_over)
		return a->prompt_tokens_over > b->prompt_tokens_over;
	if ((a->hours[0] == '\0') != (b->hours[0] == '\0'))
		return a->hours[0] != '\0';
	/* A correction stands where the row that it corrects does. */
	return a->effective_from != b->effective_from ? a->effective_from > b->effective_from
												  : (a->corrects ? a->corrects : a->price_id) >
														(b->corrects ? b->corrects : b->price_id);
}

static int64_t
choose_naively(const Price *prices, size_t count, const PriceQuery *query)
{
	const Price *chosen = NULL;

	for (size_t i = 0; i < count; i++)
		if (stands(&prices[i], prices, count, query) &&
			(chosen == NULL || goes_before(&prices[i], chosen)))
			chosen = &prices[i];
	return chosen ? chosen->price_id : 0;
}

/* A correction of a row: of its key and instant. */
static void
make_correction(Price *price, const Price *corrected)
{
	int64_t price_id = price->price_id;

	if (corrected->is_end)
		return;
	*price = *corrected;
	price->price_id = price_id;
	price->corrects = corrected->corrects ? corrected->corrects : corrected->price_id;
	price->corrected_at = AT(random_below(8), 0);
}

/* Few values of each column, so that keys and instants meet. */
static void
make_rows(Price *prices, size_t count)
{
	static const char *const lists[] = {STANDARD, "vip"};
	static const char *const variants[] = {"", "batch"};
	static const Price hours[] = {
		{.hours = ""},
		{.hours = "16:30-00:30 UTC", .hours_of = {0x7f, 990, 30}},
		{.hours = "mon 00:00-24:00 UTC", .hours_of = {1, 0, 1440}},
	};

	for (size_t i = 0; i < count; i++)
	{
		prices[i] = hours[random_below(LENGTH(hours))];
		prices[i].price_id = (int64_t) i + 1;
		prices[i].price_list = lists[random_below(LENGTH(lists))];
		prices[i].variant = variants[random_below(LENGTH(variants))];
		prices[i].prompt_tokens_over = random_below(3) * 100;
		prices[i].effective_from = AT(random_below(5), 0);
		prices[i].is_end = random_below(5) == 0;
		if (i > 0 && random_below(4) == 0)
			make_correction(&prices[i], &prices[random_below((int64_t) i)]);
	}
}

/* One pass over ordered rows finds what the rule says of rows in any order. */
static void
test_random_rows(void **state)
{
	(void) state;
	for (int i = 0; i < 50000; i++)
	{
		size_t count = (size_t) random_below(ROWS_MAX);
		int64_t at = AT(random_below(8), random_below(1440));
		const LocalMoment moment = moment_at(at);
		const PriceQuery query = {
			STANDARD, random_below(2) ? "batch" : "", random_below(4) * 100, at,
			&moment,  AT(random_below(8), 0)};
		Price prices[ROWS_MAX];

		make_rows(prices, count);
		assert_int_equal(choose_of(prices, count, &query), choose_naively(prices, count, &query));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_rows), cmocka_unit_test(test_worked_example),
		cmocka_unit_test(test_prompt),		cmocka_unit_test(test_rounded_once),
		cmocka_unit_test(test_largest),		cmocka_unit_test(test_random_requests),
		cmocka_unit_test(test_choice),		cmocka_unit_test(test_lists_and_hours),
		cmocka_unit_test(test_ends),		cmocka_unit_test(test_corrections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
