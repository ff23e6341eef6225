/*-------------------------------------------------------------------------
 *
 * refund.c
 *	  Quotes, requests and approvals of refunds.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/lock.h"
#include "booking/notify.h"
#include "booking/provider.h"
#include "booking/refund.h"
#include "booking/refund_item.h"
#include "core/lock_reason.h"
#include "errors.h"
#include "store/payment_store.h"

/* ---- quotes ----------------------------------------------------------------- */

RefundQuote
refund_quote(int64 account_id, int64 order_id, SqlRunner run)
{
	RefundQuote quote = {0};

	quote.orders = refund_quote_list(account_id, order_id, run, &quote.count);
	for (size_t i = 0; i < quote.count; i++)
		quote.total_nano += quote.orders[i].refundable_nano;
	return quote;
}

/* When an order's provider takes no more refunds of it; provider NULL: never. */
static TimestampTz
until(const QuotedOrder *order, const Provider *provider)
{
	return provider && provider->refunds.window_us > 0 && !TIMESTAMP_NOT_FINITE(order->paid_at)
			   ? order->paid_at + provider->refunds.window_us
			   : DT_NOEND;
}

TimestampTz
refund_until(const QuotedOrder *order)
{
	return until(order, provider_of(order->gateway));
}

const char *
refund_manual_reason(const QuotedOrder *order, TimestampTz at)
{
	const Provider *provider = provider_of(order->gateway);

	if (provider == NULL)
		return strcmp(order->gateway, GATEWAY_OFFLINE) == 0 ? "offline" : "no_call";
	if (provider->lacks & PROVIDER_LACKS(CALL_REFUND))
		return "no_call";
	if (until(order, provider) <= at)
		return "window";
	return order->numbers_used >= provider->refunds.per_payment_max ? "count" : NULL;
}

/* ---- requests --------------------------------------------------------------- */

void
refund_accept(Booking *booking, Refund *refund)
{
	LockChange change = {
		.lock = lock_reason_name(LOCK_REFUND), .actor = booking->actor, .reason = refund->reason};
	Refund open;

	booking_check_locks(booking, booking->account.locks);
	if (refund_find_open(refund->account_id, &open))
		refuse(ERROR_REFUND_OPEN, refund->account_id, open.refund_id);
	refund->amount_nano = refund_quote(refund->account_id, NO_NUMBER, sql_run).total_nano;
	if (refund->amount_nano == 0)
		refuse(ERROR_NOTHING_TO_REFUND, refund->account_id);
	refund->state = REFUND_IS_ACCEPTED;
	refund->requested_at = booking->at;
	refund->requested_by = booking->actor;
	refund_insert(refund);
	lock_set(booking, &change);
	notify_refund(refund, refund->amount_nano, booking->account.currency, booking->at);
}

void
refund_check(const Refund *refund, RefundRequestEvent event)
{
	int next;

	if (lifecycle_next(&lifecycle_refund, refund->state, event, &next) != LIFECYCLE_MOVES)
		refuse(ERROR_REFUND_STATE, refund->refund_id, refund->account_id,
			   lifecycle_state_name(&lifecycle_refund, refund->state));
}

void
refund_decide(const Booking *booking, Refund *refund, RefundRequestEvent event, const char *reason)
{
	int next;

	refund_check(refund, event);
	(void) lifecycle_next(&lifecycle_refund, refund->state, event, &next);
	refund->state = (RefundRequestState) next;
	refund->decided_at = booking->at;
	refund->decided_by = booking->actor;
	refund->decision_reason = reason;
	if (refund->state == REFUND_IS_REJECTED)
	{
		refund->ended_at = booking->at;
		notify_refund(refund, refund->amount_nano, booking->account.currency, booking->at);
	}
	refund_update(refund);
}

static void
pay_order(Booking *booking, const Refund *refund, const QuotedOrder *order)
{
	RefundItem item = {
		.account_id = refund->account_id,
		.item_id = refund_item_next_id(refund->account_id),
		.refund_id = refund->refund_id,
		.order_id = order->order_id,
		.payment_id = order->payment_id,
		.gateway = order->gateway,
		.amount_nano = order->refundable_nano,
		.payer_nano = PAYER_NOT_SAID,
		.reason = refund_manual_reason(order, booking->at),
		.created_at = booking->at,
		.changed_at = booking->at,
		.actor = booking->actor,
	};

	item.state = item.reason ? ITEM_MANUAL : ITEM_QUEUED;
	booking_source(booking, SOURCE_REFUND_ITEM, item.item_id, booking->at);
	check_outcome(books_reserve(&booking->books, order->lot_no, item.amount_nano));
	refund_item_begin(booking, &item);
}

void
refund_pay(Booking *booking, const Refund *refund, const RefundQuote *quote)
{
	int64 paid_nano = 0;

	for (size_t i = 0; i < quote->count; i++)
	{
		paid_nano += quote->orders[i].refundable_nano;
		if (quote->orders[i].refundable_nano > 0)
			pay_order(booking, refund, &quote->orders[i]);
	}
	if (paid_nano != refund->amount_nano)
		refuse(ERROR_INTERNAL, "a refund is not the sum of its items");
	booking->fires_no_alert = true;
}
