/*-------------------------------------------------------------------------
 *
 * subscription.c
 *	  Placing, cutting and moving periods of plans.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/earning.h"
#include "booking/subscription.h"
#include "core/lock_reason.h"
#include "errors.h"
#include "local_time.h"
#include "store/quota_store.h"

static bool
has_begun(const Subscription *subscription, TimestampTz at)
{
	return subscription->starts_at <= at;
}

static bool
is_pack(const Subscription *subscription)
{
	return subscription->pack_of != NO_NUMBER;
}

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

/* ---- bounds ---------------------------------------------------------------- */

/* The end of the first months of a period, counted from the begin of its chain. */
static TimestampTz
months_end(const Subscription *subscription, const char *zone, int months)
{
	return local_time_add(subscription->anchor_at, zone, subscription->anchor_months + months, 0);
}

/* Where a period that begins at an instant ends, without what an operator added. */
static TimestampTz
natural_end(const Subscription *subscription, const char *zone)
{
	return subscription->plan.months > 0
			   ? months_end(subscription, zone, subscription->plan.months)
			   : local_time_add(subscription->starts_at, zone, 0, subscription->plan.days);
}

/* Takes a place in the chain of months: behind a monthly period that ends where months end. */
static void
join_chain(Subscription *subscription, const Subscription *before, const char *zone)
{
	bool continues = before && before->plan.months > 0 && !before->is_rest &&
					 before->ends_at == subscription->starts_at && before->extra_days == 0 &&
					 before->ends_at == natural_end(before, zone);

	if (subscription->plan.months == 0)
		return;
	subscription->anchor_at = continues ? before->anchor_at : subscription->starts_at;
	subscription->anchor_months = continues ? before->anchor_months + before->plan.months : 0;
}

/* Where the windows of a part count from: the begin of its period; DT_NOBEGIN where it has none. */
static TimestampTz
windows_from(const Subscription *subscription)
{
	return subscription->plan.window_hours > 0 ? subscription->starts_at : DT_NOBEGIN;
}

/* The part of that place among the parts there are, or a new one. */
static QuotaPart
part_of_place(const Subscription *subscription, const QuotaPart *parts, size_t count, size_t place)
{
	return place < count
			   ? parts[place]
			   : (QuotaPart){.quota_no = NO_NUMBER, .amount_nano = subscription->plan.quota_nano};
}

/* Gives the parts of a period their bounds: the whole of it, or month by month. */
static void
place_parts(const Subscription *subscription, const char *zone)
{
	size_t count;
	QuotaPart *parts = parts_of(subscription, &count);
	size_t places = subscription->plan.monthly_quota ? (size_t) subscription->plan.months : 1;
	TimestampTz from = subscription->starts_at;

	for (size_t place = 0; place < places; place++)
	{
		QuotaPart part = part_of_place(subscription, parts, count, place);

		part.starts_at = from;
		part.ends_at = place + 1 == places ? subscription->ends_at
										   : months_end(subscription, zone, (int) place + 1);
		part.planned_until = from = part.ends_at;
		part.windows_from = windows_from(subscription);
		put_part(subscription, &part);
	}
}

/* What is left of a part that was cut: all of one that had not begun. */
static int64
rest_us(const QuotaPart *part)
{
	return part->planned_until - part->ends_at;
}

static int64
sum_of_rests(const QuotaPart *parts, size_t count)
{
	int64 sum_us = 0;

	for (size_t i = 0; i < count; i++)
		sum_us += rest_us(&parts[i]);
	return sum_us;
}

/*
 * Lays what is left of parts one behind the other. What was drawn on before the cut stays, and its
 * rest is a part of its own.
 */
