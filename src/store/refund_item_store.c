/*-------------------------------------------------------------------------
 *
 * refund_item_store.c
 *	  What of a refund goes back to which payment.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/refund_item_store.h"

int64
refund_item_next_id(int64 account_id)
{
	static Sql next = SQL_NEXT_NUMBER("refund_item", "item_id");

	return sql_next_number(&next, account_id);
}

/* Binds what changes, from an index on. */
static void
bind_changes(Datum *values, char *nulls, int index, const RefundItem *item)
{
	bind_text(values, nulls, index, lifecycle_state_name(&lifecycle_refund_item, item->state));
	bind_nano(values, nulls, index + 1, item->payer_nano, PAYER_NOT_SAID);
	bind_text(values, nulls, index + 2, item->reason);
	bind_text(values, nulls, index + 3, item->reference);
	values[index + 4] = TimestampTzGetDatum(item->changed_at);
	bind_text(values, nulls, index + 5, item->actor);
}

#define CHANGES_TYPES TEXTOID, NUMERICOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID

void
refund_item_insert(const RefundItem *item)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "refund_item (account_id, item_id, refund_id, order_id, payment_id, "
		"gateway, amount, created_at, state, payer_amount, reason, reference, changed_at, actor) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
		INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID, NUMERICOID, TIMESTAMPTZOID,
		CHANGES_TYPES);
	char nulls[] = "              ";
	Datum values[14] = {Int64GetDatum(item->account_id), Int64GetDatum(item->item_id),
						Int64GetDatum(item->refund_id), Int64GetDatum(item->order_id),
						Int64GetDatum(item->payment_id)};

	bind_text(values, nulls, 5, item->gateway);
	values[6] = nano_datum(item->amount_nano);
	values[7] = TimestampTzGetDatum(item->created_at);
	bind_changes(values, nulls, 8, item);
	sql_write(&insert, values, nulls);
}

/* What read_item() reads. */
#define ITEM_COLUMNS                                                                 \
	"account_id, item_id, refund_id, order_id, payment_id, gateway, state, amount, " \
	"payer_amount, reason, reference, created_at, changed_at, actor FROM " BOOKS "refund_item"

static RefundItem
read_item(uint64 row)
{
	int state = lifecycle_state_from_name(&lifecycle_refund_item, column_text(row, 7));

	if (state < 0)
		altered_refuse("a refund item's state");
	return (RefundItem){
		.account_id = column_int64(row, 1),
		.item_id = column_int64(row, 2),
		.refund_id = column_int64(row, 3),
		.order_id = column_int64(row, 4),
		.payment_id = column_int64(row, 5),
		.gateway = column_text(row, 6),
		.state = (RefundItemState) state,
		.amount_nano = column_nano(row, 8),
		.payer_nano = column_is_null(row, 9) ? PAYER_NOT_SAID : column_nano(row, 9),
		.reason = column_text_or_null(row, 10),
		.reference = column_text_or_null(row, 11),
		.created_at = column_instant(row, 12, DT_NOBEGIN),
		.changed_at = column_instant(row, 13, DT_NOBEGIN),
		.actor = column_text(row, 14),
	};
}

/* Reads the one that a statement finds, by an account and another number. */
static bool
find(Sql *statement, int64 account_id, int64 number, RefundItem *item)
{
	if (sql_run(statement, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(number)}, NULL) == 0)
		return false;
	*item = read_item(0);
	return true;
}

bool
refund_item_find(int64 account_id, int64 item_id, RefundItem *item)
{
	static Sql statement = SQL("SELECT " ITEM_COLUMNS " WHERE account_id = $1 AND item_id = $2",
							   INT8OID, INT8OID);

	return find(&statement, account_id, item_id, item);
}

bool
refund_item_find_queued(int64 account_id, int64 payment_id, RefundItem *item)
{
	static Sql statement = SQL("SELECT " ITEM_COLUMNS " WHERE account_id = $1 AND payment_id = $2 "
							   "AND state = 'queued' ORDER BY item_id LIMIT 1",
							   INT8OID, INT8OID);

	return find(&statement, account_id, payment_id, item);
}

RefundItem *
refund_item_list(int64 account_id, int64 refund_id, size_t *count)
{
	static Sql list = SQL("SELECT " ITEM_COLUMNS
						  " WHERE account_id = $1 AND refund_id = $2 ORDER BY item_id",
						  INT8OID, INT8OID);
	RefundItem *items;

	*count = sql_run(&list, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(refund_id)}, NULL);
	items = palloc((*count + 1) * sizeof(RefundItem));
	for (size_t i = 0; i < *count; i++)
		items[i] = read_item(i);
	return items;
}

void
refund_item_update(const RefundItem *item)
{
	static Sql update = SQL("UPDATE " BOOKS
							"refund_item SET state = $3, payer_amount = $4, reason = $5, "
							"reference = $6, changed_at = $7, actor = $8 WHERE account_id = $1 "
							"AND item_id = $2",
							INT8OID, INT8OID, CHANGES_TYPES);
	char nulls[] = "        ";
	Datum values[8] = {Int64GetDatum(item->account_id), Int64GetDatum(item->item_id)};

	bind_changes(values, nulls, 2, item);
	sql_write(&update, values, nulls);
}

int64
refund_item_paid_nano(int64 account_id, int64 payment_id)
{
	static Sql sum = SQL("SELECT coalesce(sum(amount), 0) FROM " BOOKS
						 "refund_item WHERE account_id = $1 AND payment_id = $2 AND state = 'paid'",
						 INT8OID, INT8OID);

	sql_run(&sum, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(payment_id)}, NULL);
	return column_nano(0, 1);
}

LinkedBonus *
refund_item_list_bonus(int64 account_id, int64 refund_id, size_t *count)
{
	static Sql list = SQL(
		"SELECT b.lot_no, b.amount, b.remaining, i.amount, c.amount, c.remaining FROM " BOOKS
		"refund_item AS i JOIN " BOOKS "lot AS c ON c.account_id = i.account_id AND c.order_id = "
		"i.order_id AND c.kind = 'cash' JOIN " BOOKS "lot AS b ON b.account_id = i.account_id AND "
		"b.order_id = i.order_id AND b.kind = 'bonus' WHERE i.account_id = $1 AND i.refund_id = $2 "
		"AND i.state IN ('paid', 'paid_offline') AND b.is_open ORDER BY b.lot_no",
		INT8OID, INT8OID);
	LinkedBonus *bonus;

	*count = sql_run(&list, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(refund_id)}, NULL);
	bonus = palloc((*count + 1) * sizeof(LinkedBonus));
	for (size_t i = 0; i < *count; i++)
		bonus[i] = (LinkedBonus){column_int64(i, 1), column_nano(i, 2), column_nano(i, 3),
								 column_nano(i, 4),	 column_nano(i, 5), column_nano(i, 6)};
	return bonus;
}
