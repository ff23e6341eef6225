/*-------------------------------------------------------------------------
 *
 * price_items.h
 *	  What units of meters cost: the items of a price (R20).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_PRICE_ITEMS_H
#define CORE_PRICE_ITEMS_H

#include "core/meters.h"

/* What so many units of a meter cost. */
typedef struct PriceItem
{
	char meter[METER_NAME_BYTES_MAX + 1];
	int64_t nano; /* 0 to UNIT_NANO_MAX */
	int32_t per;  /* one of price_items_per */
} PriceItem;

/* Items of a price, by meter in byte order. */
typedef struct PriceItems
{
	size_t count;
	PriceItem of[PRICE_ITEMS_MAX];
} PriceItems;

/* All that an item can be for divide this. */
#define PRICE_ITEMS_COMMON 18000000
#define PRICE_ITEMS_PER_TEXT "1, 60, 1000, 3600, 60000, 1000000 or 3600000"

/* Longest text of price_items_print(), with its NUL. */
#define PRICE_ITEMS_TEXT_SIZE (PRICE_ITEMS_MAX * (METER_NAME_BYTES_MAX + 30) + 1)

/*
 * Reads "image 0.04, web_search 10/1000": meters, what they cost, for how many units (1 where it
 * is not said). NULL, or what is wrong with it.
 */
extern const char *price_items_read(const char *text, PriceItems *items);

/* The one text of such items; empty of none. */
extern char *price_items_print(const PriceItems *items, char text[PRICE_ITEMS_TEXT_SIZE]);

/* The item of a meter; NULL where there is none. */
extern const PriceItem *price_items_find(const PriceItems *items, const char *meter);

#endif
