/*-------------------------------------------------------------------------
 *
 * test_stored_event.c
 *	  Which rows of usage_event can be true (B&S 3.1).
 *
 *-------------------------------------------------------------------------
 */
#include "core/stored_event.h"

#include "core/request_hash.h"
#include "unit.h"

#include <string.h>

#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)
#define NOW (1000 * DAY)

static const EventTimes times = {.has_account = true,
								 .account_created_at = NOW - 100 * DAY,
								 .last_booked_at = NOW,
								 .has_key = true,
								 .key_created_at = NOW - 90 * DAY};

/* One that was charged by itself. */
static StoredEvent
charged(void)
{
	StoredEvent event = {
		.account_id = 7,
		.first_entry_no = 3,
		.entry_count = 2,
		.status = "charged",
		.reason = "",
		.request_id = "r1",
		.occurred_at = NOW - HOUR,
		.recorded_at = NOW,
		.settled_at = NOW,
		.key_id = 1,
		.key_name = "prod",
		.project = "",
		.model = "m",
		.variant = "",
		.tokens = {{1, 2, 3, 4}},
		.meters_text = "",
		.price_id = 9,
		.charge = {true, 5},
	};
	static const EventColumn nulls[] = {EVENT_BATCH_OFFSET,	  EVENT_REASON,	   EVENT_PROJECT,
										EVENT_VARIANT,		  EVENT_METERS,	   EVENT_CREDITS,
										EVENT_QUOTA_NO,		  EVENT_WINDOW_NO, EVENT_WEIGHT_ID,
										EVENT_SUBSCRIPTION_NO};

	for (size_t i = 0; i < LENGTH(nulls); i++)
		event.nulls[nulls[i]] = true;
	assert_true(request_hash("r1", 2, &event.request_hash));
	return event;
}

static StoredEvent
rejected(const char *reason)
{
	StoredEvent event = charged();

	event.status = "rejected";
	event.reason = reason;
	event.entry_count = 0;
	event.charge = (StoredAmount){0};
	event.nulls[EVENT_REASON] = false;
	event.nulls[EVENT_CHARGE] = event.nulls[EVENT_FIRST_ENTRY_NO] = true;
	return event;
}

static void
test_possible(void **state)
{
	for (int broken = 0; broken < 12; broken++)
	{
		StoredEvent event = charged();

		event.tokens.of[TOKENS_OUTPUT] = broken == 0 ? -1 : 4;
		event.charge.is_number = broken != 1;
		event.charge.nano = broken == 2 ? -1 : 5;
		event.price_id = broken == 3 ? 0 : 9;
		event.nulls[EVENT_FIRST_ENTRY_NO] = broken == 4;
		event.nulls[EVENT_SETTLED_AT] = broken == 5;
		event.settled_at = broken == 6 ? NOW - 1 : NOW;
		event.nulls[EVENT_CREDITS] = broken != 7;
		event.nulls[EVENT_QUOTA_NO] = broken != 8;
		event.nulls[EVENT_BATCH_OFFSET] = broken != 9; /* which is no number then */
		event.status = broken == 10 ? "paid" : "charged";
		assert_int_equal(stored_event_is_possible(&event, &times), broken == 11);
	}
	(void) state;
}

/* What each status has, and has not. */
static void
test_statuses(void **state)
{
	StoredEvent event = rejected("key_deleted");

	(void) state;
	assert_true(stored_event_is_possible(&event, &times));
	event.nulls[EVENT_REASON] = true;
	assert_false(stored_event_is_possible(&event, &times));
	event.status = "unpriced";
	assert_false(stored_event_is_possible(&event, &times)); /* it is settled */
	event.nulls[EVENT_SETTLED_AT] = true;
	assert_true(stored_event_is_possible(&event, &times));
	event.status = "plan";
	event.nulls[EVENT_SETTLED_AT] = false;
	assert_false(stored_event_is_possible(&event, &times));
	event.nulls[EVENT_CREDITS] = event.nulls[EVENT_SUBSCRIPTION_NO] = false;
	event.nulls[EVENT_QUOTA_NO] = event.nulls[EVENT_WEIGHT_ID] = false;
	event.credits = (StoredAmount){true, 0};
	assert_true(stored_event_is_possible(&event, &times));
	event = charged();
	event.status = "free";
	assert_false(stored_event_is_possible(&event, &times));
	event.charge.nano = event.entry_count = 0;
	assert_true(stored_event_is_possible(&event, &times));
}

