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

#include "booking/booking.h"
#include "store/account_price_list_store.h"
#include "store/price_store.h"

/* Rows that are to begin together. */
typedef struct NewPrices
{
	const char *action; /* as the audit log calls it */
	const char *currency;
	TimestampTz effective_from; /* DT_NOBEGIN: from now on */
	PriceRow *rows;				/* of that currency; no two of one key */
	size_t count;
	const char *actor;
	const char *reason;
} NewPrices;

/*
 * Adds the rows and sets their numbers; one that exists with the same prices,
 * or stands with them where they are to begin now, keeps its own. Refuses what would have priced a
 * booked charge. Waits for who books usage, and keeps all others out for the end of its work, until
 * the transaction ends. Returns how many rows are new.
 */
extern int64 new_price_add(const NewPrices *prices);

/*
 * Puts the account, which is held with the prices, on a list, from an instant on (DT_NOBEGIN: from
 * now on, which is behind all that is charged; it is set). Refuses what would price a charge anew,
 * an unknown list, and another one from the same instant; false where it was said before.
 */
extern bool new_price_list_set(const Booking *booking, AccountPriceList *list);

/*
 * Ends, from an instant on, all keys that rows->model has in rows->price's list, and that its
 * variant, hours (NULL: any) and tier (below 0: any) say. Returns how many.
 */
extern int64 new_price_end(NewPrices *ends);

/*
 * Puts a correction with other prices in the place of a row that is in force (R20), for what is
 * booked from now on. Returns its number, or that of the row that says so already.
 */
extern int64 new_price_correct(int64 price_id, const Price *prices, const char *actor,
							   const char *reason);

/* Withdraws a row that is not in force yet; false where it was before. */
extern bool new_price_withdraw(int64 price_id, const char *actor, const char *reason);

#endif
