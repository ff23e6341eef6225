/*-------------------------------------------------------------------------
 *
 * refund_split.c
 *	  R12 and R15, of one order.
 *
 *-------------------------------------------------------------------------
 */
#include "core/refund_split.h"

#include "core/money.h"

static int64_t
min_nano(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* amount x part / whole, rounded down. */
static int64_t
proportion(int64_t amount_nano, int64_t part_nano, int64_t whole_nano)
{
	return (int64_t) ((int128_t) amount_nano * part_nano / whole_nano);
}

/* What is left of the payer's own money, as a share of all that was paid. */
static int64_t
left_of_payer_nano(const RefundBasis *basis)
{
	int64_t left_nano = basis->payer_paid_nano - basis->payer_refunded_nano - basis->invoiced_nano;

	return left_nano <= 0 ? 0 : proportion(left_nano, basis->paid_nano, basis->payer_paid_nano);
}

int64_t
refund_split_refundable(const RefundBasis *basis)
{
	int64_t nano = min_nano(basis->remaining_nano,
							basis->paid_nano - basis->refunded_nano - basis->invoiced_nano);

	if (basis->payer_paid_nano > 0 && basis->payer_paid_nano < basis->paid_nano)
		nano = min_nano(nano, left_of_payer_nano(basis));
	return nano <= 0 ? 0 : money_floor_to_cent(nano);
}

int64_t
refund_split_invoiceable(const RefundBasis *basis)
{
	/* Shares are rounded: of what went back whole nothing is the payer's. */
	int64_t nano = min_nano(basis->payer_paid_nano - basis->payer_refunded_nano,
							basis->paid_nano - basis->refunded_nano) -
				   basis->invoiced_nano;

	return nano > 0 ? nano : 0;
}

int64_t
refund_split_payer_share(int64_t amount_nano, int64_t paid_nano, int64_t payer_paid_nano)
{
	if (paid_nano <= 0 || payer_paid_nano >= paid_nano)
		return amount_nano;
	return money_floor_to_cent(proportion(amount_nano, payer_paid_nano, paid_nano) +
							   MONEY_NANO_PER_CENT / 2);
}

int64_t
refund_split_bonus(int64_t granted_nano, int64_t left_nano, int64_t refunded_now_nano,
				   int64_t paid_nano, bool ends)
{
	if (ends)
		return left_nano;
	return min_nano(left_nano, proportion(granted_nano, refunded_now_nano, paid_nano));
}
