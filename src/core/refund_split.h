/*-------------------------------------------------------------------------
 *
 * refund_split.h
 *	  What of an order can be refunded, and what of it can be invoiced (R12, R15,
 *	  B&S 1.2).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_REFUND_SPLIT_H
#define CORE_REFUND_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

/* An order's quantities, all >= 0, in nano-units; whole cents but for what is left. */
typedef struct RefundBasis
{
	int64_t paid_nano;
	int64_t
		payer_paid_nano; /* of it what the payer gave himself: the rest are a gateway's coupons */
	int64_t remaining_nano;		 /* of its lot */
	int64_t refunded_nano;		 /* reserved, paid back, or taken back */
	int64_t payer_refunded_nano; /* of it what went, or goes, to the payer himself */
	int64_t invoiced_nano;
} RefundBasis;

/* Whole cents, rounded down. */
extern int64_t refund_split_refundable(const RefundBasis *basis);

extern int64_t refund_split_invoiceable(const RefundBasis *basis);

/* What of an amount that goes back is the payer's own, where the gateway does not say: in
 * proportion, half up to a cent. */
extern int64_t refund_split_payer_share(int64_t amount_nano, int64_t paid_nano,
										int64_t payer_paid_nano);

/*
 * The bonus that leaves with refunded money: of what was granted with the order, in
 * proportion to what of it is refunded now, rounded down to a nano-unit; at the most what is left.
 * ends: the refund leaves nothing of the order, and the bonus goes whole.
 */
extern int64_t refund_split_bonus(int64_t granted_nano, int64_t left_nano,
								  int64_t refunded_now_nano, int64_t paid_nano, bool ends);

#endif
