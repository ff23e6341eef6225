/*-------------------------------------------------------------------------
 *
 * csv.c
 *	  A reader of RFC 4180 text that unquotes in place.
 *
 *-------------------------------------------------------------------------
 */
#include "core/csv.h"

/*
 * Ends a field at its comma or line end. Returns what follows the separator,
 * NULL at the end of the text; *last tells whether the record ends here.
 */
static char *
end_field(char *at, char *field_end, int *last)
{
	char separator = *at;

	if (separator == '\r' && at[1] == '\n')
		at++;
	*last = separator != ',';
	*field_end = '\0';
	return separator == '\0' ? NULL : at + 1;
}

static int
is_separator(char character)
{
	return character == ',' || character == '\n' || character == '\r' || character == '\0';
}

/* Reads one field; returns where it begins, NULL when it is malformed. */
static char *
read_field(CsvReader *reader, int *last)
{
	char *at = reader->next;
	char *field = at;
	char *to = at;

	if (*at != '"')
	{
		while (!is_separator(*at) && *at != '"')
			at++;
		if (*at == '"')
			return NULL;
		reader->next = end_field(at, at, last);
		return field;
	}
	for (at++; *at != '"' || at[1] == '"'; at++)
	{
		if (*at == '\0')
			return NULL;
		if (*at == '"')
			at++;
		*to++ = *at;
	}
	if (!is_separator(*++at))
		return NULL;
	reader->next = end_field(at, to, last);
	return field;
}

Outcome
csv_read(CsvReader *reader, CsvRecord *record, int *found)
{
	int last = 0;

	while (reader->next && (*reader->next == '\n' || *reader->next == '\r'))
		reader->next++;
	record->count = 0;
	*found = reader->next != NULL && *reader->next != '\0';
	if (!*found)
		return OUTCOME_OK;

	reader->record_no++;
	while (!last)
	{
		char *field;

		if (record->count == CSV_FIELDS_MAX)
			return OUTCOME_TOO_MANY;
		if (reader->next == NULL)
			return OUTCOME_MALFORMED;
		field = read_field(reader, &last);
		if (field == NULL)
			return OUTCOME_MALFORMED;
		record->fields[record->count++] = field;
	}
	return OUTCOME_OK;
}
