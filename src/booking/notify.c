/*-------------------------------------------------------------------------
 *
 * notify.c
 *	  Queueing notifications.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/notify.h"
#include "core/money.h"
#include "errors.h"
#include "gateway/instant.h"
#include "store/notification_store.h"
#include "wake.h"

void
notify_account(int64 account_id, const NotifyNews *news, TimestampTz at)
{
	NotificationDraft draft = {.event = news->event,
							   .source_id = news->source_id,
							   .episode = news->episode,
							   .email = news->email,
							   .mobile = news->mobile,
							   .webhooks_alone = news->webhooks_alone};

	if (account_id < 0)
		return;
	for (const NotifyFact *fact = news->facts; fact->name; fact++)
	{
		if (notification_field(news->event, fact->name) == NULL)
			refuse(ERROR_INTERNAL, "a notification says what its event does not offer");
		draft.names[draft.count] = fact->name;
		draft.values[draft.count++] = fact->value;
	}
	if (notification_insert(account_id, &draft, at) > 0)
		wake_at_commit(WORKER_CLERK);
}

void
notify_refund(const Refund *refund, int64 amount_nano, const char *currency, TimestampTz at)
{
	NotifyNews news = {
		.event = EVENT_REFUND_ACCEPTED,
		.source_id = refund->refund_id,
		.facts = {{"refund_id", notify_number(refund->refund_id)},
				  {"amount", notify_cents(amount_nano)},
				  {"currency", currency}},
	};

	if (refund->state == REFUND_IS_REJECTED)
	{
		news.event = EVENT_REFUND_REJECTED;
		news.facts[3] = (NotifyFact){"reason", refund->decision_reason};
	}
	else if (refund->state == REFUND_IS_COMPLETED)
		news.event = EVENT_REFUND_COMPLETED;
	notify_account(refund->account_id, &news, at);
}

void
notify_invoice(const Invoice *invoice, const char *currency, TimestampTz at)
{
	NotifyNews news = {
		.source_id = invoice->invoice_id,
		.email = invoice->email,
		.mobile = invoice->mobile,
		.facts = {{"invoice_id", notify_number(invoice->invoice_id)},
				  {"amount", notify_cents(invoice->amount_nano)},
				  {"currency", currency}},
	};

	if (invoice->state == INVOICE_FAILED)
	{
		news.event = EVENT_INVOICE_REFUSED;
		news.facts[3] = (NotifyFact){"reason", invoice->reason};
	}
	else if (invoice->state == INVOICE_ISSUED || invoice->state == INVOICE_REVERSING ||
			 invoice->state == INVOICE_REVERSED)
	{
		news.event = invoice_is_credit_note(invoice) ? EVENT_CREDIT_NOTE_ISSUED
													 : EVENT_INVOICE_ISSUED;
		news.facts[3] = (NotifyFact){"number", invoice->number};
	}
	else
		return;
	if (invoice->state == INVOICE_REVERSED)
	{
		news.event = EVENT_INVOICE_REVERSED;
		news.facts[4] = (NotifyFact){"red_number", invoice->red_number};
	}
	notify_account(invoice->account_id, &news, at);
}

void
notify_red(const Invoice *invoice, const RedConfirmation *confirmation, const char *currency,
		   TimestampTz at)
{
	NotifyNews news = {
		.event = EVENT_RED_CONFIRMATION_ENDED,
		.source_id = confirmation->confirmation_no,
		.email = invoice->email,
		.mobile = invoice->mobile,
		.facts = {{"invoice_id", notify_number(invoice->invoice_id)},
				  {"number", invoice->number},
				  {"state", lifecycle_state_name(&lifecycle_red, (int) confirmation->state)}},
	};

	if (confirmation->state == RED_WAITING_BUYER)
	{
		news.event = EVENT_RED_CONFIRMATION_AWAITS;
		news.facts[2] = (NotifyFact){"amount", notify_cents(invoice->amount_nano)};
		news.facts[3] = (NotifyFact){"currency", currency};
		news.facts[4] = (NotifyFact){"lapses_at",
									 notify_instant(confirmation->entered_at + RED_LAPSE_US)};
	}
	else if (confirmation->state != RED_VOID && confirmation->state != RED_FAILED)
		return;
	notify_account(invoice->account_id, &news, at);
}

void
notify_red_part(const Invoice *invoice, const RedConfirmation *confirmation, const char *currency,
				TimestampTz at)
{
	NotifyNews news = {
		.event = EVENT_INVOICE_REVERSED,
		.source_id = invoice->invoice_id,
		.email = invoice->email,
		.mobile = invoice->mobile,
		.facts = {{"invoice_id", notify_number(invoice->invoice_id)},
				  {"amount", notify_cents(confirmation->amount_nano)},
				  {"currency", currency},
				  {"number", invoice->number},
				  {"red_number", confirmation->red_number}},
	};

	notify_account(invoice->account_id, &news, at);
}

const char *
notify_exact(int64 amount_nano)
{
	return money_print(amount_nano, palloc(MONEY_TEXT_SIZE));
}

const char *
notify_cents(int64 amount_nano)
{
	return money_print_cents(amount_nano, palloc(MONEY_TEXT_SIZE));
}

const char *
notify_number(int64 number)
{
	return psprintf(INT64_FORMAT, number);
}

const char *
notify_instant(TimestampTz at)
{
	return TIMESTAMP_NOT_FINITE(at) ? NULL : instant_to_utc(at, palloc(INSTANT_TEXT_SIZE));
}
