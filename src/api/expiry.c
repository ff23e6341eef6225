/*-------------------------------------------------------------------------
 *
 * expiry.c
 *	  book_expired(): bonus that has expired, booked so that alerts hear of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "booking/booking.h"
#include "clock.h"
#include "spi/scope.h"
#include "store/account_store.h"
#include "store/lot_store.h"

/* What one book_expired() does at the most, so that its transaction stays bounded. */
#define EXPIRED_ACCOUNTS_MAX 1000

PG_FUNCTION_INFO_V1(billing_book_expired);
Datum
billing_book_expired(PG_FUNCTION_ARGS)
{
	int64 booked = 0;
	int64 *accounts;
	size_t count;
	Scope scope;

	scope_open(&scope);
	accounts = lot_expired_accounts(clock_now(), EXPIRED_ACCOUNTS_MAX, &count);
	for (size_t i = 0; i < count; i++)
	{
		Booking booking = {0};

		if (!account_hold_if_free(accounts[i], &booking.account))
			continue;
		booking_begin_held(&booking);
		booking_load(&booking, LOTS_OPEN, 0);
		booking_finish(&booking);
		booked++;
	}
	scope_close(&scope);
	PG_RETURN_INT64(booked);
}