static void
place_rests(Subscription *subscription)
{
	size_t count;
	QuotaPart *parts = parts_of(subscription, &count);
	TimestampTz from = subscription->starts_at;

	for (size_t i = 0; i < count; i++)
	{
		QuotaPart rest = parts[i];
		int64 length_us = rest_us(&parts[i]);

		if (length_us == 0)
			continue;
		if (parts[i].ends_at > parts[i].starts_at)
		{
			parts[i].planned_until = parts[i].ends_at;
			put_part(subscription, &parts[i]);
			rest.quota_no = NO_NUMBER;
			rest.amount_nano = Max(rest.amount_nano + rest.given_nano - rest.used_nano, 0);
		}
		rest.starts_at = from;
		rest.ends_at = rest.planned_until = from = from + length_us;
		rest.windows_from = windows_from(subscription);
		put_part(subscription, &rest);
	}
	subscription->ends_at = from;
}

/* Moves the parts of a rest that has its place, and has not begun. */
static void
move_parts(const Subscription *subscription, TimestampTz since, int64 by_us)
{
	size_t count;
	QuotaPart *parts = parts_of(subscription, &count);

	for (size_t i = 0; i < count; i++)
	{
		if (parts[i].starts_at < since)
			continue;
		parts[i].starts_at += by_us;
		parts[i].ends_at += by_us;
		parts[i].planned_until += by_us;
		parts[i].windows_from = windows_from(subscription);
		put_part(subscription, &parts[i]);
	}
}

/* Gives a rest its place, or moves it from the one that it had. */
static void
place_rest(Subscription *subscription, TimestampTz at)
{
	int64 by_us = at - subscription->starts_at;
	TimestampTz since = subscription->starts_at;
	bool has_place = subscription->starts_at != DT_NOEND;

	subscription->starts_at = at;
	if (!has_place)
		place_rests(subscription);
	else
	{
		subscription->ends_at += by_us;
		move_parts(subscription, since, by_us);
	}
}

/* Gives a period its place at an instant, behind another (NULL: none). */
static void
place(Booking *booking, Subscription *subscription, TimestampTz at, const Subscription *before)
{
	const char *zone = subscription_time_zone(subscription->account_id);

	if (subscription->starts_at == at)
		return;
	if (subscription->is_rest)
		place_rest(subscription, at);
	else
	{
		subscription->starts_at = at;
		join_chain(subscription, before, zone);
		subscription->ends_at = local_time_add(natural_end(subscription, zone), zone, 0,
											   subscription->extra_days);
		place_parts(subscription, zone);
	}
	earning_begin(booking, subscription, at);
	subscription_update(subscription);
}

/* ---- ends ------------------------------------------------------------------ */

/* Cuts the parts of a subscription at an instant; what they would have had is noted. */
static void
cut_parts(const Subscription *subscription, TimestampTz at)
{
	size_t count;
	QuotaPart *parts = parts_of(subscription, &count);

	for (size_t i = 0; i < count; i++)
	{
		if (parts[i].ends_at <= at)
			continue;
		parts[i].ends_at = Max(parts[i].starts_at, at);
		put_part(subscription, &parts[i]);
	}
}

/* Ends a subscription now, and books the rest of its money as earned. */
static void
end(Booking *booking, Subscription *subscription)
{
	earning_book_due(booking, subscription);
	if (subscription->ends_at > booking->at)
	{
		cut_parts(subscription, booking->at);
		subscription->ends_at = booking->at;
		subscription->starts_at = Min(subscription->starts_at, booking->at);
		if (subscription->money.deferred_nano > 0)
			subscription->earn_at = booking->at;
	}
	earning_book_due(booking, subscription);
	subscription_update(subscription);
}

/* The packs that are drawn beside a period end with it. */
static void
end_packs(Booking *booking, int64 subscription_no)
{
	size_t count;
	Subscription *open = subscription_list_open(booking->account.account_id, booking->at, sql_run,
												&count);

	for (size_t i = 0; i < count; i++)
		if (open[i].pack_of == subscription_no)
			end(booking, &open[i]);
}

void
subscription_end_all(Booking *booking)
{
	size_t count;
	Subscription *open = subscription_list_open(booking->account.account_id, booking->at, sql_run,
												&count);

	for (size_t i = 0; i < count; i++)
		end(booking, &open[i]);
	open = subscription_list_unearned(booking->account.account_id, &count);
	for (size_t i = 0; i < count; i++)
		end(booking, &open[i]);
}

