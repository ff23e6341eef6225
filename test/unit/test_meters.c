/*-------------------------------------------------------------------------
 *
 * test_meters.c
 *	  What requests count beside tokens, what units of it cost, and tags.
 *
 *-------------------------------------------------------------------------
 */
#include "unit.h"

#include "core/meters.h"
#include "core/price_items.h"
#include "core/rating.h"
#include "core/tags.h"

#include <stdio.h>
#include <string.h>

#define LONG_64 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

static void
test_meters(void **state)
{
	static const struct
	{
		const char *json;
		const char *canonical; /* NULL: it is none */
	} cases[] = {
		{"{}", "{}"},
		{"{\"web_search\": 3}", "{\"web_search\": 3}"},
		{" {\"b\":2 , \"a\":1}\n", "{\"a\": 1, \"b\": 2}"},
		{"{\"a\": 0, \"b\": 1}", "{\"b\": 1}"},
		{"{\"a\": 1000000000000}", "{\"a\": 1000000000000}"},
		{"{\"" LONG_64 "\": 1}", "{\"" LONG_64 "\": 1}"},
		{"{\"\\u0061\": 1}", "{\"a\": 1}"},
		{"{\"a\": 1000000000001}", NULL},
		{"{\"a\": 99999999999999999999}", NULL},
		{"{\"a\": -1}", NULL},
		{"{\"a\": -0}", "{}"},
		{"{\"a\": 1.0}", NULL},
		{"{\"a\": 1e3}", NULL},
		{"{\"a\": \"1\"}", NULL},
		{"{\"a\": null}", NULL},
		{"{\"a\": {\"b\": 1}}", NULL},
		{"{\"a\": [1]}", NULL},
		{"{\"a\": NaN}", NULL},
		{"{\"a\": 1, \"a\": 1}", NULL},
		{"{\"a\": 1, \"\\u0061\": 1}", NULL},
		{"{\"\": 1}", NULL},
		{"{\"" LONG_64 "x\": 1}", NULL},
		{"{\"a b\": 1}", NULL},
		{"{\"a,b\": 1}", NULL},
		{"{\"\303\244\": 1}", NULL},
		{"{\"a\\u0000\": 1}", NULL},
		{"{\"a\": 1} x", NULL},
		{"{\"a\": 1", NULL},
		{"[]", NULL},
		{"1", NULL},
		{"null", NULL},
		{"", NULL},
		{"{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1,\"10\":1,\"11\":1,"
		 "\"12\":1,\"13\":1,\"14\":1,\"15\":1,\"16\":1,\"17\":1}",
		 NULL},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		Meters meters;
		char text[METERS_TEXT_SIZE];

		if (cases[i].canonical == NULL)
			assert_non_null(meters_read(cases[i].json, &meters));
		else
		{
			assert_null(meters_read(cases[i].json, &meters));
			assert_string_equal(meters_print(&meters, text), cases[i].canonical);
		}
	}
}

/* As many as can be, all of the longest, fit where they are written. */
static void
test_most(void **state)
{
	char json[USAGE_JSON_BYTES_MAX] = "{";
	Meters meters;
	char text[METERS_TEXT_SIZE];

	(void) state;
	for (int i = 0; i < METERS_MAX; i++)
		sprintf(json + strlen(json), "%s\"%.62s%02d\": 1000000000000", i > 0 ? ", " : "", LONG_64,
				i);
	strcat(json, "}");
	assert_null(meters_read(json, &meters));
	assert_string_equal(meters_print(&meters, text), json);
	assert_true(strlen(text) < METERS_TEXT_SIZE);
	assert_true(meters_are_same(&meters, &meters));
	assert_false(meters_are_same(&meters, NULL));
	assert_true(meters_are_same(NULL, NULL));
}

