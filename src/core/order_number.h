/*-------------------------------------------------------------------------
 *
 * order_number.h
 *	  The numbers by which gateways know our orders, refunds and invoices.
 *
 * 32 characters of 0-9 and A-Z without I, L, O and U, five bits each: the account
 * (13), the epoch of the installation (8), what is numbered (1), its number within
 * the account (10). They fit the tightest limit of all gateways (WeChat Pay's
 * out_trade_no, Waffo's paymentRequestId), say to which account a message
 * belongs, and are never used again: arm() begins an epoch of 40 random bits,
 * so that books that were restored to an earlier state make others.
 *
 * Invoices' numbers have room for 20 characters (Nuonuo's orderNo): the epoch (8),
 * and 60 random bits; that they are never used again, a unique key sees to.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_ORDER_NUMBER_H
#define CORE_ORDER_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#define ORDER_NUMBER_SIZE 33 /* with its NUL */

#define ORDER_NUMBER_INVOICE_SIZE 21

#define ORDER_NUMBER_EPOCH_BITS 40
#define ORDER_NUMBER_ID_MAX ((INT64_C(1) << 50) - 1)

typedef enum OrderNumberKind
{
	NUMBER_OF_ORDER,
	NUMBER_OF_REFUND
} OrderNumberKind;

typedef struct OrderNumber
{
	int64_t account_id; /* > 0 */
	int64_t epoch;		/* of ORDER_NUMBER_EPOCH_BITS */
	OrderNumberKind kind;
	int64_t id; /* 1 to ORDER_NUMBER_ID_MAX */
} OrderNumber;

/* Writes a number; returns text. */
extern char *order_number_print(const OrderNumber *number, char text[ORDER_NUMBER_SIZE]);

/* Writes the number of an invoice, or of a confirmation by which one is reversed; returns text. */
extern char *order_number_print_invoice(int64_t epoch, uint64_t random,
										char text[ORDER_NUMBER_INVOICE_SIZE]);

/* False where a text is none that order_number_print() writes. */
extern bool order_number_parse(const char *text, OrderNumber *number);

#endif
