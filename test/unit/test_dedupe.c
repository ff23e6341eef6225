/*-------------------------------------------------------------------------
 *
 * test_dedupe.c
 *	  Exactly once: the newest stored row of an id in the window (design 4).
 *
 *-------------------------------------------------------------------------
 */
#include "core/dedupe.h"

#include "unit.h"

#define SINCE 1000

static const StoredRequests none = {NULL, 0};

static void
test_none(void **state)
{
	(void) state;
	assert_null(dedupe_find(none, "a", INT64_MIN));
	assert_int_equal(dedupe_free_probe(none), 0);
}

/* One row of id a: where it counts, by when it was received and stamped. */
static void
test_window(void **state)
{
	static const struct
	{
		int64_t recorded_at;
		int64_t occurred_at;
		bool counts;
	} cases[] = {
		{SINCE, SINCE - 1, true},	  {SINCE - 1, SINCE - 1, false},
		{SINCE - 1, SINCE, true}, /* stamped ahead of its receipt */
		{SINCE + 1, INT64_MIN, true}, {INT64_MIN, INT64_MIN, false},
		{INT64_MAX, INT64_MAX, true},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		StoredRequest row = {"a", cases[i].recorded_at, cases[i].occurred_at, 0, NULL};
		StoredRequests stored = {&row, 1};

		assert_ptr_equal(dedupe_find(stored, "a", SINCE), cases[i].counts ? &row : NULL);
		assert_int_equal(dedupe_free_probe(stored), 1);
	}
}

/* Another text of the same hash is another request, and takes a probe. */
static void
test_equal_hash(void **state)
{
	const StoredRequest rows[] = {
		{"b", 2000, 2000, 0, NULL}, {"A", 2000, 2000, 3, NULL}, {"", 2000, 2000, 1, NULL}};
	StoredRequests stored = {rows, LENGTH(rows)};

	(void) state;
	assert_null(dedupe_find(stored, "a", SINCE));
	assert_null(dedupe_find(stored, "ab", SINCE));
	assert_ptr_equal(dedupe_find(stored, "", SINCE), &rows[2]);
	assert_int_equal(dedupe_free_probe(stored), 4);
}

/* The newest by receipt, however it is stamped and wherever it stands. */
static void
test_newest(void **state)
{
	const StoredRequest rows[] = {
		{"a", 1500, 9000, 0, NULL}, {"a", 3000, 1200, 1, NULL}, {"b", 9000, 9000, 2, NULL},
		{"a", 2000, 2000, 3, NULL}, {"a", 900, 900, 4, NULL},
	};
	StoredRequests stored = {rows, LENGTH(rows)};

	(void) state;
	assert_ptr_equal(dedupe_find(stored, "a", SINCE), &rows[1]);
	assert_ptr_equal(dedupe_find(stored, "a", 2500), &rows[1]);
	assert_ptr_equal(dedupe_find(stored, "a", 3001), &rows[0]);
	assert_null(dedupe_find(stored, "a", 9001));
	assert_int_equal(dedupe_free_probe(stored), 5);
}

/* The same as looking through them sorted. */
static void
test_random(void **state)
{
	static const char *const ids[] = {"a", "b", "c"};

	(void) state;
	for (int round = 0; round < 2000; round++)
	{
		StoredRequest rows[8];
		StoredRequests stored = {rows, (size_t) random_below(9)};
		int64_t since = random_below(100);
		int64_t newest_at = -1;
		const StoredRequest *found;

		for (size_t i = 0; i < stored.count; i++)
		{
			rows[i] = (StoredRequest){ids[random_below(3)], random_below(100) * 8 + (int64_t) i,
									  random_below(800), (int16_t) i, NULL};
			if (rows[i].request_id == ids[0] && newest_at < rows[i].recorded_at &&
				(rows[i].recorded_at >= since * 8 || rows[i].occurred_at >= since * 8))
				newest_at = rows[i].recorded_at;
		}
		found = dedupe_find(stored, "a", since * 8);
		assert_true(found ? found->recorded_at == newest_at : newest_at == -1);
		assert_int_equal(dedupe_free_probe(stored), stored.count);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),	   cmocka_unit_test(test_window),
		cmocka_unit_test(test_equal_hash), cmocka_unit_test(test_newest),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
