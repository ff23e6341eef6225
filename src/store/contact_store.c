/*-------------------------------------------------------------------------
 *
 * contact_store.c
 *	  account_profile and contact_history, and all places where contact data stands.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "core/books.h"
#include "core/erased.h"
#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/contact_store.h"

#define IS_DIFFERENT                                                                                 \
	"p.account_id = $1 AND (p.email, p.mobile, p.time_zone) IS DISTINCT FROM ($2, $3, coalesce($4, " \
	"p.time_zone))"

/* Keeps what holds, and returns its number. */
static int64
keep(Datum *values, const char *nulls)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "contact_history (account_id, contact_no, replaced_at, email, mobile, "
		"time_zone) SELECT p.account_id, (SELECT coalesce(max(contact_no), 0) + 1 FROM " BOOKS
		"contact_history WHERE account_id = $1), $5, p.email, p.mobile, p.time_zone FROM " BOOKS
		"account_profile AS p WHERE " IS_DIFFERENT " RETURNING contact_no",
		INT8OID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID);

	sql_write(&insert, values, nulls);
	return column_int64(0, 1);
}

int64
contact_replace(int64 account_id, const Contact *contact, TimestampTz at)
{
	static Sql find = SQL("SELECT FROM " BOOKS "account_profile AS p WHERE " IS_DIFFERENT, INT8OID,
						  TEXTOID, TEXTOID, TEXTOID);
	static Sql update = SQL("UPDATE " BOOKS
							"account_profile SET email = $2, mobile = $3, time_zone = coalesce($4, "
							"time_zone) WHERE account_id = $1",
							INT8OID, TEXTOID, TEXTOID, TEXTOID);
	char nulls[] = "     ";
	Datum values[5] = {Int64GetDatum(account_id), [4] = TimestampTzGetDatum(at)};
	int64 contact_no;

	bind_text(values, nulls, 1, contact->email);
	bind_text(values, nulls, 2, contact->mobile);
	bind_text(values, nulls, 3, contact->time_zone);
	if (sql_run(&find, values, nulls) == 0)
		return NO_NUMBER;
	contact_no = keep(values, nulls);
	sql_write(&update, values, nulls);
	return contact_no;
}

/* ---- erasing ------------------------------------------------------------------ */

#define MARK "'" ERASED_TEXT "'"
#define MARK_OR_NULL(column) column " = CASE WHEN " column " IS NOT NULL THEN " MARK " END"

/* A place where contact data stands: erasing it, and whether any is left. $1 account, $2 now. */
typedef struct Place
{
	Sql erase;
	Sql find;
} Place;

#define PLACE(table, assignments, condition)                                                     \
	{                                                                                            \
		SQL("UPDATE " BOOKS table " SET " assignments " WHERE account_id = $1 AND (" condition   \
			")",                                                                                 \
			INT8OID, TIMESTAMPTZOID),                                                            \
			SQL("SELECT FROM " BOOKS table " WHERE account_id = $1 AND (" condition ") LIMIT 1", \
				INT8OID)                                                                         \
	}

/* guard/erasing lets these marks be put into history. */
static Place places[] = {
	PLACE("account_profile", "external_ref = NULL, email = NULL, mobile = NULL",
		  "num_nonnulls(external_ref, email, mobile) > 0"),
	PLACE("contact_history", MARK_OR_NULL("email") ", " MARK_OR_NULL("mobile"),
		  "email <> " MARK " OR mobile <> " MARK),
	PLACE("invoice_title",
		  "name = " MARK ", tax_number = NULL, address = NULL, phone = NULL, bank = NULL, "
		  "bank_account = NULL, changed_at = $2",
		  "name <> " MARK " OR num_nonnulls(tax_number, address, phone, bank, bank_account) > 0"),
	PLACE("webhook_endpoint",
		  "url = " MARK ", host = " MARK ", deleted_at = coalesce(deleted_at, $2)", "url <> " MARK),
	PLACE("notification",
		  "address = " MARK ", lane = CASE channel WHEN 'webhook' THEN " MARK " ELSE lane END",
		  "address <> " MARK),
	PLACE("payment_order", "payer = '" ERASED_JSON "'", "payer <> '" ERASED_JSON "'"),
	PLACE("invoice", MARK_OR_NULL("email") ", " MARK_OR_NULL("mobile"),
		  "email <> " MARK " OR mobile <> " MARK),
	PLACE("document", "pdf = ''", "kind = 'statement' AND pdf <> ''"),
	PLACE("document", "state = 'failed', fault = " MARK ", changed_at = $2",
		  "kind = 'statement' AND state = 'rendering'"),
	PLACE("account_statement", "says = '" ERASED_JSON "'", "says <> '" ERASED_JSON "'"),
	PLACE("audit_log", "new_value = " MARK,
		  "action IN ('set_webhook', 'rotate_webhook_secret', 'delete_webhook') AND new_value <> "
		  "" MARK),
	PLACE("idempotent_call", "arguments_hash = ''",
		  "function IN ('update_contact', 'request_invoice', 'set_webhook') AND arguments_hash <> "
		  "''"),
};

int64
contact_erase(int64 account_id, TimestampTz at)
{
	Datum values[2] = {Int64GetDatum(account_id), TimestampTzGetDatum(at)};
	int64 changed = 0;

	for (size_t i = 0; i < lengthof(places); i++)
	{
		changed += (int64) sql_run(&places[i].erase, values, NULL);
		if (sql_run(&places[i].find, values, NULL) > 0)
			altered_refuse("rows that stay as they are");
	}
	return changed;
}
