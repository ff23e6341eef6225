/*-------------------------------------------------------------------------
 *
 * lifecycle.c
 *	  The state machines of books-and-states 4.
 *
 *-------------------------------------------------------------------------
 */
#include "core/lifecycle.h"

#include <string.h>

/* In each of some states, one event leads to one state. */
typedef struct Change
{
	unsigned from; /* IN() bits */
	int event;
	int to;
} Change;

struct Lifecycle
{
	const char *const *state_names;
	int states_count;
	int first_request; /* events from this one on are asked for, those before are facts */
	const Change *changes;
	size_t changes_count;
};

#define IN(state) (1u << (state))
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const order_states[] = {
	[ORDER_CREATED] = "created", [ORDER_PENDING] = "pending", [ORDER_CLOSING] = "closing",
	[ORDER_CLOSED] = "closed",	 [ORDER_PAID] = "paid",
};

#define ORDER_OPEN (IN(ORDER_CREATED) | IN(ORDER_PENDING))

static const Change order_changes[] = {
	{IN(ORDER_CREATED), ORDER_CREATE_ACCEPTED, ORDER_PENDING},
	{IN(ORDER_CREATED), ORDER_CREATE_REFUSED, ORDER_CLOSED},
	{ORDER_OPEN | IN(ORDER_CLOSING) | IN(ORDER_CLOSED), ORDER_CREDITED, ORDER_PAID},
	{ORDER_OPEN, ORDER_RUNS_OUT, ORDER_CLOSING},
	{ORDER_OPEN, ORDER_LOCKED, ORDER_CLOSING},
	{ORDER_OPEN, ORDER_CANCEL, ORDER_CLOSING},
	{IN(ORDER_PENDING) | IN(ORDER_CLOSING), ORDER_UNMATCHED, ORDER_CLOSED},
	{IN(ORDER_PENDING) | IN(ORDER_CLOSING), ORDER_GATEWAY_CLOSED, ORDER_CLOSED},
	{IN(ORDER_CLOSING), ORDER_CLOSE_CONFIRMED, ORDER_CLOSED},
	{IN(ORDER_CLOSING), ORDER_PAID_AFTER_LOCK, ORDER_CLOSED},
};

const Lifecycle lifecycle_order = {order_states, LENGTH(order_states), ORDER_CANCEL, order_changes,
								   LENGTH(order_changes)};

static const char *const payment_states[] = {
	[PAYMENT_CREDITED] = "credited",   [PAYMENT_HELD] = "held",
	[PAYMENT_RETURNING] = "returning", [PAYMENT_RETURNED] = "returned",
	[PAYMENT_DISMISSED] = "dismissed", [PAYMENT_FORFEITED] = "forfeited",
	[PAYMENT_MOVED] = "moved",
};

static const Change payment_changes[] = {
	{IN(PAYMENT_RETURNING), PAYMENT_RETURN_PAID, PAYMENT_RETURNED},
	{IN(PAYMENT_RETURNING), PAYMENT_RETURN_IMPOSSIBLE, PAYMENT_HELD},
	{IN(PAYMENT_HELD) | IN(PAYMENT_RETURNING), PAYMENT_TAKEN_BACK, PAYMENT_RETURNED},
	{IN(PAYMENT_HELD), PAYMENT_CREDIT, PAYMENT_CREDITED},
	{IN(PAYMENT_HELD), PAYMENT_RETURN, PAYMENT_RETURNING},
	{IN(PAYMENT_HELD), PAYMENT_DISMISS, PAYMENT_DISMISSED},
	{IN(PAYMENT_HELD), PAYMENT_FORFEIT, PAYMENT_FORFEITED},
	{IN(PAYMENT_HELD), PAYMENT_MOVE, PAYMENT_MOVED},
};

const Lifecycle lifecycle_payment = {payment_states, LENGTH(payment_states), PAYMENT_CREDIT,
									 payment_changes, LENGTH(payment_changes)};

