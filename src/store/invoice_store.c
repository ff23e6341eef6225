/*-------------------------------------------------------------------------
 *
 * invoice_store.c
 *	  Titles, invoices and their lines.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"

#include "core/books.h"
#include "core/erased.h"
#include "errors.h"
#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/catalog.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "store/invoice_store.h"
#include "store/order_sums.h"

/* ---- titles ---------------------------------------------------------------- */

void
invoice_title_put(const InvoiceTitle *title, TimestampTz now)
{
	static Sql put = SQL(
		"INSERT INTO " BOOKS "invoice_title (account_id, title, kind, name, tax_number, address, "
		"phone, bank, bank_account, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON "
		"CONFLICT (account_id, title) DO UPDATE SET kind = excluded.kind, name = excluded.name, "
		"tax_number = excluded.tax_number, address = excluded.address, phone = excluded.phone, bank "
		"= excluded.bank, bank_account = excluded.bank_account, changed_at = excluded.changed_at",
		INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
		TIMESTAMPTZOID);
	char nulls[] = "          ";
	Datum values[10] = {Int64GetDatum(title->account_id)};

	bind_text(values, nulls, 1, title->title);
	bind_text(values, nulls, 2, title->kind);
	bind_text(values, nulls, 3, title->name);
	bind_text(values, nulls, 4, title->tax_number);
	bind_text(values, nulls, 5, title->address);
	bind_text(values, nulls, 6, title->phone);
	bind_text(values, nulls, 7, title->bank);
	bind_text(values, nulls, 8, title->bank_account);
	values[9] = TimestampTzGetDatum(now);
	sql_write(&put, values, nulls);
}

bool
invoice_title_find(int64 account_id, const char *name, InvoiceTitle *title)
{
	static Sql find = SQL("SELECT title, kind, name, tax_number FROM " BOOKS
						  "invoice_title WHERE account_id = $1 AND title = $2",
						  INT8OID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2] = {Int64GetDatum(account_id)};

	bind_text(values, nulls, 1, name);
	if (sql_run(&find, values, nulls) == 0)
		return false;
	*title = (InvoiceTitle){
		.account_id = account_id,
		.title = column_text(0, 1),
		.kind = column_text(0, 2),
		.name = column_text(0, 3),
		.tax_number = column_text_or_null(0, 4),
	};
	return true;
}

/* ---- invoices -------------------------------------------------------------- */

int64
invoice_next_id(int64 account_id)
{
	static Sql next = SQL_NEXT_NUMBER("invoice", "invoice_id");

	return sql_next_number(&next, account_id);
}

void
invoice_insert(Invoice *invoice)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "invoice (account_id, invoice_id, kind, state, buyer, email, mobile, "
		"created_at, due_at, changed_at, actor) SELECT t.account_id, $2, $4, $5, "
		"jsonb_strip_nulls(jsonb_build_object('title', t.title, 'kind', t.kind, 'name', t.name, "
		"'tax_number', t.tax_number, 'address', t.address, 'phone', t.phone, 'bank', t.bank, "
		"'bank_account', t.bank_account)), $6, $7, $8, $9, $8, $10 FROM " BOOKS
		"invoice_title AS t WHERE t.account_id = $1 AND t.title = $3",
		INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID,
		TIMESTAMPTZOID, TEXTOID);
	char nulls[] = "          ";
	Datum values[10];

	invoice->invoice_id = invoice_next_id(invoice->account_id);
	values[0] = Int64GetDatum(invoice->account_id);
	values[1] = Int64GetDatum(invoice->invoice_id);
	bind_text(values, nulls, 2, invoice->title);
	bind_text(values, nulls, 3, invoice->kind);
	bind_text(values, nulls, 4, lifecycle_state_name(&lifecycle_invoice, invoice->state));
	bind_text(values, nulls, 5, invoice->email);
	bind_text(values, nulls, 6, invoice->mobile);
	values[7] = TimestampTzGetDatum(invoice->created_at);
	values[8] = TimestampTzGetDatum(invoice->due_at);
	bind_text(values, nulls, 9, invoice->actor);
	sql_write(&insert, values, nulls);
}

