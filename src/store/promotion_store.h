/*-------------------------------------------------------------------------
 *
 * promotion_store.h
 *	  Rows of promotion.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_PROMOTION_STORE_H
#define STORE_PROMOTION_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "spi/sql.h"

typedef struct Promotion
{
	const char *promotion;
	const char *region;
	int64 min_nano;
	int64 discount_nano;
	int64 gift_nano;
	int32 gift_days; /* 0: it does not expire */
	int32 orders_max;
	TimestampTz ends_at; /* DT_NOEND: open end */
} Promotion;

/* False where there is none of that name. */
extern bool promotion_find(const char *name, Promotion *promotion);

/* False where there is one of that name. */
extern bool promotion_insert(const Promotion *promotion, TimestampTz now);

/* False where there is none of that name, or it ends by then. */
extern bool promotion_end(const char *name, TimestampTz ends_at);

#endif
