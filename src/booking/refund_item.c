/*-------------------------------------------------------------------------
 *
 * refund_item.c
 *	  Items of refunds.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/call_work.h"
#include "booking/notify.h"
#include "booking/overseas.h"
#include "booking/provider.h"
#include "booking/refund_item.h"
#include "core/refund_split.h"
#include "errors.h"
#include "spi/altered.h"
#include "store/payment_store.h"
#include "store/refund_store.h"
#include "wake.h"

/* Why an item failed whose number is dead at the gateway. */
#define REASON_CLOSED "closed"

/* ---- calls ------------------------------------------------------------------ */

static void
send_item(const Booking *booking, const RefundItem *item)
{
	CallRow call = {
		.account_id = item->account_id,
		.gateway = item->gateway,
		.kind = KIND_REFUND,
		.order_id = item->order_id,
		.payment_id = item->payment_id,
		.item_id = item->item_id,
		.amount_nano = item->amount_nano,
		.state = CALL_QUEUED,
		.due_at = booking->at,
		.created_at = booking->at,
	};
	const Provider *provider = provider_of(item->gateway);

	if (provider && provider->refunds.one_by_one && gateway_call_is_refund_ahead(&call))
		call.due_at += REFUND_ITEM_TURN_US;
	gateway_call_insert(&call);
	wake_at_commit(WORKER_GATEWAY);
}

void
refund_item_drop_call(const RefundItem *item)
{
	CallRow call;

	if (gateway_call_of_item(item->account_id, item->item_id, &call))
		call_work_drop(&call);
}

/* Sends a call again, or goes on with it where it is being sent. */
static void
send_again(Booking *booking, RefundItem *item, CallRow *call)
{
	call_work_resend(call, booking->at);
	if (gateway_call_was_sent(call))
		(void) refund_item_apply(booking, item, ITEM_SENT, NULL);
}

/* ---- the end of the refund -------------------------------------------------- */

static void
forfeit_linked(Booking *booking, const Refund *refund)
{
	size_t count;
	LinkedBonus *bonus = refund_item_list_bonus(refund->account_id, refund->refund_id, &count);

	for (size_t i = 0; i < count; i++)
	{
		bool ends = bonus[i].cash_left_nano < MONEY_NANO_PER_CENT;
		int64 nano = refund_split_bonus(bonus[i].granted_nano, bonus[i].left_nano,
										bonus[i].refunded_now_nano, bonus[i].paid_nano, ends);

		check_outcome(books_forfeit(&booking->books, bonus[i].lot_no, nano));
	}
}

static void
forfeit_all(Books *books)
{
	for (size_t i = 0; i < books->lots_count; i++)
		if (books->lots[i].kind == LOT_BONUS)
			check_outcome(
				books_forfeit(books, books->lots[i].lot_no, books->lots[i].remaining_nano));
}

/* Bonus leaves with what was paid back (R12). */
static void
forfeit(Booking *booking, const Refund *refund)
{
	int64 choice = booking->policies.of[POLICY_BONUS_ON_REFUND];

	booking_source(booking, SOURCE_REFUND, refund->refund_id, booking->at);
	if (choice == BONUS_FORFEIT_LINKED)
		forfeit_linked(booking, refund);
	if (choice == BONUS_FORFEIT_ALL)
		forfeit_all(&booking->books);
}

static void
end_refund(Booking *booking, const RefundItem *last)
{
	Source source = booking->books.source;
	size_t count;
	RefundItem *items = refund_item_list(last->account_id, last->refund_id, &count);
	int64 paid_nano = 0;
	Refund refund;
	int next;

	for (size_t i = 0; i < count; i++)
	{
		if (!refund_item_is_final(&items[i]))
			return;
		if (items[i].state != ITEM_RELEASED)
			paid_nano += items[i].amount_nano;
	}
	if (!refund_find(last->account_id, last->refund_id, sql_run, &refund) ||
		lifecycle_next(&lifecycle_refund, refund.state, REFUND_ENDS, &next) != LIFECYCLE_MOVES)
		return;
	refund.state = (RefundRequestState) next;
	refund.ended_at = booking->at;
	refund_update(&refund);
	if (paid_nano > 0)
	{
		forfeit(booking, &refund);
		notify_refund(&refund, paid_nano, booking->account.currency, booking->at);
	}
	booking->books.source = source;
}

