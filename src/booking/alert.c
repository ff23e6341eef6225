/*-------------------------------------------------------------------------
 *
 * alert.c
 *	  Deciding balance alerts in the transaction that books (R11).
 *
 * The account row keeps the two balances between which no alert changes, and
 * when the runway alerts are to be reviewed; so a booking looks at the alerts
 * themselves only where something happens.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/alert.h"
#include "booking/notify.h"
#include "core/lock_reason.h"
#include "store/alert_store.h"

/* How long the spend that runway alerts go by may be old. */
#define REVIEW_US (5 * USECS_PER_MINUTE)

TimestampTz
alert_review(const Account *account, Alert *alerts, size_t count, TimestampTz now)
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
tell(const Account *account, const Alert *alert, AlertCrossing crossing, int64 balance_nano,
	 TimestampTz now)
{
	bool is_low = crossing == ALERT_FIRES;
	bool is_runway = alert->runway_hours > 0;
	NotifyNews news = {
		.event = is_runway ? EVENT_RUNWAY_RECOVERED : EVENT_BALANCE_RECOVERED,
		.source_id = alert->alert_no,
		.episode = alert->episode,
		.facts = {{"balance", notify_exact(balance_nano)},
				  {"threshold", notify_exact(alert->threshold_nano)},
				  {"currency", account->currency},
				  {is_runway ? "runway_hours" : NULL, notify_number(alert->runway_hours)}},
	};

	if (is_low)
		news.event = is_runway ? EVENT_RUNWAY_LOW : EVENT_BALANCE_LOW;
	notify_account(account->account_id, &news, now);
}

/* is_silent: what falls below is not told. */
static void
decide(const Account *account, Alert *alert, int64 balance_nano, TimestampTz now, bool is_silent)
{
	AlertCrossing crossing = alert_cross(alert, balance_nano);

	if (crossing != ALERT_STAYS || alert->runway_hours > 0)
		alert_update(account->account_id, alert);
	if ((crossing == ALERT_FIRES && !is_silent) || crossing == ALERT_RECOVERS)
		tell(account, alert, crossing, balance_nano, now);
}

void
alert_decide_now(Account *account, int64 balance_nano, TimestampTz now, bool is_silent)
{
	size_t count;
	Alert *alerts = alert_load(account->account_id, &count);

	account->alert_review_at = alert_review(account, alerts, count, now);
	for (size_t i = 0; i < count; i++)
		decide(account, &alerts[i], balance_nano, now, is_silent);
	account->alert_bounds = alert_bounds(alerts, count);
	account_update_alerts(account);
}

void
alert_decide(Account *account, int64 balance_nano, TimestampTz now, bool is_silent)
{
	if (account->locks & LOCK_CLOSED)
		return;
	if (balance_nano < account->alert_bounds.fires_below_nano ||
		balance_nano >= account->alert_bounds.rearms_at_nano || now >= account->alert_review_at)
		alert_decide_now(account, balance_nano, now, is_silent);
}
