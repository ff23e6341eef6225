/*-------------------------------------------------------------------------
 *
 * document_store.c
 *	  Documents, and what they say.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "store/document_store.h"

static const char invoice_text_sql[] =
#include "query/invoice_text.inc"
	;

static const char *const kind_names[] = {
	[DOCUMENT_OF_INVOICE] = "invoice",
	[DOCUMENT_OF_STATEMENT] = "statement",
};

const char *
document_kind_name(DocumentKind kind)
{
	return kind_names[kind];
}

static DocumentKind
kind_from_name(const char *name)
{
	for (size_t i = 0; i < lengthof(kind_names); i++)
		if (strcmp(kind_names[i], name) == 0)
			return (DocumentKind) i;
	altered_refuse("a document's kind");
}

/* What read_document() reads. */
#define DOCUMENT_COLUMNS "account_id, kind, id, state, attempts, due_at, fault, changed_at"

static Document
read_document(void)
{
	int state = lifecycle_state_from_name(&lifecycle_document, column_text(0, 4));

	if (state < 0)
		altered_refuse("a document's state");
	return (Document){
		.account_id = column_int64(0, 1),
		.kind = kind_from_name(column_text(0, 2)),
		.id = column_int64(0, 3),
		.state = (DocumentState) state,
		.attempts = column_int32(0, 5),
		.due_at = column_instant(0, 6, DT_NOEND),
		.fault = column_text_or_null(0, 7),
		.changed_at = column_instant(0, 8, DT_NOBEGIN),
	};
}

/* Binds the key of a document as the first three arguments. */
static void
bind_key(Datum *values, char *nulls, int64 account_id, DocumentKind kind, int64 id)
{
	values[0] = Int64GetDatum(account_id);
	bind_text(values, nulls, 1, kind_names[kind]);
	values[2] = Int64GetDatum(id);
}

void
document_insert(int64 account_id, DocumentKind kind, int64 id, TimestampTz now)
{
	static Sql insert = SQL("INSERT INTO " BOOKS
							"document (account_id, kind, id, state, attempts, due_at, created_at, "
							"changed_at) VALUES ($1, $2, $3, 'rendering', 0, $4, $4, $4)",
							INT8OID, TEXTOID, INT8OID, TIMESTAMPTZOID);
	char nulls[] = "    ";
	Datum values[4];

	bind_key(values, nulls, account_id, kind, id);
	values[3] = TimestampTzGetDatum(now);
	sql_write(&insert, values, nulls);
}

/* The document of a key. */
#define DOCUMENT_OF_KEY                       \
	"SELECT " DOCUMENT_COLUMNS " FROM " BOOKS \
	"document WHERE account_id = $1 AND kind = $2 AND id = $3"

static bool
find(Sql *statement, SqlRunner run, int64 account_id, DocumentKind kind, int64 id,
	 Document *document)
{
	char nulls[] = "   ";
	Datum values[3];

	bind_key(values, nulls, account_id, kind, id);
	if (run(statement, values, nulls) == 0)
		return false;
	*document = read_document();
	return true;
}

bool
document_find(int64 account_id, DocumentKind kind, int64 id, Document *document)
{
	static Sql hold = SQL(DOCUMENT_OF_KEY " FOR UPDATE", INT8OID, TEXTOID, INT8OID);

	return find(&hold, sql_run, account_id, kind, id, document);
}

bool
document_look(int64 account_id, DocumentKind kind, int64 id, Document *document)
{
	static Sql look = SQL(DOCUMENT_OF_KEY, INT8OID, TEXTOID, INT8OID);

	return find(&look, sql_read, account_id, kind, id, document);
}

bool
document_hold_due(TimestampTz now, const int64 *passed, size_t passed_count, Document *document)
{
	static Sql find = SQL("SELECT " DOCUMENT_COLUMNS " FROM " BOOKS
						  "document WHERE state = 'rendering' AND due_at <= $1 AND account_id <> "
						  "ALL ($2) ORDER BY due_at, account_id, kind, id LIMIT 1 FOR UPDATE SKIP "
						  "LOCKED",
						  TIMESTAMPTZOID, INT8ARRAYOID);

	if (sql_run(&find, (Datum[]){TimestampTzGetDatum(now), bind_int64_array(passed, passed_count)},
				NULL) == 0)
		return false;
	*document = read_document();
	return true;
}

