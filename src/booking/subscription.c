/*-------------------------------------------------------------------------
 *
 * subscription.c
 *	  The queue of an account's periods, and what happens to them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/earning.h"
#include "booking/notify.h"
#include "booking/placing.h"
#include "booking/subscription.h"
#include "core/lock_reason.h"
#include "errors.h"
#include "local_time.h"

/* Those of the booking's account that have not ended, in their order. */
static Subscription *
list_open(const Booking *booking, size_t *count)
{
	return subscription_list_open(booking->account.account_id, booking->at, sql_run, count);
}

/* What is not earned of one that got a place, or another end, is earned over the days to come. */
static void
earn_anew(Booking *booking, Subscription *subscription)
{
	bool has_begun = placing_has_begun(subscription, booking->at) &&
					 subscription->earn_from < booking->at;

	if (has_begun)
		earning_book_days(booking, subscription);
	earning_begin(booking, subscription, has_begun ? booking->at : subscription->starts_at);
	subscription_update(subscription);
}

/* ---- packs ----------------------------------------------------------------- */

/* Gives a pack its bounds beside a period; one of which nothing is left stays as it is. */
static bool
place_pack(Booking *booking, Subscription *pack, const Subscription *period)
{
	if (!placing_set_pack(pack, period, booking->at))
		return false;
	earn_anew(booking, pack);
	return true;
}

/* The packs beside a period go where it goes. */
static void
place_packs(Booking *booking, const Subscription *period)
{
	size_t count;
	Subscription *packs = subscription_list_packs(period->account_id, period->money.subscription_no,
												  &count);

	for (size_t i = 0; i < count; i++)
		(void) place_pack(booking, &packs[i], period);
}

/* ---- ends ------------------------------------------------------------------ */

/* Ends a subscription now, and books the rest of its money as earned. */
static void
end(Booking *booking, Subscription *subscription, bool keeps_rest)
{
	earning_book_due(booking, subscription);
	if (subscription->ends_at > booking->at)
	{
		placing_cut(subscription, booking->at, keeps_rest);
		subscription->end_is_told = true;
		subscription->earn_at = subscription->money.deferred_nano > 0 ? booking->at : DT_NOEND;
	}
	earning_book_due(booking, subscription);
	subscription_update(subscription);
}

/* The packs that are drawn beside a period end with it. */
static void
end_packs(Booking *booking, int64 subscription_no, bool keeps_rest)
{
	size_t count;
	Subscription *packs = subscription_list_packs(booking->account.account_id, subscription_no,
												  &count);

	for (size_t i = 0; i < count; i++)
		end(booking, &packs[i], keeps_rest);
}

void
subscription_end_all(Booking *booking)
{
	size_t count;
	Subscription *open = list_open(booking, &count);

	for (size_t i = 0; i < count; i++)
		end(booking, &open[i], false);
	open = subscription_list_unearned(booking->account.account_id, &count);
	for (size_t i = 0; i < count; i++)
		end(booking, &open[i], false);
}

/* ---- the queue ------------------------------------------------------------- */

/* Gives a period its place, or moves it, and its packs. */
static void
place(Booking *booking, Subscription *period, TimestampTz at, const Subscription *before)
{
	if (period->starts_at == at)
		return;
	placing_set(period, at, before);
	earning_begin(booking, period, at);
	subscription_update(period);
	place_packs(booking, period);
}

/* Whether it is an upgrade that has not had its effect, and what it replaces still runs. */
static bool
is_due(const Booking *booking, const Subscription *upgrade, Subscription *old)
{
	return upgrade->replaces != NO_NUMBER && upgrade->starts_at == DT_NOEND && !upgrade->is_rest &&
		   subscription_find(upgrade->account_id, upgrade->replaces, old) &&
		   old->state == SUBSCRIPTION_PAID && placing_has_begun(old, booking->at) &&
		   old->ends_at > booking->at;
}

