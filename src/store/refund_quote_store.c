/*-------------------------------------------------------------------------
 *
 * refund_quote_store.c
 *	  Paid, consumed, invoiced and refunded, order by order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/order_sums.h"
#include "store/refund_quote_store.h"

static QuotedOrder
read_order(uint64 row)
{
	QuotedOrder order = {
		.order_id = column_int64(row, 1),
		.payment_id = column_int64(row, 2),
		.lot_no = column_int64(row, 3),
		.method = column_text(row, 4),
		.gateway = column_text(row, 5),
		.paid_at = column_instant(row, 6, DT_NOBEGIN),
		.basis =
			{
				.paid_nano = column_nano(row, 7),
				.payer_paid_nano = column_nano(row, 8),
				.remaining_nano = column_nano(row, 9),
				.refunded_nano = column_nano(row, 10),
				.payer_refunded_nano = column_nano(row, 11),
				.invoiced_nano = column_nano(row, 12),
			},
		.consumed_nano = column_nano(row, 13),
		.numbers_used = column_int32(row, 14),
	};

	order.refundable_nano = refund_split_refundable(&order.basis);
	return order;
}

QuotedOrder *
refund_quote_list(int64 account_id, int64 order_id, SqlRunner run, size_t *count)
{
	static Sql list = SQL(
		"SELECT o.order_id, p.payment_id, l.lot_no, o.method, p.gateway, p.paid_at, p.amount - "
		"p.taken, " ORDER_SUMS_PAYER_PAID ", l.remaining, r.amount + t.amount, "
		"r.payer_amount + t.payer_amount, v.amount, l.amount - l.remaining - l.given_back, "
		"g.numbers::integer FROM " BOOKS "payment AS p JOIN " BOOKS "payment_order AS o ON "
		"o.account_id = p.account_id AND o.order_id = p.order_id JOIN " BOOKS "lot AS l ON "
		"l.account_id = p.account_id AND l.order_id = p.order_id AND l.kind = 'cash' " ORDER_SUMS
		"CROSS JOIN LATERAL (SELECT count(*) AS numbers FROM " BOOKS
		"gateway_call AS i WHERE i.account_id = p.account_id AND i.payment_id = p.payment_id AND "
		"i.kind = 'refund' AND i.gateway_number IS NOT NULL) AS g WHERE p.account_id = $1 AND "
		"p.state = 'credited' AND o.kind = 'topup' AND ($2 IS NULL OR o.order_id = $2) ORDER BY "
		"o.order_id",
		INT8OID, INT8OID);
	char nulls[] = "  ";
	Datum values[2] = {Int64GetDatum(account_id)};
	QuotedOrder *orders;

	bind_number(values, nulls, 1, order_id);
	*count = run(&list, values, nulls);
	orders = palloc((*count + 1) * sizeof(QuotedOrder));
	for (size_t i = 0; i < *count; i++)
		orders[i] = read_order(i);
	return orders;
}
