/*-------------------------------------------------------------------------
 *
 * altered.c
 *	  The error for altered tables, which names the statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "errors.h"
#include "spi/altered.h"

/* So much of it names the table. */
static char last_text[100];

void
altered_note_statement(const char *text)
{
	strlcpy(last_text, text, sizeof(last_text));
}

void
altered_refuse(const char *what)
{
	/* The cut may have gone through a character. */
	int length = pg_mbcliplen(last_text, (int) strlen(last_text), sizeof(last_text) - 1);

	refuse(ERROR_TABLES_ALTERED, what, length, last_text);
}

void
altered_check_rows(uint64 count, uint64 expected)
{
	if (count != expected)
		altered_refuse(psprintf(UINT64_FORMAT " rows instead of " UINT64_FORMAT, count, expected));
}
