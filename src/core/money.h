/*-------------------------------------------------------------------------
 *
 * money.h
 *	  Amounts of money as counted nano-units.
 *
 * One nano-unit is 10^-9 of a currency unit (books-and-states 1.1). An amount
 * is within +-MONEY_NANO_MAX, the range of numeric(18,9), and every operation
 * says so when a result is not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_MONEY_H
#define CORE_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MONEY_DECIMALS 9
#define MONEY_CENT_DECIMALS 2
#define MONEY_NANO_PER_UNIT INT64_C(1000000000)
#define MONEY_NANO_PER_CENT INT64_C(10000000)
#define MONEY_NANO_MAX INT64_C(999999999999999999)

/* Longest text of an amount: sign, 9 digits, point, 9 digits, NUL. */
#define MONEY_TEXT_SIZE 24

/* 128 bits for products and sums before they are rounded (a GNU C type); aligned as the server's
 * memory is. */
__extension__ typedef __int128 int128_t __attribute__((aligned(8)));

/* An amount as a row says it, where it is one: the type of the column holds null and NaN, too. */
typedef struct StoredAmount
{
	bool is_number;
	int64_t nano; /* 0 where it is none */
} StoredAmount;

/* Adds; false, and *sum untouched, when the sum is out of range. */
extern bool money_add(int64_t a_nano, int64_t b_nano, int64_t *sum_nano);

/* Rounds towards minus infinity to 0.01: what a balance shows (R21). */
extern int64_t money_floor_to_cent(int64_t amount_nano);

/*
 * Divides, rounding half up (half away from zero is not needed: value >= 0); false where the
 * quotient is no amount of money, or of the second one above a maximum of the caller's.
 */
extern bool money_divide_half_up(int128_t value, int64_t divisor, int64_t *quotient);
extern bool money_divide_half_up_to(int128_t value, int64_t divisor, int64_t max,
									int64_t *quotient);

/*
 * Reads a decimal number such as 12, 0.0036 or 1e-3. True when it is a finite,
 * non-negative number of at most MONEY_DECIMALS decimals that is in range.
 */
extern bool money_parse(const char *text, int64_t *amount_nano);

/* The same of a number of more decimals, rounded half up; *is_exact tells whether none was lost. */
extern bool money_parse_rounded(const char *text, int64_t *amount_nano, bool *is_exact);

/* Writes an amount with all nine decimals; returns text. */
extern char *money_print(int64_t amount_nano, char text[MONEY_TEXT_SIZE]);

/* Writes an amount that is not negative in whole cents, rounded down: 12.00; returns text. */
extern char *money_print_cents(int64_t amount_nano, char text[MONEY_TEXT_SIZE]);

#endif
