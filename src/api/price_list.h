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
