/*-------------------------------------------------------------------------
 *
 * call.h
 *	  One call of a gateway: what is asked, and what was answered, in words that
 *	  all gateways share.
 *
 * A call has typed fields and no text of a protocol: what is sent is built, and
 * signed, by the provider's file alone, from these and from the merchant's files.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_CALL_H
#define GATEWAY_CALL_H

#include "gateway/fact.h"
#include "gateway/invoice.h"
#include "gateway/signature.h"

#include <stdbool.h>
#include <stddef.h>

#define CALL_NAME_SIZE 64 /* of gateways and products */
#define CALL_DESCRIPTION_SIZE 128
#define CALL_ADDRESS_SIZE 46 /* of the internet, as text */
#define CALL_EMAIL_SIZE 65	 /* as Waffo has it */
#define CALL_TERMINAL_SIZE 33
#define CALL_UID_SIZE 65
#define CALL_DAY_SIZE 11 /* 2026-01-01 */
#define CALL_URL_SIZE 257
#define CALL_PAY_URL_SIZE 2048
#define CALL_CODE_SIZE 65

typedef enum CallOperation
{
	CALL_CREATE, /* an order */
	CALL_QUERY,	 /* of an order */
	CALL_CLOSE,	 /* an order */
	CALL_REFUND, /* of a payment, or of a part of it */
	CALL_REFUND_QUERY,
	CALL_SIGN,	/* the one reply that this gateway takes to its notices: nothing is sent */
	CALL_BILL,	/* of a day: what the gateway has on its books */
	CALL_KEYS,	/* by which it signs: they are fetched and kept, and nothing of them is told */
	CALL_ISSUE, /* an invoice: it is accepted, and then queried */
	CALL_ISSUE_QUERY, /* by our number */
	CALL_RESEAL,	  /* an invoice that the bureau has, and whose sealing failed */
	CALL_DOCUMENT,	  /* of an invoice: its bytes, in pieces in front of the answer */
	CALL_RED,		  /* a confirmation by which a whole invoice is reversed; the red one follows */
	CALL_RED_QUERY,	  /* by our number of the confirmation */
	CALL_RED_ANSWER,  /* to a confirmation */
	CALL_RED_LIST	  /* of confirmations, a page: those that buyers began are told */
} CallOperation;

#define CALL_OPERATIONS_COUNT 16

/* Instants are microseconds of the server's epoch, amounts nano-units; an empty text: not given. */
typedef struct GatewayCall
{
	CallOperation operation;
	char gateway[CALL_NAME_SIZE];
	char database[CALL_NAME_SIZE]; /* whose books ask for it */
	char product[CALL_NAME_SIZE];
	char order_number[FACT_NUMBER_SIZE];   /* ours */
	char refund_number[FACT_NUMBER_SIZE];  /* by which it was asked for */
	char refund_id[FACT_NUMBER_SIZE];	   /* the gateway's own, where it is asked for by that */
	char transaction_id[FACT_NUMBER_SIZE]; /* the gateway's, of the payment that goes back */
	char currency[4];
	int64_t amount_nano; /* of the order; of the whole invoice that is reversed */
	int64_t refund_nano;
	int64_t created_at; /* of the order, or of what asks for the refund */
	int64_t expires_at;
	int64_t clock_offset_s; /* how far the caller's clock is ahead; tests alone are */
	char description[CALL_DESCRIPTION_SIZE];
	char client_ip[CALL_ADDRESS_SIZE]; /* of the payer, as the next three */
	char email[CALL_EMAIL_SIZE];
	char terminal[CALL_TERMINAL_SIZE];
	char uid[CALL_UID_SIZE];
	char return_url[CALL_URL_SIZE];
	char bill[CALL_NAME_SIZE];	  /* trade: payments and refunds; fund: what moved on the balance */
	char bill_day[CALL_DAY_SIZE]; /* by the gateway's calendar */
	CallInvoice invoice;
} GatewayCall;

typedef enum CallResult
{
	RESULT_DONE,		  /* definitely; a query: it knows the order, the fact says more */
	RESULT_REFUSED,		  /* definitely; nothing happened */
	RESULT_UNCLEAR,		  /* refused, but perhaps because it has happened: to be queried */
	RESULT_ABSENT,		  /* it knows no such order or refund */
	RESULT_BUSY,		  /* nothing happened: later */
	RESULT_NO_FUNDS,	  /* the merchant's balance does not cover the refund: later */
	RESULT_UNANSWERED,	  /* nobody knows */
	RESULT_NOT_DELIVERED, /* nothing was sent */
	RESULT_MISCONFIGURED  /* nothing happened, and nothing will until somebody acts */
} CallResult;

#define CALL_RESULTS_COUNT 9

typedef struct GatewayAnswer
{
	CallResult result;
	char code[CALL_CODE_SIZE];			 /* the gateway's own word, for people */
	char pay_url[CALL_PAY_URL_SIZE];	 /* CALL_CREATE, done */
	PaymentFact payment;				 /* CALL_QUERY, done */
	RefundFact refund;					 /* CALL_REFUND, CALL_REFUND_QUERY, done */
	char signature[SIGNATURE_TEXT_SIZE]; /* CALL_SIGN, done */
	int64_t rows;		 /* CALL_BILL, done: how many it had; CALL_DOCUMENT: bytes; CALL_RED_LIST:
						  * how many confirmations there are on all pages, whoever began them */
	InvoiceFact invoice; /* CALL_ISSUE_QUERY, done; of one that was refused: its cause */
	RedFact red;		 /* CALL_RED_QUERY, done; likewise */
	size_t seen_count;	 /* CALL_RED_LIST, done */
	RedSeen seen[RED_SEEN_MAX];
} GatewayAnswer;

/* Names as frames and tables have them; false where there is none of that name. */
extern const char *call_operation_name(CallOperation operation);
extern bool call_operation_from_name(const char *name, CallOperation *operation);
extern const char *call_result_name(CallResult result);
extern bool call_result_from_name(const char *name, CallResult *result);

/*
 * False where a number of the call is none that can be sent: ours are letters and
 * digits, and those that the operation needs are there, as amounts above zero are.
 */
extern bool call_numbers_are_sound(const GatewayCall *call);

/* True of the operations that have to do with invoices. */
extern bool call_is_of_invoice(CallOperation operation);

#endif