/* Lets upgrades that wait take effect: each ends what it replaces, for good, and starts now. */
static void
replace_all(Booking *booking)
{
	size_t count;
	Subscription *open = list_open(booking, &count);

	for (size_t i = 0; i < count; i++)
	{
		Subscription old;

		if (!is_due(booking, &open[i], &old))
			continue;
		end_packs(booking, old.money.subscription_no, false);
		end(booking, &old, false);
		place(booking, &open[i], booking->at, NULL);
	}
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
	open = list_open(booking, &count);
	for (size_t i = 0; i < count && !placing_is_pack(&open[i]); i++)
	{
		if (!placing_has_begun(&open[i], booking->at))
		{
			if (waits && open[i].starts_at == DT_NOEND)
				continue;
			place(booking, &open[i], before ? before->ends_at : booking->at, before);
		}
		before = &open[i];
	}
}

/* ---- bought ---------------------------------------------------------------- */

/* The period of a pack, where it has not ended: it may wait for its place. */
static bool
find_period(int64 account_id, int64 subscription_no, TimestampTz at, Subscription *period)
{
	return subscription_find(account_id, subscription_no, period) &&
		   period->state == SUBSCRIPTION_PAID && period->ends_at > at;
}

bool
subscription_is_possible(const Order *order, TimestampTz at)
{
	Subscription period;

	return order->pack_of == NO_NUMBER ||
		   find_period(order->account_id, order->pack_of, at, &period);
}

/* Beside its period; where that waits for its place, the pack waits with it. */
static bool
begin_pack(Booking *booking, Subscription *pack)
{
	Subscription period;

	if (!find_period(pack->account_id, pack->pack_of, booking->at, &period))
		return false;
	if (period.starts_at != DT_NOEND)
		return place_pack(booking, pack, &period);
	pack->starts_at = pack->ends_at = pack->earn_from = pack->earn_at = DT_NOEND;
	subscription_update(pack);
	return true;
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
	if (!placing_is_pack(&subscription))
		subscription_place_all(booking);
	else if (!begin_pack(booking, &subscription))
		refuse(ERROR_INTERNAL, "a quota pack has no period");
}

/* ---- taken back, and come again -------------------------------------------- */

void
subscription_revoke(Booking *booking, Subscription *subscription, int64 taken_nano)
{
	Source source = booking->books.source;
	int64 occurred_at = booking->books.occurred_at;
	int next;

	if (placing_has_begun(subscription, booking->at))
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
		subscription->end_is_told = true;
		end_packs(booking, subscription->money.subscription_no, true);
	}
	end(booking, subscription, true);
	subscription_place_all(booking);
}

/* It joins the end of the queue: what was left, or all of it where it never had a place. */
static bool
restore_period(Booking *booking, Subscription *period)
{
	if (!placing_unset(period, booking->at))
		return false;
	period->queued_at = booking->at;
	period->end_is_told = false;
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
		subscription->earn_from = booking->at; /* none of it is earned of the days before */
		if ((placing_is_pack(subscription) ? begin_pack : restore_period)(booking, subscription))
			return;
	}
	subscription->earn_at = booking->at;
	earning_book_due(booking, subscription);
	subscription_update(subscription);
}

/* ---- over ------------------------------------------------------------------- */

static void
tell_end(const Booking *booking, const Subscription *period)
{
	NotifyNews news = {
		.event = EVENT_PLAN_ENDED,
		.source_id = period->money.subscription_no,
		.facts = {{"subscription_no", notify_number(period->money.subscription_no)},
				  {"plan", period->plan.plan},
				  {"ended_at", notify_instant(period->ends_at)}},
	};

	notify_account(period->account_id, &news, booking->at);
}

void
subscription_tell_end(Booking *booking)
{
	size_t open_count;
	size_t count;
	Subscription *ended = subscription_list_ended(booking->account.account_id, booking->at, &count);

	(void) list_open(booking, &open_count);
	for (size_t i = 0; i < count; i++)
	{
		if (i + 1 == count && open_count == 0)
			tell_end(booking, &ended[i]);
		ended[i].end_is_told = true;
		subscription_update(&ended[i]);
	}
}

/* ---- longer ---------------------------------------------------------------- */

void
subscription_extend(Booking *booking, Subscription *subscription, int32 days)
{
	const char *zone = subscription_time_zone(subscription->account_id);

	subscription->extra_days += days;
	placing_move_end(subscription, local_time_add(subscription->ends_at, zone, 0, days));
	earn_anew(booking, subscription);
	place_packs(booking, subscription);
	subscription_place_all(booking);
}
