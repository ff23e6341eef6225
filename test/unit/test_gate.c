/*-------------------------------------------------------------------------
 *
 * test_gate.c
 *	  May a key call, and what becomes of its usage (R9, R10, R13, B&S 4.11).
 *
 *-------------------------------------------------------------------------
 */
#include "core/gate.h"
#include "core/money.h"

#include "unit.h"

#define UNIT MONEY_NANO_PER_UNIT
#define CENT MONEY_NANO_PER_CENT

/* Names are the interface: applications match on them. */
static void
test_names(void **state)
{
	static const char *const reasons[] = {
		[GATE_OPEN] = "",
		[GATE_MALFORMED_KEY] = "malformed_key",
		[GATE_UNKNOWN_KEY] = "unknown_key",
		[GATE_KEY_DELETED] = "key_deleted",
		[GATE_KEY_EXPIRED] = "key_expired",
		[GATE_ACCOUNT_CLOSED] = "account_closed",
		[GATE_LOCKED_OPERATOR] = "locked_operator",
		[GATE_LOCKED_DISPUTE] = "locked_dispute",
		[GATE_LOCKED_REFUND] = "locked_refund",
		[GATE_NO_PLAN] = "no_plan",
		[GATE_PLAN_NOT_STARTED] = "plan_not_started",
		[GATE_PLAN_ENDED] = "plan_ended",
		[GATE_PLAN_REVOKED] = "plan_revoked",
		[GATE_PLAN_EXHAUSTED] = "plan_exhausted",
		[GATE_NEGATIVE_BALANCE] = "negative_balance",
		[GATE_ZERO_BALANCE] = "zero_balance",
		[GATE_MODEL_NOT_ALLOWED] = "model_not_allowed",
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(reasons); i++)
		assert_string_equal(gate_reason_name((GateReason) i), reasons[i]);
	for (unsigned lock = LOCK_REFUND; lock <= LOCK_CLOSED; lock <<= 1)
		assert_int_equal(lock_reason_from_name(lock_reason_name((LockReason) lock)), lock);
	assert_int_equal(lock_reason_from_name("Operator"), 0);
	assert_int_equal(lock_reason_from_name(""), 0);
}

