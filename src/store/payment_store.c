/*-------------------------------------------------------------------------
 *
 * payment_store.c
 *	  Money that arrived, and which transaction counts as which payment.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/payment_store.h"

void
payment_insert(Payment *payment)
{
	static Sql next = SQL_NEXT_NUMBER("payment", "payment_id");
	static Sql insert = SQL("INSERT INTO " BOOKS "payment (account_id, payment_id, order_id, "
							"gateway, transaction_id, state, currency, amount, paid_at, "
							"recorded_at, actor, payer_amount, reason) VALUES ($1, $2, $3, $4, $5, "
							"$6, $7, $8, $9, $10, $11, $12, $13)",
							INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
							NUMERICOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, NUMERICOID,
							TEXTOID);
	char nulls[] = "             ";
	Datum values[13];

	payment->payment_id = sql_next_number(&next, payment->account_id);
	values[0] = Int64GetDatum(payment->account_id);
	values[1] = Int64GetDatum(payment->payment_id);
	bind_number(values, nulls, 2, payment->order_id);
	bind_text(values, nulls, 3, payment->gateway);
	bind_text(values, nulls, 4, payment->transaction_id);
	bind_text(values, nulls, 5, lifecycle_state_name(&lifecycle_payment, payment->state));
	bind_text(values, nulls, 6, payment->currency);
	values[7] = nano_datum(payment->amount_nano);
	values[8] = TimestampTzGetDatum(payment->paid_at);
	values[9] = TimestampTzGetDatum(payment->recorded_at);
	bind_text(values, nulls, 10, payment->actor);
	values[11] = nano_datum(payment->payer_nano);
	bind_text(values, nulls, 12, payment->reason);
	sql_write(&insert, values, nulls);
}

bool
payment_last_claim(const char *gateway, const char *transaction_id, PaymentClaim *claim)
{
	static Sql find = SQL(
		"SELECT c.try, c.account_id, (SELECT order_id FROM " BOOKS "payment AS p WHERE "
		"p.account_id = c.account_id AND p.payment_id = c.payment_id), (SELECT min(take_back_id) "
		"FROM " BOOKS "take_back AS t WHERE t.account_id = c.account_id AND t.payment_id = "
		"c.payment_id AND t.kind = 'offline_reversal'), c.payment_id FROM " BOOKS
		"payment_claim AS c WHERE "
		"c.gateway = $1 AND c.transaction_id = $2 ORDER BY c.try DESC LIMIT 1",
		TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, gateway);
	bind_text(values, nulls, 1, transaction_id);
	if (sql_run(&find, values, nulls) == 0)
		return false;
	*claim = (PaymentClaim){
		.try = column_int32(0, 1),
		.account_id = column_int64(0, 2),
		.order_id = column_int64(0, 3),
		.is_reversed = !column_is_null(0, 4),
		.payment_id = column_int64(0, 5),
	};
	return true;
}

bool
payment_claim(const Payment *payment, int32 try)
{
	static Sql insert = SQL("INSERT INTO " BOOKS "payment_claim (gateway, transaction_id, try, "
							"account_id, payment_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT "
							"(gateway, transaction_id, try) DO NOTHING",
							TEXTOID, TEXTOID, INT4OID, INT8OID, INT8OID);
	char nulls[] = "     ";
	Datum values[5];

	bind_text(values, nulls, 0, payment->gateway);
	bind_text(values, nulls, 1, payment->transaction_id);
	values[2] = Int32GetDatum(try);
	values[3] = Int64GetDatum(payment->account_id);
	values[4] = Int64GetDatum(payment->payment_id);
	return sql_run(&insert, values, nulls) > 0;
}

/* What read_payment() reads. */
#define PAYMENT_COLUMNS                                                                    \
	"account_id, payment_id, order_id, state, gateway, transaction_id, currency, amount, " \
	"payer_amount, reason, paid_at, recorded_at, actor, taken FROM " BOOKS "payment"

