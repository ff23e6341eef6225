/*-------------------------------------------------------------------------
 *
 * order_number.c
 *	  Numbers of orders in base 32.
 *
 *-------------------------------------------------------------------------
 */
#include "core/order_number.h"

#include <stddef.h>
#include <string.h>

#define ACCOUNT_DIGITS 13
#define EPOCH_DIGITS (ORDER_NUMBER_EPOCH_BITS / 5)
#define ID_DIGITS 10
#define RANDOM_DIGITS 12

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char kinds[] = {[NUMBER_OF_ORDER] = 'P', [NUMBER_OF_REFUND] = 'R'};

/* Writes so many digits; returns what stands behind them. */
static char *
print_digits(int64_t value, int count, char *text)
{
	for (int i = count - 1; i >= 0; i--, value >>= 5)
		text[i] = digits[value & 31];
	return text + count;
}

/* Reads so many digits; NULL where one is none, or the value has more than 63 bits. */
static const char *
parse_digits(const char *text, int count, int64_t *value)
{
	*value = 0;
	for (int i = 0; i < count; i++)
	{
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (digit == NULL || *value > INT64_MAX >> 5)
			return NULL;
		*value = *value << 5 | (digit - digits);
	}
	return text + count;
}

char *
order_number_print(const OrderNumber *number, char text[ORDER_NUMBER_SIZE])
{
	char *end = print_digits(number->account_id, ACCOUNT_DIGITS, text);

	end = print_digits(number->epoch, EPOCH_DIGITS, end);
	*end++ = kinds[number->kind];
	end = print_digits(number->id, ID_DIGITS, end);
	*end = '\0';
	return text;
}

char *
order_number_print_invoice(int64_t epoch, uint64_t random, char text[ORDER_NUMBER_INVOICE_SIZE])
{
	char *end = print_digits(epoch, EPOCH_DIGITS, text);

	end = print_digits((int64_t) (random & INT64_MAX), RANDOM_DIGITS, end);
	*end = '\0';
	return text;
}

bool
order_number_parse(const char *text, OrderNumber *number)
{
	const char *rest = parse_digits(text, ACCOUNT_DIGITS, &number->account_id);

	if (rest)
		rest = parse_digits(rest, EPOCH_DIGITS, &number->epoch);
	if (rest == NULL || (*rest != kinds[NUMBER_OF_ORDER] && *rest != kinds[NUMBER_OF_REFUND]))
		return false;
	number->kind = *rest == kinds[NUMBER_OF_REFUND] ? NUMBER_OF_REFUND : NUMBER_OF_ORDER;
	rest = parse_digits(rest + 1, ID_DIGITS, &number->id);
	return rest && *rest == '\0' && number->account_id > 0 && number->id > 0;
}