/* ---- the queue ------------------------------------------------------------- */

/* An upgrade ends what it replaces where that still runs; true where it did, and starts now. */
static bool
replace(Booking *booking, Subscription *upgrade)
{
	Subscription old;

	if (upgrade->replaces == NO_NUMBER || has_begun(upgrade, booking->at) ||
		!subscription_find(upgrade->account_id, upgrade->replaces, &old) ||
		old.state != SUBSCRIPTION_PAID || !has_begun(&old, booking->at) ||
		old.ends_at <= booking->at)
		return false;
	end(booking, &old);
	end_packs(booking, old.money.subscription_no);
	place(booking, upgrade, booking->at, NULL);
	return true;
}

/* Lets upgrades that wait take effect, the last of them for good. */
static void
replace_all(Booking *booking)
{
	size_t count;
	Subscription *open = subscription_list_open(booking->account.account_id, booking->at, sql_run,
												&count);

	for (size_t i = 0; i < count; i++)
		(void) replace(booking, &open[i]);
}

void
subscription_place_all(Booking *booking)
{
	bool waits = (booking->account.locks & LOCK_REFUND) != 0;
	const Subscription *before = NULL;
	Subscription *open;
	size_t count;

	if (!waits)
		replace_all(booking);
	open = subscription_list_open(booking->account.account_id, booking->at, sql_run, &count);
	for (size_t i = 0; i < count && !is_pack(&open[i]); i++)
	{
		if (!has_begun(&open[i], booking->at))
		{
			if (waits && open[i].starts_at == DT_NOEND)
				continue;
			place(booking, &open[i], before ? before->ends_at : booking->at, before);
		}
		before = &open[i];
	}
}

/* ---- bought ---------------------------------------------------------------- */

bool
subscription_is_possible(const Order *order, TimestampTz at)
{
	Subscription period;

	return order->pack_of == NO_NUMBER ||
		   (subscription_find(order->account_id, order->pack_of, &period) &&
			period.state == SUBSCRIPTION_PAID && period.ends_at > at);
}

/* A pack is there at once, as long as the period that it is beside. */
static void
place_pack(Booking *booking, Subscription *pack)
{
	Subscription period;
	QuotaPart part = {
		.quota_no = NO_NUMBER, .windows_from = DT_NOBEGIN, .amount_nano = pack->plan.quota_nano};

	if (!subscription_find(pack->account_id, pack->pack_of, &period))
		refuse(ERROR_INTERNAL, "a quota pack has no period");
	pack->starts_at = part.starts_at = booking->at;
	pack->ends_at = part.ends_at = part.planned_until = period.ends_at;
	earning_begin(booking, pack, booking->at);
	subscription_update(pack);
	put_part(pack, &part);
}

void
subscription_begin(Booking *booking, const Order *order, int64 paid_nano, Book from)
{
	Subscription subscription = {
		.account_id = order->account_id,
		.order_id = order->order_id,
		.state = SUBSCRIPTION_PAID,
		.pack_of = order->pack_of,
		.replaces = order->replaces,
		.price_nano = paid_nano,
		.booked_at = booking->at,
		.queued_at = booking->at,
		.starts_at = DT_NOEND,
		.ends_at = DT_NOEND,
		.anchor_at = DT_NOBEGIN,
		.revoked_at = DT_NOEND,
		.to_earn_nano = paid_nano,
		.earn_from = DT_NOEND,
		.earn_at = DT_NOEND,
	};

	if (!plan_find(order->plan, order->plan_version, &subscription.plan))
		refuse(ERROR_INTERNAL, "the plan of an order is not there");
	subscription.money.subscription_no = subscription_next_no(order->account_id);
	check_outcome(books_defer(&booking->books, &subscription.money, paid_nano, from));
	booking_write_entries(booking);
	subscription_insert(&subscription);
	if (is_pack(&subscription))
		place_pack(booking, &subscription);
	else
		subscription_place_all(booking);
}

