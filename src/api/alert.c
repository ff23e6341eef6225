/*-------------------------------------------------------------------------
 *
 * alert.c
 *	  set_balance_alert(), and deciding alerts in the transaction that books.
 *
 * The account row keeps the two balances between which no alert changes, and
 * when the runway alerts are to be reviewed; so a booking looks at the alerts
 * themselves only where something happens.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "api/alert.h"
#include "api/arguments.h"
#include "api/booking.h"
#include "errors.h"
#include "store/alert_store.h"
#include "store/session.h"

#define ALERTS_MAX 20
#define RUNWAY_HOURS_MAX 720

/* How long the spend that runway alerts go by may be old. */
#define REVIEW_US (5 * USECS_PER_MINUTE)

/* Brings the spend of runway alerts up to date; says when to do so again at the latest. */
static TimestampTz
review(const Account *account, Alert *alerts, size_t count, TimestampTz now)
{
	TimestampTz review_at = DT_NOEND;

	for (size_t i = 0; i < count; i++)
	{
		RecentSpend spend;

		if (alerts[i].runway_hours == 0)
			continue;
		spend = alert_recent_spend(account->account_id, alerts[i].runway_hours, now);
		alerts[i].threshold_nano = alert_runway_nano(alerts[i].runway_hours, spend.spent_nano,
													 spend.observed_us);
		review_at = now + REVIEW_US;
	}
	return review_at;
}

static void
decide(const Account *account, Alert *alert, int64 balance_nano, TimestampTz now)
{
	AlertCrossing crossing = alert_cross(alert, balance_nano);

	if (crossing != ALERT_STAYS || alert->runway_hours > 0)
		alert_update(account->account_id, alert);
	if (crossing == ALERT_FIRES)
		notification_insert(account, alert, "low", balance_nano, now);
	if (crossing == ALERT_RECOVERS)
		notification_insert(account, alert, "recovered", balance_nano, now);
}

static void
decide_all(Account *account, int64 balance_nano, TimestampTz now)
{
	size_t count;
	Alert *alerts = alert_load(account->account_id, &count);

	account->alert_review_at = review(account, alerts, count, now);
	for (size_t i = 0; i < count; i++)
		decide(account, &alerts[i], balance_nano, now);
	account->alert_bounds = alert_bounds(alerts, count);
	account_update_alerts(account);
}

void
alerts_decide(Account *account, int64 balance_nano, TimestampTz now)
{
	if (balance_nano < account->alert_bounds.fires_below_nano ||
		balance_nano >= account->alert_bounds.rearms_at_nano || now >= account->alert_review_at)
		decide_all(account, balance_nano, now);
}

/* ---- setting ------------------------------------------------------------- */

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
		if (alert.runway_hours < 1 || alert.runway_hours > RUNWAY_HOURS_MAX)
			refuse(ERROR_OUT_OF_RANGE, "runway_hours");
		return alert;
	}
	alert.threshold_nano = arg_amount(fcinfo, 1, "threshold", AMOUNT_DECIMALS_MONEY);
	if (alert.threshold_nano < 0)
		refuse(ERROR_OUT_OF_RANGE, "threshold");
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
	int64 account_id = arg_account_id(fcinfo);
	bool enabled = arg_bool(fcinfo, 4, "enabled");
	Alert alert = read_alert(fcinfo);
	Booking booking;
	int64 balance_nano;
	Session session;

	session_open(&session);
	booking_begin(&booking, account_id);
	/* What has expired is booked first, by the alerts that there are. */
	booking_load(&booking, LOTS_OPEN, 0);
	booking_finish(&booking);
	balance_nano = booking_balance(&booking);
	(void) review(&booking.account, &alert, 1, booking.at);
	alert.armed = balance_nano >= alert.threshold_nano;
	store_alert(account_id, &alert, enabled);
	decide_all(&booking.account, balance_nano, booking.at);
	session_close(&session);
	if (alert.alert_no == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(alert.alert_no);
}
