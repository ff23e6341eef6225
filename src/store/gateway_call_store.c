/*-------------------------------------------------------------------------
 *
 * gateway_call_store.c
 *	  Calls of gateways.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/gateway_call_store.h"

static const char *const kind_names[] = {
	[KIND_CREATE] = "create", [KIND_FOLLOW] = "follow",
	[KIND_REFUND] = "refund", [KIND_TAKE_BACK] = "take_back",
	[KIND_ISSUE] = "issue",	  [KIND_DOCUMENT] = "document",
	[KIND_RED] = "red",
};

bool
gateway_call_insert_new(CallRow *call)
{
	static Sql next = SQL_NEXT_NUMBER("gateway_call", "call_id");
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "gateway_call (account_id, call_id, gateway, kind, order_id, "
		"payment_id, state, due_at, created_at, amount, refund_number, refund_id, item_id, invoice_id, "
		"confirmation_no) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (account_id, payment_id, "
		"coalesce(refund_number, ''), coalesce(refund_id, '')) WHERE kind = 'take_back' DO NOTHING",
		INT8OID, INT8OID, TEXTOID, TEXTOID, INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID,
		TIMESTAMPTZOID, NUMERICOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT8OID);
	char nulls[] = "               ";
	Datum values[15];

	call->call_id = sql_next_number(&next, call->account_id);
	values[0] = Int64GetDatum(call->account_id);
	values[1] = Int64GetDatum(call->call_id);
	bind_text(values, nulls, 2, call->gateway);
	bind_text(values, nulls, 3, kind_names[call->kind]);
	bind_number(values, nulls, 4, call->order_id);
	bind_number(values, nulls, 5, call->payment_id);
	bind_text(values, nulls, 6, lifecycle_state_name(&lifecycle_call, call->state));
	bind_instant(values, nulls, 7, call->due_at, DT_NOEND);
	values[8] = TimestampTzGetDatum(call->created_at);
	values[9] = nano_datum(call->amount_nano);
	nulls[9] = call->kind == KIND_REFUND ? ' ' : 'n';
	bind_text(values, nulls, 10, call->refund_number);
	bind_text(values, nulls, 11, call->refund_id);
	bind_number(values, nulls, 12, call->item_id);
	bind_number(values, nulls, 13, call->invoice_id);
	bind_number(values, nulls, 14, call->confirmation_no);
	return sql_run(&insert, values, nulls) > 0;
}

void
gateway_call_insert(CallRow *call)
{
	if (!gateway_call_insert_new(call))
		altered_refuse("a call that is not there");
}

/* What read_call() reads. */
#define CALL_COLUMNS                                                                        \
	"account_id, call_id, gateway, kind, order_id, payment_id, gateway_number, state, "     \
	"acts, due_at, created_at, first_sent_at, attempts, asked, result, code, answered_at, " \
	"amount, refund_number, refund_id, item_id, invoice_id, confirmation_no FROM " BOOKS    \
	"gateway_call"

static CallKind
read_kind(const char *name)
{
	for (size_t i = 0; i < lengthof(kind_names); i++)
		if (strcmp(kind_names[i], name) == 0)
			return (CallKind) i;
	altered_refuse("a call's kind");
}

static CallState
read_state(const char *name)
{
	int state = lifecycle_state_from_name(&lifecycle_call, name);

	if (state < 0)
		altered_refuse("a call's state");
	return (CallState) state;
}

static CallRow
read_call(uint64 row)
{
	return (CallRow){
		.account_id = column_int64(row, 1),
		.call_id = column_int64(row, 2),
		.gateway = column_text(row, 3),
		.kind = read_kind(column_text(row, 4)),
		.order_id = column_int64(row, 5),
		.payment_id = column_int64(row, 6),
		.gateway_number = column_text_or_null(row, 7),
		.state = read_state(column_text(row, 8)),
		.acts = column_bool(row, 9),
		.due_at = column_instant(row, 10, DT_NOEND),
		.created_at = column_instant(row, 11, DT_NOBEGIN),
		.first_sent_at = column_instant(row, 12, DT_NOBEGIN),
		.attempts = column_int32(row, 13),
		.asked = column_int32(row, 14),
		.result = column_text_or_null(row, 15),
		.code = column_text_or_null(row, 16),
		.answered_at = column_instant(row, 17, DT_NOBEGIN),
		.amount_nano = column_nano(row, 18),
		.refund_number = column_text_or_null(row, 19),
		.refund_id = column_text_or_null(row, 20),
		.item_id = column_int64(row, 21),
		.invoice_id = column_int64(row, 22),
		.confirmation_no = column_int64(row, 23),
	};
}

