/*-------------------------------------------------------------------------
 *
 * alert.c
 *	  Alerts as state machines: armed, fired, silent.
 *
 *-------------------------------------------------------------------------
 */
#include "core/alert.h"

#include "core/money.h"

#define US_PER_HOUR INT64_C(3600000000)

/* What is spent from here on lowers the balance and raises a runway's threshold: they meet
 * half-way. */
static int64_t
watch_nano(const Alert *alert, int64_t balance_nano)
{
	int64_t spare_nano = balance_nano - alert->threshold_nano;

	if (alert->runway_hours == 0 || spare_nano <= 0)
		return alert->threshold_nano;
	return alert->threshold_nano + (spare_nano + 1) / 2;
}

AlertCrossing
alert_cross(Alert *alert, int64_t balance_nano)
{
	bool below = balance_nano < alert->threshold_nano;
	bool recovers = alert->fired && alert->notify_recovery;

	alert->watch_nano = watch_nano(alert, balance_nano);
	if (below != alert->armed)
		return ALERT_STAYS;
	alert->armed = !below;
	alert->fired = below;
	alert->episode += below;
	if (below)
		return ALERT_FIRES;
	return recovers ? ALERT_RECOVERS : ALERT_REARMS;
}

AlertBounds
alert_bounds(const Alert *alerts, size_t count)
{
	AlertBounds bounds = {INT64_MIN, INT64_MAX};

	for (size_t i = 0; i < count; i++)
	{
		const Alert *alert = &alerts[i];

		if (alert->armed && alert->watch_nano > bounds.fires_below_nano)
			bounds.fires_below_nano = alert->watch_nano;
		if (!alert->armed && alert->threshold_nano < bounds.rearms_at_nano)
			bounds.rearms_at_nano = alert->threshold_nano;
	}
	return bounds;
}

int64_t
alert_runway_nano(int32_t runway_hours, int64_t spent_nano, int64_t observed_us)
{
	int64_t runway_us = runway_hours * US_PER_HOUR;
	__int128 spend_nano = spent_nano;

	if (observed_us > 0 && observed_us < runway_us)
		spend_nano = spend_nano * runway_us / observed_us;
	return spend_nano > MONEY_NANO_MAX ? MONEY_NANO_MAX : (int64_t) spend_nano;
}