static void
test_bounds(void **state)
{
	static char long_name[MODEL_BYTES_MAX + 2];

	memset(long_name, 'm', MODEL_BYTES_MAX + 1);
	for (int broken = 0; broken < 8; broken++)
	{
		StoredEvent event = charged();

		event.model = broken == 0 ? " " : broken == 1 ? long_name : "m";
		event.variant = broken == 2 ? long_name : broken == 3 ? "\t" : "";
		event.tokens.of[TOKENS_INPUT] = broken == 4 ? TOKENS_MAX + 1 : TOKENS_MAX;
		event.nulls[EVENT_OUTPUT_TOKENS] = broken == 5;
		event.occurred_at = broken == 6 ? INT64_MAX : NOW;
		assert_int_equal(stored_event_is_bounded(&event), broken == 7);
	}
	(void) state;
}

static void
test_hash(void **state)
{
	StoredEvent event = charged();

	(void) state;
	assert_true(stored_event_has_hash(&event));
	event.request_hash++;
	assert_false(stored_event_has_hash(&event));
}

static void
test_entries(void **state)
{
	static const struct
	{
		int64_t first;
		int32_t count;
		int64_t last;
		bool holds;
	} cases[] = {
		{3, 2, 4, true},		  {3, 2, 3, false},
		{0, 1, 4, false},		  {INT64_MAX, 2, INT64_MAX, false},
		{INT64_MIN, 1, 4, false}, {1, INT32_MAX, INT64_MAX, true},
		{99, 0, 4, true},		  {3, -1, 4, true},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		StoredEvent event = charged();

		event.first_entry_no = cases[i].first;
		event.entry_count = cases[i].count;
		assert_int_equal(stored_event_has_entries(&event, cases[i].last), cases[i].holds);
	}
}

static void
test_stamps(void **state)
{
	for (int broken = 0; broken < 9; broken++)
	{
		StoredEvent event = charged();
		EventTimes when = times;

		when.has_account = broken != 0;
		when.last_booked_at = broken == 1 ? NOW - 1 : NOW;
		when.account_created_at = broken == 2 ? NOW - HOUR + 1 : NOW - 100 * DAY;
		when.key_created_at = broken == 3 ? NOW + 1 : NOW - 90 * DAY;
		event.occurred_at = broken == 4	  ? NOW + HOUR + 1
							: broken == 5 ? NOW - 56 * DAY - 1
							: broken == 6 ? INT64_MIN
										  : NOW - HOUR;
		when.is_key_deleted = broken == 7;
		when.key_deleted_at = NOW - HOUR;
		assert_int_equal(stored_event_is_stamped(&event, &when), broken == 8);
	}
	(void) state;
}

/* A request is rejected for its key where that was deleted, and only there. */
static void
test_deleted_key(void **state)
{
	StoredEvent event = rejected("key_deleted");
	EventTimes when = times;

	(void) state;
	assert_false(stored_event_is_stamped(&event, &when));
	when.is_key_deleted = true;
	when.key_deleted_at = NOW - 2 * HOUR;
	assert_true(stored_event_is_stamped(&event, &when));
	event.reason = "account_closed";
	assert_false(stored_event_is_stamped(&event, &when));
	when.key_deleted_at = NOW; /* recorded at the same instant, before it */
	assert_true(stored_event_is_stamped(&event, &when));
}