/* The one call that a statement finds; false where there is none. */
static bool
find_call(Sql *find, Datum *values, const char *nulls, CallRow *call)
{
	if (sql_run(find, values, nulls) == 0)
		return false;
	*call = read_call(0);
	return true;
}

bool
gateway_call_find(int64 account_id, int64 call_id, CallRow *call)
{
	static Sql find = SQL("SELECT " CALL_COLUMNS " WHERE account_id = $1 AND call_id = $2", INT8OID,
						  INT8OID);

	return find_call(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(call_id)}, NULL,
					 call);
}

bool
gateway_call_of_order(int64 account_id, int64 order_id, CallKind kind, CallRow *call)
{
	static Sql find = SQL("SELECT " CALL_COLUMNS
						  " WHERE account_id = $1 AND order_id = $2 AND kind = $3 AND kind IN "
						  "('create', 'follow')",
						  INT8OID, INT8OID, TEXTOID);
	char nulls[] = "   ";
	Datum values[3] = {Int64GetDatum(account_id), Int64GetDatum(order_id)};

	bind_text(values, nulls, 2, kind_names[kind]);
	return find_call(&find, values, nulls, call);
}

bool
gateway_call_of_number(int64 account_id, const char *number, CallRow *call)
{
	static Sql find = SQL("SELECT " CALL_COLUMNS " WHERE account_id = $1 AND gateway_number = $2",
						  INT8OID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2] = {Int64GetDatum(account_id)};

	bind_text(values, nulls, 1, number);
	return find_call(&find, values, nulls, call);
}

bool
gateway_call_of_return(int64 account_id, int64 payment_id, CallRow *call)
{
	static Sql find = SQL(
		"SELECT " CALL_COLUMNS
		" WHERE account_id = $1 AND payment_id = $2 AND kind = 'refund' AND item_id IS NULL AND "
		"state IN ('queued', 'sending', 'unknown', 'parked')",
		INT8OID, INT8OID);

	return find_call(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(payment_id)}, NULL,
					 call);
}

bool
gateway_call_of_item(int64 account_id, int64 item_id, CallRow *call)
{
	static Sql find = SQL("SELECT " CALL_COLUMNS " WHERE account_id = $1 AND item_id = $2 ORDER BY "
						  "call_id DESC LIMIT 1",
						  INT8OID, INT8OID);

	return find_call(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(item_id)}, NULL,
					 call);
}

bool
gateway_call_of_invoice(int64 account_id, int64 invoice_id, CallKind kind, CallRow *call)
{
	static Sql find = SQL("SELECT " CALL_COLUMNS
						  " WHERE account_id = $1 AND invoice_id = $2 AND kind = $3 AND kind IN "
						  "('issue', 'document')",
						  INT8OID, INT8OID, TEXTOID);
	char nulls[] = "   ";
	Datum values[3] = {Int64GetDatum(account_id), Int64GetDatum(invoice_id)};

	bind_text(values, nulls, 2, kind_names[kind]);
	return find_call(&find, values, nulls, call);
}

bool
gateway_call_of_confirmation(int64 account_id, int64 confirmation_no, CallRow *call)
{
	static Sql find = SQL("SELECT " CALL_COLUMNS
						  " WHERE account_id = $1 AND confirmation_no = $2 AND kind = 'red'",
						  INT8OID, INT8OID);

	return find_call(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(confirmation_no)},
					 NULL, call);
}

TimestampTz
gateway_call_last_refund(const CallRow *call)
{
	static Sql last = SQL("SELECT max(first_sent_at) FROM " BOOKS
						  "gateway_call WHERE account_id = $1 AND payment_id = $2 AND kind = "
						  "'refund' AND call_id <> $3",
						  INT8OID, INT8OID, INT8OID);

	sql_run(&last,
			(Datum[]){Int64GetDatum(call->account_id), Int64GetDatum(call->payment_id),
					  Int64GetDatum(call->call_id)},
			NULL);
	return column_instant(0, 1, DT_NOBEGIN);
}