TimestampTz
document_next_due(const int64 *passed, size_t passed_count)
{
	static Sql find = SQL("SELECT min(due_at) FROM " BOOKS
						  "document WHERE state = 'rendering' AND account_id <> ALL ($1)",
						  INT8ARRAYOID);

	sql_run(&find, (Datum[]){bind_int64_array(passed, passed_count)}, NULL);
	return column_instant(0, 1, DT_NOEND);
}

void
document_update(const Document *document, Datum pdf)
{
	static Sql update = SQL("UPDATE " BOOKS
							"document SET state = $4, attempts = $5, due_at = $6, fault = $7, "
							"changed_at = $8, pdf = $9 WHERE account_id = $1 AND kind = $2 AND id "
							"= $3",
							INT8OID, TEXTOID, INT8OID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID,
							TIMESTAMPTZOID, BYTEAOID);
	char nulls[] = "         ";
	Datum values[9];

	bind_key(values, nulls, document->account_id, document->kind, document->id);
	bind_text(values, nulls, 3, lifecycle_state_name(&lifecycle_document, document->state));
	values[4] = Int32GetDatum(document->attempts);
	values[5] = TimestampTzGetDatum(document->due_at);
	bind_text(values, nulls, 6, document->fault);
	values[7] = TimestampTzGetDatum(document->changed_at);
	values[8] = pdf;
	nulls[8] = pdf ? ' ' : 'n';
	sql_write(&update, values, nulls);
}

char *
document_says(const Document *document)
{
	static Sql texts[] = {
		[DOCUMENT_OF_INVOICE] = SQL(invoice_text_sql, INT8OID, INT8OID),
		[DOCUMENT_OF_STATEMENT] = SQL("SELECT says::text FROM " BOOKS
									  "account_statement WHERE account_id = $1 AND statement_no = "
									  "$2",
									  INT8OID, INT8OID),
	};

	if (sql_run(&texts[document->kind],
				(Datum[]){Int64GetDatum(document->account_id), Int64GetDatum(document->id)},
				NULL) == 0)
		return NULL;
	return column_text(0, 1);
}

bool
document_find_untold(const int64 *passed, size_t passed_count, int64 *account_id, int64 *invoice_id)
{
	static Sql find = SQL("SELECT account_id, id FROM " BOOKS
						  "document WHERE kind = 'invoice' AND state = 'ready' AND NOT is_told AND "
						  "account_id <> ALL ($1) ORDER BY changed_at LIMIT 1",
						  INT8ARRAYOID);

	if (sql_run(&find, (Datum[]){bind_int64_array(passed, passed_count)}, NULL) == 0)
		return false;
	*account_id = column_int64(0, 1);
	*invoice_id = column_int64(0, 2);
	return true;
}

void
document_set_told(int64 account_id, int64 invoice_id)
{
	static Sql update = SQL("UPDATE " BOOKS "document SET is_told = true WHERE account_id = $1 AND "
							"kind = 'invoice' AND id = $2",
							INT8OID, INT8OID);

	sql_write(&update, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(invoice_id)}, NULL);
}

bool
document_pdf(int64 account_id, DocumentKind kind, int64 id, SqlRunner run, Datum *pdf)
{
	static Sql read = SQL("SELECT pdf FROM " BOOKS
						  "document WHERE account_id = $1 AND kind = $2 AND id = $3",
						  INT8OID, TEXTOID, INT8OID);
	char nulls[] = "   ";
	Datum values[3];

	bind_key(values, nulls, account_id, kind, id);
	if (run(&read, values, nulls) == 0 || column_is_null(0, 1))
		return false;
	*pdf = PointerGetDatum(PG_DETOAST_DATUM_COPY(column_datum(0, 1, BYTEAOID)));
	return true;
}
