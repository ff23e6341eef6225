/*-------------------------------------------------------------------------
 *
 * test_batch.c
 *	  Charges against the entries that paid them (B&S 3.1).
 *
 *-------------------------------------------------------------------------
 */
#include "core/batch.h"

#include "unit.h"

static BatchEntries
entry(bool is_batch, int64_t entry_no, int64_t amount_nano)
{
	return (BatchEntries){.is_batch = is_batch,
						  .source_id = is_batch ? 5 : 77,
						  .first_entry_no = entry_no,
						  .last_entry_no = entry_no,
						  .count = 1,
						  .amount_nano = amount_nano,
						  .recorded_at = 200,
						  .occurred_at = 100,
						  .is_at_once = true};
}

static StoredEvent
event(int64_t offset_nano, int64_t charge_nano)
{
	return (StoredEvent){.first_entry_no = 5,
						 .entry_count = 2,
						 .batch_offset = {true, offset_nano},
						 .status = "charged",
						 .request_hash = 77,
						 .occurred_at = 100,
						 .recorded_at = 200,
						 .settled_at = 200,
						 .charge = {true, charge_nano}};
}

/* Entries 5 and 6, of 3 and 4. */
static BatchEntries
two_entries(bool is_batch)
{
	BatchEntries entries = entry(is_batch, 5, 3);
	BatchEntries next = entry(is_batch, 6, 4);

	assert_true(batch_take_entry(&entries, &next));
	return entries;
}

static void
test_entries(void **state)
{
	BatchEntries entries = two_entries(true);
	BatchEntries other = entry(true, 7, 1);
	BatchEntries alone = two_entries(false);
	BatchEntries later = entry(false, 7, 1);

	(void) state;
	assert_int_equal(entries.count, 2);
	assert_int_equal(entries.last_entry_no, 6);
	assert_true(entries.amount_nano == 7);
	other.source_id = 7;
	assert_false(batch_take_entry(&entries, &other));
	assert_false(batch_take_entry(&entries, &later));
	later.recorded_at++; /* a request_id may come again: its instant tells them apart */
	assert_false(batch_take_entry(&alone, &later));
	assert_int_equal(entries.count, 2);
	other = entry(true, 7, 1);
	other.occurred_at++;
	assert_true(batch_take_entry(&entries, &other));
	assert_false(entries.is_at_once);
}

static void
test_batch(void **state)
{
	Batch batch = {0};
	BatchEntries entries = two_entries(true);
	StoredEvent first = event(0, 5);
	StoredEvent second = event(5, 2);

	(void) state;
	second.occurred_at = 100;
	first.occurred_at = 90;
	assert_true(batch_add(&batch, &first));
	assert_false(batch_is_paid_by(&batch, &entries)); /* the second is missing */
	assert_true(batch_add(&batch, &second));
	assert_true(batch_is_paid_by(&batch, &entries));
	assert_false(batch_is_paid_by(&batch, NULL));
}

/* What breaks a batch that is right, one by one. */
static void
test_broken_batch(void **state)
{
	for (int broken = 0; broken < 11; broken++)
	{
		Batch batch = {0};
		BatchEntries entries = two_entries(true);
		StoredEvent first = event(0, 5);
		StoredEvent second = event(5, 2);

		second.entry_count += broken == 0;
		second.settled_at += broken == 1;
		second.occurred_at += broken == 2;
		second.charge.nano += broken == 3;
		entries.source_id += broken == 4;
		entries.last_entry_no += broken == 5;
		entries.is_at_once = broken != 6;
		entries.has_bad_amount = broken == 7;
		entries.recorded_at += broken == 8;
		entries.is_batch = broken != 9;
		(void) batch_add(&batch, &first);
		(void) batch_add(&batch, &second);
		assert_int_equal(batch_is_paid_by(&batch, &entries), broken == 10);
	}
	(void) state;
}

static void
test_order(void **state)
{
	Batch batch = {0};
	StoredEvent first = event(0, 5);
	StoredEvent gap = event(6, 2);
	StoredEvent none = event(0, 2);

	(void) state;
	none.batch_offset.is_number = false;
	assert_false(batch_add(&batch, &none));
	batch = (Batch){0};
	assert_true(batch_add(&batch, &first));
	assert_false(batch_add(&batch, &gap));
}

static void
test_alone(void **state)
{
	for (int broken = 0; broken < 9; broken++)
	{
		BatchEntries entries = two_entries(false);
		StoredEvent charge = event(0, 7);

		charge.charge.nano += broken == 0;
		charge.charge.is_number = broken != 1;
		charge.entry_count += broken == 2;
		charge.request_hash += broken == 3;
		charge.settled_at += broken == 4;
		charge.occurred_at += broken == 5;
		entries.first_entry_no -= broken == 6;
		entries.is_batch = broken == 7;
		assert_int_equal(batch_pays_alone(&entries, &charge), broken == 8);
	}
	(void) state;
}

/* Numbers that no account has are compared without leaving the range of a number. */
static void
test_extremes(void **state)
{
	BatchEntries entries = two_entries(false);
	StoredEvent charge = event(0, 7);

	(void) state;
	entries.first_entry_no = INT64_MIN;
	entries.last_entry_no = INT64_MAX;
	assert_false(batch_pays_alone(&entries, &charge));
	entries.first_entry_no = INT64_MAX;
	entries.last_entry_no = INT64_MIN;
	assert_false(batch_pays_alone(&entries, &charge));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),		 cmocka_unit_test(test_batch),
		cmocka_unit_test(test_broken_batch), cmocka_unit_test(test_order),
		cmocka_unit_test(test_alone),		 cmocka_unit_test(test_extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
