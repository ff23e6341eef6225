/*-------------------------------------------------------------------------
 *
 * receipt.h
 *	  Booking money that a gateway reports (R5, B&S 4.1): once, whoever says so
 *	  and how often.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_RECEIPT_H
#define BOOKING_RECEIPT_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "booking/booking.h"
#include "gateway/fact.h"
#include "store/order_store.h"
#include "store/payment_store.h"

typedef enum ReceiptResult
{
	RECEIPT_BOOKED,
	RECEIPT_KNOWN,	   /* it was booked before */
	RECEIPT_OF_HOUSE,  /* of no customer's: receipt_book_on_house() books it */
	RECEIPT_OF_NOTHING /* the fact tells of no money */
} ReceiptResult;

/* A fact, verified, and where it came from. */
typedef struct Receipt
{
	const PaymentFact *fact;
	const char *gateway;
	bool is_merchants; /* the fact is about the gateway's own merchant */
	/* Set by the functions: whose payment it is, where it was booked; else NO_NUMBER. */
	int64 account_id;
	int64 payment_id;
} Receipt;

/*
 * Holds the account that the order's number names and books the payment there, or
 * says that it is of the house. A fact without money changes nothing.
 */
extern ReceiptResult receipt_book(Receipt *receipt);

/* Books it as held, on the house's account of its currency. */
extern ReceiptResult receipt_book_on_house(Receipt *receipt);

/*
 * Credits a payment to an order, with the bonus that the order promised where the
 * amount is the one it asked for (R19); from: gateway, or suspense where it was held.
 * The books are loaded, with 3 transfers more.
 */
extern void receipt_credit(Booking *booking, Order *order, const Payment *payment, Book from);

/* Tells the customer that so much was credited for an order. */
extern void receipt_tell(const Booking *booking, const Order *order, int64 amount_nano);

/* Has a payment sent back to where it came from. */
extern void receipt_send_back(const Payment *payment, TimestampTz at);

/* Leaves it to the worker: whose account is held too long, or is the house's. */
extern void receipt_leave(const Receipt *receipt, TimestampTz at);

/* The fact as text, as it waits. */
extern char *receipt_fact_text(const Receipt *receipt);

#endif