/* Moves the end of a subscription that has its place, and of its last part. */
static void
move_end(Booking *booking, Subscription *subscription, TimestampTz ends_at)
{
	size_t count;
	QuotaPart *parts = parts_of(subscription, &count);
	QuotaPart *last = &parts[count - 1];

	last->ends_at = last->planned_until = subscription->ends_at = ends_at;
	put_part(subscription, last);
	if (has_begun(subscription, booking->at))
	{
		earning_book_days(booking, subscription);
		earning_begin(booking, subscription, booking->at);
	}
	else
		earning_begin(booking, subscription, subscription->starts_at);
	subscription_update(subscription);
}

/* ---- taken back, and come again -------------------------------------------- */

void
subscription_revoke(Booking *booking, Subscription *subscription, int64 taken_nano)
{
	Source source = booking->books.source;
	int64 occurred_at = booking->books.occurred_at;
	int next;

	if (has_begun(subscription, booking->at))
		earning_book_days(booking, subscription);
	booking->books.source = source;
	booking->books.occurred_at = occurred_at;
	check_outcome(books_take_back_plan(&booking->books, &subscription->money, taken_nano));
	booking_write_entries(booking);
	if (subscription->state == SUBSCRIPTION_PAID)
	{
		(void) lifecycle_next(&lifecycle_subscription, subscription->state, SUBSCRIPTION_TAKEN_BACK,
							  &next);
		subscription->state = (SubscriptionState) next;
		subscription->revoked_at = booking->at;
		end_packs(booking, subscription->money.subscription_no);
	}
	end(booking, subscription);
	subscription_place_all(booking);
}

/* A pack is there again if its period still runs: what was left of it, as long as that. */
static bool
restore_pack(Booking *booking, Subscription *pack)
{
	Subscription period;

	if (!subscription_find(pack->account_id, pack->pack_of, &period) ||
		period.state != SUBSCRIPTION_PAID || period.ends_at <= booking->at)
		return false;
	pack->starts_at = booking->at;
	place_rests(pack);
	move_end(booking, pack, period.ends_at);
	return true;
}

/* It joins the end of the queue: what was left, or all of it where it never had a place. */
static bool
restore_period(Booking *booking, Subscription *period)
{
	size_t count;
	QuotaPart *parts = parts_of(period, &count);

	if (count > 0 && sum_of_rests(parts, count) == 0)
		return false;
	period->is_rest = count > 0;
	period->queued_at = booking->at;
	period->starts_at = period->ends_at = period->earn_from = period->earn_at = DT_NOEND;
	subscription_update(period);
	subscription_place_all(booking);
	return true;
}

void
subscription_restore(Booking *booking, Subscription *subscription, int64 amount_nano, bool is_whole)
{
	int next = subscription->state;

	check_outcome(books_defer(&booking->books, &subscription->money, amount_nano, BOOK_GATEWAY));
	booking_write_entries(booking);
	if (is_whole)
	{
		(void) lifecycle_next(&lifecycle_subscription, subscription->state,
							  SUBSCRIPTION_TAKE_BACK_UNDONE, &next);
		subscription->state = (SubscriptionState) next;
		subscription->revoked_at = DT_NOEND;
		if ((is_pack(subscription) ? restore_pack : restore_period)(booking, subscription))
			return;
	}
	subscription->earn_at = booking->at;
	earning_book_due(booking, subscription);
	subscription_update(subscription);
}

/* ---- longer ---------------------------------------------------------------- */

void
subscription_extend(Booking *booking, Subscription *subscription, int32 days)
{
	const char *zone = subscription_time_zone(subscription->account_id);
	size_t count;
	Subscription *open;

	subscription->extra_days += days;
	move_end(booking, subscription, local_time_add(subscription->ends_at, zone, 0, days));
	open = subscription_list_open(booking->account.account_id, booking->at, sql_run, &count);
	for (size_t i = 0; i < count; i++)
		if (open[i].pack_of == subscription->money.subscription_no)
			move_end(booking, &open[i], subscription->ends_at);
	subscription_place_all(booking);
}