/* ---- items ------------------------------------------------------------------ */

void
refund_item_begin(const Booking *booking, const RefundItem *item)
{
	refund_item_insert(item);
	if (item->state == ITEM_QUEUED)
		send_item(booking, item);
}

/* What was paid back is taken off its invoice. */
static void
follow(const Booking *booking, const RefundItem *item)
{
	Payment payment;

	if (!payment_find(item->account_id, item->payment_id, &payment))
		altered_refuse("an item without its payment");
	overseas_follow(booking, &payment, (OverseasCause){.item_id = item->item_id});
}

/* Books the end of the item's reserve. */
static void
end_reserve(Booking *booking, const RefundItem *item)
{
	int64 lot_no = lot_of_order(item->account_id, item->order_id);

	if (lot_no == NO_NUMBER)
		altered_refuse("an order without its lot");
	booking_source(booking, SOURCE_REFUND_ITEM, item->item_id, booking->at);
	booking->gateway = item->state == ITEM_PAID ? item->gateway : GATEWAY_OFFLINE;
	if (item->state == ITEM_RELEASED)
		check_outcome(books_release(&booking->books, lot_no, item->amount_nano));
	else
	{
		check_outcome(books_pay_reserve(&booking->books, item->amount_nano));
		follow(booking, item);
	}
	end_refund(booking, item);
}

void
refund_item_check(const RefundItem *item, RefundItemEvent event)
{
	int next;

	if (lifecycle_next(&lifecycle_refund_item, item->state, event, &next) != LIFECYCLE_MOVES)
		refuse(ERROR_REFUND_ITEM_STATE, item->item_id, item->account_id,
			   lifecycle_state_name(&lifecycle_refund_item, item->state));
}

bool
refund_item_apply(Booking *booking, RefundItem *item, RefundItemEvent event, const char *reason)
{
	int next;

	if (lifecycle_next(&lifecycle_refund_item, item->state, event, &next) == LIFECYCLE_STAYS)
		return false;
	refund_item_check(item, event);
	item->state = (RefundItemState) next;
	item->reason = reason;
	item->changed_at = booking->at;
	item->actor = booking->actor;
	refund_item_update(item);
	if (refund_item_is_final(item))
		end_reserve(booking, item);
	return true;
}

void
refund_item_pay(Booking *booking, RefundItem *item, int64 payer_nano)
{
	int next;

	if (lifecycle_next(&lifecycle_refund_item, item->state, ITEM_SUCCEEDS, &next) !=
		LIFECYCLE_MOVES)
		return;
	if (payer_nano > 0)
		item->payer_nano = Min(payer_nano, item->amount_nano);
	booking_load(booking, LOTS_ALL, 0);
	(void) refund_item_apply(booking, item, ITEM_SUCCEEDS, NULL);
	booking_finish(booking);
}

void
refund_item_stop(Booking *booking, int64 payment_id)
{
	RefundItem item;

	while (refund_item_find_queued(booking->account.account_id, payment_id, &item))
	{
		refund_item_drop_call(&item);
		(void) refund_item_apply(booking, &item, ITEM_TAKEN_BACK, "taken_back");
	}
}

void
refund_item_retry(Booking *booking, RefundItem *item)
{
	bool is_dead = item->reason && strcmp(item->reason, REASON_CLOSED) == 0;
	CallRow call;

	(void) refund_item_apply(booking, item, ITEM_RETRY, NULL);
	if (is_dead || !gateway_call_of_item(item->account_id, item->item_id, &call))
		send_item(booking, item);
	else
		send_again(booking, item, &call);
}

void
refund_item_give_up(Booking *booking, RefundItem *item)
{
	(void) refund_item_apply(booking, item, ITEM_GIVE_UP, "given_up");
	refund_item_drop_call(item);
}