void
invoice_line_insert(const Invoice *invoice, int64 order_id, int64 amount_nano)
{
	static Sql insert = SQL("INSERT INTO " BOOKS "invoice_line (account_id, invoice_id, order_id, "
							"amount) VALUES ($1, $2, $3, $4)",
							INT8OID, INT8OID, INT8OID, NUMERICOID);

	sql_write(&insert,
			  (Datum[]){Int64GetDatum(invoice->account_id), Int64GetDatum(invoice->invoice_id),
						Int64GetDatum(order_id), nano_datum(amount_nano)},
			  NULL);
}

bool
invoice_find(int64 account_id, int64 invoice_id, SqlRunner run, Invoice *invoice)
{
	static Sql find = SQL(
		"SELECT n.kind, n.state, nullif(n.email, '" ERASED_TEXT "'), nullif(n.mobile, '" ERASED_TEXT
		"'), n.created_at, n.due_at, n.number, n.issued_at, "
		"n.red_number, n.reason, n.changed_at, n.actor, n.seller_no, n.pdf_url, n.ofd_url, n.document IS NOT NULL, (SELECT sum(l.amount) FROM " BOOKS
		"invoice_line AS l WHERE l.account_id = n.account_id AND l.invoice_id = n.invoice_id) FROM "
		"" BOOKS "invoice AS n WHERE n.account_id = $1 AND n.invoice_id = $2",
		INT8OID, INT8OID);
	int state;

	if (run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(invoice_id)}, NULL) == 0)
		return false;
	state = lifecycle_state_from_name(&lifecycle_invoice, column_text(0, 2));
	if (state < 0)
		altered_refuse("an invoice's state");
	*invoice = (Invoice){
		.account_id = account_id,
		.invoice_id = invoice_id,
		.kind = column_text(0, 1),
		.state = (InvoiceState) state,
		.email = column_text_or_null(0, 3),
		.mobile = column_text_or_null(0, 4),
		.created_at = column_instant(0, 5, DT_NOBEGIN),
		.due_at = column_instant(0, 6, DT_NOEND),
		.number = column_text_or_null(0, 7),
		.issued_at = column_instant(0, 8, DT_NOBEGIN),
		.red_number = column_text_or_null(0, 9),
		.reason = column_text_or_null(0, 10),
		.changed_at = column_instant(0, 11, DT_NOBEGIN),
		.actor = column_text_or_null(0, 12),
		.seller_no = column_int32(0, 13),
		.pdf_url = column_text_or_null(0, 14),
		.ofd_url = column_text_or_null(0, 15),
		.has_document = column_bool(0, 16),
		.amount_nano = column_nano(0, 17),
	};
	return true;
}

InvoiceTitle
invoice_buyer(const Invoice *invoice)
{
	static Sql find = SQL(
		"SELECT buyer ->> 'kind', buyer ->> 'name', buyer ->> 'tax_number', "
		"buyer ->> 'address', buyer ->> 'phone', buyer ->> 'bank', buyer ->> "
		"'bank_account' FROM " BOOKS
		"invoice WHERE account_id = $1 AND invoice_id = $2 AND buyer ->> 'kind' IS NOT NULL AND "
		"buyer ->> 'name' IS NOT NULL",
		INT8OID, INT8OID);

	if (sql_run(&find,
				(Datum[]){Int64GetDatum(invoice->account_id), Int64GetDatum(invoice->invoice_id)},
				NULL) == 0)
		refuse(ERROR_ROW_ALTERED, "an invoice's buyer");
	return (InvoiceTitle){
		.account_id = invoice->account_id,
		.kind = column_text(0, 1),
		.name = column_text(0, 2),
		.tax_number = column_text_or_null(0, 3),
		.address = column_text_or_null(0, 4),
		.phone = column_text_or_null(0, 5),
		.bank = column_text_or_null(0, 6),
		.bank_account = column_text_or_null(0, 7),
	};
}

#define INVOICE_LINES \
	BOOKS "invoice_line WHERE account_id = $1 AND invoice_id = $2 ORDER BY order_id LIMIT $3"

static size_t
read_lines(Sql *lines, const Invoice *invoice, int64 amounts_nano[INVOICE_LINES_MAX])
{
	uint64 count = sql_run(lines,
						   (Datum[]){Int64GetDatum(invoice->account_id),
									 Int64GetDatum(invoice->invoice_id),
									 Int64GetDatum(INVOICE_LINES_MAX)},
						   NULL);

	for (uint64 i = 0; i < count; i++)
		amounts_nano[i] = column_nano(i, 1);
	return count;
}

