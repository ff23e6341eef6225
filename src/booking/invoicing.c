/*-------------------------------------------------------------------------
 *
 * invoicing.c
 *	  Invoices of the mainland on their way through a provider.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/call_work.h"
#include "booking/invoicing.h"
#include "booking/notify.h"
#include "errors.h"
#include "wake.h"

/* ---- states ----------------------------------------------------------------- */

void
invoicing_find(int64 account_id, int64 invoice_id, Invoice *invoice)
{
	if (!invoice_find(account_id, invoice_id, sql_run, invoice))
		refuse(ERROR_INVOICE_UNKNOWN, account_id, invoice_id);
	if (invoice_is_overseas(invoice))
		refuse(ERROR_INVOICE_STATE, invoice_id, account_id, "overseas");
}

bool
invoicing_move(Invoice *invoice, InvoiceEvent event)
{
	int next;
	LifecycleAnswer answer = lifecycle_next(&lifecycle_invoice, (int) invoice->state, event, &next);

	if (answer == LIFECYCLE_REFUSES)
		refuse(ERROR_INVOICE_STATE, invoice->invoice_id, invoice->account_id,
			   lifecycle_state_name(&lifecycle_invoice, (int) invoice->state));
	invoice->state = (InvoiceState) next;
	return answer == LIFECYCLE_MOVES;
}

bool
invoicing_apply(const Booking *booking, Invoice *invoice, InvoiceEvent event)
{
	if (!invoicing_move(invoice, event))
		return false;
	invoice->changed_at = booking->at;
	invoice->actor = booking->actor;
	invoice_update(invoice);
	return true;
}

/* ---- calls ------------------------------------------------------------------ */

void
invoicing_call(const Booking *booking, const Invoice *invoice, const char *gateway, CallKind kind,
			   int64 confirmation_no)
{
	CallRow call = {
		.account_id = invoice->account_id,
		.gateway = gateway,
		.kind = kind,
		.invoice_id = invoice->invoice_id,
		.confirmation_no = confirmation_no,
		.state = CALL_QUEUED,
		.due_at = booking->at,
		.created_at = booking->at,
	};

	gateway_call_insert(&call);
	wake_at_commit(WORKER_GATEWAY);
}

void
invoicing_begin(const Booking *booking, Invoice *invoice, const Seller *seller)
{
	if (invoice_is_over(invoice))
	{
		invoice->reason = INVOICING_MONEY_GONE;
		(void) invoicing_apply(booking, invoice, INVOICE_DECLINE);
		notify_invoice(invoice, booking->account.currency, booking->at);
		return;
	}
	invoice->seller_no = seller->seller_no;
	(void) invoicing_apply(booking, invoice, INVOICE_DUE);
	invoicing_call(booking, invoice, seller->gateway, KIND_ISSUE, NO_NUMBER);
}

/* What issued it; refuses where operators did. */
static CallRow
must_call_of(const Invoice *invoice)
{
	CallRow call;

	if (!gateway_call_of_invoice(invoice->account_id, invoice->invoice_id, KIND_ISSUE, &call))
		refuse(ERROR_INVOICE_STATE, invoice->invoice_id, invoice->account_id,
			   "issued by hand, and reversed by hand: record_red_invoice()");
	return call;
}

static void
hasten(const Booking *booking, CallRow *call)
{
	call->due_at = booking->at;
	gateway_call_update(call);
	wake_at_commit(WORKER_GATEWAY);
}

void
invoicing_retry(const Booking *booking, Invoice *invoice)
{
	CallRow call;

	if (invoice->state != INVOICE_SEALING)
		(void) invoicing_apply(booking, invoice, INVOICE_UNBLOCK);
	call = must_call_of(invoice);
	if (call.state == CALL_UNKNOWN)
		hasten(booking, &call);
	else
		call_work_resend(&call, booking->at);
}

/* ---- confirmations ---------------------------------------------------------- */

bool
invoicing_is_whole(const Invoice *invoice)
{
	int64 left_nano[INVOICE_LINES_MAX];
	int64 sum_nano = 0;
	size_t count = invoice_lines_left(invoice, left_nano);

	for (size_t i = 0; i < count; i++)
		sum_nano += left_nano[i];
	return sum_nano == invoice->amount_nano;
}

void
invoicing_reverse(const Booking *booking, Invoice *invoice, RedConfirmation *confirmation)
{
	CallRow call;

	if (!invoicing_is_whole(invoice))
		refuse(ERROR_INVOICE_STATE, invoice->invoice_id, invoice->account_id,
			   "reversed in part: reverse what is left by hand, record_red_invoice()");
	if (!invoicing_apply(booking, invoice, INVOICE_REVERSAL_BEGINS))
		refuse(ERROR_INVOICE_STATE, invoice->invoice_id, invoice->account_id,
			   lifecycle_state_name(&lifecycle_invoice, (int) invoice->state));
	call = must_call_of(invoice);
	confirmation->state = RED_APPLYING;
	confirmation->created_at = booking->at;
	red_insert(confirmation);
	invoicing_call(booking, invoice, call.gateway, KIND_RED, confirmation->confirmation_no);
}

void
invoicing_end_confirmation(const Booking *booking, const Invoice *invoice)
{
	RedConfirmation confirmation;
	CallRow call;

	if (!red_find_open(invoice->account_id, invoice->invoice_id, &confirmation))
		return;
	confirmation.state = RED_VOID;
	confirmation.cause = "by_hand";
	confirmation.changed_at = booking->at;
	red_update(&confirmation);
	if (gateway_call_of_confirmation(confirmation.account_id, confirmation.confirmation_no, &call))
		call_work_drop(&call);
}

bool
invoicing_follow(const Booking *booking, Invoice *invoice, const char *gateway,
				 RedConfirmation *confirmation)
{
	if (invoice->state != INVOICE_ISSUED)
		return false;
	(void) invoicing_apply(booking, invoice, INVOICE_REVERSAL_BEGINS);
	red_insert(confirmation);
	invoicing_call(booking, invoice, gateway, KIND_RED, confirmation->confirmation_no);
	return true;
}

/* Whoever must confirm it agrees or refuses; whoever asked for it withdraws it. */
static bool
takes_answer(const RedConfirmation *confirmation, const char *answer)
{
	if (strcmp(answer, "withdraw") == 0)
		return !red_is_buyers(confirmation) &&
			   (confirmation->state == RED_APPLYING || confirmation->state == RED_WAITING_BUYER);
	return confirmation->state == RED_WAITING_SELLER;
}

void
invoicing_answer(const Booking *booking, RedConfirmation *confirmation, const char *answer)
{
	CallRow call;

	if (!takes_answer(confirmation, answer) ||
		!gateway_call_of_confirmation(confirmation->account_id, confirmation->confirmation_no,
									  &call))
		refuse(ERROR_RED_STATE, confirmation->confirmation_no, confirmation->account_id,
			   lifecycle_state_name(&lifecycle_red, (int) confirmation->state));
	confirmation->answer = answer;
	confirmation->changed_at = booking->at;
	red_update(confirmation);
	call.acts = true;
	if (call.state == CALL_UNKNOWN)
		hasten(booking, &call);
	else
		gateway_call_update(&call);
}
