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
#include "subtransaction.h"

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

bool
altered_by_rows(int sqlstate)
{
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_CARDINALITY_VIOLATION:
		case ERRCODE_DATA_EXCEPTION:
		case ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION:
		case ERRCODE_PROGRAM_LIMIT_EXCEEDED:
			return true;
		default:
			/* What is too large to be copied is no more than that to the server. */
			return sqlstate == ERRCODE_INTERNAL_ERROR;
	}
}

void
altered_run(void (*function)(void *argument), void *argument, const char *what)
{
	ErrorData *error = subtransaction_run(function, argument, altered_by_rows);

	if (error)
		altered_refuse(psprintf("%s (%s)", what, error->message));
}

void
altered_check_rows(uint64 count, uint64 expected)
{
	if (count != expected)
		altered_refuse(psprintf(UINT64_FORMAT " rows instead of " UINT64_FORMAT, count, expected));
}
