/*-------------------------------------------------------------------------
 *
 * invoice.h
 *	  Invoices of the mainland at their provider: what is asked, and what the
 *	  tax bureau is said to have, in words that all providers share.
 *
 * Amounts are nano-units with tax, instants microseconds of the server's epoch; an
 * empty text, or 0, was not given, or not told.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_INVOICE_H
#define GATEWAY_INVOICE_H

#include "core/limits.h"

#include <stddef.h>

#define INVOICE_NUMBER_SIZE 21 /* ours: up to 20 of 0-9 and A-Z; the bureau's: 20 digits */
#define INVOICE_NAME_SIZE 257  /* of parties and goods; addresses, banks */
#define INVOICE_TAX_NUMBER_SIZE 33
#define INVOICE_PHONE_SIZE 65
#define INVOICE_ACCOUNT_SIZE 65
#define INVOICE_EMAIL_SIZE 65
#define INVOICE_DRAWER_SIZE 65
#define INVOICE_GOODS_CODE_SIZE 20
#define INVOICE_UNIT_SIZE 33
#define INVOICE_URL_SIZE 513
#define INVOICE_CAUSE_SIZE 513
#define INVOICE_ID_SIZE 65
#define INVOICE_RATE_BP_MAX 10000

/* ---- what is asked ------------------------------------------------------- */

typedef struct CallInvoiceLine
{
	int64_t amount_nano;
	int64_t tax_nano; /* of it */
} CallInvoiceLine;

/* What is said to a confirmation that waits. */
typedef enum RedAnswer
{
	RED_AGREE,
	RED_REFUSE,
	RED_WITHDRAW /* one that the seller himself asked for */
} RedAnswer;

#define RED_ANSWERS_COUNT 3

/* The bureau's codes of reasons, 01 to 04. */
typedef enum RedReason
{
	RED_WRONG = 1,
	RED_RETURNED,
	RED_SERVICE_ENDED,
	RED_ALLOWANCE
} RedReason;

typedef struct CallInvoice
{
	char number[INVOICE_NUMBER_SIZE];	  /* ours */
	char red_number[INVOICE_NUMBER_SIZE]; /* ours, of the confirmation and of the red invoice */
	bool is_special;					  /* by which its buyer deducts tax; else an ordinary one */
	bool is_individual;					  /* its buyer is no enterprise */
	char buyer_name[INVOICE_NAME_SIZE];
	char buyer_tax_number[INVOICE_TAX_NUMBER_SIZE];
	char buyer_address[INVOICE_NAME_SIZE];
	char buyer_phone[INVOICE_PHONE_SIZE];
	char buyer_bank[INVOICE_NAME_SIZE];
	char buyer_bank_account[INVOICE_ACCOUNT_SIZE];
	char email[INVOICE_EMAIL_SIZE]; /* of the buyer; the provider is told to send nothing */
	char mobile[INVOICE_PHONE_SIZE];
	char seller_name[INVOICE_NAME_SIZE];
	char seller_tax_number[INVOICE_TAX_NUMBER_SIZE];
	char seller_address[INVOICE_NAME_SIZE];
	char seller_phone[INVOICE_PHONE_SIZE];
	char seller_bank[INVOICE_NAME_SIZE];
	char seller_bank_account[INVOICE_ACCOUNT_SIZE];
	char drawer[INVOICE_DRAWER_SIZE];
	char goods_name[INVOICE_NAME_SIZE]; /* of every line, as the next two */
	char goods_code[INVOICE_GOODS_CODE_SIZE];
	char goods_unit[INVOICE_UNIT_SIZE];
	int32_t tax_rate_bp; /* 600: 6 % */
	size_t lines_count;
	CallInvoiceLine lines[INVOICE_LINES_MAX];
	char blue_number[INVOICE_NUMBER_SIZE]; /* the bureau's, of the invoice that is reversed */
	int red_reason;						   /* a RedReason; 0: none */
	RedAnswer red_answer;
	char confirmation_id[INVOICE_ID_SIZE]; /* the provider's own, of one that the buyer began; the
											* next is the bureau's. Else red_number is it */
	char confirmation_number[INVOICE_ID_SIZE];
	int64_t from_at; /* CALL_RED_LIST: entered on the days from this one to the next */
	int64_t to_at;
	int64_t page; /* from 1 on, RED_SEEN_MAX confirmations each */
	char document_url[INVOICE_URL_SIZE];
} CallInvoice;

/* ---- what is answered ---------------------------------------------------- */

typedef enum InvoiceFactState
{
	INVOICE_FACT_ISSUING,
	INVOICE_FACT_ISSUED,
	INVOICE_FACT_UNSEALED, /* the bureau has it, but its seal failed: never to be issued again */
	INVOICE_FACT_REFUSED,  /* for good under that number */
	INVOICE_FACT_VOIDED
} InvoiceFactState;

#define INVOICE_FACT_STATES_COUNT 5

typedef struct InvoiceFact
{
	InvoiceFactState state;
	char number[INVOICE_NUMBER_SIZE]; /* the bureau's; there where it is issued */
	int64_t issued_at;
	int64_t total_nano;
	int64_t tax_nano; /* of it */
	char pdf_url[INVOICE_URL_SIZE];
	char ofd_url[INVOICE_URL_SIZE];
	char cause[INVOICE_CAUSE_SIZE]; /* why it was not issued, for people */
} InvoiceFact;

typedef enum RedFactState
{
	RED_FACT_APPLYING,
	RED_FACT_FREE, /* 01: nobody need confirm it */
	RED_FACT_WAITS_FOR_BUYER,
	RED_FACT_WAITS_FOR_SELLER,
	RED_FACT_AGREED,		 /* 04 */
	RED_FACT_VOID,			 /* 05 06 07 08 10 */
	RED_FACT_WITHDRAWN_LATE, /* 09: after it was agreed to */
	RED_FACT_FAILED			 /* 16 */
} RedFactState;

#define RED_FACT_STATES_COUNT 8

/* A confirmation of which an invoice is reversed. */
typedef struct RedFact
{
	RedFactState state;
	char red_number[INVOICE_NUMBER_SIZE];  /* the bureau's, of the red invoice; empty: not issued */
	int64_t issued_at;					   /* of the red invoice */
	int64_t entered_at;					   /* of the confirmation: 72 hours run from here */
	bool is_partial;					   /* it is of less than the call's amount_nano */
	int64_t amount_nano;				   /* what it reverses, above zero */
	size_t lines_count;					   /* of a partial one: up to the last line it is of */
	int64_t lines_nano[INVOICE_LINES_MAX]; /* what it reverses of each line of the call */
	char confirmation_number[INVOICE_ID_SIZE]; /* the bureau's */
	char confirmation_id[INVOICE_ID_SIZE];	   /* the provider's own */
	char cause[INVOICE_CAUSE_SIZE];
} RedFact;

/* A confirmation in a list: one that a buyer began, and that has not come to nothing. */
typedef struct RedSeen
{
	char confirmation_id[INVOICE_ID_SIZE];
	char confirmation_number[INVOICE_ID_SIZE];
	char blue_number[INVOICE_NUMBER_SIZE];
	int64_t reason; /* a RedReason */
	int64_t entered_at;
} RedSeen;

#define RED_SEEN_MAX 10

#endif
