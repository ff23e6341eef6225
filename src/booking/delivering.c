/*-------------------------------------------------------------------------
 *
 * delivering.c
 *	  Claiming notifications, writing what is sent, and recording what became of
 *	  it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/delivering.h"
#include "booking/wording.h"
#include "clock.h"
#include "core/books.h"
#include "core/erased.h"
#include "errors.h"
#include "store/webhook_store.h"
#include "wake.h"

/* E-mail and SMS: waits doubled from one attempt to the next, some ten hours in all. */
#define WAIT_MIN_US USECS_PER_MINUTE
#define WAIT_MAX_US USECS_PER_HOUR
#define ATTEMPTS_MAX 15

/* What nobody can send until an operator acts is looked at again. */
#define MISCONFIGURED_US USECS_PER_MINUTE

/* Webhooks: the waits that Standard Webhooks proposes, three days in all. */
static const int64 webhook_waits_us[] = {
	5 * USECS_PER_SEC,	 5 * USECS_PER_MINUTE, 30 * USECS_PER_MINUTE,
	2 * USECS_PER_HOUR,	 5 * USECS_PER_HOUR,   10 * USECS_PER_HOUR,
	14 * USECS_PER_HOUR, 20 * USECS_PER_HOUR,  24 * USECS_PER_HOUR,
};

/* ---- its state ---------------------------------------------------------------- */

static bool
is_webhook(const Notification *notification)
{
	return notification->endpoint_id != NO_NUMBER;
}

/* Moves it by an event, if that changes anything; it is due again at an instant, if it is ever. */
static void
move(Notification *notification, DeliveryEvent event, TimestampTz due_at)
{
	int next;

	(void) lifecycle_next(&lifecycle_notification, (int) notification->state, event, &next);
	notification->state = (DeliveryState) next;
	notification->due_at = notification->state <= DELIVERY_SENDING ? due_at : DT_NOEND;
}

static bool
is_spent(const Notification *notification)
{
	return notification->attempts >=
		   (is_webhook(notification) ? (int32) lengthof(webhook_waits_us) + 1 : ATTEMPTS_MAX);
}

/* After so many attempts, which are not spent. */
static int64
wait_us(const Notification *notification)
{
	int tried = Max(notification->attempts, 1) - 1;

	if (is_webhook(notification))
		return webhook_waits_us[tried];
	return tried < 6 ? WAIT_MIN_US << tried : WAIT_MAX_US;
}

/* Back among those that wait, unless it was tried often enough. */
static void
put_off(Notification *notification, DeliveryEvent event, TimestampTz now)
{
	bool spent = is_spent(notification);

	move(notification, event, spent ? now : now + wait_us(notification));
	if (spent)
		move(notification, DELIVERY_ATTEMPTS_SPENT, DT_NOEND);
}

/* ---- claiming ----------------------------------------------------------------- */

/* Whoever sent it last does not answer any more: it may be there. */
static void
end_lease(Notification *notification, TimestampTz now)
{
	if (notification->state != DELIVERY_SENDING)
		return;
	notification->result = parcel_result_name(PARCEL_UNKNOWN);
	notification->code = "no_answer";
	notification->answered_at = now;
	put_off(notification, DELIVERY_UNANSWERED, now);
	/* It has waited for the lease. */
	if (notification->state == DELIVERY_PENDING)
		notification->due_at = now;
	notification_update(notification); /* a step of its own: what is done next is another */
}

/* Why nobody wants it any more; NULL where somebody does. What is sent again always is. */
static const char *
why_stale(const Notification *notification, TimestampTz now)
{
	if (strcmp(notification->address, ERASED_TEXT) == 0)
		return "erased";
	if (is_webhook(notification))
		return notification->is_stale ? "endpoint_deleted" : NULL;
	if (notification->useful_until <= now)
		return "too_late";
	return notification->is_stale && notification->useful_until != DT_NOEND ? "superseded" : NULL;
}

