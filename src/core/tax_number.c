/*-------------------------------------------------------------------------
 *
 * tax_number.c
 *	  The check digit of a unified social credit code.
 *
 *-------------------------------------------------------------------------
 */
#include "core/tax_number.h"

#include <stddef.h>
#include <string.h>

#define CREDIT_CODE_LENGTH 18

/* Digits and letters by their value; I, O, S, V and Z are not used. */
static const char letters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

#define BASE 31

/* The weights are the powers of 3, modulo 31. */
static bool
is_credit_code(const char *code)
{
	int weight = 1;
	int sum = 0;

	for (int i = 0; i < CREDIT_CODE_LENGTH; i++)
	{
		const char *letter = strchr(letters, code[i]);

		if (letter == NULL)
			return false;
		if (i == CREDIT_CODE_LENGTH - 1)
			return letter - letters == (BASE - sum % BASE) % BASE;
		sum += (int) (letter - letters) * weight;
		weight = weight * 3 % BASE;
	}
	return false;
}

bool
tax_number_is_valid(const char *number)
{
	size_t length = strlen(number);

	if (length == CREDIT_CODE_LENGTH)
		return is_credit_code(number);
	return (length == 15 || length == 17 || length == 20) &&
		   strspn(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == length;
}
