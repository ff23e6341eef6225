/*-------------------------------------------------------------------------
 *
 * price_file_store.h
 *	  Records of a price file, and reading them from JSON by the server's own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_PRICE_FILE_STORE_H
#define STORE_PRICE_FILE_STORE_H

#include "postgres.h"

typedef enum PriceField
{
	PRICE_FIELD_PROVIDER,
	PRICE_FIELD_MODEL,
	PRICE_FIELD_INPUT,
	PRICE_FIELD_OUTPUT, /* up to here none may be missing */
	PRICE_FIELD_PROMPT_TOKENS_OVER,
	PRICE_FIELD_CACHE_READ,
	PRICE_FIELD_CACHE_WRITE,
	PRICE_FIELDS
} PriceField;

typedef struct PriceRecord
{
	char *fields[PRICE_FIELDS]; /* NULL where absent */
	const char *problem;		/* why it cannot be read; NULL: it can */
} PriceRecord;

typedef struct PriceRecords
{
	int count;
	PriceRecord *records;
} PriceRecords;

/*
 * Reads an array of objects with fields of those names, or an object with one such array; refuses
 * text that is neither.
 */
extern PriceRecords price_file_read_json(const char *data, const char *const names[PRICE_FIELDS]);

#endif
