/*-------------------------------------------------------------------------
 *
 * policy.c
 *	  Every policy with its bounds and default.
 *
 *-------------------------------------------------------------------------
 */
#include "core/policy.h"

#include "core/money.h"

#include <string.h>

#define SECONDS(n) ((n) *INT64_C(1000000))
#define MINUTES(n) ((n) *INT64_C(60000000))
#define HOURS(n) MINUTES((n) *60)
#define DAYS(n) HOURS((n) *24)

/*
 * dedupe_window: two consecutive months are at least 59 days, so that a window
 * of 56 days touches three monthly partitions at the most.
 */
const Policy policy_catalog[POLICIES_COUNT] = {
	[POLICY_BLOCK_AT_ZERO] = {"block_at_zero", POLICY_BOOLEAN, true, 0, 0, 1,
							  "refuse calls at a balance of exactly zero, not only below"},
	[POLICY_GO_LIVE_AT] = {"go_live_at", POLICY_INSTANT, false, 0, INT64_MIN, INT64_MAX,
						   "usage that occurred before is free; unset: live since ever"},
	[POLICY_DEDUPE_WINDOW] = {"dedupe_window", POLICY_DURATION, true, DAYS(35), DAYS(1), DAYS(56),
							  "a request_id counts once within this time of its receipt; usage "
							  "that is older is refused"},
	[POLICY_FUTURE_TOLERANCE] = {"future_tolerance", POLICY_DURATION, true, MINUTES(5), 0, HOURS(1),
								 "how far usage may be stamped ahead of the clock"},
	[POLICY_USAGE_RETENTION] = {"usage_retention", POLICY_DURATION, false, 0, DAYS(60), DAYS(36500),
								"single requests are kept so long after their month, then as sums "
								"of days; unset: for ever"},
	[POLICY_SECOND_PERSON_ABOVE] = {"second_person_above", POLICY_AMOUNT, false, 0, 0,
									MONEY_NANO_MAX,
									"operators' bookings above this amount need a second person; "
									"unset: none does"},
	[POLICY_HOLD_TIMEOUT] = {"hold_timeout", POLICY_DURATION, true, SECONDS(2), SECONDS(1),
							 MINUTES(10),
							 "a call waits so long for an account on which another transaction is "
							 "open"},
	[POLICY_PAYMENT_TIMEOUT] = {"payment_timeout", POLICY_DURATION, true, MINUTES(30), MINUTES(5),
								MINUTES(110), "an order can be paid for so long"},
	[POLICY_LATE_PAYMENT] =
		{"late_payment", POLICY_CHOICE, true, LATE_PAYMENT_RETURN, LATE_PAYMENT_RETURN,
		 LATE_PAYMENT_CREDIT,
		 "what becomes of a payment that came when its order was closed: return "
		 "or credit"},
	[POLICY_TOPUP_MIN] = {"topup_min", POLICY_AMOUNT, true, MONEY_NANO_PER_CENT,
						  MONEY_NANO_PER_CENT, MONEY_NANO_MAX, "smallest top-up"},
	[POLICY_TOPUP_MAX] = {"topup_max", POLICY_AMOUNT, true, INT64_C(50000) * MONEY_NANO_PER_UNIT,
						  MONEY_NANO_PER_CENT, MONEY_NANO_MAX, "largest top-up"},
	[POLICY_NOTICE_RETENTION] = {"notice_retention", POLICY_DURATION, true, DAYS(30), DAYS(1),
								 DAYS(3650), "messages that no gateway signed are kept so long"},
	[POLICY_LOCK_ON_TAKE_BACK] = {"lock_on_take_back", POLICY_BOOLEAN, true, 1, 0, 1,
								  "an account from which a gateway takes money back is locked "
								  "(dispute)"},
	[POLICY_REFUND_SETTLE_WAIT] = {"refund_settle_wait", POLICY_DURATION, true, HOURS(1), 0,
								   DAYS(7),
								   "a refund is not approved before so long after it was asked "
								   "for: late usage settles"},
	[POLICY_BONUS_ON_REFUND] =
		{"bonus_on_refund", POLICY_CHOICE, true, BONUS_FORFEIT_LINKED, BONUS_FORFEIT_LINKED,
		 BONUS_FORFEIT_ALL,
		 "what a completed refund does to bonus: forfeit_linked (what came with the order, in "
		 "proportion), keep or forfeit_all"},
	[POLICY_REFUND_BLOCKS_PLAN] = {"refund_blocks_plan", POLICY_BOOLEAN, true, 1, 0, 1,
								   "the lock of a refund stops plan keys, too"},
	[POLICY_INVOICE_TARGET] = {"invoice_target", POLICY_DURATION, true, HOURS(48), HOURS(1),
							   DAYS(30),
							   "an invoice that was applied for is to be issued within so long"},
	[POLICY_INVOICE_WAIT] = {"invoice_wait", POLICY_DURATION, true, MINUTES(10), 0, DAYS(2),
							 "an invoice is issued no sooner after it was applied for: so long it "
							 "can be withdrawn"},
	[POLICY_REQUIRE_OCCURRED_AT] = {"require_occurred_at", POLICY_BOOLEAN, true, 0, 0, 1,
									"usage without occurred_at is refused: repeated after "
									"dedupe_window, it would count again"},
	[POLICY_CLOCK_JUMP] =
		{"clock_jump", POLICY_DURATION, true, MINUTES(10), MINUTES(1), DAYS(1),
		 "nothing is booked while the clock has been set by more than this, or is "
		 "so far behind what is booked"},
	[POLICY_CLOCK_GAP] = {"clock_gap", POLICY_DURATION, true, DAYS(3), HOURS(1), DAYS(30),
						  "nothing is booked after a start whose clock is so far ahead of what the "
						  "server had written before, until confirm_clock()"},
};

static const char *const late_payment_choices[] = {
	[LATE_PAYMENT_RETURN] = "return",
	[LATE_PAYMENT_CREDIT] = "credit",
};

static const char *const bonus_choices[] = {
	[BONUS_FORFEIT_LINKED] = "forfeit_linked",
	[BONUS_KEEP] = "keep",
	[BONUS_FORFEIT_ALL] = "forfeit_all",
};

static const char *const type_names[] = {
	[POLICY_BOOLEAN] = "boolean", [POLICY_DURATION] = "interval", [POLICY_INSTANT] = "timestamptz",
	[POLICY_AMOUNT] = "amount",	  [POLICY_CHOICE] = "choice",
};

const char *
policy_type_name(PolicyType type)
{
	return type_names[type];
}

PolicyId
policy_from_name(const char *name)
{
	int id = 0;

	while (id < POLICIES_COUNT && strcmp(policy_catalog[id].name, name) != 0)
		id++;
	return (PolicyId) id;
}

bool
policy_accepts(PolicyId id, int64_t value)
{
	return value >= policy_catalog[id].min && value <= policy_catalog[id].max;
}

const char *
policy_choice(PolicyId id, int64_t value)
{
	if (policy_catalog[id].type != POLICY_CHOICE || !policy_accepts(id, value))
		return NULL;
	return id == POLICY_LATE_PAYMENT ? late_payment_choices[value] : bonus_choices[value];
}
