/*-------------------------------------------------------------------------
 *
 * inbox_store.c
 *	  Appending to the inbox, and taking rows out of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "storage/bufmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "spi/bind.h"
#include "spi/catalog.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/inbox_store.h"

const InboxTokens inbox_tokens[TOKEN_CLASSES] = {
	[TOKENS_INPUT] = {INBOX_INPUT_TOKENS, "input_tokens"},
	[TOKENS_CACHE_READ] = {INBOX_CACHE_READ_TOKENS, "cache_read_tokens"},
	[TOKENS_CACHE_WRITE] = {INBOX_CACHE_WRITE_TOKENS, "cache_write_tokens"},
	[TOKENS_OUTPUT] = {INBOX_OUTPUT_TOKENS, "output_tokens"},
};

void
inbox_bind_row(Datum *values, char *nulls, const InboxRow *row)
{
	for (int column = 0; column < INBOX_COLUMNS; column++)
		nulls[column] = row->nulls[column] ? 'n' : ' ';
	values[INBOX_ACCOUNT_ID] = Int64GetDatum(row->account_id);
	values[INBOX_KEY_ID] = Int64GetDatum(row->key_id);
	bind_text(values, nulls, INBOX_REQUEST_ID, row->request_id);
	bind_text(values, nulls, INBOX_MODEL, row->model);
	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		values[inbox_tokens[token_class].column] = Int64GetDatum(row->tokens[token_class]);
	values[INBOX_OCCURRED_AT] = TimestampTzGetDatum(row->occurred_at);
	bind_text(values, nulls, INBOX_VARIANT, row->variant);
	bind_text(values, nulls, INBOX_METERS, row->meters);
	bind_text(values, nulls, INBOX_TAGS, row->tags);
}

void
inbox_append(const InboxRow *row)
{
	static Sql insert = SQL("INSERT INTO " BOOKS "usage_inbox (" INBOX_COLUMN_LIST
							") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
							INBOX_TYPES);
	char nulls[INBOX_COLUMNS];
	Datum values[INBOX_COLUMNS];

	inbox_bind_row(values, nulls, row);
	sql_write(&insert, values, nulls);
}

BlockNumber
inbox_last_block(void)
{
	Relation inbox = table_open(catalog_table("usage_inbox"), AccessShareLock);
	BlockNumber blocks = RelationGetNumberOfBlocks(inbox);

	table_close(inbox, AccessShareLock);
	return blocks > 0 ? blocks - 1 : 0;
}

InboxRef *
inbox_list(const ItemPointerData *after, int64 rows_max, size_t *count)
{
	static Sql list = SQL("SELECT account_id, ctid FROM " BOOKS
						  "usage_inbox WHERE ctid > $1 LIMIT $2",
						  TIDOID, INT8OID);
	InboxRef *refs;

	*count = sql_run(&list, (Datum[]){PointerGetDatum(after), Int64GetDatum(rows_max)}, NULL);
	refs = MemoryContextAllocHuge(CurrentMemoryContext, (*count + 1) * sizeof(InboxRef));
	for (uint64 row = 0; row < *count; row++)
	{
		refs[row].account_id = column_int64(row, 1);
		refs[row].place = *(ItemPointer) DatumGetPointer(column_datum(row, 2, TIDOID));
		refs[row].taken = refs[row].failed = false;
	}
	return refs;
}

/* The places of the rows that are to be taken. */
static Datum
places_datum(const InboxRef *refs, size_t count)
{
	Datum *places = palloc((count + 1) * sizeof(Datum));
	int places_count = 0;

	for (size_t i = 0; i < count; i++)
		if (refs[i].taken)
			places[places_count++] = PointerGetDatum(&refs[i].place);
	return PointerGetDatum(construct_array(places, places_count, TIDOID, sizeof(ItemPointerData),
										   false, TYPALIGN_SHORT));
}

