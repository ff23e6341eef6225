/*-------------------------------------------------------------------------
 *
 * rating.h
 *	  What a request costs: token counts times prices (R20).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_RATING_H
#define CORE_RATING_H

#include "core/limits.h"
#include "core/money.h"
#include "core/outcome.h"

/* The disjoint classes that a request's tokens are counted in. */
typedef enum TokenClass
{
	TOKENS_INPUT, /* uncached prompt */
	TOKENS_CACHE_READ,
	TOKENS_CACHE_WRITE,
	TOKENS_OUTPUT,
	TOKEN_CLASSES
} TokenClass;

_Static_assert(TOKEN_CLASSES *(TOKENS_MAX / TOKENS_PER_PRICE) <= MONEY_NANO_MAX / PRICE_NANO_MAX,
			   "every charge must be an amount of money");

typedef struct TokenCounts
{
	int32_t of[TOKEN_CLASSES];
} TokenCounts;

/* A price row: nano-units per TOKENS_PER_PRICE tokens of each class. */
typedef struct Price
{
	int64_t price_id;
	const char *variant;		/* of the request; empty: the standard one */
	int64_t prompt_tokens_over; /* the tier: prompts larger than this */
	int64_t effective_from;		/* microseconds, the server's epoch */
	int64_t nano_of[TOKEN_CLASSES];
} Price;

/* The prompt that chooses the tier: input + cache read + cache write. */
extern int64_t rating_prompt_tokens(const TokenCounts *tokens);

/* What of a request chooses its price, beside its model. */
typedef struct PriceQuery
{
	const char *variant;
	int64_t prompt_tokens;
	int64_t occurred_at;
} PriceQuery;

/*
 * The row that prices a request (R20) among those of its model: of its variant the highest
 * tier that the prompt exceeds and that has a row at occurred_at, its newest
 * row; NULL when there is none. The rows may be in any order.
 */
extern const Price *rating_choose_price(const Price *prices, size_t count, const PriceQuery *query);

/*
 * The charge, computed exactly and rounded once, half up, to nano-units.
 * OUTCOME_OUT_OF_RANGE when it is no amount of money.
 */
extern Outcome rating_charge(const TokenCounts *tokens, const Price *price, int64_t *charge_nano);

/* The same in credits, by a weight; OUTCOME_OUT_OF_RANGE above CREDITS_NANO_MAX. */
extern Outcome rating_credits(const TokenCounts *tokens, const Price *weight,
							  int64_t *credits_nano);

#endif