static const char *const call_states[] = {
	[CALL_QUEUED] = "queued",	[CALL_SENDING] = "sending", [CALL_UNKNOWN] = "unknown",
	[CALL_PARKED] = "parked",	[CALL_DONE] = "done",		[CALL_FAILED] = "failed",
	[CALL_DROPPED] = "dropped",
};

static const Change call_changes[] = {
	{IN(CALL_QUEUED), CALL_CLAIMED, CALL_SENDING},
	{IN(CALL_QUEUED) | IN(CALL_PARKED), CALL_NOT_WANTED, CALL_DROPPED},
	{IN(CALL_QUEUED) | IN(CALL_UNKNOWN), CALL_ABSENT_NOT_WANTED, CALL_DROPPED},
	{IN(CALL_UNKNOWN), CALL_ABSENT, CALL_QUEUED},
	{IN(CALL_SENDING) | IN(CALL_UNKNOWN), CALL_SUCCEEDED, CALL_DONE},
	{IN(CALL_SENDING) | IN(CALL_UNKNOWN), CALL_REFUSED, CALL_FAILED},
	{IN(CALL_SENDING), CALL_NOT_DELIVERED, CALL_QUEUED},
	{IN(CALL_SENDING), CALL_BUSY, CALL_QUEUED},
	{IN(CALL_SENDING), CALL_UNANSWERED, CALL_UNKNOWN},
	{IN(CALL_SENDING), CALL_LEASE_OVER, CALL_UNKNOWN},
	{IN(CALL_SENDING), CALL_MISCONFIGURED, CALL_PARKED},
	{IN(CALL_QUEUED) | IN(CALL_UNKNOWN), CALL_ATTEMPTS_SPENT, CALL_PARKED},
	{IN(CALL_PARKED) | IN(CALL_FAILED) | IN(CALL_DROPPED), CALL_RETRY_UNSENT, CALL_QUEUED},
	{IN(CALL_PARKED) | IN(CALL_FAILED) | IN(CALL_DROPPED), CALL_RETRY_SENT, CALL_UNKNOWN},
	{IN(CALL_DONE), CALL_RENEW, CALL_QUEUED},
};

const Lifecycle lifecycle_call = {call_states, LENGTH(call_states), CALL_RETRY_UNSENT, call_changes,
								  LENGTH(call_changes)};

static const char *const reconciliation_states[] = {
	[RECONCILIATION_FETCHING] = "fetching", [RECONCILIATION_MATCHING] = "matching",
	[RECONCILIATION_ASKING] = "asking",		[RECONCILIATION_DONE] = "done",
	[RECONCILIATION_FAILED] = "failed",
};

static const Change reconciliation_changes[] = {
	{IN(RECONCILIATION_FETCHING), RECONCILIATION_BILLED, RECONCILIATION_MATCHING},
	{IN(RECONCILIATION_FETCHING), RECONCILIATION_REFUSED, RECONCILIATION_FAILED},
	{IN(RECONCILIATION_MATCHING), RECONCILIATION_MATCHED, RECONCILIATION_ASKING},
	{IN(RECONCILIATION_ASKING), RECONCILIATION_ANSWERED, RECONCILIATION_DONE},
	{IN(RECONCILIATION_MATCHING) | IN(RECONCILIATION_ASKING), RECONCILIATION_BROKEN,
	 RECONCILIATION_FAILED},
};

const Lifecycle lifecycle_reconciliation = {reconciliation_states, LENGTH(reconciliation_states),
											RECONCILIATION_BROKEN + 1, reconciliation_changes,
											LENGTH(reconciliation_changes)};

static const char *const refund_states[] = {
	[REFUND_IS_ACCEPTED] = "accepted",
	[REFUND_IS_REJECTED] = "rejected",
	[REFUND_IS_PAYING] = "paying",
	[REFUND_IS_COMPLETED] = "completed",
};

