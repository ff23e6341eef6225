/*-------------------------------------------------------------------------
 *
 * cursor.c
 *	  Portals over saved plans.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "spi/column.h"
#include "spi/cursor.h"
#include "spi/nano.h"
#include "spi/portal.h"

/* Rows that are fetched at once. */
#define PAGE_SIZE 1000

/*
 * It is shut between two pages: what the owner's code moved would be left out, and what it closed
 * would be gone. One that failed stays so: that has been cleaned up.
 */
static void
unshut(Portal portal)
{
	if (portal->cleanup)
		portal->status = PORTAL_READY;
}

void
cursor_open(Cursor *cursor, Sql *statement, Datum *values, const Oid *types, int columns)
{
	Assert(columns <= CURSOR_COLUMNS_MAX);
	*cursor = (Cursor){.types = types, .columns = columns};
	cursor->portal = sql_open(statement, values);
	portal_shut(cursor->portal);
}

static void
forget_page(Cursor *cursor)
{
	SPI_freetuptable(cursor->table);
	cursor->table = NULL;
	cursor->count = cursor->row = 0;
}

/*
 * The rows are the cursor's from here on: no other statement forgets them. What is made of one is
 * the caller's, in the caller's memory, and not SPI's, which is kept until the call ends.
 */
static void
fetch_page(Cursor *cursor)
{
	MemoryContext caller_context = CurrentMemoryContext;

	CHECK_FOR_INTERRUPTS();
	forget_page(cursor);
	unshut(cursor->portal);
	SPI_cursor_fetch(cursor->portal, true, PAGE_SIZE);
	MemoryContextSwitchTo(caller_context);
	portal_shut(cursor->portal);
	cursor->table = SPI_tuptable;
	cursor->count = SPI_processed;
	if (cursor->count > 0)
		column_values(0, cursor->types, cursor->columns, cursor->values, cursor->nulls);
	SPI_tuptable = NULL;
}

bool
cursor_next(Cursor *cursor)
{
	if (cursor->row == cursor->count)
		fetch_page(cursor);
	if (cursor->row == cursor->count)
		return false;
	heap_deform_tuple(cursor->table->vals[cursor->row++], cursor->table->tupdesc, cursor->values,
					  cursor->nulls);
	return true;
}

void
cursor_close(Cursor *cursor)
{
	forget_page(cursor);
	unshut(cursor->portal);
	UnpinPortal(cursor->portal);
	SPI_cursor_close(cursor->portal);
}

int64
cursor_int64(const Cursor *cursor, int column)
{
	return cursor->nulls[column] ? 0 : DatumGetInt64(cursor->values[column]);
}

bool
cursor_nano(const Cursor *cursor, int column, int64 *amount_nano)
{
	*amount_nano = 0;
	return !cursor->nulls[column] &&
		   nano_from_numeric(DatumGetNumeric(cursor->values[column]), amount_nano);
}

StoredAmount
cursor_amount(const Cursor *cursor, int column)
{
	StoredAmount amount;

	amount.is_number = cursor_nano(cursor, column, &amount.nano);
	return amount;
}

bool
cursor_digest(const Cursor *cursor, int column, Digest *digest)
{
	bytea *bytes;

	if (cursor->nulls[column])
		return false;
	bytes = DatumGetByteaPP(cursor->values[column]);
	if (VARSIZE_ANY_EXHDR(bytes) != DIGEST_BYTES)
		return false;
	memcpy(digest->bytes, VARDATA_ANY(bytes), DIGEST_BYTES);
	return true;
}

const char *
cursor_text(const Cursor *cursor, int column)
{
	return cursor->nulls[column] ? "" : TextDatumGetCString(cursor->values[column]);
}
