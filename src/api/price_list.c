/*-------------------------------------------------------------------------
 *
 * price_list.c
 *	  Which list prices an account's usage (R20).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/result.h"
#include "booking/booking.h"
#include "booking/new_price.h"
#include "core/policy.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/account_price_list_store.h"
#include "store/audit_store.h"

PG_FUNCTION_INFO_V1(billing_set_price_list);
Datum
billing_set_price_list(PG_FUNCTION_ARGS)
{
	AccountPriceList list = {
		.account_id = arg_customer_id(fcinfo),
		.price_list = arg_price_list(fcinfo, 1),
		.effective_from = arg_effective_from(fcinfo, 2),
		.actor = arg_actor(fcinfo, 3),
		.reason = arg_reason(fcinfo, 4),
	};
	Booking booking;
	Scope scope;

	scope_open(&scope);
	booking_begin_usage(&booking, list.account_id);
	list.set_at = booking.at;
	if (new_price_list_set(&booking, &list))
		booking_finish_unmoved(&booking);
	scope_close(&scope);
	PG_RETURN_TIMESTAMPTZ(list.effective_from);
}

PG_FUNCTION_INFO_V1(billing_price_lists);
Datum
billing_price_lists(PG_FUNCTION_ARGS)
{
	return result_of_account(fcinfo, arg_account_id(fcinfo), account_price_list_report);
}
