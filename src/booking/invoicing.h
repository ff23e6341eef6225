/*-------------------------------------------------------------------------
 *
 * invoicing.h
 *	  Invoices of the mainland on their way through a provider (R16, R17, B&S
 *	  4.6, 4.7): what begins, what moves, what ends. The account is held.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_INVOICING_H
#define BOOKING_INVOICING_H

#include "postgres.h"

#include "booking/booking.h"
#include "store/gateway_call_store.h"
#include "store/invoice_store.h"
#include "store/red_store.h"
#include "store/seller_store.h"

/* An invoice of the mainland; refuses what is not there, and what is overseas: nobody changes that.
 */
extern void invoicing_find(int64 account_id, int64 invoice_id, Invoice *invoice);

/* Moves it by an event, in memory; refuses what is asked for and not possible; false where nothing
 * changed. */
extern bool invoicing_move(Invoice *invoice, InvoiceEvent event);

/* The same, and written back. */
extern bool invoicing_apply(const Booking *booking, Invoice *invoice, InvoiceEvent event);

/* Why an application ends whose money went back before it was issued. */
#define INVOICING_MONEY_GONE "money_went_back"

/* Has an application issued by the seller's gateway: who sells is pinned from here. One whose money
 * went back meanwhile ends. */
extern void invoicing_begin(const Booking *booking, Invoice *invoice, const Seller *seller);

/* A call about an invoice, due now. */
extern void invoicing_call(const Booking *booking, const Invoice *invoice, const char *gateway,
						   CallKind kind, int64 confirmation_no);

/* Sends a blocked one again, once it is known what came of it; has one sealed again. */
extern void invoicing_retry(const Booking *booking, Invoice *invoice);

/* False where red invoices have reversed a part of it. */
extern bool invoicing_is_whole(const Invoice *invoice);

/* Has an issued invoice reversed; sets the confirmation's number. */
extern void invoicing_reverse(const Booking *booking, Invoice *invoice,
							  RedConfirmation *confirmation);

/* Has one followed that the buyer began at the bureau; false where that cannot be now: the invoice
 * is not there as issued. */
extern bool invoicing_follow(const Booking *booking, Invoice *invoice, const char *gateway,
							 RedConfirmation *confirmation);

/* An operator has issued the red invoice: a confirmation that is open has no use any more. */
extern void invoicing_end_confirmation(const Booking *booking, const Invoice *invoice);

/* Has a confirmation answered: "agree", "refuse" or "withdraw". */
extern void invoicing_answer(const Booking *booking, RedConfirmation *confirmation,
							 const char *answer);

#endif
