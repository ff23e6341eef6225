/*-------------------------------------------------------------------------
 *
 * test_chain.c
 *	  The hash chain: vectors made with sha256sum, and that every column counts.
 *
 *-------------------------------------------------------------------------
 */
#include "core/chain.h"

#include "unit.h"

#include <stdio.h>

static const char *
hex(const Digest *digest)
{
	static char text[2 * DIGEST_BYTES + 1];

	for (int i = 0; i < DIGEST_BYTES; i++)
		sprintf(text + 2 * i, "%02x", digest->bytes[i]);
	return text;
}

static ChainEntry
example(void)
{
	return (ChainEntry){.account_id = 42,
						.entry_no = 7,
						.occurred_at = 1,
						.recorded_at = 2,
						.source_id = -3,
						.lot_no = 4,
						.amount_nano = 1500000000,
						.debit = "cash",
						.credit = "revenue",
						.source_type = "charge"};
}

static Digest
chain_of(const ChainEntry *entry)
{
	Digest chain;

	assert_true(chain_entry(&chain_start, entry, &chain));
	return chain;
}

static void
test_vectors(void **state)
{
	ChainEntry entry = example();
	Digest chain = chain_of(&entry);
	Digest usage;

	(void) state;
	assert_string_equal(hex(&chain),
						"c2ce03ded4e93ed66b09651d79d76269e14bd9315c02893161a3a357315fa259");
	assert_true(chain_usage(NULL, 0, &usage));
	assert_string_equal(hex(&usage),
						"4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a");
	entry.usage_digest = &usage;
	entry.actor = "me";
	chain = chain_of(&entry);
	assert_string_equal(hex(&chain),
						"e06404b7cec7ef36e82049b2c4dc756bcc0799ce16714672f918e963a00f60e3");
}

static void
assert_other(const ChainEntry *entry)
{
	ChainEntry before = example();
	Digest one = chain_of(&before);
	Digest other = chain_of(entry);

	assert_memory_not_equal(one.bytes, other.bytes, DIGEST_BYTES);
}

#define ASSERT_COUNTS(column, value)  \
	do                                \
	{                                 \
		ChainEntry entry = example(); \
		entry.column = value;         \
		assert_other(&entry);         \
	} while (0)

static void
test_every_column(void **state)
{
	Digest usage = {{0}};

	(void) state;
	ASSERT_COUNTS(account_id, 43);
	ASSERT_COUNTS(entry_no, 8);
	ASSERT_COUNTS(occurred_at, 2);
	ASSERT_COUNTS(recorded_at, 3);
	ASSERT_COUNTS(source_id, 3);
	ASSERT_COUNTS(lot_no, 5);
	ASSERT_COUNTS(lot_no, 0);
	ASSERT_COUNTS(subscription_no, 4);
	ASSERT_COUNTS(undoes_entry_no, 4);
	ASSERT_COUNTS(amount_nano, 1500000001);
	ASSERT_COUNTS(debit, "bonus");
	ASSERT_COUNTS(credit, "adjustment");
	ASSERT_COUNTS(source_type, "settlement");
	ASSERT_COUNTS(gateway, "");
	ASSERT_COUNTS(actor, "");
	ASSERT_COUNTS(usage_digest, &usage);
}

/* What stands in one column counts there alone: nothing runs over into the next. */
static void
test_no_column_runs_over(void **state)
{
	ChainEntry one = example();
	ChainEntry other = example();

	(void) state;
	one.debit = "ab", one.credit = "c";
	other.debit = "a", other.credit = "bc";
	assert_memory_not_equal(chain_of(&one).bytes, chain_of(&other).bytes, DIGEST_BYTES);
	one = other = example();
	one.gateway = "x";
	other.actor = "x";
	assert_memory_not_equal(chain_of(&one).bytes, chain_of(&other).bytes, DIGEST_BYTES);
	one = other = example();
	one.lot_no = 0, one.subscription_no = 4;
	assert_memory_not_equal(chain_of(&one).bytes, chain_of(&other).bytes, DIGEST_BYTES);
}

static void
test_usage(void **state)
{
	Meters meters = {.count = 1, .of = {{"image", 2}}};
	ChainUsage usage = {.request_id = "r",
						.key_id = 1,
						.model = "m",
						.tokens = {{1, 2, 3, 4}},
						.price_id = 5,
						.charge_nano = 6};
	Digest plain;
	Digest metered;

	(void) state;
	assert_true(chain_usage_event(&usage, &plain));
	assert_string_equal(hex(&plain),
						"25b52b2e9c84a2828d11ad09e626a7084a0825cf0749c0fd8ad01d006298383b");
	usage.meters = &meters;
	assert_true(chain_usage_event(&usage, &metered));
	assert_string_equal(hex(&metered),
						"516c2e849451532c3f5d2161425fd55c2741d76e4a5b3bef8e928af073c714c1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_every_column),
		cmocka_unit_test(test_no_column_runs_over),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
