/*-------------------------------------------------------------------------
 *
 * overseas_store.c
 *	  Invoices and credit notes overseas.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "core/books.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "store/invoice_store.h"
#include "store/overseas_store.h"
#include "store/title_buyer.h"

static void
insert_row(const OverseasPaper *paper)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS
		"invoice (account_id, invoice_id, kind, state, buyer, email, created_at, changed_at, "
		"actor, payment_id, corrects, item_id, take_back_id) SELECT $1, $2, CASE WHEN $6 IS NULL "
		"THEN 'overseas' ELSE 'credit_note' END, 'numbering', coalesce(c.buyer, " TITLE_BUYER
		"), p.email, $3, $3, $4, $5, $6, $7, $8 FROM " TITLE_BUYER_FROM " LEFT JOIN " BOOKS
		"invoice AS c ON c.account_id = p.account_id AND c.invoice_id = $6 WHERE p.account_id = $1",
		INT8OID, INT8OID, TIMESTAMPTZOID, TEXTOID, INT8OID, INT8OID, INT8OID, INT8OID);
	char nulls[] = "        ";
	Datum values[8] = {Int64GetDatum(paper->account_id), Int64GetDatum(paper->invoice_id),
					   TimestampTzGetDatum(paper->created_at)};

	bind_text(values, nulls, 3, paper->actor);
	values[4] = Int64GetDatum(paper->payment_id);
	bind_number(values, nulls, 5, paper->corrects);
	bind_number(values, nulls, 6, paper->item_id);
	bind_number(values, nulls, 7, paper->take_back_id);
	sql_write(&insert, values, nulls);
}

void
overseas_insert(OverseasPaper *paper)
{
	Invoice invoice = {.account_id = paper->account_id};

	invoice.invoice_id = paper->invoice_id = invoice_next_id(paper->account_id);
	insert_row(paper);
	invoice_line_insert(&invoice, paper->order_id, paper->amount_nano);
}

OverseasInvoice *
overseas_list(const Payment *payment, size_t *count)
{
	static Sql list = SQL(
		"SELECT n.invoice_id, l.amount - coalesce((SELECT sum(m.amount) FROM " BOOKS
		"invoice AS c JOIN " BOOKS
		"invoice_line AS m ON m.account_id = c.account_id AND m.invoice_id = c.invoice_id WHERE "
		"c.account_id = n.account_id AND c.corrects = n.invoice_id), 0) FROM " BOOKS
		"invoice AS n JOIN " BOOKS
		"invoice_line AS l ON l.account_id = n.account_id AND l.invoice_id = n.invoice_id WHERE "
		"n.account_id = $1 AND n.payment_id = $2 AND n.corrects IS NULL ORDER BY n.invoice_id DESC",
		INT8OID, INT8OID);
	OverseasInvoice *invoices;

	*count = sql_run(
		&list, (Datum[]){Int64GetDatum(payment->account_id), Int64GetDatum(payment->payment_id)},
		NULL);
	invoices = palloc((*count + 1) * sizeof(OverseasInvoice));
	for (size_t i = 0; i < *count; i++)
		invoices[i] = (OverseasInvoice){column_int64(i, 1), column_nano(i, 2)};
	return invoices;
}

int64
overseas_returned_nano(const Payment *payment)
{
	static Sql sum = SQL(
		"SELECT coalesce((SELECT sum(i.amount) FROM " BOOKS
		"refund_item AS i WHERE i.account_id = $1 AND i.payment_id = $2 AND i.state IN ('paid', "
		"'paid_offline')), 0) + coalesce((SELECT sum(CASE t.kind WHEN 'undone' THEN -t.amount ELSE "
		"t.amount END) FROM " BOOKS
		"take_back AS t WHERE t.account_id = $1 AND t.payment_id = $2 AND NOT t.from_suspense), 0)",
		INT8OID, INT8OID);

	sql_run(&sum, (Datum[]){Int64GetDatum(payment->account_id), Int64GetDatum(payment->payment_id)},
			NULL);
	return column_nano(0, 1);
}

int64
overseas_invoice_of_order(int64 account_id, int64 order_id)
{
	static Sql find = SQL("SELECT min(n.invoice_id) FROM " BOOKS "invoice_line AS l JOIN " BOOKS
						  "invoice AS n ON n.account_id = l.account_id AND n.invoice_id = "
						  "l.invoice_id WHERE l.account_id = $1 AND l.order_id = $2 AND n.kind = "
						  "'overseas'",
						  INT8OID, INT8OID);

	sql_read(&find, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(order_id)}, NULL);
	return column_int64(0, 1);
}
