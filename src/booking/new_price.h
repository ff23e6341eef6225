/*-------------------------------------------------------------------------
 *
 * new_price.h
 *	  Adding price rows (R20): what set_price() and import_prices() have in
 *	  common.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_NEW_PRICE_H
#define BOOKING_NEW_PRICE_H

#include "postgres.h"

#include "store/price_store.h"

/* Rows that are to begin together. */
typedef struct NewPrices
{
	const char *action; /* as the audit log calls it */
	const char *currency;
	TimestampTz effective_from; /* DT_NOBEGIN: from now on */
	PriceRow *rows;				/* of that currency; no two of one model and tier */
	size_t count;
} NewPrices;

/*
 * Adds the rows and sets their numbers; one that exists with the same prices
 * keeps its own. Refuses what would have priced a booked charge. Waits for who
 * books usage, and keeps all others out for the end of its work, until the
 * transaction ends. Returns how many rows are new.
 */
extern int64 new_price_add(const NewPrices *prices);

#endif
