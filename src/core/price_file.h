/*-------------------------------------------------------------------------
 *
 * price_file.h
 *	  What is decided over a price file: how long it is, what its rows cost
 *	  in another currency, and whether it says one price twice.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_PRICE_FILE_H
#define CORE_PRICE_FILE_H

#include "core/rating.h"

/* A row of a list: the price of a model in a tier. */
typedef struct PriceFileRow
{
	int record_no; /* where it stands, from 1 */
	const char *model;
	int64_t prompt_tokens_over;
	int64_t nano_of[TOKEN_CLASSES];
} PriceFileRow;

/* The text of a file, behind the byte order mark that spreadsheets begin theirs with. */
extern char *price_file_text(char *file);

/* True for a list in JSON, which begins with [ or {; all else is CSV. */
extern bool price_file_is_json(const char *text);

/*
 * How many records a list has, without reading them: elements of the array, or of
 * those that are members of the object, or lines after the line of names that are not empty. Of
 * text that is neither JSON nor CSV it may be any number up to the text's length.
 */
extern int64_t price_file_count(const char *text);

/*
 * Multiplies a row's prices, rounded half up to nano-units.
 * OUTCOME_OUT_OF_RANGE when one becomes more than a price may be, or nothing by rounding alone.
 */
extern Outcome price_file_scale(PriceFileRow *row, int64_t factor_nano);

/*
 * Of the rows that say again the price of a model and tier the first one:
 * *again, and *first where it was said first. False when there is none. Sorts
 * the pointers.
 */
extern bool price_file_find_repeated(const PriceFileRow **rows, size_t count,
									 const PriceFileRow **first, const PriceFileRow **again);

#endif