/* A wrong clock booked it in 50 days, before it was repaired. */
static void
test_repair(void **state)
{
	static const EventRepair repair = {10, NOW, NOW + 50 * DAY};
	StoredEvent event = charged();
	EventTimes when = times;

	(void) state;
	event.occurred_at = event.recorded_at = event.settled_at = NOW + 50 * DAY;
	assert_false(stored_event_is_stamped(&event, &when));
	assert_false(stored_event_moves(&event, &when, event.settled_at));
	when.repairs = &repair;
	when.repairs_count = 1;
	assert_true(stored_event_is_stamped(&event, &when));
	assert_true(stored_event_moves(&event, &when, event.settled_at));
	event.first_entry_no = 11; /* booked behind the repair */
	assert_false(stored_event_moves(&event, &when, event.settled_at));
	event.nulls[EVENT_FIRST_ENTRY_NO] = true; /* then the instant tells */
	assert_true(stored_event_moves(&event, &when, event.settled_at));
	assert_false(stored_event_moves(&event, &when, NOW + 50 * DAY + 1));
	event.recorded_at = NOW + 60 * DAY;
	assert_false(stored_event_is_stamped(&event, &when));
}

static void
test_locks(void **state)
{
	EventLock lock = {"refund", NOW - 2 * HOUR, true, NOW - HOUR};
	EventTimes when = times;
	StoredEvent event = charged();
	StoredEvent other = rejected("locked_refund");

	(void) state;
	assert_false(stored_event_has_its_lock(&other, &when));
	when.locks = &lock;
	when.locks_count = 1;
	assert_null(stored_event_ignored_lock(&event, &when)); /* it was lifted at that instant */
	assert_true(stored_event_has_its_lock(&event, &when));
	event.occurred_at--;
	assert_ptr_equal(stored_event_ignored_lock(&event, &when), &lock);
	event.nulls[EVENT_SUBSCRIPTION_NO] = false; /* a refund lock lets plans go on */
	assert_null(stored_event_ignored_lock(&event, &when));
	other.occurred_at--;
	assert_true(stored_event_has_its_lock(&other, &when));
	assert_null(stored_event_ignored_lock(&other, &when));
	other.reason = "locked_operator";
	assert_false(stored_event_has_its_lock(&other, &when));
	other.status = "charged";
	other.reason = "locked_refund";
	assert_false(stored_event_has_its_lock(&other, &when));
}

static void
test_expiry(void **state)
{
	static const EventExpiry never = {false, 0};
	static const EventExpiry passed = {true, NOW - HOUR};
	static const EventExpiry later = {true, NOW - HOUR + 1};
	StoredEvent event = charged();
	StoredEvent expired = rejected("key_expired");
	StoredEvent deleted = rejected("key_deleted");

	(void) state;
	assert_true(stored_event_heeds_expiry(&event, &never));
	assert_true(stored_event_heeds_expiry(&event, &later));
	assert_false(stored_event_heeds_expiry(&event, &passed));
	assert_true(stored_event_heeds_expiry(&expired, &passed));
	assert_false(stored_event_heeds_expiry(&expired, &later));
	assert_false(stored_event_heeds_expiry(&expired, &never));
	assert_true(stored_event_heeds_expiry(&deleted, &passed));
}

/* What has a digest, and that each of its parts makes another. */
static void
test_digest(void **state)
{
	StoredEvent event = charged();
	Digest digest;
	Digest other;

	(void) state;
	assert_true(stored_event_digest(&event, &digest));
	event.variant = "batch";
	assert_true(stored_event_digest(&event, &other));
	assert_memory_equal(&digest, &other, sizeof(Digest)); /* it is null still */
	event.nulls[EVENT_VARIANT] = false;
	assert_true(stored_event_digest(&event, &other));
	assert_memory_not_equal(&digest, &other, sizeof(Digest));
	event.nulls[EVENT_MODEL] = true;
	assert_false(stored_event_digest(&event, &other));
	event = charged();
	event.charge.is_number = false;
	assert_false(stored_event_digest(&event, &other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_possible),	cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_bounds),		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_entries),		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_deleted_key), cmocka_unit_test(test_repair),
		cmocka_unit_test(test_locks),		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
