/*-------------------------------------------------------------------------
 *
 * earning.c
 *	  Booking what plans have earned.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "booking/earning.h"
#include "errors.h"

/* How far the calendar of the books is ahead of UTC: China has no summer time. */
static int64
calendar_offset_us(const Booking *booking)
{
	return strcmp(booking->account.currency, "CNY") == 0 ? 8 * USECS_PER_HOUR : 0;
}

/* The day of an instant, counted from the server's epoch. */
static int64
day_of(const Booking *booking, TimestampTz at)
{
	int64 local = at + calendar_offset_us(booking);

	return local / USECS_PER_DAY - (local % USECS_PER_DAY < 0);
}

static TimestampTz
day_start(const Booking *booking, int64 day)
{
	return day * USECS_PER_DAY - calendar_offset_us(booking);
}

/* The first instant of the month behind that of an instant. */
static TimestampTz
next_month(const Booking *booking, TimestampTz at)
{
	int year;
	int month;
	int day;

	j2date((int) day_of(booking, at) + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return day_start(booking,
					 date2j(year + month / MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1) -
						 POSTGRES_EPOCH_JDATE);
}

/* When something is to be booked after an instant. */
static TimestampTz
next_due(const Booking *booking, const Subscription *subscription, TimestampTz after)
{
	return subscription->money.deferred_nano > 0
			   ? Min(next_month(booking, after), subscription->ends_at)
			   : DT_NOEND;
}

void
earning_begin(const Booking *booking, Subscription *subscription, TimestampTz from)
{
	subscription->to_earn_nano = subscription->money.deferred_nano;
	subscription->earn_from = from;
	subscription->earn_at = next_due(booking, subscription, from);
}

/* Books what the time before an instant has earned. */
static void
earn_until(Booking *booking, Subscription *subscription, TimestampTz until)
{
	int64 unearned_nano = 0;

	if (until < subscription->ends_at)
		unearned_nano = plan_unearned_nano(
			subscription->to_earn_nano, day_of(booking, subscription->earn_from),
			day_of(booking, subscription->ends_at), day_of(booking, until));
	if (unearned_nano >= subscription->money.deferred_nano)
		return;
	booking_source(booking, SOURCE_SUBSCRIPTION, subscription->money.subscription_no, until - 1);
	check_outcome(books_earn(&booking->books, &subscription->money,
							 subscription->money.deferred_nano - unearned_nano));
	booking_write_entries(booking);
}

void
earning_book_due(Booking *booking, Subscription *subscription)
{
	while (subscription->earn_at <= booking->at)
	{
		earn_until(booking, subscription, subscription->earn_at);
		subscription->earn_at = next_due(booking, subscription, subscription->earn_at);
	}
}

void
earning_book_days(Booking *booking, Subscription *subscription)
{
	TimestampTz today = day_start(booking, day_of(booking, booking->at));

	earning_book_due(booking, subscription);
	if (subscription->earn_at != DT_NOEND && today > subscription->earn_from)
		earn_until(booking, subscription, today);
	subscription->earn_at = next_due(booking, subscription, booking->at);
}
