/*-------------------------------------------------------------------------
 *
 * rating.h
 *	  What a request costs: tokens and meters times prices (R20).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_RATING_H
#define CORE_RATING_H

#include "core/limits.h"
#include "core/meters.h"
#include "core/money.h"
#include "core/outcome.h"
#include "core/price_hours.h"
#include "core/price_items.h"

#include <stdbool.h>

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

/* A price row: nano-units per TOKENS_PER_PRICE tokens of each class, and items for meters. */
typedef struct Price
{
	int64_t price_id;
	const char *price_list;		/* RATING_STANDARD_LIST, or another; a plan's weight has none */
	const char *variant;		/* of the request; empty: the standard one */
	const char *hours;			/* when in the week it holds, as price_hours_print() has it */
	PriceHours hours_of;		/* the same */
	int zone_no;				/* which of the query's moments they are judged by */
	bool is_end;				/* from here on this list has no price of that key */
	int64_t prompt_tokens_over; /* the tier: prompts larger than this */
	int64_t effective_from;		/* microseconds, the server's epoch */
	int64_t nano_of[TOKEN_CLASSES];
	const char *meters;		 /* what units of them cost, as price_items_print() has it */
	const PriceItems *items; /* the same; NULL: nothing */
	bool unlisted_are_free;	 /* meters without an item cost nothing; else it prices none of them */
	int64_t corrects;		 /* the row in whose place it stands; 0: it is no correction */
	int64_t corrected_at;	 /* when it was recorded; 0: it is none */
} Price;

/* True where two say the same amounts. */
extern bool rating_is_same_price(const Price *a, const Price *b);

/* The prompt that chooses the tier: input + cache read + cache write. */
extern int64_t rating_prompt_tokens(const TokenCounts *tokens);

/* The list that prices what the account's own does not. */
#define RATING_STANDARD_LIST "standard"

/* What a price says of meters that it does not list, where they cost nothing. */
#define RATING_UNLISTED_FREE "free"

/* What of a request chooses its price, beside its model. */
typedef struct PriceQuery
{
	const char *price_list; /* empty: of plans' weights, which have none */
	const char *variant;
	int64_t prompt_tokens;
	int64_t occurred_at;
	const LocalMoment *moments; /* what clocks of the prices' zones show then, by zone_no */
	int64_t booked_at;			/* corrections recorded later do not count */
} PriceQuery;

/*
 * The row that prices a request (R20) among those of its model, in one list; NULL when there is
 * none. Of a tier and hours the newest row alone counts, and an end takes them out; then the
 * highest tier that the prompt exceeds, hours before the whole week, the newest row. A correction
 * stands in the place of the row that it corrects: it wins nothing else. The rows of one list,
 * variant, tier and hours must stand together, the newest first, so that one pass is enough: a
 * model may have very many.
 */
extern const Price *rating_choose_price(const Price *prices, size_t count, const PriceQuery *query);

/* True where a price says what all of a request's meters cost; NULL: it has none. */
extern bool rating_covers(const Price *price, const Meters *meters);

/*
 * The charge by a price that covers the meters, computed exactly and rounded once, half up, to
 * nano-units. OUTCOME_OUT_OF_RANGE when it is no amount of money.
 */
extern Outcome rating_charge(const TokenCounts *tokens, const Meters *meters, const Price *price,
							 int64_t *charge_nano);

/* The same in credits, by a weight; OUTCOME_OUT_OF_RANGE above CREDITS_NANO_MAX. */
extern Outcome rating_credits(const TokenCounts *tokens, const Meters *meters, const Price *weight,
							  int64_t *credits_nano);

#endif