size_t
invoice_lines(const Invoice *invoice, int64 amounts_nano[INVOICE_LINES_MAX])
{
	static Sql lines = SQL("SELECT amount FROM " INVOICE_LINES, INT8OID, INT8OID, INT8OID);

	return read_lines(&lines, invoice, amounts_nano);
}

size_t
invoice_lines_left(const Invoice *invoice, int64 left_nano[INVOICE_LINES_MAX])
{
	static Sql lines = SQL("SELECT amount - reversed FROM " INVOICE_LINES, INT8OID, INT8OID,
						   INT8OID);

	return read_lines(&lines, invoice, left_nano);
}

void
invoice_lines_reverse(const Invoice *invoice, const int64 *amounts_nano, size_t count)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "invoice_line AS l SET reversed = l.reversed + $4 WHERE l.account_id = $1 "
		"AND l.invoice_id = $2 AND l.order_id = (SELECT order_id FROM " BOOKS
		"invoice_line WHERE account_id = $1 AND invoice_id = $2 ORDER BY order_id OFFSET $3 LIMIT 1)",
		INT8OID, INT8OID, INT8OID, NUMERICOID);

	for (size_t i = 0; i < count; i++)
		if (amounts_nano[i] > 0)
			sql_write(&update,
					  (Datum[]){Int64GetDatum(invoice->account_id),
								Int64GetDatum(invoice->invoice_id), Int64GetDatum((int64) i),
								nano_datum(amounts_nano[i])},
					  NULL);
}

int64 *
invoice_due_accounts(TimestampTz before, int64 max, size_t *count)
{
	static Sql list = SQL("SELECT DISTINCT account_id FROM (SELECT account_id FROM " BOOKS
						  "invoice WHERE state = 'requested' AND created_at <= $1 ORDER BY "
						  "created_at LIMIT $2) AS n",
						  TIMESTAMPTZOID, INT8OID);

	*count = sql_run(&list, (Datum[]){TimestampTzGetDatum(before), Int64GetDatum(max)}, NULL);
	return column_int64s(*count);
}

int64 *
invoice_due(int64 account_id, TimestampTz before, size_t *count)
{
	static Sql list = SQL("SELECT invoice_id FROM " BOOKS
						  "invoice WHERE account_id = $1 AND state = 'requested' AND created_at <= "
						  "$2 ORDER BY invoice_id",
						  INT8OID, TIMESTAMPTZOID);

	*count = sql_run(&list, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(before)},
					 NULL);
	return column_int64s(*count);
}

