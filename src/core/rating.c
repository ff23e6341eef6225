/*-------------------------------------------------------------------------
 *
 * rating.c
 *	  Counts times prices, in 128 bits, rounded once.
 *
 *-------------------------------------------------------------------------
 */
#include "core/rating.h"

#include <string.h>

int64_t
rating_prompt_tokens(const TokenCounts *tokens)
{
	return (int64_t) tokens->of[TOKENS_INPUT] + tokens->of[TOKENS_CACHE_READ] +
		   tokens->of[TOKENS_CACHE_WRITE];
}

bool
rating_is_same_price(const Price *a, const Price *b)
{
	return a->is_end == b->is_end && memcmp(a->nano_of, b->nano_of, sizeof(a->nano_of)) == 0 &&
		   strcmp(a->meters, b->meters) == 0 && a->unlisted_are_free == b->unlisted_are_free;
}

/* The number by which a row is placed among others of its instant. */
static int64_t
place_of(const Price *price)
{
	return price->corrects ? price->corrects : price->price_id;
}

/* True where a row is newer than another. */
static bool
is_newer(const Price *a, const Price *b)
{
	if (a->effective_from != b->effective_from)
		return a->effective_from > b->effective_from;
	return place_of(a) > place_of(b);
}

/* True where a row comes before another: a higher tier; in it hours before the whole week; newer.
 */
static bool
price_precedes(const Price *a, const Price *b)
{
	if (a->prompt_tokens_over != b->prompt_tokens_over)
		return a->prompt_tokens_over > b->prompt_tokens_over;
	if ((a->hours_of.days == 0) != (b->hours_of.days == 0))
		return a->hours_of.days != 0;
	return is_newer(a, b);
}

/* The lowest tier is for all prompts, an empty one included. */
static bool
applies(const Price *price, const PriceQuery *query)
{
	return price->effective_from <= query->occurred_at && price->corrected_at <= query->booked_at &&
		   (price->prompt_tokens_over == 0 || price->prompt_tokens_over < query->prompt_tokens) &&
		   strcmp(price->variant, query->variant) == 0 &&
		   strcmp(price->price_list, query->price_list) == 0 &&
		   (price->hours_of.days == 0 ||
			price_hours_contain(&price->hours_of, &query->moments[price->zone_no]));
}

/* True of rows of which the newest alone counts. */
static bool
has_key_of(const Price *a, const Price *b)
{
	return a->prompt_tokens_over == b->prompt_tokens_over && strcmp(a->hours, b->hours) == 0 &&
		   strcmp(a->variant, b->variant) == 0 && strcmp(a->price_list, b->price_list) == 0;
}

const Price *
rating_choose_price(const Price *prices, size_t count, const PriceQuery *query)
{
	const Price *newest = NULL; /* of the key whose rows are passed */
	const Price *chosen = NULL;

	for (size_t i = 0; i < count; i++)
	{
		const Price *price = &prices[i];

		if (!applies(price, query) || (newest && has_key_of(price, newest)))
			continue;
		newest = price;
		if (!price->is_end && (chosen == NULL || price_precedes(price, chosen)))
			chosen = price;
	}
	return chosen;
}

/* The item of a meter; NULL where there is none. */
static const PriceItem *
item_of(const Price *price, const Meter *meter)
{
	return price->items ? price_items_find(price->items, meter->name) : NULL;
}

bool
rating_covers(const Price *price, const Meters *meters)
{
	if (meters == NULL || price->unlisted_are_free)
		return true;
	for (size_t i = 0; i < meters->count; i++)
		if (item_of(price, &meters->of[i]) == NULL)
			return false;
	return true;
}

/* The sum of what meters cost, times PRICE_ITEMS_COMMON. */
static int128_t
weigh_meters(const Meters *meters, const Price *price)
{
	int128_t sum = 0;

	for (size_t i = 0; meters && i < meters->count; i++)
	{
		const PriceItem *item = item_of(price, &meters->of[i]);

		if (item)
			sum += (int128_t) meters->of[i].quantity * item->nano *
				   (PRICE_ITEMS_COMMON / item->per);
	}
	return sum;
}

/* The sum of all, times PRICE_ITEMS_COMMON: at most 16 * 10^12 * 10^15 * 1.8 * 10^7 of meters. */
static int128_t
weigh(const TokenCounts *tokens, const Meters *meters, const Price *price)
{
	int128_t sum = 0;

	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		sum += (int128_t) tokens->of[token_class] * price->nano_of[token_class];
	return sum * (PRICE_ITEMS_COMMON / TOKENS_PER_PRICE) + weigh_meters(meters, price);
}

Outcome
rating_charge(const TokenCounts *tokens, const Meters *meters, const Price *price,
			  int64_t *charge_nano)
{
	return money_divide_half_up(weigh(tokens, meters, price), PRICE_ITEMS_COMMON, charge_nano)
			   ? OUTCOME_OK
			   : OUTCOME_OUT_OF_RANGE;
}

Outcome
rating_credits(const TokenCounts *tokens, const Meters *meters, const Price *weight,
			   int64_t *credits_nano)
{
	return money_divide_half_up_to(weigh(tokens, meters, weight), PRICE_ITEMS_COMMON,
								   CREDITS_NANO_MAX, credits_nano)
			   ? OUTCOME_OK
			   : OUTCOME_OUT_OF_RANGE;
}
