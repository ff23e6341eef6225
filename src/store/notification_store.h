/*-------------------------------------------------------------------------
 *
 * notification_store.h
 *	  Rows of notification and notification_setting.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_NOTIFICATION_STORE_H
#define STORE_NOTIFICATION_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/lifecycle.h"
#include "core/notification.h"

/* What is to be told, before it is known to whom. */
typedef struct NotificationDraft
{
	NotificationEvent event;
	int64 source_id;
	int32 episode;
	const char *email; /* one of these two: it goes there, not to the account's; both NULL: there */
	const char *mobile;
	bool webhooks_alone; /* people have been told enough */
	size_t count;
	const char *names[NOTIFICATION_FIELDS_MAX];
	const char *values[NOTIFICATION_FIELDS_MAX]; /* NULL: not given */
} NotificationDraft;

/*
 * Queues it to each address that the account, which is held, wants it at, and returns to how many.
 * What was told of that source stays as it is.
 */
extern uint64 notification_insert(int64 account_id, const NotificationDraft *draft, TimestampTz at);

/* E-mails and SMS about keys that an account was sent, or is to be, since an instant; no more than
 * so many are counted. */
extern int64 notification_count_of_keys(int64 account_id, TimestampTz since, int64 max);

/* Says whether an account is told of an event by a channel. */
extern void notification_setting_put(int64 account_id, const char *event, const char *channel,
									 bool enabled);

/* What of one is known without holding it. */
typedef struct DueNotification
{
	int64 account_id;
	int64 notification_no;
	char *lane;
} DueNotification;

/* Lanes in which something waits, so many at the most, behind one ("": from the first on). */
extern char **notification_list_lanes(const char *behind, int max, size_t *count);

/* What is looked for. */
typedef struct LaneFilter
{
	char **lanes;
	size_t lanes_count;
	const int64 *passed; /* accounts that are passed over */
	size_t passed_count;
} LaneFilter;

/* What is due, so many of each lane at the most, the longest due first. */
extern DueNotification *notification_list_due(TimestampTz now, const LaneFilter *filter,
											  int per_lane, size_t *count);

/* When the next one is due; DT_NOEND: never. */
extern TimestampTz notification_next_due(const LaneFilter *filter);

/* One on its way. */
typedef struct Notification
{
	int64 account_id;
	int64 notification_no;
	NotificationEvent event;
	int64 source_id;
	const char *channel;
	int64 endpoint_id; /* of a webhook; else NO_NUMBER */
	const char *address;
	const char *language;
	DeliveryState state;
	TimestampTz created_at;
	TimestampTz due_at;		  /* DT_NOEND: it is not sent */
	TimestampTz useful_until; /* DT_NOEND: always useful */
	int32 attempts;
	TimestampTz first_sent_at; /* DT_NOBEGIN: never */
	const char *result;		   /* NULL: nothing came of it yet, as the next */
	const char *code;
	TimestampTz answered_at; /* DT_NOBEGIN: never */
	/* only read: */
	const char *region;
	const char *external_ref; /* NULL: the account has none */
	const char *time_zone;
	const char *payload; /* JSON */
	bool is_stale;		 /* a later one tells of the same alert, or its endpoint is deleted */
} Notification;

/*
 * Holds a notification until the transaction ends; false where there is none of that number, or
 * somebody holds it, which is waited for where waits.
 */
extern bool notification_hold(int64 account_id, int64 notification_no, bool waits,
							  Notification *notification);

/* The members of its payload, in the order of their names. */
typedef struct NotificationFact
{
	const char *name;
	const char *value;
} NotificationFact;

extern NotificationFact *notification_facts(const Notification *notification, size_t *count);

/* Writes back what changes of one. */
extern void notification_update(const Notification *notification);

#endif