bool
invoice_find_listed(const char *number, const char *gateway, int64 *account_id, int64 *invoice_id)
{
	static Sql find = SQL(
		"SELECT i.account_id, i.invoice_id FROM " BOOKS "invoice AS i LEFT JOIN " BOOKS
		"seller AS s ON s.region = 'cn' AND s.seller_no = i.seller_no WHERE i.number = $1 AND "
		"i.kind IN ('ordinary', 'special') AND (s.gateway = $2 OR EXISTS (SELECT FROM (SELECT "
		"gateway, tax_number FROM " BOOKS "seller WHERE region = 'cn' ORDER BY seller_no DESC "
		"LIMIT 1) AS n WHERE n.gateway = $2 AND (s.tax_number IS NULL OR s.tax_number = "
		"n.tax_number)))",
		TEXTOID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_text(values, nulls, 0, number);
	bind_text(values, nulls, 1, gateway);
	if (sql_run(&find, values, nulls) == 0)
		return false;
	*account_id = column_int64(0, 1);
	*invoice_id = column_int64(0, 2);
	return true;
}

/* One transaction at a time looks for a number and records it; another one is not waited for. */
static bool
hold_number(const char *number)
{
	LOCKTAG tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, catalog_table("invoice"),
					   hash_bytes((const unsigned char *) number, (int) strlen(number)), 0);
	return LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

bool
invoice_number_is_taken(const char *number)
{
	static Sql find = SQL("SELECT FROM " BOOKS "invoice WHERE number = $1 OR red_number = $1 "
						  "UNION ALL SELECT FROM " BOOKS "red_confirmation WHERE red_number = $1",
						  TEXTOID);
	char nulls[] = " ";
	Datum values[1];

	bind_text(values, nulls, 0, number);
	return !hold_number(number) || sql_latest(&find, values, nulls) > 0;
}

void
invoice_update(const Invoice *invoice)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "invoice SET state = $3, number = $4, issued_at = $5, red_number = $6, "
		"reason = $7, changed_at = $8, actor = $9, document = coalesce($10, document), seller_no = "
		"$11, pdf_url = $12, ofd_url = $13 WHERE account_id = $1 AND invoice_id = $2",
		INT8OID, INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TIMESTAMPTZOID,
		TEXTOID, BYTEAOID, INT4OID, TEXTOID, TEXTOID);
	char nulls[] = "             ";
	Datum values[13] = {Int64GetDatum(invoice->account_id), Int64GetDatum(invoice->invoice_id)};

	bind_text(values, nulls, 2, lifecycle_state_name(&lifecycle_invoice, invoice->state));
	bind_text(values, nulls, 3, invoice->number);
	bind_instant(values, nulls, 4, invoice->issued_at, DT_NOBEGIN);
	bind_text(values, nulls, 5, invoice->red_number);
	bind_text(values, nulls, 6, invoice->reason);
	values[7] = TimestampTzGetDatum(invoice->changed_at);
	bind_text(values, nulls, 8, invoice->actor);
	values[9] = invoice->document;
	nulls[9] = invoice->document ? ' ' : 'n';
	values[10] = Int32GetDatum(invoice->seller_no);
	nulls[10] = invoice->seller_no == NO_NUMBER ? 'n' : ' ';
	bind_text(values, nulls, 11, invoice->pdf_url);
	bind_text(values, nulls, 12, invoice->ofd_url);
	sql_write(&update, values, nulls);
}

bool
invoice_document(int64 account_id, int64 invoice_id, SqlRunner run, Datum *document)
{
	static Sql read = SQL("SELECT document FROM " BOOKS
						  "invoice WHERE account_id = $1 AND invoice_id = $2",
						  INT8OID, INT8OID);

	if (run(&read, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(invoice_id)}, NULL) == 0 ||
		column_is_null(0, 1))
		return false;
	*document = PointerGetDatum(PG_DETOAST_DATUM_COPY(column_datum(0, 1, BYTEAOID)));
	return true;
}

bool
invoice_counts(int64 account_id, int64 invoice_id)
{
	static Sql find = SQL(
		"SELECT FROM " BOOKS "invoice WHERE account_id = $1 AND invoice_id = $2 "
		"AND (kind IN ('overseas', 'credit_note') OR state IN ('failed', 'cancelled', 'reversed'))",
		INT8OID, INT8OID);

	return sql_latest(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(invoice_id)},
					  NULL) == 0;
}

bool
invoice_is_any_open(int64 account_id)
{
	static Sql find = SQL(
		"SELECT FROM " BOOKS "invoice WHERE account_id = $1 AND kind IN "
		"('ordinary', 'special') AND state NOT IN ('issued', 'failed', 'cancelled', 'reversed') LIMIT 1",
		INT8OID);

	return sql_run(&find, (Datum[]){Int64GetDatum(account_id)}, NULL) > 0;
}

/* ---- what can be invoiced -------------------------------------------------- */

bool
invoice_limit_find(int64 account_id, int64 order_id, SqlRunner run, InvoiceableOrder *order)
{
	static Sql find = SQL(
		"SELECT p.amount - p.taken, " ORDER_SUMS_PAYER_PAID
		", r.amount + t.amount, r.payer_amount + t.payer_amount, v.amount FROM " BOOKS
		"payment AS p " ORDER_SUMS
		"WHERE p.account_id = $1 AND p.order_id = $2 AND p.state = 'credited'",
		INT8OID, INT8OID);

	if (run(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(order_id)}, NULL) == 0)
		return false;
	*order = (InvoiceableOrder){
		.order_id = order_id,
		.basis = {.paid_nano = column_nano(0, 1),
				  .payer_paid_nano = column_nano(0, 2),
				  .refunded_nano = column_nano(0, 3),
				  .payer_refunded_nano = column_nano(0, 4),
				  .invoiced_nano = column_nano(0, 5)},
	};
	order->invoiceable_nano = refund_split_invoiceable(&order->basis);
	return true;
}

