/*-------------------------------------------------------------------------
 *
 * take_back_store.c
 *	  Money taken back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "core/books.h"
#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/take_back_store.h"

static const char *const kind_names[] = {
	[TAKE_BACK_OFFLINE_REVERSAL] = "offline_reversal",
	[TAKE_BACK_REFUND] = "refund",
	[TAKE_BACK_DISPUTE] = "dispute",
	[TAKE_BACK_UNDONE] = "undone",
};

const char *
take_back_kind_name(TakeBackKind kind)
{
	return kind_names[kind];
}

bool
take_back_kind_from_name(const char *name, TakeBackKind *kind)
{
	for (size_t i = 0; i < lengthof(kind_names); i++)
		if (strcmp(kind_names[i], name) == 0)
		{
			*kind = (TakeBackKind) i;
			return true;
		}
	return false;
}

void
take_back_insert(TakeBack *take_back)
{
	static Sql next = SQL_NEXT_NUMBER("take_back", "take_back_id");
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "take_back (account_id, take_back_id, payment_id, gateway, kind, "
		"amount, payer_amount, refund_id, refund_number, undoes, occurred_at, "
		"recorded_at, actor, reason, from_suspense) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
		"$9, $10, $11, $12, $13, $14, $15)",
		INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID, NUMERICOID, NUMERICOID, TEXTOID, TEXTOID,
		INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, BOOLOID);
	char nulls[] = "               ";
	Datum values[15];

	take_back->take_back_id = sql_next_number(&next, take_back->account_id);
	values[0] = Int64GetDatum(take_back->account_id);
	values[1] = Int64GetDatum(take_back->take_back_id);
	values[2] = Int64GetDatum(take_back->payment_id);
	bind_text(values, nulls, 3, take_back->gateway);
	bind_text(values, nulls, 4, kind_names[take_back->kind]);
	values[5] = nano_datum(take_back->amount_nano);
	values[6] = nano_datum(take_back->payer_nano);
	bind_text(values, nulls, 7, take_back->refund_id);
	bind_text(values, nulls, 8, take_back->refund_number);
	bind_number(values, nulls, 9, take_back->undoes);
	values[10] = TimestampTzGetDatum(take_back->occurred_at);
	values[11] = TimestampTzGetDatum(take_back->recorded_at);
	bind_text(values, nulls, 12, take_back->actor);
	bind_text(values, nulls, 13, take_back->reason);
	values[14] = BoolGetDatum(take_back->from_suspense);
	sql_write(&insert, values, nulls);
}

bool
take_back_find(int64 account_id, int64 take_back_id, TakeBack *take_back)
{
	static Sql find = SQL(
		"SELECT payment_id, gateway, kind, amount, payer_amount, refund_id, "
		"refund_number, undoes, occurred_at, recorded_at, actor, reason, from_suspense FROM " BOOKS
		"take_back WHERE account_id = $1 AND take_back_id = $2",
		INT8OID, INT8OID);

	if (sql_run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(take_back_id)}, NULL) ==
		0)
		return false;
	*take_back = (TakeBack){
		.account_id = account_id,
		.take_back_id = take_back_id,
		.payment_id = column_int64(0, 1),
		.gateway = column_text(0, 2),
		.amount_nano = column_nano(0, 4),
		.payer_nano = column_nano(0, 5),
		.refund_id = column_text_or_null(0, 6),
		.refund_number = column_text_or_null(0, 7),
		.undoes = column_int64(0, 8),
		.occurred_at = column_instant(0, 9, DT_NOBEGIN),
		.recorded_at = column_instant(0, 10, DT_NOBEGIN),
		.actor = column_text(0, 11),
		.reason = column_text_or_null(0, 12),
		.from_suspense = column_bool(0, 13),
	};
	if (!take_back_kind_from_name(column_text(0, 3), &take_back->kind))
		altered_refuse("a take-back's kind");
	return true;
}

bool
take_back_is_undone(int64 account_id, int64 take_back_id)
{
	static Sql find = SQL("SELECT FROM " BOOKS "take_back WHERE account_id = $1 AND undoes = $2",
						  INT8OID, INT8OID);

	return sql_run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(take_back_id)}, NULL) >
		   0;
}

int64
take_back_total(int64 account_id, int64 payment_id)
{
	static Sql sum = SQL("SELECT coalesce(sum(t.amount), 0) FROM " BOOKS
						 "take_back AS t WHERE t.account_id = $1 AND t.payment_id = $2 AND t.kind "
						 "<> 'undone' AND NOT t.from_suspense AND NOT EXISTS (SELECT FROM " BOOKS
						 "take_back AS u WHERE u.account_id = t.account_id AND u.undoes = "
						 "t.take_back_id)",
						 INT8OID, INT8OID);

	sql_run(&sum, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(payment_id)}, NULL);
	return column_nano(0, 1);
}
