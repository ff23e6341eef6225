/*-------------------------------------------------------------------------
 *
 * order_store.c
 *	  Orders that are paid, or were to be.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "store/order_store.h"

void
order_insert(Order *order)
{
	static Sql next = SQL_NEXT_NUMBER("payment_order", "order_id");
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "payment_order (account_id, order_id, kind, method, gateway, product, "
		"promotion, payer, return_url, state, currency, pay_amount, discount, gift, gift_days, "
		"created_at, expires_at, payable_until, paid_at, actor, subject, plan, plan_version, "
		"replaces, pack_of) VALUES ($1, $2, CASE WHEN $21 IS NULL THEN 'topup' ELSE 'plan' END, $3, "
		"$4, $5, $6, $7::jsonb, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, "
		"$21, $22, $23, $24)",
		INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
		NUMERICOID, NUMERICOID, NUMERICOID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID,
		TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, INT8OID, INT8OID);
	char nulls[] = "                        ";
	Datum values[24];

	order->order_id = sql_next_number(&next, order->account_id);
	values[0] = Int64GetDatum(order->account_id);
	values[1] = Int64GetDatum(order->order_id);
	bind_text(values, nulls, 2, order->method);
	bind_text(values, nulls, 3, order->gateway);
	bind_text(values, nulls, 4, order->product);
	bind_text(values, nulls, 5, order->promotion);
	bind_text(values, nulls, 6, order->payer);
	bind_text(values, nulls, 7, order->return_url);
	bind_text(values, nulls, 8, lifecycle_state_name(&lifecycle_order, order->state));
	bind_text(values, nulls, 9, order->currency);
	values[10] = nano_datum(order->pay_nano);
	values[11] = nano_datum(order->discount_nano);
	values[12] = nano_datum(order->gift_nano);
	values[13] = Int32GetDatum(order->gift_days);
	nulls[13] = order->gift_days == 0 ? 'n' : ' ';
	values[14] = TimestampTzGetDatum(order->created_at);
	bind_instant(values, nulls, 15, order->expires_at, DT_NOEND);
	bind_instant(values, nulls, 16, order->payable_until, DT_NOEND);
	bind_instant(values, nulls, 17, order->paid_at, DT_NOBEGIN);
	bind_text(values, nulls, 18, order->actor);
	bind_text(values, nulls, 19, order->subject);
	bind_text(values, nulls, 20, order->plan);
	values[21] = Int32GetDatum(order->plan_version);
	nulls[21] = order->plan ? ' ' : 'n';
	bind_number(values, nulls, 22, order->replaces);
	bind_number(values, nulls, 23, order->pack_of);
	sql_write(&insert, values, nulls);
}

/* What read_order() reads. */
#define ORDER_COLUMNS                                                                          \
	"account_id, order_id, method, gateway, product, gateway_number, promotion, payer::text, " \
	"payer->>'client_ip', return_url, pay_url, pay_url_until, refreshed_at, state, "           \
	"close_reason, currency, pay_amount, discount, gift, gift_days, created_at, expires_at, "  \
	"payable_until, paid_at, actor, subject, payer->>'email', payer->>'terminal', "            \
	"payer->>'uid', plan, plan_version, replaces, pack_of FROM " BOOKS "payment_order"

static OrderState
read_state(uint64 row)
{
	int state = lifecycle_state_from_name(&lifecycle_order, column_text(row, 14));

	if (state < 0)
		altered_refuse("an order's state");
	return (OrderState) state;
}