bool
invoice_is_over(const Invoice *invoice)
{
	static Sql find = SQL(
		"SELECT FROM " BOOKS "invoice_line AS l JOIN " BOOKS
		"payment AS p ON p.account_id = l.account_id AND p.order_id = l.order_id AND p.state = "
		"'credited' " ORDER_SUMS
		"WHERE l.account_id = $1 AND l.invoice_id = $2 AND v.amount > " ORDER_SUMS_INVOICE_LIMIT
		" LIMIT 1",
		INT8OID, INT8OID);

	return sql_run(
			   &find,
			   (Datum[]){Int64GetDatum(invoice->account_id), Int64GetDatum(invoice->invoice_id)},
			   NULL) > 0;
}

void
invoice_report_invoiceable(int64 account_id, ReturnSetInfo *result)
{
	static Sql lines = SQL(
		"SELECT o.order_id, o.kind, o.method, p.paid_at, p.amount - p.taken, "
		"round(" ORDER_SUMS_PAYER_PAID ", 9), round(r.payer_amount + t.payer_amount, 9), "
		"round(v.amount, 9), round(greatest(" ORDER_SUMS_INVOICE_LIMIT
		" - v.amount, 0), 9) FROM " BOOKS "payment AS p JOIN " BOOKS
		"payment_order AS o ON o.account_id = p.account_id AND o.order_id = p.order_id " ORDER_SUMS
		"WHERE p.account_id = $1 AND p.state = 'credited' ORDER BY o.order_id",
		INT8OID);

	sql_put_rows(&lines, (Datum[]){Int64GetDatum(account_id)}, NULL, result);
}

/* The columns of type billing.invoice, of an invoice n and its document d. */
#define INVOICE_REPORT_COLUMNS                                                                   \
	"n.invoice_id, n.state, n.kind, n.buyer ->> 'name', n.buyer ->> 'tax_number', (SELECT "      \
	"sum(l.amount) FROM " BOOKS                                                                  \
	"invoice_line AS l WHERE l.account_id = n.account_id AND l.invoice_id = n.invoice_id), "     \
	"(SELECT array_agg(l.order_id ORDER BY l.order_id) FROM " BOOKS                              \
	"invoice_line AS l WHERE l.account_id = n.account_id AND l.invoice_id = n.invoice_id), "     \
	"n.email, n.mobile, n.created_at, n.due_at, n.number, n.issued_at, n.red_number, n.reason, " \
	"n.document IS NOT NULL OR d.state IS NOT DISTINCT FROM 'ready', n.corrects, d.state"

void
invoice_report(int64 account_id, ReturnSetInfo *result)
{
	static Sql invoices = SQL(
		"SELECT " INVOICE_REPORT_COLUMNS " FROM " BOOKS "invoice AS n LEFT JOIN " BOOKS
		"document AS d ON d.account_id = n.account_id AND d.kind = 'invoice' "
		"AND d.id = n.invoice_id WHERE n.account_id = $1 ORDER BY n.invoice_id DESC",
		INT8OID);

	sql_put_rows(&invoices, (Datum[]){Int64GetDatum(account_id)}, NULL, result);
}

void
invoice_report_queue(TimestampTz now, ReturnSetInfo *result)
{
	static Sql invoices = SQL(
		"SELECT n.account_id, n.invoice_id, n.state, n.kind, n.buyer ->> 'name', n.buyer ->> "
		"'tax_number', (SELECT sum(l.amount) FROM " BOOKS
		"invoice_line AS l WHERE l.account_id = n.account_id AND l.invoice_id = n.invoice_id), "
		"coalesce(n.email, n.mobile), n.created_at, n.due_at, coalesce(n.due_at < $1, false), "
		"n.buyer FROM " BOOKS
		"invoice AS n WHERE n.state IN ('requested', 'sending', 'blocked', 'sealing', 'reversing') "
		"ORDER BY n.due_at, n.account_id, n.invoice_id",
		TIMESTAMPTZOID);

	sql_put_rows(&invoices, (Datum[]){TimestampTzGetDatum(now)}, NULL, result);
}