static const Change refund_changes[] = {
	{IN(REFUND_IS_PAYING), REFUND_ENDS, REFUND_IS_COMPLETED},
	{IN(REFUND_IS_ACCEPTED), REFUND_REJECT, REFUND_IS_REJECTED},
	{IN(REFUND_IS_ACCEPTED), REFUND_APPROVE, REFUND_IS_PAYING},
};

const Lifecycle lifecycle_refund = {refund_states, LENGTH(refund_states), REFUND_REJECT,
									refund_changes, LENGTH(refund_changes)};

static const char *const item_states[] = {
	[ITEM_QUEUED] = "queued",	  [ITEM_PROCESSING] = "processing",		[ITEM_MANUAL] = "manual",
	[ITEM_FAILED] = "failed",	  [ITEM_ABNORMAL] = "abnormal",			[ITEM_PAID] = "paid",
	[ITEM_RELEASED] = "released", [ITEM_PAID_OFFLINE] = "paid_offline",
};

#define ITEM_GOING (IN(ITEM_QUEUED) | IN(ITEM_PROCESSING))
#define ITEM_STOPPED (IN(ITEM_FAILED) | IN(ITEM_ABNORMAL))

static const Change item_changes[] = {
	{IN(ITEM_QUEUED), ITEM_SENT, ITEM_PROCESSING},
	{IN(ITEM_PROCESSING), ITEM_UNSENT, ITEM_QUEUED},
	{ITEM_GOING | ITEM_STOPPED, ITEM_SUCCEEDS, ITEM_PAID},
	{ITEM_GOING, ITEM_FAILS, ITEM_FAILED},
	{ITEM_GOING, ITEM_GETS_STUCK, ITEM_ABNORMAL},
	{IN(ITEM_QUEUED), ITEM_TAKEN_BACK, ITEM_FAILED},
	{ITEM_STOPPED, ITEM_RETRY, ITEM_QUEUED},
	{ITEM_STOPPED | IN(ITEM_MANUAL), ITEM_SETTLE_OFFLINE, ITEM_PAID_OFFLINE},
	{IN(ITEM_FAILED) | IN(ITEM_MANUAL), ITEM_RELEASE, ITEM_RELEASED},
	{ITEM_GOING, ITEM_GIVE_UP, ITEM_FAILED},
};

const Lifecycle lifecycle_refund_item = {item_states, LENGTH(item_states), ITEM_RETRY, item_changes,
										 LENGTH(item_changes)};

static const char *const subscription_states[] = {
	[SUBSCRIPTION_PAID] = "paid",
	[SUBSCRIPTION_REVOKED] = "revoked",
};

static const Change subscription_changes[] = {
	{IN(SUBSCRIPTION_PAID), SUBSCRIPTION_TAKEN_BACK, SUBSCRIPTION_REVOKED},
	{IN(SUBSCRIPTION_REVOKED), SUBSCRIPTION_TAKE_BACK_UNDONE, SUBSCRIPTION_PAID},
};

const Lifecycle lifecycle_subscription = {subscription_states, LENGTH(subscription_states),
										  SUBSCRIPTION_TAKE_BACK_UNDONE + 1, subscription_changes,
										  LENGTH(subscription_changes)};

static const char *const invoice_states[] = {
	[INVOICE_REQUESTED] = "requested", [INVOICE_SENDING] = "sending",
	[INVOICE_BLOCKED] = "blocked",	   [INVOICE_SEALING] = "sealing",
	[INVOICE_ISSUED] = "issued",	   [INVOICE_REVERSING] = "reversing",
	[INVOICE_FAILED] = "failed",	   [INVOICE_CANCELLED] = "cancelled",
	[INVOICE_REVERSED] = "reversed",   [INVOICE_NUMBERING] = "numbering",
};

#define INVOICE_OUT (IN(INVOICE_SENDING) | IN(INVOICE_BLOCKED))

