/*-------------------------------------------------------------------------
 *
 * order.c
 *	  Orders and their calls.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/notify.h"
#include "booking/order.h"
#include "clock.h"
#include "errors.h"
#include "wake.h"

void
order_place(Order *order)
{
	CallRow call = {
		.account_id = order->account_id,
		.gateway = order->gateway,
		.kind = KIND_CREATE,
		.state = CALL_QUEUED,
		/* The account's clock may be ahead of the server's. */
		.due_at = Min(order->created_at, clock_now()),
		.created_at = order->created_at,
	};

	order_insert(order);
	call.order_id = order->order_id;
	gateway_call_insert(&call);
	wake_at_commit(WORKER_GATEWAY);
}

Order
order_bear(const Payment *payment, const char *method, TimestampTz at, const char *actor)
{
	Order order = {
		.account_id = payment->account_id,
		.method = method,
		.gateway = payment->gateway,
		.state = ORDER_PAID,
		.currency = payment->currency,
		.pay_nano = payment->amount_nano,
		.created_at = at,
		.expires_at = DT_NOEND,
		.payable_until = DT_NOEND,
		.paid_at = payment->paid_at,
		.actor = actor,
	};

	order_insert(&order);
	return order;
}

/* Ends a call of an order that is not needed any more. One that is being sent is not: its answer is
 * recorded. */
static void
drop_call(const Order *order, CallKind kind)
{
	CallRow call;

	if (!gateway_call_of_order(order->account_id, order->order_id, kind, &call) ||
		(call.state != CALL_QUEUED && call.state != CALL_UNKNOWN && call.state != CALL_PARKED))
		return;
	call.state = CALL_DROPPED;
	call.due_at = DT_NOEND;
	gateway_call_update(&call);
}

static void
tell_closed(const Order *order)
{
	NotifyNews news = {
		.event = EVENT_ORDER_CLOSED,
		.source_id = order->order_id,
		.facts = {{"order_id", notify_number(order->order_id)},
				  {"amount", notify_cents(order->pay_nano)},
				  {"currency", order->currency},
				  {"reason", order->close_reason}},
	};

	notify_account(order->account_id, &news, clock_now());
}

bool
order_apply(Order *order, OrderEvent event, const char *reason)
{
	int next;

	switch (lifecycle_next(&lifecycle_order, order->state, event, &next))
	{
		case LIFECYCLE_REFUSES:
			refuse(ERROR_ORDER_STATE, order->order_id, order->account_id,
				   lifecycle_state_name(&lifecycle_order, order->state));
		case LIFECYCLE_STAYS:
			return false;
		case LIFECYCLE_MOVES:
			break;
	}
	order->state = (OrderState) next;
	if (reason && order->close_reason == NULL)
		order->close_reason = reason;
	order_update(order);
	if (order_has_ended(order))
	{
		drop_call(order, KIND_CREATE);
		drop_call(order, KIND_FOLLOW);
	}
	if (order->state == ORDER_CLOSED)
		tell_closed(order);
	return true;
}

/* True where nothing was sent of an order: the gateway has never heard of it. */
static bool
is_unsent(const Order *order)
{
	CallRow call;

	return order->gateway_number == NULL ||
		   (gateway_call_of_order(order->account_id, order->order_id, KIND_CREATE, &call) &&
			!gateway_call_was_sent(&call));
}

void
order_stop(Order *order, OrderEvent event, const char *reason, TimestampTz at)
{
	order->payable_until = Min(order->payable_until, at);
	if (!order_apply(order, event, reason))
		return;
	if (is_unsent(order))
		(void) order_apply(order, ORDER_CLOSE_CONFIRMED, NULL);
	else
	{
		drop_call(order, KIND_CREATE);
		order_ask(order, at);
	}
}

void
order_stop_all(int64 account_id, TimestampTz at)
{
	size_t count;
	Order *orders = order_list_open(account_id, &count);

	for (size_t i = 0; i < count; i++)
		order_stop(&orders[i], ORDER_LOCKED, "locked", at);
}

void
order_renew(const Order *order, TimestampTz at)
{
	CallRow call;
	int next;

	if (order->state != ORDER_PENDING || order->payable_until - at < ORDER_CREATE_MARGIN_US ||
		!gateway_call_of_order(order->account_id, order->order_id, KIND_CREATE, &call) ||
		call.state != CALL_DONE)
		return;
	(void) lifecycle_next(&lifecycle_call, call.state, CALL_RENEW, &next);
	call.state = (CallState) next;
	call.due_at = at;
	gateway_call_update(&call);
	wake_at_commit(WORKER_GATEWAY);
}

void
order_ask(const Order *order, TimestampTz at)
{
	CallRow call;

	if (!gateway_call_of_order(order->account_id, order->order_id, KIND_FOLLOW, &call))
	{
		call = (CallRow){
			.account_id = order->account_id,
			.order_id = order->order_id,
			.gateway = order->gateway,
			.kind = KIND_FOLLOW,
			.state = CALL_QUEUED,
			.due_at = at,
			.created_at = at,
		};
		gateway_call_insert(&call);
	}
	else if (call.state == CALL_QUEUED && call.due_at > at)
	{
		call.due_at = at;
		gateway_call_update(&call);
	}
	wake_at_commit(WORKER_GATEWAY);
}
