/*-------------------------------------------------------------------------
 *
 * placing.c
 *	  Parts of quotas, laid out, cut and moved.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/placing.h"
#include "errors.h"
#include "local_time.h"
#include "store/quota_store.h"

static QuotaPart *
parts_of(const Subscription *subscription, size_t *count)
{
	return quota_parts(subscription->account_id, subscription->money.subscription_no, count);
}

static void
put_part(const Subscription *subscription, const QuotaPart *part)
{
	quota_put_part(subscription->account_id, subscription->money.subscription_no, part);
}

static QuotaPart
new_part(const Subscription *subscription)
{
	return (QuotaPart){.quota_no = NO_NUMBER,
					   .windows_from = DT_NOBEGIN,
					   .continues = NO_NUMBER,
					   .amount_nano = subscription->plan.quota_nano};
}

/* Where the windows of a part count from: the begin of its period; DT_NOBEGIN where it has none. */
static TimestampTz
windows_from(const Subscription *period)
{
	return period->plan.window_hours > 0 ? period->starts_at : DT_NOBEGIN;
}

/* ---- months and days ------------------------------------------------------- */

/* The end of the first months of a period, counted from the begin of its chain. */
static TimestampTz
months_end(const Subscription *period, const char *zone, int months)
{
	return local_time_add(period->anchor_at, zone, period->anchor_months + months, 0);
}

/* Where a period that begins at an instant ends, without what an operator added. */
static TimestampTz
natural_end(const Subscription *period, const char *zone)
{
	return period->plan.months > 0 ? months_end(period, zone, period->plan.months)
								   : local_time_add(period->starts_at, zone, 0, period->plan.days);
}

/* Takes a place in the chain of months: behind a monthly period that ends where months end. */
static void
join_chain(Subscription *period, const Subscription *before, const char *zone)
{
	bool continues = before && before->plan.months > 0 && !before->is_rest &&
					 before->ends_at == period->starts_at && before->extra_days == 0 &&
					 before->ends_at == natural_end(before, zone);

	if (period->plan.months == 0)
		return;
	period->anchor_at = continues ? before->anchor_at : period->starts_at;
	period->anchor_months = continues ? before->anchor_months + before->plan.months : 0;
}

/* Gives the parts of a period their bounds: the whole of it, or month by month. */
static void
place_parts(const Subscription *period, const char *zone)
{
	size_t count;
	QuotaPart *parts = parts_of(period, &count);
	size_t places = period->plan.monthly_quota ? (size_t) period->plan.months : 1;
	TimestampTz from = period->starts_at;

	for (size_t place = 0; place < places; place++)
	{
		QuotaPart part = place < count ? parts[place] : new_part(period);

		part.starts_at = from;
		part.ends_at = place + 1 == places ? period->ends_at
										   : months_end(period, zone, (int) place + 1);
		part.planned_until = from = part.ends_at;
		part.windows_from = windows_from(period);
		put_part(period, &part);
	}
}

static void
place_whole(Subscription *period, TimestampTz at, const Subscription *before)
{
	const char *zone = subscription_time_zone(period->account_id);

	period->starts_at = at;
	join_chain(period, before, zone);
	period->ends_at = local_time_add(natural_end(period, zone), zone, 0, period->extra_days);
	place_parts(period, zone);
}

/* ---- rests ----------------------------------------------------------------- */

/* What is left of a part that was cut: all of one that had not begun. */
static int64
rest_us(const QuotaPart *part)
{
	return part->planned_until - part->ends_at;
}

/* The part that takes what a cut one has left: itself, or, where something was drawn, a new one. */
static QuotaPart
rest_of(const Subscription *subscription, const QuotaPart *part)
{
	QuotaPart rest = *part;

	if (part->ends_at == part->starts_at)
		return rest;
	rest.planned_until = rest.ends_at;
	put_part(subscription, &rest);
	rest.quota_no = NO_NUMBER;
	rest.continues = part->quota_no;
	rest.carried_nano = part->used_nano + part->carried_nano;
	return rest;
}