static const Change invoice_changes[] = {
	{IN(INVOICE_REQUESTED), INVOICE_DUE, INVOICE_SENDING},
	{IN(INVOICE_SENDING), INVOICE_GETS_BLOCKED, INVOICE_BLOCKED},
	{INVOICE_OUT, INVOICE_SUCCEEDS, INVOICE_ISSUED},
	{INVOICE_OUT, INVOICE_SEAL_FAILS, INVOICE_SEALING},
	{IN(INVOICE_SEALING), INVOICE_IS_SEALED, INVOICE_ISSUED},
	{INVOICE_OUT, INVOICE_FAILS, INVOICE_FAILED},
	{IN(INVOICE_ISSUED), INVOICE_REVERSAL_BEGINS, INVOICE_REVERSING},
	{IN(INVOICE_ISSUED) | IN(INVOICE_REVERSING), INVOICE_RED_ISSUED, INVOICE_REVERSED},
	{IN(INVOICE_REVERSING), INVOICE_REVERSAL_ENDS, INVOICE_ISSUED},
	{IN(INVOICE_NUMBERING), INVOICE_NUMBERED, INVOICE_ISSUED},
	{IN(INVOICE_REQUESTED), INVOICE_WITHDRAW, INVOICE_CANCELLED},
	{IN(INVOICE_BLOCKED), INVOICE_UNBLOCK, INVOICE_SENDING},
	{IN(INVOICE_REQUESTED), INVOICE_ISSUE_BY_HAND, INVOICE_ISSUED},
	{IN(INVOICE_REQUESTED), INVOICE_DECLINE, INVOICE_FAILED},
	{IN(INVOICE_ISSUED) | IN(INVOICE_REVERSING), INVOICE_REVERSE_BY_HAND, INVOICE_REVERSED},
};

const Lifecycle lifecycle_invoice = {invoice_states, LENGTH(invoice_states), INVOICE_WITHDRAW,
									 invoice_changes, LENGTH(invoice_changes)};

static const char *const red_states[] = {
	[RED_APPLYING] = "applying",
	[RED_WAITING_BUYER] = "waiting_buyer",
	[RED_WAITING_SELLER] = "waiting_seller",
	[RED_CONFIRMED] = "confirmed",
	[RED_ISSUED] = "red_issued",
	[RED_VOID] = "void",
	[RED_FAILED] = "failed",
};

#define RED_WAITING (IN(RED_WAITING_BUYER) | IN(RED_WAITING_SELLER))
#define RED_OPEN (IN(RED_APPLYING) | RED_WAITING | IN(RED_CONFIRMED))

static const Change red_changes[] = {
	{IN(RED_APPLYING), RED_NEEDS_BUYER, RED_WAITING_BUYER},
	{IN(RED_APPLYING), RED_NEEDS_SELLER, RED_WAITING_SELLER},
	{IN(RED_APPLYING) | RED_WAITING, RED_IS_CONFIRMED, RED_CONFIRMED},
	{RED_OPEN, RED_IS_ISSUED, RED_ISSUED},
	{RED_OPEN, RED_BECOMES_VOID, RED_VOID},
	{RED_OPEN, RED_IS_REFUSED, RED_FAILED},
};

const Lifecycle lifecycle_red = {red_states, LENGTH(red_states), RED_IS_REFUSED + 1, red_changes,
								 LENGTH(red_changes)};

static const char *const document_states[] = {
	[DOCUMENT_RENDERING] = "rendering",
	[DOCUMENT_READY] = "ready",
	[DOCUMENT_FAILED] = "failed",
};

static const Change document_changes[] = {
	{IN(DOCUMENT_RENDERING), DOCUMENT_DRAWN, DOCUMENT_READY},
	{IN(DOCUMENT_RENDERING), DOCUMENT_ATTEMPTS_SPENT, DOCUMENT_FAILED},
	{IN(DOCUMENT_FAILED), DOCUMENT_RETRY, DOCUMENT_RENDERING},
};

