/*-------------------------------------------------------------------------
 *
 * refund_claim_store.c
 *	  Which refund of a gateway counts as what.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/refund_claim_store.h"

static void
bind_refund(Datum *values, char *nulls, const RefundClaim *claim)
{
	bind_text(values, nulls, 0, claim->gateway);
	bind_text(values, nulls, 1, claim->transaction_id);
	bind_text(values, nulls, 2, claim->refund_id);
}

bool
refund_claim_insert(const RefundClaim *claim)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "refund_claim (gateway, transaction_id, refund_id, "
		"account_id, take_back_id, call_id, amount, refunded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON "
		"CONFLICT (gateway, transaction_id, refund_id) DO NOTHING",
		TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT8OID, NUMERICOID, TIMESTAMPTZOID);
	char nulls[] = "        ";
	Datum values[8];

	bind_refund(values, nulls, claim);
	values[3] = Int64GetDatum(claim->account_id);
	bind_number(values, nulls, 4, claim->take_back_id);
	bind_number(values, nulls, 5, claim->call_id);
	values[6] = nano_datum(claim->amount_nano);
	values[7] = TimestampTzGetDatum(claim->refunded_at);
	return sql_run(&insert, values, nulls) > 0;
}

bool
refund_claim_find(RefundClaim *claim)
{
	static Sql find = SQL("SELECT account_id, take_back_id, call_id, amount FROM " BOOKS
						  "refund_claim WHERE gateway = $1 AND transaction_id = $2 AND refund_id = "
						  "$3",
						  TEXTOID, TEXTOID, TEXTOID);
	char nulls[] = "   ";
	Datum values[3];

	bind_refund(values, nulls, claim);
	if (sql_run(&find, values, nulls) == 0)
		return false;
	claim->account_id = column_int64(0, 1);
	claim->take_back_id = column_int64(0, 2);
	claim->call_id = column_int64(0, 3);
	claim->amount_nano = column_nano(0, 4);
	return true;
}