static Payment
read_payment(void)
{
	int state = lifecycle_state_from_name(&lifecycle_payment, column_text(0, 4));

	if (state < 0)
		altered_refuse("a payment's state");
	return (Payment){
		.account_id = column_int64(0, 1),
		.payment_id = column_int64(0, 2),
		.order_id = column_int64(0, 3),
		.state = (PaymentState) state,
		.gateway = column_text(0, 5),
		.transaction_id = column_text(0, 6),
		.currency = column_text(0, 7),
		.amount_nano = column_nano(0, 8),
		.payer_nano = column_nano(0, 9),
		.reason = column_text_or_null(0, 10),
		.paid_at = column_instant(0, 11, 0),
		.recorded_at = column_instant(0, 12, 0),
		.actor = column_text(0, 13),
		.taken_nano = column_nano(0, 14),
	};
}

bool
payment_that_paid(int64 account_id, int64 order_id, Payment *payment)
{
	static Sql find = SQL("SELECT " PAYMENT_COLUMNS
						  " WHERE account_id = $1 AND order_id = $2 AND state = 'credited'",
						  INT8OID, INT8OID);

	if (sql_run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(order_id)}, NULL) == 0)
		return false;
	*payment = read_payment();
	return true;
}

bool
payment_find(int64 account_id, int64 payment_id, Payment *payment)
{
	static Sql find = SQL("SELECT " PAYMENT_COLUMNS " WHERE account_id = $1 AND payment_id = $2",
						  INT8OID, INT8OID);

	if (sql_run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(payment_id)}, NULL) == 0)
		return false;
	*payment = read_payment();
	return true;
}

void
payment_update(const Payment *payment)
{
	static Sql update = SQL("UPDATE " BOOKS "payment SET state = $3, order_id = $4, reason = $5, "
							"taken = $6 WHERE account_id = $1 AND payment_id = $2",
							INT8OID, INT8OID, TEXTOID, INT8OID, TEXTOID, NUMERICOID);
	char nulls[] = "      ";
	Datum values[6] = {Int64GetDatum(payment->account_id), Int64GetDatum(payment->payment_id)};

	bind_text(values, nulls, 2, lifecycle_state_name(&lifecycle_payment, payment->state));
	bind_number(values, nulls, 3, payment->order_id);
	bind_text(values, nulls, 4, payment->reason);
	values[5] = nano_datum(payment->taken_nano);
	sql_write(&update, values, nulls);
}

bool
payment_is_any_open(int64 account_id)
{
	static Sql find = SQL("SELECT FROM " BOOKS "payment WHERE account_id = $1 AND state IN "
						  "('held', 'returning') LIMIT 1",
						  INT8OID);

	return sql_run(&find, (Datum[]){Int64GetDatum(account_id)}, NULL) > 0;
}

void
payment_totals(int64 account_id, Numeric *topup, Numeric *refunded)
{
	static Sql sum = SQL(
		"SELECT round((SELECT coalesce(sum(p.amount - p.taken), 0) FROM " BOOKS
		"payment AS p JOIN " BOOKS
		"payment_order AS o USING (account_id, order_id) WHERE p.account_id = $1 AND p.state = "
		"'credited' AND o.kind = 'topup') - coalesce(sum(amount) FILTER (WHERE kind = "
		"'offline_reversal'), 0), 9), round(coalesce(sum(CASE kind WHEN 'undone' THEN -amount "
		"WHEN 'offline_reversal' THEN 0 ELSE amount END), 0) + (SELECT coalesce(sum(i.amount), 0) "
		"FROM " BOOKS "refund_item AS i WHERE i.account_id = $1 AND i.state IN ('paid', "
		"'paid_offline')), 9) FROM " BOOKS "take_back WHERE account_id = $1",
		INT8OID);

	sql_read(&sum, (Datum[]){Int64GetDatum(account_id)}, NULL);
	*topup = DatumGetNumericCopy(column_datum(0, 1, NUMERICOID));
	*refunded = DatumGetNumericCopy(column_datum(0, 2, NUMERICOID));
}
