/*-------------------------------------------------------------------------
 *
 * order_store.c
 *	  Orders that are paid, or were to be.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/order_store.h"

void
order_insert(Order *order)
{
	static Sql next = SQL_NEXT_NUMBER("payment_order", "order_id");
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "payment_order (account_id, order_id, kind, method, gateway, state, "
		"currency, pay_amount, discount, gift, gift_days, created_at, payable_until, paid_at, "
		"actor) VALUES ($1, $2, 'topup', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
		INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, NUMERICOID, NUMERICOID, NUMERICOID,
		INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "              ";
	Datum values[14];

	order->order_id = sql_next_number(&next, order->account_id);
	values[0] = Int64GetDatum(order->account_id);
	values[1] = Int64GetDatum(order->order_id);
	bind_text(values, nulls, 2, order->method);
	bind_text(values, nulls, 3, order->gateway);
	bind_text(values, nulls, 4, lifecycle_state_name(&lifecycle_order, order->state));
	bind_text(values, nulls, 5, order->currency);
	values[6] = nano_datum(order->pay_nano);
	values[7] = nano_datum(order->discount_nano);
	values[8] = nano_datum(order->gift_nano);
	values[9] = Int32GetDatum(order->gift_days);
	nulls[9] = order->gift_days == 0 ? 'n' : ' ';
	values[10] = TimestampTzGetDatum(order->created_at);
	bind_instant(values, nulls, 11, order->payable_until, DT_NOEND);
	bind_instant(values, nulls, 12, order->paid_at, DT_NOBEGIN);
	bind_text(values, nulls, 13, order->actor);
	sql_write(&insert, values, nulls);
}