bool
gateway_call_is_refund_open(const CallRow *call)
{
	static Sql find = SQL("SELECT FROM " BOOKS
						  "gateway_call WHERE account_id = $1 AND gateway = $2 AND kind = 'refund' "
						  "AND call_id <> $3 AND (state = 'sending' OR (state = 'unknown' AND "
						  "result IS DISTINCT FROM 'done')) LIMIT 1",
						  INT8OID, TEXTOID, INT8OID);
	char nulls[] = "   ";
	Datum values[3] = {Int64GetDatum(call->account_id), 0, Int64GetDatum(call->call_id)};

	bind_text(values, nulls, 1, call->gateway);
	return sql_run(&find, values, nulls) > 0;
}

bool
gateway_call_is_refund_ahead(const CallRow *call)
{
	static Sql find = SQL("SELECT FROM " BOOKS
						  "gateway_call WHERE account_id = $1 AND gateway = $2 AND kind = 'refund' "
						  "AND state IN ('queued', 'sending') LIMIT 1",
						  INT8OID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2] = {Int64GetDatum(call->account_id)};

	bind_text(values, nulls, 1, call->gateway);
	return sql_run(&find, values, nulls) > 0;
}

void
gateway_call_hasten_refund(const CallRow *ended, TimestampTz at)
{
	static Sql hasten = SQL("UPDATE " BOOKS
							"gateway_call SET due_at = $3 WHERE (account_id, call_id) = (SELECT "
							"account_id, call_id FROM " BOOKS
							"gateway_call WHERE account_id = $1 AND gateway = $2 AND kind = "
							"'refund' AND state = 'queued' AND result IS NULL AND due_at > $3 "
							"ORDER BY call_id LIMIT 1)",
							INT8OID, TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "   ";
	Datum values[3] = {Int64GetDatum(ended->account_id), 0, TimestampTzGetDatum(at)};

	bind_text(values, nulls, 1, ended->gateway);
	(void) sql_run(&hasten, values, nulls);
}

void
gateway_call_update(const CallRow *call)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "gateway_call SET state = $3, acts = $4, due_at = $5, first_sent_at = $6, "
		"attempts = $7, asked = $8, result = $9, code = $10, answered_at = $11, gateway_number = "
		"$12 WHERE account_id = $1 AND call_id = $2",
		INT8OID, INT8OID, TEXTOID, BOOLOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID, INT4OID,
		TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "            ";
	Datum values[12] = {Int64GetDatum(call->account_id), Int64GetDatum(call->call_id)};

	bind_text(values, nulls, 2, lifecycle_state_name(&lifecycle_call, call->state));
	values[3] = BoolGetDatum(call->acts);
	bind_instant(values, nulls, 4, call->due_at, DT_NOEND);
	bind_instant(values, nulls, 5, call->first_sent_at, DT_NOBEGIN);
	values[6] = Int32GetDatum(call->attempts);
	values[7] = Int32GetDatum(call->asked);
	bind_text(values, nulls, 8, call->result);
	bind_text(values, nulls, 9, call->code);
	bind_instant(values, nulls, 10, call->answered_at, DT_NOBEGIN);
	bind_text(values, nulls, 11, call->gateway_number);
	sql_write(&update, values, nulls);
}

static DueCall *
read_due(size_t count)
{
	DueCall *due = palloc((count + 1) * sizeof(DueCall));

	for (size_t i = 0; i < count; i++)
		due[i] = (DueCall){column_int64(i, 1), column_int64(i, 2), column_text(i, 3)};
	return due;
}

