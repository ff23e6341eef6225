/*-------------------------------------------------------------------------
 *
 * csv.h
 *	  Reading comma-separated values (RFC 4180), one record at a time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_CSV_H
#define CORE_CSV_H

#include "core/outcome.h"

#include <stddef.h>

#define CSV_FIELDS_MAX 32

typedef struct CsvReader
{
	char *next; /* rest of the text; NULL at its end */
	int record_no;
} CsvReader;

typedef struct CsvRecord
{
	size_t count;
	char *fields[CSV_FIELDS_MAX];
} CsvRecord;

/*
 * Reads the next record that is not an empty line. The text is changed in
 * place and the fields point into it. *found is false at the end of the text;
 * OUTCOME_MALFORMED for a stray or open quote, OUTCOME_TOO_MANY for too many
 * fields.
 */
extern Outcome csv_read(CsvReader *reader, CsvRecord *record, int *found);

#endif
