/*-------------------------------------------------------------------------
 *
 * test_price_hours.c
 *	  Hours of the week: what is read, its one text, and what is within.
 *
 *-------------------------------------------------------------------------
 */
#include "unit.h"

#include "core/price_hours.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void
test_texts(void **state)
{
	static const struct
	{
		const char *text;
		const char *canonical; /* NULL: it is none */
	} cases[] = {
		{"16:30-00:30 UTC", "16:30-00:30 UTC"},
		{"mon-sun 16:30-00:30 UTC", "16:30-00:30 UTC"},
		{"Mon-FRI 09:00-18:00 Asia/Shanghai", "mon,tue,wed,thu,fri 09:00-18:00 Asia/Shanghai"},
		{"sat-mon 22:00-06:00 UTC", "mon,sat,sun 22:00-06:00 UTC"},
		{"sun,mon,sun 00:00-24:00 UTC", "mon,sun 00:00-24:00 UTC"},
		{"tue 16:00-00:00 UTC", "tue 16:00-24:00 UTC"},
		{"00:00-24:00 UTC", ""},
		{"00:00-00:01 UTC", "00:00-00:01 UTC"},
		{"23:59-24:00 UTC", "23:59-24:00 UTC"},
		{"mon-sun 00:00-24:00 Europe/Berlin", ""},
		{"16:30-16:30 UTC", NULL},
		{"00:00-00:00 UTC", NULL},
		{"24:00-08:00 UTC", NULL},
		{"16:60-17:00 UTC", NULL},
		{"24:01-08:00 UTC", NULL},
		{"25:00-08:00 UTC", NULL},
		{"9:00-18:00 UTC", NULL},
		{"09:00-18:00", NULL},
		{"09:00-18:00 ", NULL},
		{"09:00 18:00 UTC", NULL},
		{" 09:00-18:00 UTC", NULL},
		{"mo 09:00-18:00 UTC", NULL},
		{"mon-fro 09:00-18:00 UTC", NULL},
		{"mon- 09:00-18:00 UTC", NULL},
		{"mon, 09:00-18:00 UTC", NULL},
		{",mon 09:00-18:00 UTC", NULL},
		{"monday 09:00-18:00 UTC", NULL},
		{"mon09:00-18:00 UTC", NULL},
		{"09:00-18:00 AAA1", NULL},
		{"mon,", NULL},
		{"mon", NULL},
		{"", NULL},
		{"-1:00-18:00 UTC", NULL},
		{"09:00-18:00 Zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", NULL},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		PriceHours hours;
		char zone[PRICE_HOURS_ZONE_SIZE];
		char text[PRICE_HOURS_TEXT_SIZE];

		assert_int_equal(price_hours_parse(cases[i].text, &hours, zone),
						 cases[i].canonical != NULL);
		if (cases[i].canonical == NULL)
			continue;
		price_hours_print(&hours, zone, text);
		assert_string_equal(text, cases[i].canonical);
		if (text[0] == '\0')
			continue;
		assert_true(price_hours_parse(text, &hours, zone));
		price_hours_print(&hours, zone, text);
		assert_string_equal(text, cases[i].canonical);
	}
}

/* Half-open, and of the day on which they began. */
static void
test_contain(void **state)
{
	static const struct
	{
		const char *hours;
		LocalMoment moment;
		bool is_within;
	} cases[] = {
		{"00:00-24:00 UTC", {3, 700}, true},
		{"16:30-00:30 UTC", {0, 989}, false},
		{"16:30-00:30 UTC", {0, 990}, true},
		{"16:30-00:30 UTC", {0, 29}, true},
		{"16:30-00:30 UTC", {0, 30}, false},
		{"mon 16:30-00:30 UTC", {0, 29}, false}, /* it began on Sunday */
		{"mon 16:30-00:30 UTC", {0, 990}, true},
		{"mon 16:30-00:30 UTC", {1, 29}, true}, /* it began on Monday */
		{"mon 16:30-00:30 UTC", {1, 990}, false},
		{"sun 22:00-06:00 UTC", {0, 359}, true},
		{"sun 22:00-06:00 UTC", {6, 359}, false},
		{"mon-fri 09:00-18:00 UTC", {4, 1079}, true},
		{"mon-fri 09:00-18:00 UTC", {4, 1080}, false},
		{"mon-fri 09:00-18:00 UTC", {5, 700}, false},
		{"tue 16:00-00:00 UTC", {1, 1439}, true},
		{"tue 16:00-00:00 UTC", {2, 0}, false},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		PriceHours hours;
		char zone[PRICE_HOURS_ZONE_SIZE];

		assert_true(price_hours_parse(cases[i].hours, &hours, zone));
		assert_int_equal(price_hours_contain(&hours, &cases[i].moment), cases[i].is_within);
	}
}

static void
test_may_meet(void **state)
{
	static const struct
	{
		const char *a;
		const char *b;
		bool may_meet;
	} cases[] = {
		{"00:00-23:00 UTC", "00:00-23:30 UTC", true},
		{"00:00-12:00 UTC", "11:59-24:00 UTC", true},
		{"00:00-12:00 UTC", "12:00-24:00 UTC", false},
		{"16:30-00:30 UTC", "00:29-08:00 UTC", true},
		{"16:30-00:30 UTC", "00:30-16:30 UTC", false},
		{"mon 16:30-00:30 UTC", "tue 00:00-01:00 UTC", true},
		{"mon 16:30-00:30 UTC", "wed-mon 00:00-16:30 UTC", false},
		{"sun 22:00-06:00 UTC", "mon 05:00-07:00 UTC", true},
		{"00:00-12:00 UTC", "12:00-24:00 Etc/UTC", true}, /* two zones */
		{"00:00-12:00 UTC", "no hours", true},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_int_equal(price_hours_may_meet(cases[i].a, cases[i].b), cases[i].may_meet);
		assert_int_equal(price_hours_may_meet(cases[i].b, cases[i].a), cases[i].may_meet);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_contain),
		cmocka_unit_test(test_may_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
