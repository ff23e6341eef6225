/*-------------------------------------------------------------------------
 *
 * inbox_store.h
 *	  Rows of usage_inbox.
 *
 * Rows leave the inbox in two steps: inbox_list() tells of whom there are
 * rows and where they stand; then, under the accounts' locks, inbox_take()
 * deletes and returns what stands there by then: places are hints, never facts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_INBOX_STORE_H
#define STORE_INBOX_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "storage/block.h"
#include "storage/itemptr.h"

#include "core/rating.h"
#include "errors.h"

/* A place in front of all rows of a block. */
static inline ItemPointerData
inbox_before_block(BlockNumber block)
{
	ItemPointerData place;

	ItemPointerSet(&place, block, 0);
	return place;
}

/* account_id in an InboxRef of a row that names none. */
#define NO_ACCOUNT 0

/* Where a row stands, and whose it is. */
typedef struct InboxRef
{
	int64 account_id;
	ItemPointerData place;
	bool taken;	 /* set by who has taken the row out */
	bool failed; /* it stays, because its booking failed */
} InboxRef;

/* The columns of usage_inbox, in their order; the arguments of charge() and meter() are the same.
 */
typedef enum InboxColumn
{
	INBOX_ACCOUNT_ID,
	INBOX_KEY_ID,
	INBOX_REQUEST_ID,
	INBOX_MODEL,
	INBOX_INPUT_TOKENS,
	INBOX_OUTPUT_TOKENS,
	INBOX_CACHE_READ_TOKENS,
	INBOX_CACHE_WRITE_TOKENS,
	INBOX_OCCURRED_AT,
	INBOX_VARIANT,
	INBOX_METERS,
	INBOX_TAGS,
	INBOX_COLUMNS
} InboxColumn;

/* The columns of the classes of tokens. */
typedef struct InboxTokens
{
	InboxColumn column;
	const char *name;
} InboxTokens;
extern const InboxTokens inbox_tokens[TOKEN_CLASSES];

/* The same, for statements of the tables that have these columns first: names, types. */
#define INBOX_COLUMN_LIST                                                  \
	"account_id, key_id, request_id, model, input_tokens, output_tokens, " \
	"cache_read_tokens, cache_write_tokens, occurred_at, variant, meters, tags"
#define INBOX_TYPES                                                                         \
	INT8OID, INT8OID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, \
		TEXTOID, TEXTOID, TEXTOID

/* Usage that waits for somebody is counted up to so many. */
#define WAITING_COUNT_MAX 1000

/* A row as it came: nothing of it is known to be right. */
typedef struct InboxRow
{
	bool nulls[INBOX_COLUMNS];
	int64 account_id;
	int64 key_id;
	char *request_id;
	char *model;
	int64 tokens[TOKEN_CLASSES];
	TimestampTz occurred_at;
	char *variant;
	char *meters; /* JSON, as it came; so are the next */
	char *tags;
} InboxRow;

/* The row of what stands in its columns: values and nulls of INBOX_COLUMNS, unjudged. */
extern InboxRow inbox_make_row(const Datum *values, const bool *nulls);

/* The values of INBOX_COLUMN_LIST. */
extern void inbox_bind_row(Datum *values, char *nulls, const InboxRow *row);

extern void inbox_append(const InboxRow *row);

/* The last block of the table by now; 0 where it is empty. */
extern BlockNumber inbox_last_block(void);

/* The rows behind a place, rows_max of them, in the order in which they stand. */
extern InboxRef *inbox_list(const ItemPointerData *after, int64 rows_max, size_t *count);

/*
 * Takes the rows that are marked as taken. Whose they are must be looked at
 * again. Texts are cut to 1,000 characters, meters and tags to 4,001, which is more than any may
 * have.
 */
extern InboxRow *inbox_take(const InboxRef *refs, size_t refs_count, size_t *count);

extern bool inbox_is_empty(void);

/* True where a row is stamped before an instant. */
extern bool inbox_has_older(TimestampTz than);

/* Locks one row; false where somebody holds it or it is gone. */
extern bool inbox_hold_if_free(const InboxRef *ref);

/* True where the inbox has rows of the account. */
extern bool inbox_has_rows(int64 account_id);

#endif
