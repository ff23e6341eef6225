/*-------------------------------------------------------------------------
 *
 * gateway_call_store.h
 *	  Rows of gateway_call.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_GATEWAY_CALL_STORE_H
#define STORE_GATEWAY_CALL_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/lifecycle.h"

/* What is wanted of a gateway. */
typedef enum CallKind
{
	KIND_CREATE,	/* place the order */
	KIND_FOLLOW,	/* ask what became of it, and close it when it has run out */
	KIND_REFUND,	/* send a payment back */
	KIND_TAKE_BACK, /* ask for a refund that the gateway told of */
	KIND_ISSUE,		/* an invoice, until it is issued or cannot be */
	KIND_DOCUMENT,	/* of an invoice that was issued */
	KIND_RED		/* a confirmation by which an invoice is reversed, until it has ended */
} CallKind;

typedef struct CallRow
{
	int64 account_id;
	int64 call_id;
	const char *gateway;
	CallKind kind;
	int64 order_id;
	int64 payment_id;			/* KIND_REFUND, KIND_TAKE_BACK */
	int64 item_id;				/* KIND_REFUND of a refund's item; else NO_NUMBER */
	int64 invoice_id;			/* KIND_ISSUE, KIND_DOCUMENT, KIND_RED */
	int64 confirmation_no;		/* KIND_RED */
	int64 amount_nano;			/* KIND_REFUND */
	const char *gateway_number; /* once it was sent; an order's stands with it */
	const char *refund_number;	/* KIND_TAKE_BACK: this, or the next, or both */
	const char *refund_id;
	CallState state;
	bool acts; /* next: KIND_FOLLOW closes, KIND_ISSUE has it sealed, KIND_RED answers; else it asks
				*/
	TimestampTz due_at; /* DT_NOEND where it has ended or waits for an operator */
	TimestampTz created_at;
	TimestampTz first_sent_at; /* DT_NOBEGIN: never */
	int32 attempts;
	int32 asked;
	const char *result; /* of the last answer; NULL: there was none */
	const char *code;
	TimestampTz answered_at; /* DT_NOBEGIN: never */
} CallRow;

static inline bool
gateway_call_was_sent(const CallRow *call)
{
	return call->first_sent_at != DT_NOBEGIN;
}

/* Stores a call; sets its number. */
extern void gateway_call_insert(CallRow *call);

/* The same of a KIND_TAKE_BACK; false where that refund is, or was, asked for already. */
extern bool gateway_call_insert_new(CallRow *call);

extern bool gateway_call_find(int64 account_id, int64 call_id, CallRow *call);

/* The call of that kind of an order; false where there is none. */
extern bool gateway_call_of_order(int64 account_id, int64 order_id, CallKind kind, CallRow *call);

/* The refund of ours that bears a number; false where the account has none. */
extern bool gateway_call_of_number(int64 account_id, const char *number, CallRow *call);

/* What sends a payment back and has not ended; false where nothing does. */
extern bool gateway_call_of_return(int64 account_id, int64 payment_id, CallRow *call);

/* The call of that kind of an invoice, or of a confirmation; false where there is none. */
extern bool gateway_call_of_invoice(int64 account_id, int64 invoice_id, CallKind kind,
									CallRow *call);
extern bool gateway_call_of_confirmation(int64 account_id, int64 confirmation_no, CallRow *call);

/* The newest call that sends an item of a refund; false where there is none. */
extern bool gateway_call_of_item(int64 account_id, int64 item_id, CallRow *call);

/* When another refund of the same payment was first sent; DT_NOBEGIN: never. */
extern TimestampTz gateway_call_last_refund(const CallRow *call);

/* True where another refund of the account at that gateway was sent, and is not known to be
 * accepted or ended. */
extern bool gateway_call_is_refund_open(const CallRow *call);

/* True where another refund of the account is about to be sent at that gateway, or is sent. */
extern bool gateway_call_is_refund_ahead(const CallRow *call);

/* The first of the account's refunds at that gateway that waits for its turn is due at an instant.
 */
extern void gateway_call_hasten_refund(const CallRow *ended, TimestampTz at);

/* Writes back what changes of a call. */
extern void gateway_call_update(const CallRow *call);

/* What of a call is known without holding its account. */
typedef struct DueCall
{
	int64 account_id;
	int64 call_id;
	char *gateway;
} DueCall;

/* What is not looked for now. */
typedef struct CallFilter
{
	const char *busy;	   /* gateways, with commas between them */
	const int64 *accounts; /* that somebody holds, or that are parked */
	size_t accounts_count;
} CallFilter;

/* Calls that are due, at the most so many of each gateway, and half as many refunds, the longest
 * due first: many refunds of one account delay nobody's payment. */
extern DueCall *gateway_call_list_due(TimestampTz now, int per_gateway, const CallFilter *filter,
									  size_t *count);

/* When the next call is due; DT_NOEND where there is none. */
extern TimestampTz gateway_call_next_due(const CallFilter *filter);

/* What waits with one of these results (with commas between them) is due now, where nobody else
 * works on it: the gateway answers again, or refunds are released. False where nothing does. */
extern bool gateway_call_hasten(const char *gateway, const char *results, TimestampTz now);

/* Parked calls of a gateway, so many at the most, in the order of their accounts. */
extern DueCall *gateway_call_list_parked(const char *gateway, int64 max, size_t *count);

/* How many of all gateways have been parked since before an instant; and how many are due since. */
extern int64 gateway_call_count_parked(TimestampTz before);
extern int64 gateway_call_count_late(TimestampTz before);

#endif