static void
test_key(void **state)
{
	static const struct
	{
		GateAccount account;
		ApiKeyKind kind;
		bool deleted;
		GateReason reason;
	} cases[] = {
		/* R9: zero is allowed, unless the policy says otherwise; one nano-unit below is not. */
		{{0, 0, true, false, true, GATE_NO_PLAN}, API_KEY_PAYG, false, GATE_OPEN},
		{{0, 0, true, true, true, GATE_NO_PLAN}, API_KEY_PAYG, false, GATE_ZERO_BALANCE},
		{{0, 1, true, true, true, GATE_NO_PLAN}, API_KEY_PAYG, false, GATE_OPEN},
		{{0, -1, true, false, true, GATE_NO_PLAN}, API_KEY_PAYG, false, GATE_NEGATIVE_BALANCE},
		{{0, -1, true, true, true, GATE_NO_PLAN}, API_KEY_PAYG, false, GATE_NEGATIVE_BALANCE},
		/* Before go-live money is no reason, deletion and locks are. */
		{{0, -UNIT, false, true, true, GATE_NO_PLAN}, API_KEY_PAYG, false, GATE_OPEN},
		{{0, 0, false, false, true, GATE_NO_PLAN}, API_KEY_PAYG, true, GATE_KEY_DELETED},
		{{LOCK_REFUND, 0, false, false, true, GATE_NO_PLAN},
		 API_KEY_PAYG,
		 false,
		 GATE_LOCKED_REFUND},
		/* The first that applies: deleted, closed, operator, dispute, refund, plan, balance. */
		{{LOCK_CLOSED, -1, true, false, true, GATE_NO_PLAN}, API_KEY_PLAN, true, GATE_KEY_DELETED},
		{{LOCK_REFUND | LOCK_OPERATOR | LOCK_DISPUTE | LOCK_CLOSED, -1, true, false, true,
		  GATE_NO_PLAN},
		 API_KEY_PLAN,
		 false,
		 GATE_ACCOUNT_CLOSED},
		{{LOCK_REFUND | LOCK_OPERATOR | LOCK_DISPUTE, -1, true, false, true, GATE_NO_PLAN},
		 API_KEY_PAYG,
		 false,
		 GATE_LOCKED_OPERATOR},
		{{LOCK_REFUND | LOCK_DISPUTE, -1, true, false, true, GATE_NO_PLAN},
		 API_KEY_PLAN,
		 false,
		 GATE_LOCKED_DISPUTE},
		{{LOCK_REFUND, -1, true, false, true, GATE_NO_PLAN},
		 API_KEY_PLAN,
		 false,
		 GATE_LOCKED_REFUND},
		{{0, -1, true, false, true, GATE_NO_PLAN}, API_KEY_PLAN, false, GATE_NO_PLAN},
		{{0, UNIT, true, false, true, GATE_NO_PLAN}, API_KEY_PLAN, false, GATE_NO_PLAN},
		/* R3: a plan key looks at its plan alone, and money opens nothing. */
		{{0, -UNIT, true, true, true, GATE_OPEN}, API_KEY_PLAN, false, GATE_OPEN},
		{{0, UNIT, true, true, true, GATE_PLAN_EXHAUSTED},
		 API_KEY_PLAN,
		 false,
		 GATE_PLAN_EXHAUSTED},
		{{0, UNIT, true, true, true, GATE_PLAN_ENDED}, API_KEY_PAYG, false, GATE_OPEN},
		/* Policy refund_blocks_plan, which is of plan keys and of that lock alone. */
		{{LOCK_REFUND, 0, true, false, false, GATE_OPEN}, API_KEY_PLAN, false, GATE_OPEN},
		{{LOCK_REFUND, 0, true, false, false, GATE_OPEN}, API_KEY_PAYG, false, GATE_LOCKED_REFUND},
		{{LOCK_REFUND | LOCK_DISPUTE, 0, true, false, false, GATE_OPEN},
		 API_KEY_PLAN,
		 false,
		 GATE_LOCKED_DISPUTE},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		GateKey key = {cases[i].kind, cases[i].deleted, false, false};

		assert_int_equal(gate_key(&cases[i].account, &key), cases[i].reason);
	}
}

/* R10: expired comes behind deleted and before all else, a model that is not on the key's list
 * behind all. */
