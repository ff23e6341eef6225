/*-------------------------------------------------------------------------
 *
 * payment.c
 *	  The verdict on a payment.
 *
 *-------------------------------------------------------------------------
 */
#include "core/payment.h"

/* What was found while the order was still open or closing counts, whenever it was paid. */
static bool
order_takes_late(const PaymentFacts *facts)
{
	return facts->order != ORDER_CLOSED && !facts->order_locked;
}

PaymentVerdict
payment_judge(const PaymentFacts *facts)
{
	bool in_time = facts->paid_at <= facts->payable_until;

	if (!facts->is_ours || !facts->same_currency)
		return PAYMENT_IS_HELD_BY_HOUSE;
	if (!facts->same_amount || !facts->same_user || facts->was_refunded)
		return PAYMENT_IS_HELD;
	if (facts->order == ORDER_PAID || facts->is_useless)
		return PAYMENT_GOES_BACK;
	if (facts->account_closed)
		return in_time ? PAYMENT_IS_HELD : PAYMENT_GOES_BACK;
	if (in_time || order_takes_late(facts))
		return PAYMENT_IS_CREDITED;
	return facts->credits_late && !facts->order_locked ? PAYMENT_IS_CREDITED_LATE
													   : PAYMENT_GOES_BACK;
}
