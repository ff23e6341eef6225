/*-------------------------------------------------------------------------
 *
 * red_seen.c
 *	  From a provider's list to confirmations that are followed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/booking.h"
#include "booking/invoicing.h"
#include "booking/red_seen.h"
#include "store/gateway_store.h"

/* A list is read so often; soon again where that failed. A buyer's confirmation waits 72 hours. */
#define LIST_US USECS_PER_HOUR
#define LIST_AGAIN_US (5 * USECS_PER_MINUTE)

/* It is read from so long before the last time on: what was left then is found again. */
#define OVERLAP_US (4 * USECS_PER_DAY)

/* A provider lists at most so long (Nuonuo: 90 days). */
#define RANGE_MAX_US (89 * USECS_PER_DAY)

bool
red_seen_claim(const char *providers, TimestampTz now, GatewayCall *call)
{
	TimestampTz seen_at;
	const char *gateway = gateway_claim_confirmations(providers, now, now + LIST_US, &seen_at);

	if (gateway == NULL)
		return false;
	*call = (GatewayCall){.operation = CALL_RED_LIST};
	strlcpy(call->gateway, gateway, sizeof(call->gateway));
	call->invoice.from_at = now - RANGE_MAX_US;
	if (seen_at != DT_NOBEGIN)
		call->invoice.from_at = Max(call->invoice.from_at, seen_at - OVERLAP_US);
	call->invoice.to_at = now;
	call->invoice.page = 1;
	return true;
}

void
red_seen_end(const char *gateway, TimestampTz claimed_at)
{
	gateway_set_confirmations_seen(gateway, claimed_at);
}

void
red_seen_put_off(const char *gateway, TimestampTz now)
{
	gateway_set_confirmations_due(gateway, now + LIST_AGAIN_US);
}

/* A buyer needs one; whoever lists more of an invoice than these makes rows without end. */
#define FOLLOWED_MAX 50

static bool
has_had_too_many(const char *gateway, const Booking *booking, int64 invoice_id)
{
	int64 account_id = booking->account.account_id;

	if (red_count_of_buyer(account_id, invoice_id) < FOLLOWED_MAX)
		return false;
	ereport(LOG, (errmsg("billing follows no more red confirmations of invoice " INT64_FORMAT
						 " of account " INT64_FORMAT ", which gateway \"%s\" lists",
						 invoice_id, account_id, gateway)));
	return true;
}

/* False where another one is open. */
static bool
follow(const char *gateway, const RedSeen *seen, Booking *booking, int64 invoice_id)
{
	Invoice invoice;
	RedConfirmation confirmation = {
		.account_id = booking->account.account_id,
		.invoice_id = invoice_id,
		.state = RED_APPLYING,
		.red_reason = seen->reason == 0 ? NULL : psprintf("%02d", (int) seen->reason),
		.provider_id = seen->confirmation_id,
		.entered_at = seen->entered_at == 0 ? DT_NOBEGIN : seen->entered_at,
		.bureau_number = seen->confirmation_number[0] ? seen->confirmation_number : NULL,
		.created_at = booking->at,
		.actor = booking->actor,
	};

	if (red_is_known(seen->confirmation_id) || has_had_too_many(gateway, booking, invoice_id))
		return true;
	invoicing_find(confirmation.account_id, invoice_id, &invoice);
	if (!invoicing_follow(booking, &invoice, gateway, &confirmation))
		return invoice.state != INVOICE_REVERSING;
	booking_finish_unmoved(booking);
	return true;
}

bool
red_seen_take(const char *gateway, const RedSeen *seen)
{
	Booking booking = {0};
	int64 account_id;
	int64 invoice_id;

	if (red_is_known(seen->confirmation_id) ||
		!invoice_find_listed(seen->blue_number, gateway, &account_id, &invoice_id))
		return true;
	if (!account_hold_if_free(account_id, &booking.account))
		return false;
	booking_begin_held(&booking);
	booking.actor = "gateway";
	return follow(gateway, seen, &booking, invoice_id);
}
