/*-------------------------------------------------------------------------
 *
 * order_sums.h
 *	  SQL: what of a credited payment p, of order o, was refunded, taken back and
 *	  invoiced (B&S 1.2).
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_ORDER_SUMS_H
#define STORE_ORDER_SUMS_H

/*
 * What of "refunded" the gateway did not say how much the payer himself got is his in
 * proportion, half up to a cent: as core/refund_split has it.
 */
#define ORDER_SUMS_PAYER_SHARE \
	"CASE WHEN p.payer_amount >= p.amount THEN i.amount ELSE round(i.amount * p.payer_amount / p.amount, 2) END"

/* Joins r (refund items), t (take-backs), each with amount and payer_amount, and v (invoiced). */
#define ORDER_SUMS                                                                                        \
	"CROSS JOIN LATERAL (SELECT coalesce(sum(i.amount), 0) AS amount, coalesce(sum(coalesce("             \
	"i.payer_amount, " ORDER_SUMS_PAYER_SHARE ")), 0) AS payer_amount FROM " BOOKS                        \
	"refund_item AS i WHERE i.account_id = p.account_id AND i.payment_id = p.payment_id AND "             \
	"i.state <> 'released') AS r CROSS JOIN LATERAL (SELECT coalesce(sum(CASE i.kind WHEN "               \
	"'undone' THEN -i.amount ELSE i.amount END), 0) AS amount, coalesce(sum(CASE i.kind WHEN "            \
	"'undone' THEN -i.payer_amount ELSE i.payer_amount END), 0) AS payer_amount FROM " BOOKS              \
	"take_back AS i WHERE i.account_id = p.account_id AND i.payment_id = p.payment_id AND NOT "           \
	"i.from_suspense) AS t CROSS JOIN LATERAL (SELECT coalesce(sum(i.amount - i.reversed), 0) AS amount " \
	"FROM " BOOKS "invoice_line AS i JOIN " BOOKS "invoice AS n ON n.account_id = "                       \
	"i.account_id AND n.invoice_id = i.invoice_id WHERE i.account_id = p.account_id AND "                 \
	"i.order_id = p.order_id AND n.kind IN ('ordinary', 'special') AND n.state NOT IN ('failed', "        \
	"'cancelled', 'reversed')) AS v "

/* What the payer himself gave of it. */
#define ORDER_SUMS_PAYER_PAID "round(p.payer_amount * (p.amount - p.taken) / p.amount, 2)"

/* What of it can stand on invoices: what the payer still gave himself, and never more than is left.
 */
#define ORDER_SUMS_INVOICE_LIMIT                                                               \
	"least(" ORDER_SUMS_PAYER_PAID " - r.payer_amount - t.payer_amount, p.amount - p.taken - " \
	"r.amount - t.amount)"

#endif
