/*-------------------------------------------------------------------------
 *
 * lifecycle.h
 *	  Which changes of state there are: books-and-states 4, as tables.
 *
 * A state machine is a list of changes; what is not listed is refused where a
 * caller asks for it, and has no effect where it is a fact: nothing that
 * arrives later turns paid back. Who writes a state asks lifecycle_next() and
 * does what comes of it; the guard of the table asks lifecycle_may_become(),
 * whoever writes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_LIFECYCLE_H
#define CORE_LIFECYCLE_H

#include <stdbool.h>
#include <stddef.h>

/* A payment order (B&S 4.2). */
typedef enum OrderState
{
	ORDER_CREATED, /* the gateway has not answered yet */
	ORDER_PENDING, /* the gateway knows it: it can be paid */
	ORDER_CLOSING, /* no longer payable; the gateway is asked whether it was paid */
	ORDER_CLOSED,  /* ended unpaid; a late truth may still make it paid */
	ORDER_PAID
} OrderState;

typedef enum OrderEvent
{
	ORDER_CREATE_ACCEPTED,
	ORDER_CREATE_REFUSED,  /* definitely */
	ORDER_CREDITED,		   /* a payment is credited to it */
	ORDER_RUNS_OUT,		   /* payable_until is reached */
	ORDER_LOCKED,		   /* a lock is set on its account */
	ORDER_UNMATCHED,	   /* paid by a payment that is held or goes back */
	ORDER_GATEWAY_CLOSED,  /* the gateway says: closed unpaid */
	ORDER_CLOSE_CONFIRMED, /* unpaid, and the gateway closed it or will not take money for it */
	ORDER_PAID_AFTER_LOCK, /* what was paid after the lock goes back */
	ORDER_CANCEL		   /* asked for */
} OrderEvent;

/* A payment: money that a gateway reports (B&S 4.1). */
typedef enum PaymentState
{
	PAYMENT_CREDITED,
	PAYMENT_HELD,	   /* in suspense, for an operator */
	PAYMENT_RETURNING, /* in suspense, on its way back to its source */
	PAYMENT_RETURNED,
	PAYMENT_DISMISSED, /* was not ours */
	PAYMENT_FORFEITED, /* nobody claimed it within the legal term */
	PAYMENT_MOVED	   /* from the house to the customer whose it is */
} PaymentState;

typedef enum PaymentEvent
{
	PAYMENT_RETURN_PAID,
	PAYMENT_RETURN_IMPOSSIBLE,
	PAYMENT_TAKEN_BACK, /* all of it, by the gateway */
	PAYMENT_CREDIT,		/* these five are asked for by an operator */
	PAYMENT_RETURN,
	PAYMENT_DISMISS,
	PAYMENT_FORFEIT,
	PAYMENT_MOVE /* on the house alone */
} PaymentEvent;

/* One outbound request (B&S 4.3). */
typedef enum CallState
{
	CALL_QUEUED,
	CALL_SENDING,
	CALL_UNKNOWN, /* sent, and no answer to believe */
	CALL_PARKED,  /* for an operator */
	CALL_DONE,
	CALL_FAILED,
	CALL_DROPPED /* not needed any more */
} CallState;

typedef enum CallEvent
{
	CALL_CLAIMED,
	CALL_NOT_WANTED, /* and never sent */
	CALL_ABSENT,	 /* at the gateway, where its target still wants it */
	CALL_ABSENT_NOT_WANTED,
	CALL_SUCCEEDED, /* definitely, as the next */
	CALL_REFUSED,
	CALL_NOT_DELIVERED,
	CALL_BUSY, /* the gateway, or no funds there */
	CALL_UNANSWERED,
	CALL_LEASE_OVER,
	CALL_MISCONFIGURED,
	CALL_ATTEMPTS_SPENT,
	CALL_RETRY_UNSENT, /* these two are asked for by an operator */
	CALL_RETRY_SENT,
	CALL_RENEW /* asked for: what it answered has run out */
} CallEvent;