static Order
read_order(uint64 row)
{
	return (Order){
		.account_id = column_int64(row, 1),
		.order_id = column_int64(row, 2),
		.method = column_text(row, 3),
		.gateway = column_text(row, 4),
		.product = column_text_or_null(row, 5),
		.gateway_number = column_text_or_null(row, 6),
		.promotion = column_text_or_null(row, 7),
		.payer = column_text_or_null(row, 8),
		.client_ip = column_text_or_null(row, 9),
		.return_url = column_text_or_null(row, 10),
		.pay_url = column_text_or_null(row, 11),
		.pay_url_until = column_instant(row, 12, DT_NOBEGIN),
		.refreshed_at = column_instant(row, 13, DT_NOBEGIN),
		.state = read_state(row),
		.close_reason = column_text_or_null(row, 15),
		.currency = column_text(row, 16),
		.pay_nano = column_nano(row, 17),
		.discount_nano = column_nano(row, 18),
		.gift_nano = column_nano(row, 19),
		.gift_days = column_int32(row, 20),
		.created_at = column_instant(row, 21, DT_NOBEGIN),
		.expires_at = column_instant(row, 22, DT_NOEND),
		.payable_until = column_instant(row, 23, DT_NOEND),
		.paid_at = column_instant(row, 24, DT_NOBEGIN),
		.actor = column_text(row, 25),
		.subject = column_text_or_null(row, 26),
		.email = column_text_or_null(row, 27),
		.terminal = column_text_or_null(row, 28),
		.uid = column_text_or_null(row, 29),
		.plan = column_text_or_null(row, 30),
		.plan_version = column_int32(row, 31),
		.replaces = column_int64(row, 32),
		.pack_of = column_int64(row, 33),
	};
}

bool
order_find(int64 account_id, int64 order_id, SqlRunner run, Order *order)
{
	static Sql find = SQL("SELECT " ORDER_COLUMNS " WHERE account_id = $1 AND order_id = $2",
						  INT8OID, INT8OID);

	if (run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(order_id)}, NULL) == 0)
		return false;
	*order = read_order(0);
	return true;
}

void
order_update(const Order *order)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "payment_order SET state = $3, close_reason = $4, payable_until = $5, "
		"paid_at = $6, gateway_number = $7, pay_url = $8, pay_url_until = $9, refreshed_at = $10 "
		"WHERE account_id = $1 AND order_id = $2",
		INT8OID, INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID,
		TIMESTAMPTZOID, TIMESTAMPTZOID);
	char nulls[] = "          ";
	Datum values[10] = {Int64GetDatum(order->account_id), Int64GetDatum(order->order_id)};

	bind_text(values, nulls, 2, lifecycle_state_name(&lifecycle_order, order->state));
	bind_text(values, nulls, 3, order->close_reason);
	bind_instant(values, nulls, 4, order->payable_until, DT_NOEND);
	bind_instant(values, nulls, 5, order->paid_at, DT_NOBEGIN);
	bind_text(values, nulls, 6, order->gateway_number);
	bind_text(values, nulls, 7, order->pay_url);
	bind_instant(values, nulls, 8, order->pay_url_until, DT_NOBEGIN);
	bind_instant(values, nulls, 9, order->refreshed_at, DT_NOBEGIN);
	sql_write(&update, values, nulls);
}

Order *
order_list_open(int64 account_id, size_t *count)
{
	static Sql list = SQL("SELECT " ORDER_COLUMNS
						  " WHERE account_id = $1 AND state IN ('created', 'pending') ORDER BY "
						  "order_id",
						  INT8OID);
	Order *orders;

	*count = sql_run(&list, (Datum[]){Int64GetDatum(account_id)}, NULL);
	orders = palloc((*count + 1) * sizeof(Order));
	for (size_t i = 0; i < *count; i++)
		orders[i] = read_order(i);
	return orders;
}

bool
order_is_any_open(int64 account_id)
{
	static Sql find = SQL("SELECT FROM " BOOKS "payment_order WHERE account_id = $1 AND state IN "
						  "('created', 'pending', 'closing') LIMIT 1",
						  INT8OID);

	return sql_run(&find, (Datum[]){Int64GetDatum(account_id)}, NULL) > 0;
}

int64
order_count_promoted(int64 account_id, const char *promotion)
{
	static Sql count = SQL("SELECT count(*) FROM " BOOKS "payment_order WHERE account_id = $1 AND "
						   "promotion = $2 AND state <> 'closed'",
						   INT8OID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2] = {Int64GetDatum(account_id)};

	bind_text(values, nulls, 1, promotion);
	sql_run(&count, values, nulls);
	return column_int64(0, 1);
}
