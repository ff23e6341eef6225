/*-------------------------------------------------------------------------
 *
 * notification.h
 *	  What customers can be told of, what each telling says, and whom it reaches
 *	  where nobody chose (B&S 4.9).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_NOTIFICATION_H
#define CORE_NOTIFICATION_H

#include "core/money.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum NotificationEvent
{
	EVENT_BALANCE_LOW,
	EVENT_BALANCE_RECOVERED,
	EVENT_RUNWAY_LOW,
	EVENT_RUNWAY_RECOVERED,
	EVENT_TOPUP_RECEIVED,
	EVENT_PLAN_BOUGHT,
	EVENT_ORDER_CLOSED,
	EVENT_PAYMENT_RETURNED,
	EVENT_REFUND_ACCEPTED,
	EVENT_REFUND_REJECTED,
	EVENT_REFUND_COMPLETED,
	EVENT_INVOICE_ISSUED,
	EVENT_INVOICE_REFUSED,
	EVENT_INVOICE_REVERSED,
	EVENT_RED_CONFIRMATION_AWAITS,
	EVENT_RED_CONFIRMATION_ENDED,
	EVENT_DISPUTE_LOCK_SET,
	EVENT_DISPUTE_LOCK_LIFTED,
	EVENT_KEY_CREATED,
	EVENT_KEY_DELETED,
	EVENT_PLAN_NEARLY_USED,
	EVENT_PLAN_ENDED,
	EVENT_CREDIT_NOTE_ISSUED
} NotificationEvent;

#define NOTIFICATION_EVENTS_COUNT 23
#define NOTIFICATION_FIELDS_MAX 6

/* How a value is shown to a person. */
typedef enum NotificationFieldKind
{
	FIELD_TEXT,
	FIELD_AMOUNT, /* as a balance is shown: rounded down to 0.01 */
	FIELD_INSTANT /* in the account's local time */
} NotificationFieldKind;

/* A fact that the telling of an event says: a member of its payload, a placeholder of its texts. */
typedef struct NotificationField
{
	const char *name;
	NotificationFieldKind kind;
} NotificationField;

typedef struct NotificationRule
{
	const char *name;
	bool by_email;	  /* unless the account chose */
	bool by_sms;	  /* the same; else by SMS only where it has no e-mail */
	int useful_hours; /* to a person; 0: always */
	NotificationField fields[NOTIFICATION_FIELDS_MAX + 1]; /* the last has no name */
} NotificationRule;

extern const NotificationRule *notification_rule(NotificationEvent event);

/* False where there is none of that name. */
extern bool notification_event_from_name(const char *name, NotificationEvent *event);

/* The event's field of that name; NULL where it has none. */
extern const NotificationField *notification_field(NotificationEvent event, const char *name);

/* Placeholders that all texts have, beside the fields of their event. */
#define NOTIFICATION_COMMON_COUNT 3
extern const char *const notification_common[NOTIFICATION_COMMON_COUNT];

/* An amount as people are shown it, of its exact decimals; false where that is no amount. */
extern bool notification_show_amount(const char *exact, char text[MONEY_TEXT_SIZE]);

#endif