static char *
text_or_null(const Datum *values, const bool *nulls, InboxColumn column)
{
	return nulls[column] ? NULL : TextDatumGetCString(values[column]);
}

InboxRow
inbox_make_row(const Datum *values, const bool *nulls)
{
	InboxRow row = {0};

	memcpy(row.nulls, nulls, sizeof(row.nulls));
	row.account_id = nulls[INBOX_ACCOUNT_ID] ? NO_ACCOUNT : DatumGetInt64(values[INBOX_ACCOUNT_ID]);
	row.key_id = DatumGetInt64(values[INBOX_KEY_ID]);
	row.request_id = text_or_null(values, nulls, INBOX_REQUEST_ID);
	row.model = text_or_null(values, nulls, INBOX_MODEL);
	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		row.tokens[token_class] = DatumGetInt64(values[inbox_tokens[token_class].column]);
	row.occurred_at = DatumGetTimestampTz(values[INBOX_OCCURRED_AT]);
	row.variant = text_or_null(values, nulls, INBOX_VARIANT);
	row.meters = text_or_null(values, nulls, INBOX_METERS);
	row.tags = text_or_null(values, nulls, INBOX_TAGS);
	return row;
}

static InboxRow
read_row(uint64 number)
{
	static const Oid types[INBOX_COLUMNS] = {INBOX_TYPES};
	Datum values[INBOX_COLUMNS];
	bool nulls[INBOX_COLUMNS];

	column_values(number, types, INBOX_COLUMNS, values, nulls);
	return inbox_make_row(values, nulls);
}

bool
inbox_hold_if_free(const InboxRef *ref)
{
	static Sql hold = SQL("SELECT FROM " BOOKS "usage_inbox WHERE ctid = $1 FOR UPDATE SKIP LOCKED",
						  TIDOID);

	return sql_run(&hold, (Datum[]){PointerGetDatum(&ref->place)}, NULL) > 0;
}

bool
inbox_has_older(TimestampTz than)
{
	static Sql find = SQL("SELECT FROM " BOOKS "usage_inbox WHERE occurred_at < $1 LIMIT 1",
						  TIMESTAMPTZOID);

	return sql_run(&find, (Datum[]){TimestampTzGetDatum(than)}, NULL) > 0;
}

/* A text, as far as it can matter: whoever filled the inbox does not decide what is read of it. */
#define CUT_TO(length, column)                                                      \
	"CASE WHEN octet_length(" column ") > " length " THEN left(" column ", " length \
	") ELSE " column " END"
#define CUT(column) CUT_TO("1000", column)
#define CUT_JSON(column) CUT_TO("4001", column)

InboxRow *
inbox_take(const InboxRef *refs, size_t refs_count, size_t *count)
{
	static Sql take = SQL(
		"DELETE FROM " BOOKS
		"usage_inbox WHERE ctid = ANY ($1) RETURNING account_id, key_id, " CUT("request_id") ", " CUT(
			"model") ", input_tokens, output_tokens, cache_read_tokens, "
					 "cache_write_tokens, occurred_at, " CUT("variant") ", " CUT_JSON(
						 "meters") ", " CUT_JSON("tags"),
		TIDARRAYOID);
	InboxRow *rows;

	*count = sql_run(&take, (Datum[]){places_datum(refs, refs_count)}, NULL);
	rows = palloc((*count + 1) * sizeof(InboxRow));
	for (uint64 row = 0; row < *count; row++)
		rows[row] = read_row(row);
	return rows;
}

bool
inbox_is_empty(void)
{
	static Sql find = SQL("SELECT FROM " BOOKS "usage_inbox LIMIT 1");

	return sql_run(&find, NULL, NULL) == 0;
}

bool
inbox_has_rows(int64 account_id)
{
	static Sql find = SQL("SELECT FROM " BOOKS "usage_inbox WHERE account_id = $1 LIMIT 1",
						  INT8OID);

	return sql_run(&find, (Datum[]){Int64GetDatum(account_id)}, NULL) > 0;
}
