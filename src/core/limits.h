/*-------------------------------------------------------------------------
 *
 * limits.h
 *	  The bounds of everything that a caller gives, and their words.
 *
 * Bounds of policies stand with the policies, in core/policy.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include "core/money.h"

#include <stdbool.h>
#include <stdint.h>

/* Longest texts, in bytes. */
#define IDENTIFIER_BYTES_MAX 200 /* request ids, keys, names, references, actors */
#define MODEL_BYTES_MAX 200
#define VARIANT_BYTES_MAX 64
#define PROJECT_BYTES_MAX 64
#define REASON_BYTES_MAX 2000
#define VALUE_BYTES_MAX 100

/* What a request counts beside its tokens, and what its caller notes of it; each as JSON, in bytes.
 */
#define METERS_MAX 16
#define METER_NAME_BYTES_MAX 64
#define METER_QUANTITY_MAX INT64_C(1000000000000)
#define TAGS_MAX 8
#define TAG_BYTES_MAX 64 /* of a name, and of a value */
#define USAGE_JSON_BYTES_MAX 4000

/* Items of a price, and the highest of a unit. */
#define PRICE_ITEMS_MAX 64
#define UNIT_NANO_MAX (INT64_C(1000000) * MONEY_NANO_PER_UNIT)

/* A price file, in bytes and in rows. */
#define PRICE_FILE_BYTES_MAX (4 * 1024 * 1024)
#define PRICE_FILE_ROWS_MAX 20000

/* Digits of a mobile number (E.164). */
#define MOBILE_DIGITS_MIN 5
#define MOBILE_DIGITS_MAX 15

/* Highest id that may be chosen for an account: above it there is always one to be made. */
#define ACCOUNT_ID_MAX (INT64_C(1) << 62)

/*
 * Most tokens of one class in one request, and the unit that prices are for.
 * With the highest price they make no charge that is not an amount of money.
 */
#define TOKENS_MAX 200000000
#define TOKENS_PER_PRICE 1000000

/* Highest tier: no prompt is larger than all three of its token classes. */
#define PROMPT_TOKENS_MAX (INT64_C(3) * TOKENS_MAX)

/* Highest price: 1,000,000 currency units per million tokens. */
#define PRICE_NANO_MAX (INT64_C(1000000) * MONEY_NANO_PER_UNIT)

/*
 * Token Plans: a period, in months or days; the quota of a part of it, and what is ever used of
 * one, in credits; a weight, in credits per TOKENS_PER_PRICE tokens; periods of an account that
 * wait for their begin.
 */
#define PLAN_MONTHS_MAX 36
#define PLAN_DAYS_MAX 1100
#define QUOTA_NANO_MAX (INT64_C(4000000000) * MONEY_NANO_PER_UNIT)
#define CREDITS_NANO_MAX (INT64_C(9000000000) * MONEY_NANO_PER_UNIT)
#define WEIGHT_NANO_MAX (INT64_C(100000000) * MONEY_NANO_PER_UNIT)
#define PERIODS_WAITING_MAX 36
#define EXTENSION_DAYS_MAX 366
#define WINDOW_HOURS_MAX 744

/* E-mails and SMS about keys that an account is sent in 24 hours, of made and of deleted ones
 * together: a loop that makes keys is no news any more. Webhooks and the audit log have all. */
#define KEY_MESSAGES_MAX 50

/* Models on the list of a key, and how long an old secret works beside the new one. */
#define KEY_MODELS_MAX 32
#define GRACE_HOURS_MAX 720

/* Orders on one invoice, and the bytes of its document. */
#define INVOICE_LINES_MAX 100
#define INVOICE_DOCUMENT_BYTES_MAX (8 * 1024 * 1024)

/* Lines of a statement of account, as billing-pdf can draw them; beyond the first usage is summed
 * by day. */
#define STATEMENT_USAGE_LINES_MAX 2000
#define STATEMENT_LINES_MAX 10000

