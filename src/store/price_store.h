/*-------------------------------------------------------------------------
 *
 * price_store.h
 *	  Rows of price.
 *
 * Who prices usage holds the table's ROW SHARE lock until his transaction
 * ends; who adds prices waits for them all (EXCLUSIVE), so that no charge is
 * priced by a row that is superseded at its time when it commits. Both look at
 * all that is committed, also where the transaction keeps an older snapshot.
 * Under these locks what a backend remembers of prices is always right: it
 * hears of added rows when it takes the lock.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_PRICE_STORE_H
#define STORE_PRICE_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/rating.h"
#include "store/account_store.h"

/* A row that is to be added. */
typedef struct PriceRow
{
	const char *currency;
	const char *model;
	Price price;
} PriceRow;

/* A booked charge that a price would have priced. */
typedef struct PricedCharge
{
	int64 account_id;
	const char *request_id;
	const char *model;
} PricedCharge;

/* Registers the cache; called once, when the library is loaded. */
extern void price_init(void);

/*
 * The locks on the table price, to the end of the transaction. Who books usage
 * holds it for reading before he reads his instant; who books usage that waited
 * for a price holds it against changes, and passes over where somebody changes it.
 * Who adds prices lets others read first (price_hold_for_changing(), alone), waits
 * for those who read by then, and only then keeps readers out.
 */
extern void price_hold_for_reading(void);
extern bool price_hold_unchanged(void);
extern void price_hold_for_changing(void);
extern void price_wait_for_readers(void);
extern void price_hold_for_adding(void);

/* True where this transaction holds them in a way that books usage. */
extern bool price_is_held(void);

/* The row that prices a request (R20); false when there is none. */
extern bool price_find(const char *currency, const char *model, const PriceQuery *query,
					   Price *price);

/*
 * What a price and a plan's weight have alike, their rows being of one shape: a row read as
 * (number, prompt_tokens_over, effective_from, input, cache_read, cache_write, output, variant),
 * and what is written of it, from an index on, without the number.
 */
extern Price price_read(uint64 row);
extern void price_bind(Datum *values, char *nulls, int index, const Price *price);

/* A variant as people read it behind a model's name: " (batch)"; nothing of the standard one. */
extern const char *price_variant_text(const char *variant);

/* The row of that number, in the caller's snapshot. */
extern bool price_get(int64 price_id, Price *price);

/* The row of the same currency, model, variant, tier and instant; false when there is none. */
extern bool price_find_same(const PriceRow *row, Price *price);

/* Adds rows, by one statement, and numbers them in their order. */
extern void price_insert_all(PriceRow *const *rows, size_t count);

/*
 * The newest occurred_at of a charge stamped at or after an instant, among those
 * recorded since another. DT_NOBEGIN when there is none.
 */
extern TimestampTz price_newest_charge(const char *currency, TimestampTz stamped_since,
									   TimestampTz recorded_since);

/*
 * A booked charge, recorded since an instant, that one of the rows numbered
 * first_price_id or more would have priced; all of them begin at effective_from.
 */
extern bool price_find_backdated(int64 first_price_id, TimestampTz effective_from,
								 TimestampTz recorded_since, PricedCharge *charge);

#endif
