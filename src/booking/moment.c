/*-------------------------------------------------------------------------
 *
 * moment.c
 *	  Judging the clock by the policies clock_jump and clock_gap.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/moment.h"
#include "clock.h"
#include "clock_watch.h"
#include "errors.h"

/* The two largest units of a length of time. */
const char *
moment_span(int64 span_us)
{
	int64 seconds = ((span_us < 0 ? -span_us : span_us) + USECS_PER_SEC / 2) / USECS_PER_SEC;
	int64 days = seconds / SECS_PER_DAY;
	int64 hours = seconds / SECS_PER_HOUR % 24;
	int64 minutes = seconds / SECS_PER_MINUTE % 60;

	if (days > 0)
		return psprintf(INT64_FORMAT " days " INT64_FORMAT " h", days, hours);
	if (hours > 0)
		return psprintf(INT64_FORMAT " h " INT64_FORMAT " min", hours, minutes);
	return psprintf(INT64_FORMAT " min " INT64_FORMAT " s", minutes, seconds % 60);
}

/*
 * A clock that was set right is one for all databases, and a superuser need not say so: the
 * policies of one database alone do not, which its owner can set.
 */
static DriftVerdict
judge(const ClockWatch *watch, const PolicyValues *policies)
{
	DriftLimits limits = {policies->of[POLICY_CLOCK_JUMP], policies->of[POLICY_CLOCK_GAP]};
	DriftLimits defaults = clock_watch_defaults();
	DriftVerdict verdict;

	if (!watch->is_watched)
		return DRIFT_BELIEVED;
	verdict = drift_judge(&watch->drift, &limits);
	if (verdict == DRIFT_SET_RIGHT && drift_judge(&watch->drift, &defaults) != DRIFT_SET_RIGHT)
		return DRIFT_JUMPED;
	return verdict;
}

/* What is wrong with it, in words that follow on "it". */
static const char *
describe(DriftVerdict verdict, const Drift *drift)
{
	int64 jump_us = drift->now_us - drift->believed_us;
	const char *span = moment_span(drift->now_us - drift->written_us);

	switch (verdict)
	{
		case DRIFT_BELIEVED:
		case DRIFT_SET_RIGHT:
			break;
		case DRIFT_JUMPED:
			return psprintf("was set %s %s while the server ran", moment_span(jump_us),
							jump_us > 0 ? "ahead" : "back");
		case DRIFT_AHEAD:
			return psprintf("is %s ahead of what the server had written before it started", span);
		case DRIFT_BEHIND:
			return psprintf("is %s behind what the server had written before it started", span);
	}
	return NULL;
}

/* The time now by a clock that is believed. */
static TimestampTz
believe(const PolicyValues *policies)
{
	TimestampTz now = clock_now();
	ClockWatch watch = clock_watch_read(now - clock_offset_s() * USECS_PER_SEC);
	DriftVerdict verdict = judge(&watch, policies);

	if (verdict == DRIFT_SET_RIGHT)
		clock_watch_replace(&watch);
	else if (verdict != DRIFT_BELIEVED)
		refuse(ERROR_CLOCK, describe(verdict, &watch.drift));
	else if (watch.is_watched)
		clock_watch_follow(&watch);
	return now;
}

TimestampTz
moment_now(void)
{
	PolicyValues policies = policy_values(NULL);

	return believe(&policies);
}

TimestampTz
moment_on(const Account *account, const PolicyValues *policies)
{
	TimestampTz now = believe(policies);
	TimestampTz last = account->last_booked_at;

	if (now < last - policies->of[POLICY_CLOCK_JUMP])
		refuse(ERROR_ACCOUNT_AHEAD, account->account_id, timestamptz_to_str(last),
			   moment_span(last - now));
	return Max(now, last);
}

TimestampTz
moment_behind(TimestampTz newest)
{
	PolicyValues policies = policy_values(NULL);
	TimestampTz now = believe(&policies);

	if (newest >= now + policies.of[POLICY_CLOCK_JUMP] + policies.of[POLICY_FUTURE_TOLERANCE])
		refuse(ERROR_BEGINS_AHEAD, timestamptz_to_str(newest), moment_span(newest - now));
	return Max(now, newest + 1);
}

TimestampTz
moment_latest(void)
{
	return clock_now() + policy_values(NULL).of[POLICY_CLOCK_JUMP];
}

TimestampTz
moment_of_repair(const Account *account, const PolicyValues *policies)
{
	TimestampTz now = believe(policies);

	if (now >= account->last_booked_at - policies->of[POLICY_CLOCK_JUMP])
		refuse(ERROR_NOT_AHEAD, account->account_id, timestamptz_to_str(account->last_booked_at));
	return now;
}

TimestampTz
moment_earliest(void)
{
	PolicyValues policies = policy_values(NULL);

	return believe(&policies) - 2 * policies.of[POLICY_CLOCK_JUMP];
}

const char *
moment_doubt_of(const ClockWatch *watch)
{
	PolicyValues policies = policy_values(NULL);

	return describe(judge(watch, &policies), &watch->drift);
}

const char *
moment_doubt(void)
{
	ClockWatch watch = clock_watch_read(GetCurrentTimestamp());

	return moment_doubt_of(&watch);
}
