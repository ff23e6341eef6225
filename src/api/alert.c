/*-------------------------------------------------------------------------
 *
 * alert.c
 *	  set_balance_alert().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/arguments.h"
#include "booking/alert.h"
#include "booking/booking.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/alert_store.h"

/* The alert that the arguments describe: a threshold or runway_hours, and not both. */
static Alert
read_alert(FunctionCallInfo fcinfo)
{
	Alert alert = {.notify_recovery = arg_bool(fcinfo, 3, "notify_recovery")};

	if (PG_ARGISNULL(1) == PG_ARGISNULL(2))
		refuse(ERROR_INVALID_VALUE, "alert", "one of threshold and runway_hours is needed");
	if (PG_ARGISNULL(1))
	{
		alert.runway_hours = PG_GETARG_INT32(2);
		arg_check(LIMIT_RUNWAY_HOURS, "runway_hours", alert.runway_hours);
		return alert;
	}
	alert.threshold_nano = arg_amount(fcinfo, 1, "threshold", LIMIT_THRESHOLD);
	return alert;
}

/* Stores the alert, new or changed; armed tells what it is where it begins anew. */
static void
store_alert(int64 account_id, Alert *alert, bool enabled)
{
	alert->alert_no = alert_find(account_id, alert->threshold_nano, alert->runway_hours);
	if (alert->alert_no != 0)
	{
		alert_switch(account_id, alert, enabled);
		return;
	}
	if (!enabled)
		return;
	alert->alert_no = alert_count(account_id) + 1;
	if (alert->alert_no > ALERTS_MAX)
		refuse(ERROR_TOO_MANY_ALERTS, account_id, ALERTS_MAX);
	alert_insert(account_id, alert);
}

PG_FUNCTION_INFO_V1(billing_set_balance_alert);
Datum
billing_set_balance_alert(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	bool enabled = arg_bool(fcinfo, 4, "enabled");
	Alert alert = read_alert(fcinfo);
	Booking booking;
	int64 balance_nano;
	Scope scope;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	/* What has expired is booked first, by the alerts that there are. */
	booking_load(&booking, LOTS_OPEN, 0);
	booking_finish(&booking);
	balance_nano = booking_balance(&booking);
	(void) alert_review(&booking.account, &alert, 1, booking.at);
	alert.armed = balance_nano >= alert.threshold_nano;
	store_alert(account_id, &alert, enabled);
	alert_decide_now(&booking.account, balance_nano, booking.at, false);
	scope_close(&scope);
	if (alert.alert_no == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(alert.alert_no);
}
