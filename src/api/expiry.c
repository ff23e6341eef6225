/*-------------------------------------------------------------------------
 *
 * expiry.c
 *	  book_expired(): bonus that has expired, booked so that alerts hear of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "booking/each_account.h"
#include "booking/moment.h"
#include "spi/scope.h"
#include "store/lot_store.h"

/* What one book_expired() does at the most, so that its transaction stays bounded. */
#define EXPIRED_ACCOUNTS_MAX 1000

/* What has expired is booked first in every booking: nothing else is to be done. */
static void
book(Booking *booking, void *argument)
{
	booking_load(booking, LOTS_OPEN, 0);
	booking_finish(booking);
}

PG_FUNCTION_INFO_V1(billing_book_expired);
Datum
billing_book_expired(PG_FUNCTION_ARGS)
{
	int64 booked;
	int64 *accounts;
	size_t count;
	Scope scope;

	scope_open(&scope);
	accounts = lot_expired_accounts(moment_now(), EXPIRED_ACCOUNTS_MAX, &count);
	booked = each_account_run(accounts, count, book);
	scope_close(&scope);
	PG_RETURN_INT64(booked);
}
