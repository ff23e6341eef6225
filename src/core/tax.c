/*-------------------------------------------------------------------------
 *
 * tax.c
 *	  The tax that is in an amount.
 *
 *-------------------------------------------------------------------------
 */
#include "core/tax.h"

#include "core/money.h"

int64_t
tax_included_nano(int64_t amount_nano, int32_t rate)
{
	int64_t parts_per_cent = (TAX_RATE_PARTS + rate) * MONEY_NANO_PER_CENT;
	int64_t cents = 0;

	/* No more than the amount itself. */
	(void) money_divide_half_up((int128_t) amount_nano * rate, parts_per_cent, &cents);
	return cents * MONEY_NANO_PER_CENT;
}