static void
test_tags(void **state)
{
	static const struct
	{
		const char *json;
		const char *canonical;
	} cases[] = {
		{"{}", ""},
		{"{\"b\": \"x\", \"a\": \"\346\220\234\"}", "{\"a\": \"\346\220\234\", \"b\": \"x\"}"},
		{"{\"a\": \"\"}", "{\"a\": \"\"}"},
		{"{\"a\": \"\\\"\\n\"}", "{\"a\": \"\\\"\\n\"}"},
		{"{\"a\": \"" LONG_64 "\"}", "{\"a\": \"" LONG_64 "\"}"},
		{"{\"a\": \"" LONG_64 "x\"}", NULL},
		{"{\"a\": 1}", NULL},
		{"{\"a\": \"x\", \"a\": \"x\"}", NULL},
		{"{\"a\": \"\\u0000\"}", NULL},
		{"{\"a\": \"\\ud800\"}", NULL},
		{"{\"a b\": \"x\"}", NULL},
		{"{\"1\":\"\",\"2\":\"\",\"3\":\"\",\"4\":\"\",\"5\":\"\",\"6\":\"\",\"7\":\"\",\"8\":\"\",\"9\":\"\"}",
		 NULL},
		{"[]", NULL},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		char text[TAGS_TEXT_SIZE];

		if (cases[i].canonical == NULL)
			assert_non_null(tags_read(cases[i].json, text));
		else
		{
			assert_null(tags_read(cases[i].json, text));
			assert_string_equal(text, cases[i].canonical);
		}
	}
}

/* The longest tags, each byte of which needs an escape. */
static void
test_longest_tags(void **state)
{
	char json[16 * 1024] = "{";
	char text[TAGS_TEXT_SIZE];

	(void) state;
	for (int i = 0; i < TAGS_MAX; i++)
	{
		sprintf(json + strlen(json), "%s\"%.63s%d\": \"", i > 0 ? ", " : "", LONG_64, i);
		for (int j = 0; j < TAG_BYTES_MAX; j++)
			strcat(json, "\\u0001");
		strcat(json, "\"");
	}
	strcat(json, "}");
	assert_null(tags_read(json, text));
	assert_string_equal(text, json);
}

static void
test_items(void **state)
{
	static const struct
	{
		const char *text;
		const char *canonical;
	} cases[] = {
		{"", ""},
		{"  ", ""},
		{"image 0.04", "image 0.04"},
		{"web_search 10/1000,image 0.040", "image 0.04, web_search 10/1000"},
		{" b  2 ,  a  1/1 ", "a 1, b 2"},
		{"a 1000000/3600000", "a 1000000/3600000"},
		{"a 0.000000001/60", "a 0.000000001/60"},
		{"a 0", "a 0"},
		{"a 1e-3", "a 0.001"},
		{"a 100", "a 100"},
		{"a", NULL},
		{"a ", NULL},
		{"a/60", NULL},
		{"1", NULL},
		{"a 1,", NULL},
		{"a 1, ", NULL},
		{",a 1", NULL},
		{"a 1,,b 1", NULL},
		{"a 1 b 2", NULL},
		{"a 1/", NULL},
		{"a 1/2", NULL},
		{"a 1/0", NULL},
		{"a 1/-1", NULL},
		{"a 1/60 ", "a 1/60"},
		{"a 1/0000060", "a 1/60"},
		{"a 1/18446744073709551676", NULL},
		{"a 1 /60", NULL},
		{"a -1", NULL},
		{"a nan", NULL},
		{"a 1000000.000000001", NULL},
		{"a 0.0000000001", NULL},
		{"a 1, a 2", NULL},
		{"* 0", NULL},
		{"\303\244 1", NULL},
		{LONG_64 " 1", LONG_64 " 1"},
		{LONG_64 "x 1", NULL},
		{"a 0.000000000000000000000000000000000000000000000000000000000001", NULL},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		PriceItems items;
		char text[PRICE_ITEMS_TEXT_SIZE];

		if (cases[i].canonical == NULL)
			assert_non_null(price_items_read(cases[i].text, &items));
		else
		{
			assert_null(price_items_read(cases[i].text, &items));
			assert_string_equal(price_items_print(&items, text), cases[i].canonical);
		}
	}
}

/* As many items as can be, all of the longest; one more is too many. */
static void
test_most_items(void **state)
{
	char text[2 * PRICE_ITEMS_TEXT_SIZE] = "";
	char printed[PRICE_ITEMS_TEXT_SIZE];
	PriceItems items;

	(void) state;
	for (int i = 0; i < PRICE_ITEMS_MAX; i++)
		sprintf(text + strlen(text), "%s%.62s%02d 999999.999999999/3600000", i > 0 ? ", " : "",
				LONG_64, i);
	assert_null(price_items_read(text, &items));
	assert_int_equal(items.count, PRICE_ITEMS_MAX);
	assert_string_equal(price_items_print(&items, printed), text);
	assert_null(price_items_find(&items, "nobody"));
	assert_null(price_items_find(&items, LONG_64 LONG_64));
	assert_string_equal(price_items_find(&items, items.of[7].meter)->meter, items.of[7].meter);
	strcat(text, ", z 1");
	assert_non_null(price_items_read(text, &items));
}

