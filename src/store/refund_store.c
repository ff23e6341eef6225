/*-------------------------------------------------------------------------
 *
 * refund_store.c
 *	  Refunds that were asked for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/refund_store.h"

/* Binds what changes, from an index on. */
static void
bind_changes(Datum *values, char *nulls, int index, const Refund *refund)
{
	bind_text(values, nulls, index, lifecycle_state_name(&lifecycle_refund, refund->state));
	values[index + 1] = nano_datum(refund->amount_nano);
	bind_instant(values, nulls, index + 2, refund->decided_at, DT_NOBEGIN);
	bind_text(values, nulls, index + 3, refund->decided_by);
	bind_text(values, nulls, index + 4, refund->decision_reason);
	bind_instant(values, nulls, index + 5, refund->ended_at, DT_NOBEGIN);
}

#define CHANGES_TYPES TEXTOID, NUMERICOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TIMESTAMPTZOID

void
refund_insert(Refund *refund)
{
	static Sql next = SQL_NEXT_NUMBER("refund", "refund_id");
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "refund (account_id, refund_id, order_id, reason, requested_at, "
		"requested_by, state, amount, decided_at, decided_by, decision_reason, ended_at) VALUES ("
		"$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
		INT8OID, INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID, TEXTOID, CHANGES_TYPES);
	char nulls[] = "            ";
	Datum values[12];

	refund->refund_id = sql_next_number(&next, refund->account_id);
	values[0] = Int64GetDatum(refund->account_id);
	values[1] = Int64GetDatum(refund->refund_id);
	bind_number(values, nulls, 2, refund->order_id);
	bind_text(values, nulls, 3, refund->reason);
	values[4] = TimestampTzGetDatum(refund->requested_at);
	bind_text(values, nulls, 5, refund->requested_by);
	bind_changes(values, nulls, 6, refund);
	sql_write(&insert, values, nulls);
}

/* What read_refund() reads. */
#define REFUND_COLUMNS                                                                     \
	"account_id, refund_id, order_id, state, amount, reason, requested_at, requested_by, " \
	"decided_at, decided_by, decision_reason, ended_at FROM " BOOKS "refund"

static Refund
read_refund(void)
{
	int state = lifecycle_state_from_name(&lifecycle_refund, column_text(0, 4));

	if (state < 0)
		altered_refuse("a refund's state");
	if (TIMESTAMP_NOT_FINITE(column_instant(0, 7, DT_NOBEGIN)))
		altered_refuse("a refund's time");
	return (Refund){
		.account_id = column_int64(0, 1),
		.refund_id = column_int64(0, 2),
		.order_id = column_int64(0, 3),
		.state = (RefundRequestState) state,
		.amount_nano = column_nano(0, 5),
		.reason = column_text_or_null(0, 6),
		.requested_at = column_instant(0, 7, DT_NOBEGIN),
		.requested_by = column_text(0, 8),
		.decided_at = column_instant(0, 9, DT_NOBEGIN),
		.decided_by = column_text_or_null(0, 10),
		.decision_reason = column_text_or_null(0, 11),
		.ended_at = column_instant(0, 12, DT_NOBEGIN),
	};
}

bool
refund_find(int64 account_id, int64 refund_id, SqlRunner run, Refund *refund)
{
	static Sql find = SQL("SELECT " REFUND_COLUMNS " WHERE account_id = $1 AND refund_id = $2",
						  INT8OID, INT8OID);

	if (run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(refund_id)}, NULL) == 0)
		return false;
	*refund = read_refund();
	return true;
}

bool
refund_find_open(int64 account_id, Refund *refund)
{
	static Sql find = SQL("SELECT " REFUND_COLUMNS
						  " WHERE account_id = $1 AND state IN ('accepted', 'paying')",
						  INT8OID);

	if (sql_run(&find, (Datum[]){Int64GetDatum(account_id)}, NULL) == 0)
		return false;
	*refund = read_refund();
	return true;
}

void
refund_update(const Refund *refund)
{
	static Sql update = SQL("UPDATE " BOOKS
							"refund SET state = $3, amount = $4, decided_at = $5, decided_by = "
							"$6, decision_reason = $7, ended_at = $8 WHERE account_id = $1 AND "
							"refund_id = $2",
							INT8OID, INT8OID, CHANGES_TYPES);
	char nulls[] = "        ";
	Datum values[8] = {Int64GetDatum(refund->account_id), Int64GetDatum(refund->refund_id)};

	bind_changes(values, nulls, 2, refund);
	sql_write(&update, values, nulls);
}
