/*-------------------------------------------------------------------------
 *
 * gate.h
 *	  May a key call, and what becomes of what it used (R9, R10, R13).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_GATE_H
#define CORE_GATE_H

#include "core/api_key.h"
#include "core/lock_reason.h"

#include <stdbool.h>
#include <stdint.h>

/* Why a call is refused, or usage rejected; in the order in which they apply. */
typedef enum GateReason
{
	GATE_OPEN,
	GATE_MALFORMED_KEY,
	GATE_UNKNOWN_KEY,
	GATE_KEY_DELETED,
	GATE_KEY_EXPIRED,
	GATE_ACCOUNT_CLOSED,
	GATE_LOCKED_OPERATOR,
	GATE_LOCKED_DISPUTE,
	GATE_LOCKED_REFUND,
	GATE_NO_PLAN,
	GATE_PLAN_NOT_STARTED,
	GATE_PLAN_ENDED,
	GATE_PLAN_REVOKED,
	GATE_PLAN_EXHAUSTED,
	GATE_NEGATIVE_BALANCE,
	GATE_ZERO_BALANCE,
	GATE_MODEL_NOT_ALLOWED
} GateReason;

/* An account as the gate sees it at one instant. */
typedef struct GateAccount
{
	unsigned locks;		  /* LockReason bits in force */
	int64_t balance_nano; /* without what has expired */
	bool live;			  /* billing has gone live (R9) */
	bool block_at_zero;	  /* policy, as the next */
	bool refund_blocks_plan;
	GateReason plan; /* why its plan keys may not call, by their plan alone */
} GateAccount;

/* A known key as the gate sees it at that instant. */
typedef struct GateKey
{
	ApiKeyKind kind;
	bool deleted;
	bool expired;
	bool refuses_model; /* that it shall call now */
} GateKey;

/* What becomes of a usage event that is not a duplicate (books-and-states 4.11). */
typedef enum UsageVerdict
{
	USAGE_IN_FUTURE, /* errors: nothing is stored */
	USAGE_BEFORE_ACCOUNT,
	USAGE_BEFORE_KEY,
	USAGE_TOO_OLD,
	USAGE_REJECTED,
	USAGE_FREE,
	USAGE_TO_PRICE, /* charged, or unpriced where there is no price */
	USAGE_ON_PLAN	/* counted on its plan, or unpriced where the model has no weight there */
} UsageVerdict;

/* Instants are microseconds of the server's epoch, durations microseconds. */
typedef struct UsageFacts
{
	int64_t occurred_at;
	int64_t booked_at;
	int64_t account_created_at;
	int64_t future_tolerance_us;
	int64_t dedupe_window_us;
	int64_t go_live_at; /* INT64_MIN: live since ever */
	int64_t key_created_at;
	int64_t key_deleted_at; /* INT64_MAX: not deleted */
	int64_t key_expires_at; /* as it was set at occurred_at; INT64_MAX: never */
	ApiKeyKind key_kind;
	unsigned locks; /* LockReason bits in force at occurred_at */
	bool refund_blocks_plan;
	GateReason plan; /* of a plan key: why no period covers occurred_at; GATE_OPEN: one does */
} UsageFacts;

extern const char *gate_reason_name(GateReason reason);

/* Why the account itself may not call, whatever the key; GATE_OPEN if it may. */
extern GateReason gate_account(const GateAccount *account);

/* Why a known key of the account may not call; GATE_OPEN if it may. */
extern GateReason gate_key(const GateAccount *account, const GateKey *key);

/* True where the answer can change for this key: by paying, or by an operator. */
extern bool gate_retryable(GateReason reason);

/* The least amount in whole 0.01 that opens the gate again; 0 where money is not the reason. */
extern int64_t gate_shortfall(const GateAccount *account, GateReason reason);

/* *reason is set where the verdict is USAGE_REJECTED. */
extern UsageVerdict gate_usage(const UsageFacts *facts, GateReason *reason);

#endif