DueCall *
gateway_call_list_due(TimestampTz now, int per_gateway, const CallFilter *filter, size_t *count)
{
	static Sql list = SQL(
		"SELECT c.account_id, c.call_id, c.gateway FROM " BOOKS
		"gateway AS g CROSS JOIN LATERAL ((SELECT account_id, call_id, gateway, due_at FROM " BOOKS
		"gateway_call WHERE gateway = g.gateway AND due_at <= $1 AND state IN ('queued', "
		"'sending', 'unknown') AND kind <> 'refund' AND account_id <> ALL ($4) ORDER BY due_at "
		"LIMIT $2) UNION ALL (SELECT account_id, call_id, gateway, due_at FROM " BOOKS
		"gateway_call WHERE gateway = g.gateway AND due_at <= $1 AND state IN ('queued', "
		"'sending', 'unknown') AND kind = 'refund' AND account_id <> ALL ($4) ORDER BY due_at "
		"LIMIT greatest($2 / 2, 1))) AS c WHERE "
		"g.gateway ~ '^[a-z0-9_]{1,40}$' AND g.gateway <> ALL (string_to_array($3, ',')) ORDER BY "
		"c.due_at",
		TIMESTAMPTZOID, INT4OID, TEXTOID, INT8ARRAYOID);
	char nulls[] = "    ";
	Datum values[4] = {TimestampTzGetDatum(now), Int32GetDatum(per_gateway)};

	bind_text(values, nulls, 2, filter->busy);
	values[3] = bind_int64_array(filter->accounts, filter->accounts_count);
	*count = sql_run(&list, values, nulls);
	return read_due(*count);
}

TimestampTz
gateway_call_next_due(const CallFilter *filter)
{
	static Sql next = SQL(
		"SELECT min(c.due_at) FROM " BOOKS
		"gateway AS g CROSS JOIN LATERAL (SELECT due_at FROM " BOOKS
		"gateway_call WHERE gateway = g.gateway AND due_at IS NOT NULL AND state IN ('queued', "
		"'sending', 'unknown') AND account_id <> ALL ($2) ORDER BY due_at LIMIT 1) AS c WHERE "
		"g.gateway ~ '^[a-z0-9_]{1,40}$' AND g.gateway <> ALL (string_to_array($1, ','))",
		TEXTOID, INT8ARRAYOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, filter->busy);
	values[1] = bind_int64_array(filter->accounts, filter->accounts_count);
	sql_run(&next, values, nulls);
	return column_instant(0, 1, DT_NOEND);
}

bool
gateway_call_hasten(const char *gateway, const char *results, TimestampTz now)
{
	static Sql hasten = SQL(
		"UPDATE " BOOKS "gateway_call SET due_at = $3 WHERE (account_id, call_id) IN (SELECT "
		"account_id, call_id FROM " BOOKS
		"gateway_call WHERE gateway = $1 AND due_at > $3 AND state IN ('queued', 'unknown') AND "
		"result = ANY (string_to_array($2, ',')) FOR UPDATE SKIP LOCKED)",
		TEXTOID, TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "   ";
	Datum values[3];

	bind_text(values, nulls, 0, gateway);
	bind_text(values, nulls, 1, results);
	values[2] = TimestampTzGetDatum(now);
	return sql_run(&hasten, values, nulls) > 0;
}

DueCall *
gateway_call_list_parked(const char *gateway, int64 max, size_t *count)
{
	static Sql list = SQL("SELECT account_id, call_id, gateway FROM " BOOKS
						  "gateway_call WHERE gateway = $1 AND state = 'parked' ORDER BY "
						  "account_id, call_id LIMIT $2",
						  TEXTOID, INT8OID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, gateway);
	values[1] = Int64GetDatum(max);
	*count = sql_run(&list, values, nulls);
	return read_due(*count);
}

int64
gateway_call_count_parked(TimestampTz before)
{
	static Sql count = SQL("SELECT count(*) FROM " BOOKS "gateway_call WHERE state = 'parked' AND "
						   "coalesce(answered_at, created_at) < $1",
						   TIMESTAMPTZOID);

	sql_run(&count, (Datum[]){TimestampTzGetDatum(before)}, NULL);
	return column_int64(0, 1);
}

int64
gateway_call_count_late(TimestampTz before)
{
	static Sql count = SQL("SELECT count(*) FROM " BOOKS
						   "gateway AS g CROSS JOIN LATERAL (SELECT FROM " BOOKS
						   "gateway_call WHERE gateway = g.gateway AND due_at < $1 AND state IN "
						   "('queued', 'sending', 'unknown') LIMIT 1000) AS c",
						   TIMESTAMPTZOID);

	sql_run(&count, (Datum[]){TimestampTzGetDatum(before)}, NULL);
	return column_int64(0, 1);
}
