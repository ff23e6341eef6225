/*-------------------------------------------------------------------------
 *
 * rating.c
 *	  Token counts times prices, in 128 bits, rounded once.
 *
 *-------------------------------------------------------------------------
 */
#include "core/rating.h"

int64_t
rating_prompt_tokens(const TokenCounts *tokens)
{
	return (int64_t) tokens->of[TOKENS_INPUT] + tokens->of[TOKENS_CACHE_READ] +
		   tokens->of[TOKENS_CACHE_WRITE];
}

Outcome
rating_charge(const TokenCounts *tokens, const Price *price, int64_t *charge_nano)
{
	int128_t sum = 0;

	for (int class = 0; class < TOKEN_CLASSES; class ++)
		sum += (int128_t) tokens->of[class] * price->nano_of[class];
	if (!money_divide_half_up(sum, TOKENS_PER_PRICE, charge_nano))
		return OUTCOME_OUT_OF_RANGE;
	return OUTCOME_OK;
}