/* Tokens and meters together, rounded once; what is not listed is not covered, or free. */
static void
test_charge(void **state)
{
	static const struct
	{
		const char *items;
		const char *meters;
		int32_t input;
		int64_t charge; /* -1: it is not covered */
	} cases[] = {
		{"web_search 10/1000", "{\"web_search\": 3}", 0, 30000000},
		{"web_search 10/1000", "{\"image\": 1}", 0, -1},
		{"", "{\"image\": 1}", 0, -1},
		{"second 0.000000001/3600", "{\"second\": 1799}", 0, 0},
		{"second 0.000000001/3600", "{\"second\": 1800}", 0, 1},
		{"a 0.000000001/60", "{\"a\": 29}", 500000, 1},
		{"a 0.000000001/60", "{\"a\": 30}", 499999, 1},
		{"a 0.000000001/60", "{\"a\": 30}", 0, 1},
		{"a 0.000000001/60, b 0.000000001/3600", "{\"a\": 29, \"b\": 60}", 0, 1},
		{"a 0.000000001/60, b 0.000000001/3600", "{\"a\": 29, \"b\": 59}", 0, 0},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		PriceItems items;
		Meters meters;
		TokenCounts tokens = {.of = {[TOKENS_INPUT] = cases[i].input}};
		Price price = {.nano_of = {[TOKENS_INPUT] = 1}, .items = &items};
		int64_t charge;

		assert_null(price_items_read(cases[i].items, &items));
		assert_null(meters_read(cases[i].meters, &meters));
		assert_int_equal(rating_covers(&price, &meters), cases[i].charge >= 0);
		if (cases[i].charge < 0)
			continue;
		assert_int_equal(rating_charge(&tokens, &meters, &price, &charge), OUTCOME_OK);
		assert_int_equal(charge, cases[i].charge);
	}
}

static void
test_bounds_of_charge(void **state)
{
	TokenCounts most = {.of = {TOKENS_MAX, TOKENS_MAX, TOKENS_MAX, TOKENS_MAX}};
	Price price = {.nano_of = {PRICE_NANO_MAX, PRICE_NANO_MAX, PRICE_NANO_MAX, PRICE_NANO_MAX}};
	PriceItems items = {.count = METERS_MAX};
	Meters meters = {.count = METERS_MAX};
	int64_t charge;

	(void) state;
	for (int i = 0; i < METERS_MAX; i++)
	{
		items.of[i] = (PriceItem){.meter = {(char) ('a' + i)}, .nano = UNIT_NANO_MAX, .per = 1};
		meters.of[i] = (Meter){.name = {(char) ('a' + i)}, .quantity = METER_QUANTITY_MAX};
	}
	price.items = &items;
	assert_int_equal(rating_charge(&most, &meters, &price, &charge), OUTCOME_OUT_OF_RANGE);
	assert_int_equal(rating_credits(&most, &meters, &price, &charge), OUTCOME_OUT_OF_RANGE);
	meters = (Meters){.count = 1, .of = {{"a", 999}}};
	assert_int_equal(rating_charge(&(TokenCounts){0}, &meters, &price, &charge), OUTCOME_OK);
	assert_int_equal(charge, 999 * UNIT_NANO_MAX);
	meters.of[0].quantity = 1000;
	assert_int_equal(rating_charge(&(TokenCounts){0}, &meters, &price, &charge),
					 OUTCOME_OUT_OF_RANGE);
	price.items = NULL;
	assert_false(rating_covers(&price, &meters));
	price.unlisted_are_free = true;
	assert_true(rating_covers(&price, &meters));
	assert_int_equal(rating_charge(&(TokenCounts){0}, &meters, &price, &charge), OUTCOME_OK);
	assert_int_equal(charge, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meters), cmocka_unit_test(test_most),
		cmocka_unit_test(test_tags),   cmocka_unit_test(test_longest_tags),
		cmocka_unit_test(test_items),  cmocka_unit_test(test_most_items),
		cmocka_unit_test(test_charge), cmocka_unit_test(test_bounds_of_charge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
