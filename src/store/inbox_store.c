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
#include "utils/builtins.h"
#include "utils/rel.h"

#include "rows/row_delete.h"
#include "rows/row_range.h"
#include "spi/bind.h"
#include "spi/catalog.h"
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

static RowShape inbox_shape = {
	.name = "usage_inbox", .columns = INBOX_COLUMN_LIST, .types = {INBOX_TYPES}};

InboxRef *
inbox_list(const ItemPointerData *after, int64 rows_max, size_t *count)
{
	InboxRef *refs = MemoryContextAllocHuge(CurrentMemoryContext, rows_max * sizeof(InboxRef));
	RowRange range;

	*count = 0;
	row_range_begin(&range, &inbox_shape, *after);
	while (*count < (size_t) rows_max && row_range_next(&range))
		refs[(*count)++] = (InboxRef){.account_id = row_int64(&range.row, INBOX_ACCOUNT_ID),
									  .place = range.row.slot->tts_tid};
	row_range_end(&range);
	return refs;
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

static int
compare_places(const void *left, const void *right)
{
	return ItemPointerCompare((ItemPointer) left, (ItemPointer) right);
}

/* Places of rows that are to be taken, in the order in which they stand. */
static ItemPointerData *
list_places(const InboxRef *refs, size_t refs_count, size_t *count)
{
	ItemPointerData *places = palloc((refs_count + 1) * sizeof(ItemPointerData));

	*count = 0;
	for (size_t i = 0; i < refs_count; i++)
		if (refs[i].taken)
			places[(*count)++] = refs[i].place;
	qsort(places, *count, sizeof(ItemPointerData), compare_places);
	return places;
}

/* Whoever filled the inbox does not decide how much is read of it: texts as far as they can
 * matter. */
#define CUT 1000
#define CUT_JSON 4001

static InboxRow
read_row(const Row *stored)
{
	InboxRow row = {
		.account_id = row_int64(stored, INBOX_ACCOUNT_ID),
		.key_id = row_int64(stored, INBOX_KEY_ID),
		.request_id = row_text_cut(stored, INBOX_REQUEST_ID, CUT),
		.model = row_text_cut(stored, INBOX_MODEL, CUT),
		.occurred_at = row_instant(stored, INBOX_OCCURRED_AT, 0),
		.variant = row_text_cut(stored, INBOX_VARIANT, CUT),
		.meters = row_text_cut(stored, INBOX_METERS, CUT_JSON),
		.tags = row_text_cut(stored, INBOX_TAGS, CUT_JSON),
	};

	for (int column = 0; column < INBOX_COLUMNS; column++)
		row.nulls[column] = row_is_null(stored, column);
	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		row.tokens[token_class] = row_int64(stored, (int) inbox_tokens[token_class].column);
	return row;
}

InboxRow *
inbox_take(const InboxRef *refs, size_t refs_count, size_t *count)
{
	size_t places_count;
	ItemPointerData *places = list_places(refs, refs_count, &places_count);
	InboxRow *rows = palloc((places_count + 1) * sizeof(InboxRow));
	RowDelete delete;

	*count = 0;
	row_delete_begin(&delete, &inbox_shape);
	for (size_t i = 0; i < places_count; i++)
		if (row_delete_take(&delete, places[i]))
			rows[(*count)++] = read_row(&delete.row);
	row_delete_end(&delete);
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