/* A day's bill, compared with the books (B&S 4.13). */
typedef enum ReconciliationState
{
	RECONCILIATION_FETCHING, /* its bills */
	RECONCILIATION_MATCHING, /* their rows */
	RECONCILIATION_ASKING,	 /* for what the books do not have */
	RECONCILIATION_DONE,
	RECONCILIATION_FAILED
} ReconciliationState;

typedef enum ReconciliationEvent
{
	RECONCILIATION_BILLED,	 /* all rows are here */
	RECONCILIATION_REFUSED,	 /* there is no bill to be had */
	RECONCILIATION_MATCHED,	 /* all rows were looked at */
	RECONCILIATION_ANSWERED, /* all that was asked for */
	RECONCILIATION_BROKEN /* it cannot be compared: what it says, or somebody's trigger, stops it */
} ReconciliationEvent;

/* A refund that was asked for (B&S 4.4). */
typedef enum RefundRequestState
{
	REFUND_IS_ACCEPTED,
	REFUND_IS_REJECTED,
	REFUND_IS_PAYING, /* reserved, and on its way back, part by part */
	REFUND_IS_COMPLETED
} RefundRequestState;

typedef enum RefundRequestEvent
{
	REFUND_ENDS,   /* its last item is final */
	REFUND_REJECT, /* these two are asked for by an operator */
	REFUND_APPROVE
} RefundRequestEvent;

/* What of a refund goes back to one payment (B&S 4.5). */
typedef enum RefundItemState
{
	ITEM_QUEUED,
	ITEM_PROCESSING, /* sent */
	ITEM_MANUAL,	 /* it cannot go back by itself */
	ITEM_FAILED,
	ITEM_ABNORMAL, /* the gateway took it, and cannot hand it out */
	ITEM_PAID,
	ITEM_PAID_OFFLINE,
	ITEM_RELEASED
} RefundItemState;

typedef enum RefundItemEvent
{
	ITEM_SENT,
	ITEM_UNSENT, /* the gateway has not got it, or could not take it now */
	ITEM_SUCCEEDS,
	ITEM_FAILS, /* definitely */
	ITEM_GETS_STUCK,
	ITEM_TAKEN_BACK, /* the payment, before ours was sent */
	ITEM_RETRY,		 /* these four are asked for by an operator */
	ITEM_SETTLE_OFFLINE,
	ITEM_RELEASE,
	ITEM_GIVE_UP
} RefundItemEvent;

/* What was bought of a Token Plan (B&S 4.8); all else about it follows from time and usage. */
typedef enum SubscriptionState
{
	SUBSCRIPTION_PAID,
	SUBSCRIPTION_REVOKED /* its payment was taken back */
} SubscriptionState;

typedef enum SubscriptionEvent
{
	SUBSCRIPTION_TAKEN_BACK,
	SUBSCRIPTION_TAKE_BACK_UNDONE
} SubscriptionEvent;

/* An invoice of the mainland, or an invoice or credit note overseas (B&S 4.6). */
typedef enum InvoiceState
{
	INVOICE_REQUESTED,
	INVOICE_SENDING,
	INVOICE_BLOCKED, /* a person has to act at the provider */
	INVOICE_SEALING, /* it exists at the bureau, its document does not yet */
	INVOICE_ISSUED,
	INVOICE_REVERSING,
	INVOICE_FAILED,
	INVOICE_CANCELLED,
	INVOICE_REVERSED,
	INVOICE_NUMBERING /* overseas: it waits for the next number of its series */
} InvoiceState;

typedef enum InvoiceEvent
{
	INVOICE_DUE,
	INVOICE_GETS_BLOCKED,
	INVOICE_SUCCEEDS,
	INVOICE_SEAL_FAILS,
	INVOICE_IS_SEALED,
	INVOICE_FAILS,
	INVOICE_REVERSAL_BEGINS,
	INVOICE_RED_ISSUED,
	INVOICE_REVERSAL_ENDS, /* without a red invoice */
	INVOICE_NUMBERED,
	INVOICE_WITHDRAW, /* asked for by the customer, as the next four by an operator */
	INVOICE_UNBLOCK,
	INVOICE_ISSUE_BY_HAND,
	INVOICE_DECLINE,
	INVOICE_REVERSE_BY_HAND
} InvoiceEvent;

