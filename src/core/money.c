/*-------------------------------------------------------------------------
 *
 * money.c
 *	  Checked arithmetic, rounding and text of nano-unit amounts.
 *
 *-------------------------------------------------------------------------
 */
#include "core/money.h"

#include <inttypes.h>
#include <stdio.h>

/* Longest exponent that money_parse reads; more digits cannot be in range. */
#define EXPONENT_MAX 40

bool
money_add(int64_t a_nano, int64_t b_nano, int64_t *sum_nano)
{
	int64_t sum;

	if (__builtin_add_overflow(a_nano, b_nano, &sum))
		return false;
	if (sum > MONEY_NANO_MAX || sum < -MONEY_NANO_MAX)
		return false;
	*sum_nano = sum;
	return true;
}

int64_t
money_floor_to_cent(int64_t amount_nano)
{
	int64_t fraction = amount_nano % MONEY_NANO_PER_CENT;

	if (fraction < 0)
		fraction += MONEY_NANO_PER_CENT;
	return amount_nano - fraction;
}

bool
money_divide_half_up(int128_t value, int64_t divisor, int64_t *quotient)
{
	return money_divide_half_up_to(value, divisor, MONEY_NANO_MAX, quotient);
}

bool
money_divide_half_up_to(int128_t value, int64_t divisor, int64_t max, int64_t *quotient)
{
	int128_t rounded;

	if (value < 0 || divisor <= 0)
		return false;
	rounded = (value + divisor / 2) / divisor;
	if (rounded > max)
		return false;
	*quotient = (int64_t) rounded;
	return true;
}

/* Reads the exponent after an 'e'; false when it is malformed or too large. */
static bool
parse_exponent(const char *text, int *exponent)
{
	bool negative = (*text == '-');
	int value = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (*text == '\0')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
	{
		value = value * 10 + (*text - '0');
		if (value > EXPONENT_MAX)
			return false;
	}
	*exponent = negative ? -value : value;
	return *text == '\0';
}

/* More digits than a number that is sent as text has; ten times twice as many fit into 128 bits. */
static const int128_t digits_max = (int128_t) 1000000000000000000 * 1000000000000000000;

/* digits x 10^scale, rounded half up; false when that is out of range. */
static bool
scale_digits(int128_t digits, int scale, int64_t *amount_nano, bool *is_exact)
{
	int128_t divisor = 1;
	int128_t rounded;

	for (; scale > 0 && digits != 0; scale--)
	{
		digits *= 10;
		if (digits > MONEY_NANO_MAX)
			return false;
	}
	for (; scale < 0 && divisor <= 2 * digits; scale++)
		divisor *= 10;
	rounded = (digits + divisor / 2) / divisor;
	if (rounded > MONEY_NANO_MAX)
		return false;
	*amount_nano = (int64_t) rounded;
	*is_exact = digits % divisor == 0;
	return true;
}

bool
money_parse_rounded(const char *text, int64_t *amount_nano, bool *is_exact)
{
	int128_t digits = 0;
	int decimals = 0;
	int exponent = 0;
	bool any_digit = false;
	bool point = false;

	for (; (*text >= '0' && *text <= '9') || (*text == '.' && !point); text++)
	{
		if (*text == '.')
		{
			point = true;
			continue;
		}
		any_digit = true;
		digits = digits * 10 + (*text - '0');
		decimals += point;
		if (digits > digits_max || decimals > EXPONENT_MAX)
			return false;
	}
	if (!any_digit)
		return false;
	if (*text == 'e' || *text == 'E')
	{
		if (!parse_exponent(text + 1, &exponent))
			return false;
	}
	else if (*text != '\0')
		return false;
	return scale_digits(digits, MONEY_DECIMALS - decimals + exponent, amount_nano, is_exact);
}

bool
money_parse(const char *text, int64_t *amount_nano)
{
	int64_t rounded_nano;
	bool is_exact;

	if (!money_parse_rounded(text, &rounded_nano, &is_exact) || !is_exact)
		return false;
	*amount_nano = rounded_nano;
	return true;
}

char *
money_print(int64_t amount_nano, char text[MONEY_TEXT_SIZE])
{
	uint64_t size = amount_nano < 0 ? -(uint64_t) amount_nano : (uint64_t) amount_nano;

	snprintf(text, MONEY_TEXT_SIZE, "%s%" PRIu64 ".%09" PRIu64, amount_nano < 0 ? "-" : "",
			 size / MONEY_NANO_PER_UNIT, size % MONEY_NANO_PER_UNIT);
	return text;
}

char *
money_print_cents(int64_t amount_nano, char text[MONEY_TEXT_SIZE])
{
	int64_t cents = amount_nano / MONEY_NANO_PER_CENT;

	snprintf(text, MONEY_TEXT_SIZE, "%" PRId64 ".%02d", cents / 100, (int) (cents % 100));
	return text;
}
