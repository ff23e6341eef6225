/*-------------------------------------------------------------------------
 *
 * gate.c
 *	  The decisions of authorize() and of a usage event's status.
 *
 *-------------------------------------------------------------------------
 */
#include "core/gate.h"

#include "core/money.h"

#include <string.h>

static const char *const reason_names[] = {
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

/* What each lock is to the gate, in the order in which it names them. */
static const struct
{
	LockReason lock;
	GateReason reason;
} locks[] = {
	{LOCK_CLOSED, GATE_ACCOUNT_CLOSED},
	{LOCK_OPERATOR, GATE_LOCKED_OPERATOR},
	{LOCK_DISPUTE, GATE_LOCKED_DISPUTE},
	{LOCK_REFUND, GATE_LOCKED_REFUND},
};

#define LOCKS_COUNT (sizeof(locks) / sizeof(locks[0]))

const char *
gate_reason_name(GateReason reason)
{
	return reason_names[reason];
}

static GateReason
gate_locks(unsigned in_force)
{
	for (size_t i = 0; i < LOCKS_COUNT; i++)
		if (in_force & locks[i].lock)
			return locks[i].reason;
	return GATE_OPEN;
}

/* The locks that stop keys of that kind. */
static unsigned
locks_of_kind(unsigned in_force, ApiKeyKind kind, bool refund_blocks_plan)
{
	return kind == API_KEY_PLAN && !refund_blocks_plan ? in_force & ~(unsigned) LOCK_REFUND
													   : in_force;
}

static GateReason
gate_balance(const GateAccount *account)
{
	if (!account->live)
		return GATE_OPEN;
	if (account->balance_nano < 0)
		return GATE_NEGATIVE_BALANCE;
	if (account->balance_nano == 0 && account->block_at_zero)
		return GATE_ZERO_BALANCE;
	return GATE_OPEN;
}

GateReason
gate_account(const GateAccount *account)
{
	GateReason reason = gate_locks(account->locks);

	return reason != GATE_OPEN ? reason : gate_balance(account);
}

GateReason
gate_key(const GateAccount *account, const GateKey *key)
{
	GateReason reason;

	if (key->deleted)
		return GATE_KEY_DELETED;
	if (key->expired)
		return GATE_KEY_EXPIRED;
	reason = gate_locks(locks_of_kind(account->locks, key->kind, account->refund_blocks_plan));
	/* A plan key draws on a plan alone: see R3. */
	if (reason == GATE_OPEN)
		reason = key->kind == API_KEY_PLAN ? account->plan : gate_balance(account);
	return reason == GATE_OPEN && key->refuses_model ? GATE_MODEL_NOT_ALLOWED : reason;
}

bool
gate_retryable(GateReason reason)
{
	return reason >= GATE_LOCKED_OPERATOR && reason != GATE_MODEL_NOT_ALLOWED;
}

int64_t
gate_shortfall(const GateAccount *account, GateReason reason)
{
	if (reason == GATE_NEGATIVE_BALANCE)
	{
		int64_t to_zero_nano = -money_floor_to_cent(account->balance_nano);
		bool lands_on_zero = to_zero_nano + account->balance_nano == 0;

		return to_zero_nano + (lands_on_zero && account->block_at_zero ? MONEY_NANO_PER_CENT : 0);
	}
	return reason == GATE_ZERO_BALANCE ? MONEY_NANO_PER_CENT : 0;
}

/* Why usage of the key at its time is rejected; GATE_OPEN if it is not. */
static GateReason
usage_rejection(const UsageFacts *facts)
{
	GateReason reason;

	if (facts->key_deleted_at <= facts->occurred_at)
		return GATE_KEY_DELETED;
	if (facts->key_expires_at <= facts->occurred_at)
		return GATE_KEY_EXPIRED;
	reason = gate_locks(locks_of_kind(facts->locks, facts->key_kind, facts->refund_blocks_plan));
	if (reason != GATE_OPEN)
		return reason;
	return facts->key_kind == API_KEY_PLAN ? facts->plan : GATE_OPEN;
}

UsageVerdict
gate_usage(const UsageFacts *facts, GateReason *reason)
{
	if (facts->occurred_at - facts->future_tolerance_us > facts->booked_at)
		return USAGE_IN_FUTURE;
	if (facts->occurred_at < facts->account_created_at)
		return USAGE_BEFORE_ACCOUNT;
	if (facts->occurred_at < facts->key_created_at - facts->future_tolerance_us)
		return USAGE_BEFORE_KEY;
	if (facts->occurred_at < facts->booked_at - facts->dedupe_window_us)
		return USAGE_TOO_OLD;
	*reason = usage_rejection(facts);
	if (*reason != GATE_OPEN)
		return USAGE_REJECTED;
	if (facts->key_kind == API_KEY_PLAN)
		return USAGE_ON_PLAN;
	return facts->occurred_at < facts->go_live_at ? USAGE_FREE : USAGE_TO_PRICE;
}
