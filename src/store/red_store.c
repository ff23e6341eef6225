/*-------------------------------------------------------------------------
 *
 * red_store.c
 *	  Confirmations by which invoices are reversed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/red_store.h"

void
red_insert(RedConfirmation *confirmation)
{
	static Sql next = SQL_NEXT_NUMBER("red_confirmation", "confirmation_no");
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "red_confirmation (account_id, confirmation_no, invoice_id, state, "
		"red_reason, created_at, changed_at, reason, actor, provider_id, started_by, entered_at, "
		"bureau_number) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11, $12)",
		INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID,
		TEXTOID, TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "            ";
	Datum values[12];

	confirmation->confirmation_no = sql_next_number(&next, confirmation->account_id);
	values[0] = Int64GetDatum(confirmation->account_id);
	values[1] = Int64GetDatum(confirmation->confirmation_no);
	values[2] = Int64GetDatum(confirmation->invoice_id);
	bind_text(values, nulls, 3, lifecycle_state_name(&lifecycle_red, confirmation->state));
	bind_text(values, nulls, 4, confirmation->red_reason);
	values[5] = TimestampTzGetDatum(confirmation->created_at);
	bind_text(values, nulls, 6, confirmation->reason);
	bind_text(values, nulls, 7, confirmation->actor);
	bind_text(values, nulls, 8, confirmation->provider_id);
	bind_text(values, nulls, 9, red_is_buyers(confirmation) ? "buyer" : "seller");
	bind_instant(values, nulls, 10, confirmation->entered_at, DT_NOBEGIN);
	bind_text(values, nulls, 11, confirmation->bureau_number);
	sql_write(&insert, values, nulls);
}

/* What read_confirmation() reads. */
#define RED_COLUMNS                                                                                            \
	"account_id, confirmation_no, invoice_id, state, red_reason, answer, entered_at, "                         \
	"bureau_number, cause, created_at, changed_at, reason, actor, provider_id, amount, red_number FROM " BOOKS \
	"red_confirmation"

static RedConfirmation
read_confirmation(void)
{
	int state = lifecycle_state_from_name(&lifecycle_red, column_text(0, 4));

	if (state < 0)
		altered_refuse("a red confirmation's state");
	return (RedConfirmation){
		.account_id = column_int64(0, 1),
		.confirmation_no = column_int64(0, 2),
		.invoice_id = column_int64(0, 3),
		.state = (RedState) state,
		.red_reason = column_text_or_null(0, 5),
		.answer = column_text_or_null(0, 6),
		.entered_at = column_instant(0, 7, DT_NOBEGIN),
		.bureau_number = column_text_or_null(0, 8),
		.cause = column_text_or_null(0, 9),
		.created_at = column_instant(0, 10, DT_NOBEGIN),
		.changed_at = column_instant(0, 11, DT_NOBEGIN),
		.reason = column_text_or_null(0, 12),
		.actor = column_text(0, 13),
		.provider_id = column_text_or_null(0, 14),
		.amount_nano = column_is_null(0, 15) ? 0 : column_nano(0, 15),
		.red_number = column_text_or_null(0, 16),
	};
}

bool
red_find(int64 account_id, int64 confirmation_no, RedConfirmation *confirmation)
{
	static Sql find = SQL("SELECT " RED_COLUMNS " WHERE account_id = $1 AND confirmation_no = $2",
						  INT8OID, INT8OID);

	if (sql_run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(confirmation_no)},
				NULL) == 0)
		return false;
	*confirmation = read_confirmation();
	return true;
}

bool
red_find_open(int64 account_id, int64 invoice_id, RedConfirmation *confirmation)
{
	static Sql find = SQL("SELECT " RED_COLUMNS " WHERE account_id = $1 AND invoice_id = $2 AND "
						  "state NOT IN ('red_issued', 'void', 'failed')",
						  INT8OID, INT8OID);

	if (sql_run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(invoice_id)}, NULL) == 0)
		return false;
	*confirmation = read_confirmation();
	return true;
}

bool
red_is_known(const char *provider_id)
{
	static Sql find = SQL("SELECT FROM " BOOKS "red_confirmation WHERE provider_id = $1", TEXTOID);
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, provider_id);
	return sql_latest(&find, values, nulls) > 0;
}

int64
red_count_of_buyer(int64 account_id, int64 invoice_id)
{
	static Sql count = SQL("SELECT count(*) FROM " BOOKS
						   "red_confirmation WHERE account_id = $1 AND "
						   "invoice_id = $2 AND started_by = 'buyer'",
						   INT8OID, INT8OID);

	sql_run(&count, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(invoice_id)}, NULL);
	return column_int64(0, 1);
}

void
red_update(const RedConfirmation *confirmation)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "red_confirmation SET state = $3, answer = $4, entered_at = $5, "
		"bureau_number = $6, cause = $7, changed_at = $8, amount = $9, red_number = $10 WHERE "
		"account_id = $1 AND confirmation_no = $2",
		INT8OID, INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TIMESTAMPTZOID,
		NUMERICOID, TEXTOID);
	char nulls[] = "          ";
	Datum values[10] = {Int64GetDatum(confirmation->account_id),
						Int64GetDatum(confirmation->confirmation_no)};

	bind_text(values, nulls, 2, lifecycle_state_name(&lifecycle_red, confirmation->state));
	bind_text(values, nulls, 3, confirmation->answer);
	bind_instant(values, nulls, 4, confirmation->entered_at, DT_NOBEGIN);
	bind_text(values, nulls, 5, confirmation->bureau_number);
	bind_text(values, nulls, 6, confirmation->cause);
	values[7] = TimestampTzGetDatum(confirmation->changed_at);
	bind_nano(values, nulls, 8, confirmation->amount_nano, 0);
	bind_text(values, nulls, 9, confirmation->red_number);
	sql_write(&update, values, nulls);
}

void
red_report(int64 account_id, TimestampTz now, ReturnSetInfo *result)
{
	static Sql confirmations = SQL(
		"SELECT c.confirmation_no, c.invoice_id, c.started_by, c.state, c.amount, c.red_number, c.red_reason, c.answer, c.entered_at, "
		"c.entered_at + $3, c.state IN ('waiting_buyer', 'waiting_seller') AND c.entered_at + $3 < "
		"$2, c.bureau_number, c.cause, c.created_at, c.reason, c.actor FROM " BOOKS
		"red_confirmation AS c WHERE c.account_id = $1 ORDER BY c.confirmation_no DESC",
		INT8OID, TIMESTAMPTZOID, INTERVALOID);
	Interval lapse = {.time = RED_LAPSE_US};

	sql_put_rows(
		&confirmations,
		(Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(now), PointerGetDatum(&lapse)},
		NULL, result);
}
