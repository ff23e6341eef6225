/*-------------------------------------------------------------------------
 *
 * limits.c
 *	  Ranges of numeric arguments, and how they are written.
 *
 *-------------------------------------------------------------------------
 */
#include "core/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOURS(n) ((n) *INT64_C(3600000000))

/* Digits and point that are written whole, and how many of a longer number. */
#define NUMBER_LENGTH_MAX 48
#define NUMBER_LENGTH_CUT 40

const ArgumentLimit limits_table[LIMITS_COUNT] = {
	[LIMIT_ACCOUNT_ID] = {LIMIT_KIND_COUNT, 1, ACCOUNT_ID_MAX, 0, ""},
	[LIMIT_KEY_ID] = {LIMIT_KIND_COUNT, 1, INT32_MAX, 0, ""},
	[LIMIT_TOKENS] = {LIMIT_KIND_COUNT, 0, TOKENS_MAX, 0, ""},
	[LIMIT_PROMPT_TOKENS] = {LIMIT_KIND_COUNT, 0, PROMPT_TOKENS_MAX, 0, ""},
	[LIMIT_SETTLE_EVENTS] = {LIMIT_KIND_COUNT, 1, SETTLE_EVENTS_MAX, 0, ""},
	[LIMIT_RUNWAY_HOURS] = {LIMIT_KIND_COUNT, 1, RUNWAY_HOURS_MAX, 0, ""},
	[LIMIT_PAUSE] = {LIMIT_KIND_DURATION, 0, HOURS(PAUSE_HOURS_MAX), 0, " hours"},
	[LIMIT_TOLERANCE] = {LIMIT_KIND_DURATION, 0, HOURS(TOLERANCE_HOURS_MAX), 0, " hours"},
	[LIMIT_ADJUSTMENT] = {LIMIT_KIND_AMOUNT, -MONEY_NANO_MAX, MONEY_NANO_MAX, MONEY_DECIMALS, ""},
	[LIMIT_CREDIT] = {LIMIT_KIND_AMOUNT, 1, MONEY_NANO_MAX, MONEY_DECIMALS, ""},
	[LIMIT_PAYMENT] = {LIMIT_KIND_AMOUNT, MONEY_NANO_PER_CENT,
					   MONEY_NANO_MAX - MONEY_NANO_MAX % MONEY_NANO_PER_CENT, MONEY_CENT_DECIMALS,
					   ""},
	[LIMIT_FACTOR] = {LIMIT_KIND_AMOUNT, 0, MONEY_NANO_MAX, MONEY_DECIMALS, ""},
	[LIMIT_FEE_RATE] = {LIMIT_KIND_AMOUNT, 0, INT64_C(999999000), 6, ""},
	[LIMIT_THRESHOLD] = {LIMIT_KIND_AMOUNT, 0,
						 MONEY_NANO_MAX - MONEY_NANO_MAX % MONEY_NANO_PER_CENT, MONEY_CENT_DECIMALS,
						 ""},
	[LIMIT_PRICE] = {LIMIT_KIND_AMOUNT, 0, PRICE_NANO_MAX, MONEY_DECIMALS, " per 1,000,000 tokens"},
	[LIMIT_PRICE_FILE_ROWS] = {LIMIT_KIND_COUNT, 0, PRICE_FILE_ROWS_MAX, 0, ""},
	[LIMIT_PAGE_ROWS] = {LIMIT_KIND_COUNT, 1, PAGE_ROWS_MAX, 0, ""},
	[LIMIT_ENTRY_NO] = {LIMIT_KIND_COUNT, 1, INT64_MAX - 1, 0, ""},
	[LIMIT_SET_ASIDE_ROWS] = {LIMIT_KIND_COUNT, 1, SET_ASIDE_ROWS_MAX, 0, ""},
	[LIMIT_GIFT_DAYS] = {LIMIT_KIND_COUNT, 1, GIFT_DAYS_MAX, 0, " days"},
	[LIMIT_PROMOTION_ORDERS] = {LIMIT_KIND_COUNT, 1, PROMOTION_ORDERS_MAX, 0, ""},
	[LIMIT_CREDITS] = {LIMIT_KIND_AMOUNT, 1, QUOTA_NANO_MAX, MONEY_DECIMALS, " credits"},
	[LIMIT_WEIGHT] = {LIMIT_KIND_AMOUNT, 0, WEIGHT_NANO_MAX, MONEY_DECIMALS,
					  " credits per 1,000,000 tokens"},
	[LIMIT_PLAN_MONTHS] = {LIMIT_KIND_COUNT, 1, PLAN_MONTHS_MAX, 0, " months"},
	[LIMIT_PLAN_DAYS] = {LIMIT_KIND_COUNT, 1, PLAN_DAYS_MAX, 0, " days"},
	[LIMIT_EXTENSION_DAYS] = {LIMIT_KIND_COUNT, 1, EXTENSION_DAYS_MAX, 0, " days"},
	[LIMIT_WINDOW_HOURS] = {LIMIT_KIND_COUNT, 1, WINDOW_HOURS_MAX, 0, " hours"},
	[LIMIT_KEY_MODELS] = {LIMIT_KIND_COUNT, 0, KEY_MODELS_MAX, 0, " names"},
	[LIMIT_GRACE] = {LIMIT_KIND_DURATION, 0, HOURS(GRACE_HOURS_MAX), 0, " hours"},
};

/* Appends the digits of a whole number in groups of three; returns the end. */
static char *
append_grouped(char *end, const char *digits, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0 && (count - i) % 3 == 0)
			*end++ = ',';
		*end++ = digits[i];
	}
	return end;
}

/* The length of a fraction, point included, without the zeros at its end; 0 where nothing is left.
 */
static size_t
fraction_length(const char *fraction)
{
	size_t length = strlen(fraction);

	while (length > 1 && fraction[length - 1] == '0')
		length--;
	return length > 1 ? length : 0;
}

char *
limits_print_number(const char *number, char text[LIMITS_TEXT_SIZE])
{
	const char *digits = number + (number[0] == '-');
	size_t whole = strspn(digits, "0123456789");
	size_t fraction = fraction_length(digits + whole);
	char *end = text;

	if (strlen(number) > NUMBER_LENGTH_MAX)
	{
		snprintf(text, LIMITS_TEXT_SIZE, "%.*s...", NUMBER_LENGTH_CUT, number);
		return text;
	}
	if (number[0] == '-')
		*end++ = '-';
	end = append_grouped(end, digits, whole);
	memcpy(end, digits + whole, fraction);
	end[fraction] = '\0';
	return text;
}

char *
limits_print_value(LimitId id, int64_t value, char text[LIMITS_TEXT_SIZE])
{
	char number[MONEY_TEXT_SIZE];

	if (limits_table[id].kind == LIMIT_KIND_AMOUNT)
		money_print(value, number);
	else
		snprintf(number, sizeof(number), "%" PRId64,
				 limits_table[id].kind == LIMIT_KIND_DURATION ? value / HOURS(1) : value);
	return limits_print_number(number, text);
}

char *
limits_print_range(LimitId id, char text[LIMITS_TEXT_SIZE])
{
	char min[LIMITS_TEXT_SIZE];
	char max[LIMITS_TEXT_SIZE];

	snprintf(text, LIMITS_TEXT_SIZE, "%.30s to %.30s%s",
			 limits_print_value(id, limits_table[id].min, min),
			 limits_print_value(id, limits_table[id].max, max), limits_table[id].unit);
	return text;
}
