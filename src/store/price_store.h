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
#include "funcapi.h"

#include "core/rating.h"
#include "store/account_store.h"

/* A row that is to be added; its hours are read, or empty. */
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

/* The row that prices a request (R20): of a list, or else of the standard one. False when there is
 * none; it need not cover the request's meters. query: without its list and moments. */
extern bool price_find(const char *currency, const char *model, const char *price_list,
					   const PriceQuery *query, Price *price);

/*
 * Prices in the caller's snapshot, for judging what is booked: each model is read once. What stands
 * in their rows is no error here.
 */
typedef struct PriceTable PriceTable;

/* A row by its number, whatever became of it. */
typedef struct TablePrice
{
	int64 price_id;
	bool is_there;
	Price price;  /* without list and hours */
	bool is_over; /* it is an end, or was withdrawn */
	int64 corrects;
	const char *currency;
	const char *model;
	bool has_items; /* what it says of meters can be read */
} TablePrice;

/* It lives as long as the memory context in which it is made. */
extern PriceTable *price_table_make(void);

/* As price_find(); *price is NULL where none prices it. False where a row of the model cannot be
 * read. */
extern bool price_table_choose(PriceTable *table, const char *currency, const char *model,
							   const char *price_list, const PriceQuery *query,
							   const Price **price);

extern const TablePrice *price_table_row(PriceTable *table, int64 price_id);

/*
 * What a price and a plan's weight have alike, their rows being of one shape: a row read as
 * (number, prompt_tokens_over, effective_from, input, cache_read, cache_write, output, variant,
 * meters, unlisted_meters), and what is written of it, from an index on, without the number.
 */
extern Price price_read(uint64 row);
extern void price_bind(Datum *values, char *nulls, int index, const Price *price);

/* A variant as people read it behind a model's name: " (batch)"; nothing of the standard one. */
extern const char *price_variant_text(const char *variant);

/* What units of meters cost, behind the price of tokens: ", image 0.04"; nothing of none. */
extern const char *price_meters_text(const Price *price);

/* A list likewise, behind a price's number: " of list vip"; nothing of the standard one. */
extern const char *price_list_text(const char *price_list);

/* The row of that number, in the caller's snapshot. */
extern bool price_get(int64 price_id, Price *price);

/* The row of the same key that stands at a row's instant; false when there is none. */
extern bool price_find_standing(const PriceRow *row, Price *price);

/* The other hours of a row's list, variant and tier that a newer price than the one standing has at
 * the row's instant. */
extern const char **price_list_newer_hours(const PriceRow *row, const Price *standing,
										   size_t *count);

/* Adds rows, by one statement, and numbers them in their order. */
extern void price_insert_all(PriceRow *const *rows, size_t count);

/*
 * The newest occurred_at of a charge stamped at or after an instant, among those
 * recorded since another. DT_NOBEGIN when there is none.
 */
extern TimestampTz price_newest_charge(const char *currency, TimestampTz stamped_since,
									   TimestampTz recorded_since);

/* The same of one account. */
extern TimestampTz price_newest_charge_of(int64 account_id, TimestampTz stamped_since,
										  TimestampTz recorded_since);

/*
 * A booked charge, stamped since an instant and recorded since another, that another row would
 * price now than has: of the models that rows numbered first_price_id or more are of. Of closed
 * months, whose charges are not there any more, one of such a model and variant.
 */
extern bool price_find_backdated(int64 first_price_id, TimestampTz effective_from,
								 TimestampTz recorded_since, PricedCharge *charge);

/* The same of one account, of all models. */
extern bool price_find_backdated_of(int64 account_id, TimestampTz effective_from,
									TimestampTz recorded_since, PricedCharge *charge);

/* A row that may be withdrawn: it is no more than held against others who change prices. False
 * where there is none of that number. */
typedef struct PlacedPrice
{
	PriceRow row;
	TimestampTz withdrawn_at; /* DT_NOEND: it is not */
} PlacedPrice;

extern bool price_get_placed(int64 price_id, PlacedPrice *placed);
extern void price_withdraw(int64 price_id, TimestampTz now, const char *actor, const char *reason);

/* A booked charge that has another price without a row that is withdrawn. */
extern bool price_find_withdrawn(const PriceRow *row, TimestampTz recorded_since,
								 PricedCharge *charge);

/*
 * When the newest charge was booked, since an instant, by a row that corrects none or a correction
 * of it: corrections are recorded later. DT_NOBEGIN when there is none.
 */
extern TimestampTz price_newest_booking(int64 first_price_id, TimestampTz since);

/* A charge of a closed month, of its model and variant, that a row from its instant on reaches. */
extern bool price_find_closed(const PriceRow *row, PricedCharge *charge);

/*
 * The keys of a model in a list that stand at an instant, as rows that would end them; variant,
 * hours: NULL, prompt_tokens_over: below 0, of any.
 */
extern PriceRow *price_list_standing(const PriceRow *of, TimestampTz at, size_t *count);

/* False where a list has no price at all. */
extern bool price_list_exists(const char *price_list);

/* What is in force at an instant, and what comes: of a model and a list, NULL: of all. */
extern void price_report(const char *model, const char *price_list, TimestampTz at,
						 ReturnSetInfo *result);

#endif