/* Rows of a page, of lists that are read page by page. */
#define PAGE_ROWS_MAX 1000

/* Events that one call settles at the most, so that its transaction stays bounded. */
#define SETTLE_EVENTS_MAX 10000

/* Balance alerts of one account, those that are switched off included. */
#define ALERTS_MAX 20
#define RUNWAY_HOURS_MAX 720

/* Rows set aside that one call handles at the most. */
#define SET_ASIDE_ROWS_MAX 10000

/* Promotions: when a gift expires, and how many orders of an account may use one. */
#define GIFT_DAYS_MAX 3650
#define PROMOTION_ORDERS_MAX 1000

#define PAUSE_HOURS_MAX 24
#define TOLERANCE_HOURS_MAX 24

/* Instants of payments and prices: another century is a mistake. Microseconds of the server's
 * epoch. */
#define INSTANT_MIN 0
#define INSTANT_MIN_TEXT "2000-01-01 UTC"

/* A range of a numeric argument. */
typedef enum LimitId
{
	LIMIT_ACCOUNT_ID,
	LIMIT_KEY_ID,
	LIMIT_TOKENS,
	LIMIT_PROMPT_TOKENS,
	LIMIT_SETTLE_EVENTS,
	LIMIT_RUNWAY_HOURS,
	LIMIT_PAUSE,	  /* durations are in microseconds */
	LIMIT_TOLERANCE,  /* of check_health() */
	LIMIT_ADJUSTMENT, /* amounts are in nano-units; what the ledger keeps, either way */
	LIMIT_CREDIT,	  /* the same, given by its size */
	LIMIT_PAYMENT,	  /* money that enters or leaves, in whole 0.01 (R21) */
	LIMIT_FEE_RATE,
	LIMIT_FACTOR, /* of prices */
	LIMIT_THRESHOLD,
	LIMIT_PRICE,
	LIMIT_PRICE_FILE_ROWS,
	LIMIT_PAGE_ROWS,
	LIMIT_ENTRY_NO,
	LIMIT_SET_ASIDE_ROWS,
	LIMIT_GIFT_DAYS,
	LIMIT_PROMOTION_ORDERS,
	LIMIT_CREDITS, /* in nano-credits, as the next */
	LIMIT_WEIGHT,
	LIMIT_PLAN_MONTHS,
	LIMIT_PLAN_DAYS,
	LIMIT_EXTENSION_DAYS,
	LIMIT_WINDOW_HOURS,
	LIMIT_KEY_MODELS,
	LIMIT_GRACE,
	LIMITS_COUNT
} LimitId;

typedef enum LimitKind
{
	LIMIT_KIND_COUNT,
	LIMIT_KIND_AMOUNT,
	LIMIT_KIND_DURATION
} LimitKind;

typedef struct ArgumentLimit
{
	LimitKind kind;
	int64_t min;
	int64_t max;
	int decimals;	  /* of amounts */
	const char *unit; /* behind the range */
} ArgumentLimit;

extern const ArgumentLimit limits_table[LIMITS_COUNT];

/* Longest text of the functions below, with its NUL. */
#define LIMITS_TEXT_SIZE 100

static inline bool
limits_allow(LimitId id, int64_t value)
{
	return value >= limits_table[id].min && value <= limits_table[id].max;
}

/* Writes a range, such as "0 to 1,000,000 per 1,000,000 tokens"; returns text. */
extern char *limits_print_range(LimitId id, char text[LIMITS_TEXT_SIZE]);

/* Writes a count or an amount as its range is written; returns text. */
extern char *limits_print_value(LimitId id, int64_t value, char text[LIMITS_TEXT_SIZE]);

/*
 * Writes a decimal number with separators of thousands and without zeros at
 * the end of its fraction; one of too many digits is cut and ends in "...".
 * Returns text.
 */
extern char *limits_print_number(const char *number, char text[LIMITS_TEXT_SIZE]);

#endif
