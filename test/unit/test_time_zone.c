/*-------------------------------------------------------------------------
 *
 * test_time_zone.c
 *	  Which texts can be names of time zones, and which could be rules.
 *
 *-------------------------------------------------------------------------
 */
#include "core/time_zone.h"

#include "unit.h"

static void
test_names(void **state)
{
	static const char *const names[] = {
		"UTC",
		"utc",
		"Asia/Shanghai",
		"America/Port-au-Prince",
		"Japan",
		"Etc/GMT+12",
		"Etc/GMT-14",
		"etc/gmt-1",
		"Asia/Ust-Nera",
		"Mars/Crater",
		"NZ-CHAT",
		"America/Argentina/Buenos_Aires",
		"Pacific/Easter",
		"GB",
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(names); i++)
		assert_true(time_zone_is_name(names[i]));
}

/* Rules, a number that makes one of a name, ways around, and second names. */
static void
test_others(void **state)
{
	static const char *const others[] = {
		"",
		"AAA1",
		"AAA1BBB",
		"EST5EDT",
		"<xxx>5",
		"<UTC>0",
		"UTC0",
		"UTC-8",
		"Asia/Shanghai8",
		"AAA1BBB,M3.2.0,M11.1.0",
		"Etc/GMT+13",
		"Etc/GMT-15",
		"Etc/GMT+100",
		"Etc/GMT-0",
		"Etc/GMT+01",
		"Etc/GMT5",
		"Etc/GMT+1a",
		"Etc/GMT+1:30",
		"GMT+1",
		"../../etc/passwd",
		"posix/UTC",
		"Posix/UTC",
		"posixrules",
		"right/UTC",
		"RIGHT/Asia/Tokyo",
		"localtime",
		".",
		"tzdata.zi",
		"UTC ",
		"Europe/Z\xc3\xbcrich",
		"Asia/Tokyo,",
		"+1",
		"America/New_York4",
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(others); i++)
		if (time_zone_is_name(others[i]))
			fail_msg("\"%s\" is taken for a name", others[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
