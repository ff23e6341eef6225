/*-------------------------------------------------------------------------
 *
 * price_list.h
 *	  Reading a published price list, as CSV or as JSON.
 *
 *-------------------------------------------------------------------------
 */
#ifndef API_PRICE_LIST_H
#define API_PRICE_LIST_H

#include "postgres.h"

#include "core/rating.h"

#define PRICE_LIST_BYTES_MAX (4 * 1024 * 1024)
#define PRICE_LIST_ROWS_MAX 20000

/* Highest tier: no prompt is larger than all three of its token classes. */
#define PROMPT_TOKENS_MAX (INT64CONST(3) * TOKENS_MAX)

typedef struct PriceListRow
{
	const char *provider;
	const char *model;
	int64 prompt_tokens_over;
	int64 nano_of[TOKEN_CLASSES]; /* empty cache prices are the input price */
} PriceListRow;

typedef struct PriceList
{
	int count;
	PriceListRow *rows;
} PriceList;

/*
 * Reads a list; what begins with [ is JSON, all else CSV with a line of field
 * names. Refuses, naming the record, what is not a complete and valid row.
 */
extern PriceList price_list_read(char *data);

#endif