/* A confirmation by which an invoice is reversed (B&S 4.7). */
typedef enum RedState
{
	RED_APPLYING,
	RED_WAITING_BUYER,
	RED_WAITING_SELLER,
	RED_CONFIRMED,
	RED_ISSUED,
	RED_VOID,
	RED_FAILED
} RedState;

typedef enum RedEvent
{
	RED_NEEDS_BUYER,
	RED_NEEDS_SELLER,
	RED_IS_CONFIRMED, /* or needs nobody's word */
	RED_IS_ISSUED,
	RED_BECOMES_VOID,
	RED_IS_REFUSED /* the bureau takes no such confirmation */
} RedEvent;

/* A document that is drawn (B&S 4.6, end). */
typedef enum DocumentState
{
	DOCUMENT_RENDERING,
	DOCUMENT_READY,
	DOCUMENT_FAILED
} DocumentState;

typedef enum DocumentEvent
{
	DOCUMENT_DRAWN,
	DOCUMENT_ATTEMPTS_SPENT,
	DOCUMENT_RETRY /* asked for by an operator */
} DocumentEvent;

/* A notification on its way to one address (B&S 4.9). */
typedef enum DeliveryState
{
	DELIVERY_PENDING,
	DELIVERY_SENDING,
	DELIVERY_SENT,
	DELIVERY_DEAD,	 /* refused, or tried too often: operator's list */
	DELIVERY_DROPPED /* nobody would want to read it any more, or nobody can send it */
} DeliveryState;

typedef enum DeliveryEvent
{
	DELIVERY_CLAIMED,
	DELIVERY_STALE, /* a newer one says more, or it comes too late */
	DELIVERY_ACCEPTED,
	DELIVERY_PUT_OFF,	 /* refused for now, or not delivered */
	DELIVERY_UNANSWERED, /* nobody knows: a second copy is possible */
	DELIVERY_REFUSED,
	DELIVERY_ATTEMPTS_SPENT,
	DELIVERY_REPEAT /* asked for */
} DeliveryEvent;

typedef struct Lifecycle Lifecycle;

extern const Lifecycle lifecycle_order;
extern const Lifecycle lifecycle_payment;
extern const Lifecycle lifecycle_call;
extern const Lifecycle lifecycle_reconciliation;
extern const Lifecycle lifecycle_refund;
extern const Lifecycle lifecycle_refund_item;
extern const Lifecycle lifecycle_subscription;
extern const Lifecycle lifecycle_invoice;
extern const Lifecycle lifecycle_red;
extern const Lifecycle lifecycle_document;
extern const Lifecycle lifecycle_notification;

/* By the table whose rows live by it; NULL where there is none. */
extern const Lifecycle *lifecycle_from_name(const char *table);

typedef enum LifecycleAnswer
{
	LIFECYCLE_MOVES,
	LIFECYCLE_STAYS,  /* a fact that changes nothing */
	LIFECYCLE_REFUSES /* asked for, and not possible in that state */
} LifecycleAnswer;

/* *next is the state afterwards; the same one unless the answer is LIFECYCLE_MOVES. */
extern LifecycleAnswer lifecycle_next(const Lifecycle *lifecycle, int state, int event, int *next);

/* True where some event leads from one state to another. */
extern bool lifecycle_may_become(const Lifecycle *lifecycle, int from, int to);

/* Names as they stand in the tables; -1 where there is none. */
extern const char *lifecycle_state_name(const Lifecycle *lifecycle, int state);
extern int lifecycle_state_from_name(const Lifecycle *lifecycle, const char *name);

#endif