const Lifecycle lifecycle_document = {document_states, LENGTH(document_states), DOCUMENT_RETRY,
									  document_changes, LENGTH(document_changes)};

static const char *const delivery_states[] = {
	[DELIVERY_PENDING] = "pending", [DELIVERY_SENDING] = "sending", [DELIVERY_SENT] = "sent",
	[DELIVERY_DEAD] = "dead",		[DELIVERY_DROPPED] = "dropped",
};

static const Change delivery_changes[] = {
	{IN(DELIVERY_PENDING), DELIVERY_CLAIMED, DELIVERY_SENDING},
	{IN(DELIVERY_PENDING), DELIVERY_STALE, DELIVERY_DROPPED},
	{IN(DELIVERY_SENDING), DELIVERY_ACCEPTED, DELIVERY_SENT},
	{IN(DELIVERY_SENDING), DELIVERY_PUT_OFF, DELIVERY_PENDING},
	{IN(DELIVERY_SENDING), DELIVERY_UNANSWERED, DELIVERY_PENDING},
	{IN(DELIVERY_SENDING), DELIVERY_REFUSED, DELIVERY_DEAD},
	{IN(DELIVERY_PENDING), DELIVERY_ATTEMPTS_SPENT, DELIVERY_DEAD},
	{IN(DELIVERY_SENT) | IN(DELIVERY_DEAD) | IN(DELIVERY_DROPPED), DELIVERY_REPEAT,
	 DELIVERY_PENDING},
};

const Lifecycle lifecycle_notification = {delivery_states, LENGTH(delivery_states), DELIVERY_REPEAT,
										  delivery_changes, LENGTH(delivery_changes)};

static const struct
{
	const char *table;
	const Lifecycle *lifecycle;
} lifecycles[] = {
	{"payment_order", &lifecycle_order},
	{"payment", &lifecycle_payment},
	{"gateway_call", &lifecycle_call},
	{"reconciliation", &lifecycle_reconciliation},
	{"refund", &lifecycle_refund},
	{"refund_item", &lifecycle_refund_item},
	{"subscription", &lifecycle_subscription},
	{"invoice", &lifecycle_invoice},
	{"red_confirmation", &lifecycle_red},
	{"document", &lifecycle_document},
	{"notification", &lifecycle_notification},
};

const Lifecycle *
lifecycle_from_name(const char *table)
{
	for (size_t i = 0; i < LENGTH(lifecycles); i++)
		if (strcmp(lifecycles[i].table, table) == 0)
			return lifecycles[i].lifecycle;
	return NULL;
}

LifecycleAnswer
lifecycle_next(const Lifecycle *lifecycle, int state, int event, int *next)
{
	*next = state;
	for (size_t i = 0; i < lifecycle->changes_count; i++)
	{
		const Change *change = &lifecycle->changes[i];

		if (change->event == event && (change->from & IN(state)))
		{
			*next = change->to;
			return LIFECYCLE_MOVES;
		}
	}
	return event >= lifecycle->first_request ? LIFECYCLE_REFUSES : LIFECYCLE_STAYS;
}

bool
lifecycle_may_become(const Lifecycle *lifecycle, int from, int to)
{
	for (size_t i = 0; i < lifecycle->changes_count; i++)
		if (lifecycle->changes[i].to == to && (lifecycle->changes[i].from & IN(from)))
			return true;
	return false;
}

const char *
lifecycle_state_name(const Lifecycle *lifecycle, int state)
{
	return lifecycle->state_names[state];
}

int
lifecycle_state_from_name(const Lifecycle *lifecycle, const char *name)
{
	for (int state = 0; state < lifecycle->states_count; state++)
		if (strcmp(lifecycle->state_names[state], name) == 0)
			return state;
	return -1;
}