/* Lays what is left of parts one behind the other. */
static void
place_rests(Subscription *period)
{
	size_t count;
	QuotaPart *parts = parts_of(period, &count);
	TimestampTz from = period->starts_at;

	for (size_t i = 0; i < count; i++)
	{
		int64 length_us = rest_us(&parts[i]);
		QuotaPart rest;

		if (length_us == 0)
			continue;
		rest = rest_of(period, &parts[i]);
		rest.starts_at = from;
		rest.ends_at = rest.planned_until = from = from + length_us;
		rest.windows_from = windows_from(period);
		put_part(period, &rest);
	}
	period->ends_at = from;
}

/* Moves the parts of a rest that has its place, and has not begun. */
static void
move_parts(const Subscription *period, TimestampTz since, int64 by_us)
{
	size_t count;
	QuotaPart *parts = parts_of(period, &count);

	for (size_t i = 0; i < count; i++)
	{
		if (parts[i].starts_at < since)
			continue;
		parts[i].starts_at += by_us;
		parts[i].ends_at += by_us;
		parts[i].planned_until += by_us;
		parts[i].windows_from = windows_from(period);
		put_part(period, &parts[i]);
	}
}

/* Gives a rest its place, or moves it from the one that it had. */
static void
place_rest(Subscription *period, TimestampTz at)
{
	TimestampTz since = period->starts_at;

	period->starts_at = at;
	if (since == DT_NOEND)
	{
		place_rests(period);
		return;
	}
	period->ends_at += at - since;
	move_parts(period, since, at - since);
}

void
placing_set(Subscription *period, TimestampTz at, const Subscription *before)
{
	if (period->is_rest)
		place_rest(period, at);
	else
		place_whole(period, at, before);
}

/* ---- packs, ends ----------------------------------------------------------- */

bool
placing_set_pack(Subscription *pack, const Subscription *period, TimestampTz at)
{
	size_t count;
	QuotaPart *parts = parts_of(pack, &count);
	QuotaPart part = count > 0 ? parts[count - 1] : new_part(pack);

	if (count > 0 && part.ends_at <= at && part.ends_at > part.starts_at)
	{
		if (rest_us(&part) == 0)
			return false;
		part = rest_of(pack, &part);
	}
	if (part.quota_no == NO_NUMBER || part.starts_at > at || part.ends_at <= at)
		part.starts_at = Max(period->starts_at, at);
	part.ends_at = part.planned_until = period->ends_at;
	put_part(pack, &part);
	pack->starts_at = part.starts_at;
	pack->ends_at = part.ends_at;
	return true;
}

void
placing_move_end(Subscription *period, TimestampTz ends_at)
{
	size_t count;
	QuotaPart *parts = parts_of(period, &count);

	if (count == 0)
		refuse(ERROR_ROW_ALTERED, "a period has no quota");
	parts[count - 1].ends_at = parts[count - 1].planned_until = period->ends_at = ends_at;
	put_part(period, &parts[count - 1]);
}

void
placing_cut(Subscription *subscription, TimestampTz at, bool keeps_rest)
{
	size_t count;
	QuotaPart *parts = parts_of(subscription, &count);

	for (size_t i = 0; i < count; i++)
	{
		if (parts[i].ends_at <= at)
			continue;
		parts[i].ends_at = Max(parts[i].starts_at, at);
		if (!keeps_rest)
			parts[i].planned_until = parts[i].ends_at;
		put_part(subscription, &parts[i]);
	}
	quota_cut_windows(subscription->account_id, subscription->money.subscription_no, at);
	subscription->ends_at = at;
	subscription->starts_at = Min(subscription->starts_at, at);
}

bool
placing_unset(Subscription *period, TimestampTz at)
{
	size_t count;
	QuotaPart *parts = parts_of(period, &count);
	int64 left_us = 0;

	for (size_t i = 0; i < count; i++)
		left_us += rest_us(&parts[i]);
	if (count > 0 && left_us == 0)
		return false;
	/* Windows of before, drawn on late, do not reach into those to come. */
	quota_cut_windows(period->account_id, period->money.subscription_no, at);
	/* One that never had a place is still whole. */
	period->is_rest = count > 0;
	period->starts_at = period->ends_at = period->earn_from = period->earn_at = DT_NOEND;
	return true;
}
