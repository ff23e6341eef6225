/*-------------------------------------------------------------------------
 *
 * notify.h
 *	  Telling a customer what was booked: in the transaction that books it, at
 *	  each address that the account wants it at (B&S 4.9).
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_NOTIFY_H
#define BOOKING_NOTIFY_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/notification.h"
#include "store/invoice_store.h"
#include "store/red_store.h"
#include "store/refund_store.h"

typedef struct NotifyFact
{
	const char *name;  /* a field of the event */
	const char *value; /* NULL: not given */
} NotifyFact;

/* What is told. */
typedef struct NotifyNews
{
	NotificationEvent event;
	int64 source_id;   /* what it is about: it is told once */
	int32 episode;	   /* of an alert */
	const char *email; /* one of these two: it goes there, not to the account's addresses */
	const char *mobile;
	bool webhooks_alone;						   /* people have been told enough like it */
	NotifyFact facts[NOTIFICATION_FIELDS_MAX + 1]; /* the last has no name */
} NotifyNews;

/* Queues it for an account, which is held; the house is told of nothing. */
extern void notify_account(int64 account_id, const NotifyNews *news, TimestampTz at);

/* Tells that a refund was accepted, rejected or completed, by the state that it has now, and how
 * much it is of. */
extern void notify_refund(const Refund *refund, int64 amount_nano, const char *currency,
						  TimestampTz at);

/* Tells that an invoice was issued, refused or reversed, by the state that it has now. */
extern void notify_invoice(const Invoice *invoice, const char *currency, TimestampTz at);

/* Tells what became of a confirmation by which an invoice is to be reversed: that its buyer has to
 * answer it, or that it has ended without a red invoice. */
extern void notify_red(const Invoice *invoice, const RedConfirmation *confirmation,
					   const char *currency, TimestampTz at);

/* A part of it was reversed, which the buyer began. */
extern void notify_red_part(const Invoice *invoice, const RedConfirmation *confirmation,
							const char *currency, TimestampTz at);

/* Values of facts: an amount with all its decimals, one in whole cents, a number, an instant. */
extern const char *notify_exact(int64 amount_nano);
extern const char *notify_cents(int64 amount_nano);
extern const char *notify_number(int64 number);
extern const char *notify_instant(TimestampTz at);

#endif
