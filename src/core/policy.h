/*-------------------------------------------------------------------------
 *
 * policy.h
 *	  The policies: an operator's settings, typed, bounded, with defaults.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

typedef enum PolicyId
{
	POLICY_BLOCK_AT_ZERO,
	POLICY_GO_LIVE_AT,
	POLICY_DEDUPE_WINDOW,
	POLICY_FUTURE_TOLERANCE,
	POLICY_USAGE_RETENTION,
	POLICY_SECOND_PERSON_ABOVE,
	POLICY_HOLD_TIMEOUT,
	POLICY_PAYMENT_TIMEOUT,
	POLICY_LATE_PAYMENT,
	POLICY_TOPUP_MIN,
	POLICY_TOPUP_MAX,
	POLICY_NOTICE_RETENTION,
	POLICY_LOCK_ON_TAKE_BACK,
	POLICY_REFUND_SETTLE_WAIT,
	POLICY_BONUS_ON_REFUND,
	POLICY_REFUND_BLOCKS_PLAN,
	POLICY_INVOICE_TARGET,
	POLICY_INVOICE_WAIT,
	POLICY_REQUIRE_OCCURRED_AT,
	POLICY_CLOCK_JUMP,
	POLICY_CLOCK_GAP,
	POLICIES_COUNT
} PolicyId;

typedef enum PolicyType
{
	POLICY_BOOLEAN,	 /* 0 or 1 */
	POLICY_DURATION, /* microseconds */
	POLICY_INSTANT,	 /* microseconds of the server's epoch */
	POLICY_AMOUNT,	 /* nano-units, one value per currency */
	POLICY_CHOICE	 /* one of the words of policy_choice(), from 0 */
} PolicyType;

/* Choices of policy late_payment. */
enum
{
	LATE_PAYMENT_RETURN,
	LATE_PAYMENT_CREDIT
};

/* Choices of policy bonus_on_refund. */
enum
{
	BONUS_FORFEIT_LINKED, /* what came with the refunded order, in proportion */
	BONUS_KEEP,
	BONUS_FORFEIT_ALL
};

typedef struct Policy
{
	const char *name;
	PolicyType type;
	bool has_default; /* else unset means what the description says */
	int64_t default_value;
	int64_t min;
	int64_t max;
	const char *description;
} Policy;

extern const Policy policy_catalog[POLICIES_COUNT];

extern const char *policy_type_name(PolicyType type);

/* POLICIES_COUNT when no policy has that name. */
extern PolicyId policy_from_name(const char *name);

/* The word of a choice; NULL where there is none. */
extern const char *policy_choice(PolicyId id, int64_t value);

/* Whether a policy may have that value; its bounds belong to it. */
extern bool policy_accepts(PolicyId id, int64_t value);

#endif