static void
test_expiry_and_models(void **state)
{
	static const struct
	{
		GateAccount account;
		GateKey key;
		GateReason reason;
	} cases[] = {
		{{0, 1, true, false, true, GATE_NO_PLAN},
		 {API_KEY_PAYG, true, true, true},
		 GATE_KEY_DELETED},
		{{LOCK_CLOSED, -1, true, false, true, GATE_NO_PLAN},
		 {API_KEY_PAYG, false, true, true},
		 GATE_KEY_EXPIRED},
		{{0, 1, false, false, true, GATE_OPEN},
		 {API_KEY_PLAN, false, true, false},
		 GATE_KEY_EXPIRED},
		{{LOCK_CLOSED, 1, true, false, true, GATE_NO_PLAN},
		 {API_KEY_PAYG, false, false, true},
		 GATE_ACCOUNT_CLOSED},
		{{0, -1, true, false, true, GATE_NO_PLAN},
		 {API_KEY_PAYG, false, false, true},
		 GATE_NEGATIVE_BALANCE},
		{{0, 0, true, true, true, GATE_NO_PLAN},
		 {API_KEY_PAYG, false, false, true},
		 GATE_ZERO_BALANCE},
		{{0, 1, true, false, true, GATE_NO_PLAN}, {API_KEY_PLAN, false, false, true}, GATE_NO_PLAN},
		{{0, 1, true, false, true, GATE_NO_PLAN},
		 {API_KEY_PAYG, false, false, true},
		 GATE_MODEL_NOT_ALLOWED},
		{{0, -1, false, false, true, GATE_OPEN},
		 {API_KEY_PLAN, false, false, true},
		 GATE_MODEL_NOT_ALLOWED},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(gate_key(&cases[i].account, &cases[i].key), cases[i].reason);
}

/* An account answers as a pay-as-you-go key of it that is not deleted. */
static void
test_account_is_payg_key(void **state)
{
	(void) state;
	for (unsigned locks = 0; locks < 16; locks++)
		for (int64_t balance = -1; balance <= 1; balance++)
			for (int flags = 0; flags < 4; flags++)
			{
				GateAccount account = {locks, balance, flags & 1, flags & 2, true, GATE_NO_PLAN};

				assert_int_equal(gate_account(&account),
								 gate_key(&account, &(GateKey){API_KEY_PAYG, false, false, false}));
			}
}

/* R21: the least top-up in whole 0.01 that opens the gate. */
static void
test_shortfall(void **state)
{
	static const struct
	{
		int64_t balance;
		bool block_at_zero;
		int64_t shortfall;
	} cases[] = {
		{0, false, 0},
		{0, true, CENT},
		{-1, false, CENT},
		{-1, true, CENT},
		{-CENT, false, CENT},
		{-CENT, true, 2 * CENT},
		{-CENT - 1, false, 2 * CENT},
		{-CENT - 1, true, 2 * CENT},
		{-12 * UNIT, false, 12 * UNIT},
		{5, true, 0},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		GateAccount account = {0,	 cases[i].balance, true, cases[i].block_at_zero,
							   true, GATE_NO_PLAN};
		int64_t shortfall = gate_shortfall(&account, gate_account(&account));

		assert_int_equal(shortfall, cases[i].shortfall);
	}
	for (int i = 0; i < 100000; i++)
	{
		GateAccount account = {
			0, random_below(4 * CENT) - 3 * CENT, true, random_below(2), true, GATE_NO_PLAN};
		int64_t shortfall = gate_shortfall(&account, gate_account(&account));

		assert_int_equal(shortfall % CENT, 0);
		account.balance_nano += shortfall;
		assert_int_equal(gate_account(&account), GATE_OPEN);
		account.balance_nano -= CENT;
		if (shortfall > 0)
			assert_int_not_equal(gate_account(&account), GATE_OPEN);
	}
	assert_int_equal(
		gate_shortfall(&(GateAccount){LOCK_OPERATOR, -UNIT, true, false, true, GATE_NO_PLAN},
					   GATE_LOCKED_OPERATOR),
		0);
}

static void
test_retryable(void **state)
{
	(void) state;
	for (int reason = GATE_OPEN; reason <= GATE_ZERO_BALANCE; reason++)
		assert_int_equal(gate_retryable((GateReason) reason), reason >= GATE_LOCKED_OPERATOR);
	assert_false(gate_retryable(GATE_MODEL_NOT_ALLOWED));
}

/* Facts under which usage is priced; each case changes one or two of them. */
static UsageFacts
ordinary_facts(void)
{
	return (UsageFacts){.occurred_at = 1000,
						.booked_at = 1000,
						.account_created_at = 100,
						.future_tolerance_us = 50,
						.dedupe_window_us = 500,
						.go_live_at = INT64_MIN,
						.key_deleted_at = INT64_MAX,
						.key_expires_at = INT64_MAX,
						.key_kind = API_KEY_PAYG};
}

static void
expect(UsageFacts facts, UsageVerdict verdict, GateReason reason)
{
	GateReason found = GATE_OPEN;

	assert_int_equal(gate_usage(&facts, &found), verdict);
	assert_int_equal(found, reason);
}

/* B&S 4.11, the first line that applies, each at its very edge. */
static void
test_usage(void **state)
{
	UsageFacts facts = ordinary_facts();

	(void) state;
	expect(facts, USAGE_TO_PRICE, GATE_OPEN);

	facts.occurred_at = 1050;
	expect(facts, USAGE_TO_PRICE, GATE_OPEN);
	facts.occurred_at = 1051;
	expect(facts, USAGE_IN_FUTURE, GATE_OPEN);
	facts.locks = LOCK_OPERATOR;
	expect(facts, USAGE_IN_FUTURE, GATE_OPEN);

	facts = ordinary_facts();
	facts.occurred_at = 500;
	expect(facts, USAGE_TO_PRICE, GATE_OPEN);
	facts.occurred_at = 499;
	expect(facts, USAGE_TOO_OLD, GATE_OPEN);
	facts.account_created_at = 499;
	expect(facts, USAGE_TOO_OLD, GATE_OPEN);
	facts.account_created_at = 500;
	expect(facts, USAGE_BEFORE_ACCOUNT, GATE_OPEN);

	/* A key is made by another clock than a call is stamped by. */
	facts = ordinary_facts();
	facts.key_created_at = 1050;
	expect(facts, USAGE_TO_PRICE, GATE_OPEN);
	facts.key_created_at = 1051;
	expect(facts, USAGE_BEFORE_KEY, GATE_OPEN);

	facts = ordinary_facts();
	facts.key_deleted_at = 1001;
	expect(facts, USAGE_TO_PRICE, GATE_OPEN);
	facts.key_deleted_at = 1000;
	expect(facts, USAGE_REJECTED, GATE_KEY_DELETED);
	facts.locks = LOCK_CLOSED;
	expect(facts, USAGE_REJECTED, GATE_KEY_DELETED);
	facts.go_live_at = 2000;
	expect(facts, USAGE_REJECTED, GATE_KEY_DELETED);

	facts = ordinary_facts();
	facts.key_expires_at = 1001;
	expect(facts, USAGE_TO_PRICE, GATE_OPEN);
	facts.key_expires_at = 1000;
	expect(facts, USAGE_REJECTED, GATE_KEY_EXPIRED);
	facts.locks = LOCK_CLOSED;
	facts.go_live_at = 2000;
	expect(facts, USAGE_REJECTED, GATE_KEY_EXPIRED);
	facts.key_deleted_at = 1000;
	expect(facts, USAGE_REJECTED, GATE_KEY_DELETED);

	facts = ordinary_facts();
	facts.key_kind = API_KEY_PLAN;
	facts.plan = GATE_NO_PLAN;
	facts.refund_blocks_plan = true;
	expect(facts, USAGE_REJECTED, GATE_NO_PLAN);
	facts.locks = LOCK_REFUND;
	expect(facts, USAGE_REJECTED, GATE_LOCKED_REFUND);
	facts.refund_blocks_plan = false;
	expect(facts, USAGE_REJECTED, GATE_NO_PLAN);
	facts.plan = GATE_OPEN;
	expect(facts, USAGE_ON_PLAN, GATE_OPEN);
	facts.key_kind = API_KEY_PAYG;
	expect(facts, USAGE_REJECTED, GATE_LOCKED_REFUND);

	facts = ordinary_facts();
	facts.go_live_at = 1000;
	expect(facts, USAGE_TO_PRICE, GATE_OPEN);
	facts.go_live_at = 1001;
	expect(facts, USAGE_FREE, GATE_OPEN);
	facts.key_kind = API_KEY_PLAN;
	facts.plan = GATE_PLAN_ENDED;
	expect(facts, USAGE_REJECTED, GATE_PLAN_ENDED);
	/* Going live is about money. */
	facts.plan = GATE_OPEN;
	expect(facts, USAGE_ON_PLAN, GATE_OPEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_expiry_and_models),
		cmocka_unit_test(test_account_is_payg_key),
		cmocka_unit_test(test_shortfall),
		cmocka_unit_test(test_retryable),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