/* Ends one that is not sent, where there is a reason. */
static bool
ends(Notification *notification, DeliveryEvent event, const char *because)
{
	if (because == NULL)
		return false;
	move(notification, event, DT_NOEND);
	notification->result = because;
	notification->code = NULL;
	notification_update(notification);
	return true;
}

bool
delivering_claim(const DueNotification *due, Parcel *parcel)
{
	TimestampTz now = clock_now();
	Notification notification;

	if (!notification_hold(due->account_id, due->notification_no, false, &notification) ||
		notification.due_at > now)
		return false;
	end_lease(&notification, now);
	if (notification.state != DELIVERY_PENDING ||
		ends(&notification, DELIVERY_STALE, why_stale(&notification, now)) ||
		ends(&notification, DELIVERY_ATTEMPTS_SPENT, wording_fill(&notification, now, parcel)))
		return false;
	move(&notification, DELIVERY_CLAIMED, now + DELIVERING_LEASE_US);
	notification.attempts++;
	if (notification.first_sent_at == DT_NOBEGIN)
		notification.first_sent_at = now;
	notification_update(&notification);
	return true;
}

/* ---- recording ---------------------------------------------------------------- */

/* Nothing was tried: it waits for somebody who acts, and loses no attempt. */
static void
wait_for_operator(Notification *notification, TimestampTz now)
{
	notification->attempts--;
	move(notification, DELIVERY_PUT_OFF, now + MISCONFIGURED_US);
}

void
delivering_record(const DueNotification *due, const ParcelAnswer *answer)
{
	TimestampTz now = clock_now();
	Notification notification;

	if (!notification_hold(due->account_id, due->notification_no, true, &notification) ||
		notification.state != DELIVERY_SENDING)
		return;
	notification.result = parcel_result_name(answer->result);
	notification.code = answer->code[0] ? answer->code : NULL;
	notification.answered_at = now;
	switch (answer->result)
	{
		case PARCEL_SENT:
			move(&notification, DELIVERY_ACCEPTED, DT_NOEND);
			break;
		case PARCEL_REFUSED:
			move(&notification, DELIVERY_REFUSED, DT_NOEND);
			break;
		case PARCEL_UNKNOWN:
			put_off(&notification, DELIVERY_UNANSWERED, now);
			break;
		case PARCEL_LATER:
		case PARCEL_NOT_SENT:
			put_off(&notification, DELIVERY_PUT_OFF, now);
			break;
		case PARCEL_MISCONFIGURED:
			wait_for_operator(&notification, now);
			break;
	}
	notification_update(&notification);
}

void
delivering_put_off(const DueNotification *due)
{
	TimestampTz now = clock_now();
	Notification notification;

	if (!notification_hold(due->account_id, due->notification_no, false, &notification) ||
		notification.due_at == DT_NOEND)
		return;
	if (notification.state == DELIVERY_PENDING)
	{
		move(&notification, DELIVERY_CLAIMED, now);
		notification.attempts++;
		notification_update(&notification); /* a step of its own */
	}
	notification.result = "unrecorded";
	notification.code = NULL;
	put_off(&notification, DELIVERY_PUT_OFF, now);
	notification_update(&notification);
}

/* ---- again -------------------------------------------------------------------- */

const char *
delivering_repeat(int64 account_id, int64 notification_no, const char *channel)
{
	Notification notification;
	const char *before;

	if (!notification_hold(account_id, notification_no, true, &notification) ||
		(channel && strcmp(channel, notification.channel) != 0))
		refuse(ERROR_NOTIFICATION_UNKNOWN, account_id, notification_no);
	before = lifecycle_state_name(&lifecycle_notification, (int) notification.state);
	if (notification.state == DELIVERY_SENDING)
		refuse(ERROR_NOTIFICATION_STATE, notification_no, account_id, before);
	move(&notification, DELIVERY_REPEAT, clock_now());
	notification.attempts = 0;
	notification.useful_until = DT_NOEND;
	notification_update(&notification);
	wake_at_commit(WORKER_CLERK);
	return before;
}
