/*-------------------------------------------------------------------------
 *
 * red_call.c
 *	  Calls about confirmations.
 *
 * One of ours is sent under a number of ours, as an invoice is, and asked for by it.
 * One that the buyer began is only asked for, and answered where an operator does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/invoice_call.h"
#include "booking/invoicing.h"
#include "booking/notify.h"
#include "booking/red_call.h"

/* A confirmation that waits for somebody is asked for so often. */
#define CONFIRMATION_US CALL_WORK_SECONDS(600)

static bool
is_red_open(const CallWork *work)
{
	RedState state = work->confirmation.state;

	return state != RED_ISSUED && state != RED_VOID && state != RED_FAILED;
}

static void
tell_red(const CallWork *work)
{
	notify_red(&work->invoice, &work->confirmation, work->booking.account.currency,
			   work->booking.at);
}

/* ---- what the provider says -------------------------------------------------- */

/* Moves the confirmation; true where that changed something. */
static bool
move_red(CallWork *work, RedEvent event)
{
	RedConfirmation *confirmation = &work->confirmation;
	int next;

	if (lifecycle_next(&lifecycle_red, (int) confirmation->state, event, &next) != LIFECYCLE_MOVES)
		return false;
	confirmation->state = (RedState) next;
	confirmation->changed_at = work->booking.at;
	return true;
}

/* It ended without a red invoice: the invoice stands. */
static void
end_without(CallWork *work, RedEvent event, const char *cause, CallEvent call_event)
{
	if (!move_red(work, event))
	{
		call_work_contradict(work);
		return;
	}
	work->confirmation.cause = cause[0] ? cause : NULL;
	red_update(&work->confirmation);
	(void) invoicing_apply(&work->booking, &work->invoice, INVOICE_REVERSAL_ENDS);
	tell_red(work);
	call_work_end(work, call_event);
}

/*
 * What of each line a red invoice of a part reverses: as the provider says, or, where it does not,
 * from the first line on. False where the lines have not so much left.
 */
static bool
split_part(const RedFact *fact, const int64 *left_nano, size_t count, int64 *amounts_nano)
{
	int64 rest_nano = fact->amount_nano;

	for (size_t i = 0; i < count; i++)
	{
		int64 said_nano = i < fact->lines_count ? fact->lines_nano[i] : 0;

		amounts_nano[i] = fact->lines_count > 0 ? said_nano : Min(rest_nano, left_nano[i]);
		if (amounts_nano[i] < 0 || amounts_nano[i] > left_nano[i])
			return false;
		rest_nano -= amounts_nano[i];
	}
	return rest_nano == 0;
}

/* A part of the invoice is reversed, and what is left of it stands. */
static void
end_with_part(CallWork *work, const RedFact *fact)
{
	int64 left_nano[INVOICE_LINES_MAX];
	int64 amounts_nano[INVOICE_LINES_MAX];
	size_t count = invoice_lines_left(&work->invoice, left_nano);

	if (invoice_number_is_taken(fact->red_number) ||
		!split_part(fact, left_nano, count, amounts_nano))
	{
		call_work_contradict(work);
		return;
	}
	(void) move_red(work, RED_IS_ISSUED);
	work->confirmation.red_number = fact->red_number;
	red_update(&work->confirmation);
	invoice_lines_reverse(&work->invoice, amounts_nano, count);
	(void) invoicing_apply(&work->booking, &work->invoice, INVOICE_REVERSAL_ENDS);
	notify_red_part(&work->invoice, &work->confirmation, work->booking.account.currency,
					work->booking.at);
	call_work_end(work, CALL_SUCCEEDED);
}

static void
end_with_red(CallWork *work, const RedFact *fact)
{
	if (invoice_number_is_taken(fact->red_number) || !invoicing_is_whole(&work->invoice))
	{
		call_work_contradict(work);
		return;
	}
	(void) move_red(work, RED_IS_ISSUED);
	red_update(&work->confirmation);
	work->invoice.red_number = fact->red_number;
	work->invoice.reason = work->confirmation.reason;
	(void) invoicing_apply(&work->booking, &work->invoice, INVOICE_RED_ISSUED);
	notify_invoice(&work->invoice, work->booking.account.currency, work->booking.at);
	call_work_end(work, CALL_SUCCEEDED);
}

static void
take_facts(RedConfirmation *confirmation, const RedFact *fact)
{
	if (fact->entered_at != 0)
		confirmation->entered_at = fact->entered_at;
	if (fact->confirmation_number[0])
		confirmation->bureau_number = fact->confirmation_number;
	if (fact->is_partial)
		confirmation->amount_nano = fact->amount_nano;
}

/* Ours are whole; a buyer's is of what it was of before. */
static bool
can_be(const RedConfirmation *confirmation, const RedFact *fact)
{
	int64 part_nano = fact->is_partial ? fact->amount_nano : 0;

	return red_is_buyers(confirmation)
			   ? confirmation->amount_nano == 0 || confirmation->amount_nano == part_nano
			   : part_nano == 0;
}

static void
wait_for(CallWork *work, RedEvent event)
{
	if (move_red(work, event) && work->confirmation.entered_at == DT_NOBEGIN)
		work->confirmation.entered_at = work->booking.at;
	red_update(&work->confirmation);
	tell_red(work); /* what was told stays told */
	call_work_ask(work, work->booking.at + CONFIRMATION_US);
}

static void
record_confirmation(CallWork *work, const RedFact *fact)
{
	if (!can_be(&work->confirmation, fact))
	{
		call_work_contradict(work);
		return;
	}
	take_facts(&work->confirmation, fact);
	if (fact->red_number[0] && fact->state != RED_FACT_VOID && fact->state != RED_FACT_FAILED)
	{
		if (fact->is_partial)
			end_with_part(work, fact);
		else
			end_with_red(work, fact);
		return;
	}
	switch (fact->state)
	{
		case RED_FACT_APPLYING:
			call_work_ask(work, call_work_back_off(work));
			return;
		case RED_FACT_WAITS_FOR_BUYER:
			wait_for(work, RED_NEEDS_BUYER);
			return;
		case RED_FACT_WAITS_FOR_SELLER:
			wait_for(work, RED_NEEDS_SELLER);
			return;
		case RED_FACT_FREE:
		case RED_FACT_AGREED:
			(void) move_red(work, RED_IS_CONFIRMED);
			red_update(&work->confirmation);
			call_work_ask(work, call_work_back_off(work));
			return;
		case RED_FACT_VOID:
		case RED_FACT_WITHDRAWN_LATE:
			end_without(work, RED_BECOMES_VOID, fact->cause, CALL_SUCCEEDED);
			return;
		case RED_FACT_FAILED:
			end_without(work, RED_IS_REFUSED, fact->cause, CALL_REFUSED);
			return;
	}
}

static void
refuse_red(CallWork *work, const GatewayAnswer *answer)
{
	end_without(work, RED_IS_REFUSED, answer->red.cause[0] ? answer->red.cause : answer->code,
				CALL_REFUSED);
}

static void
record_red(CallWork *work, CallOperation operation, const GatewayAnswer *answer)
{
	bool is_first = operation == CALL_RED && work->row.asked <= 1;

	if (operation == CALL_RED_ANSWER && answer->result != RESULT_NOT_DELIVERED &&
		answer->result != RESULT_BUSY)
		work->row.acts = false;
	if (answer->result == RESULT_DONE && operation == CALL_RED_QUERY)
		record_confirmation(work, &answer->red);
	else if (answer->result == RESULT_DONE || operation == CALL_RED_ANSWER)
		call_work_ask(work, work->booking.at + CALL_WORK_ACCEPTED_US);
	else if (answer->result == RESULT_REFUSED && is_first)
		refuse_red(work, answer);
	else if (answer->result == RESULT_UNCLEAR ||
			 (answer->result == RESULT_ABSENT && red_is_buyers(&work->confirmation)))
		call_work_ask_patiently(work);
	else if (answer->result == RESULT_REFUSED)
	{
		if (call_work_doubt(work))
			refuse_red(work, answer);
	}
	else if (answer->result == RESULT_ABSENT && operation == CALL_RED_QUERY &&
			 work->confirmation.state == RED_APPLYING)
		call_work_send_again(work);
	else if (answer->result == RESULT_MISCONFIGURED)
	{
		call_work_park(work);
		call_work_put(work, DT_NOEND);
	}
	else if (answer->result == RESULT_BUSY || answer->result == RESULT_NOT_DELIVERED)
		call_work_deliver_later(work);
	else
		call_work_ask(work, call_work_back_off(work));
}

/* ---- claiming --------------------------------------------------------------- */

static RedAnswer
red_answer(const RedConfirmation *confirmation)
{
	if (confirmation->answer && strcmp(confirmation->answer, "agree") == 0)
		return RED_AGREE;
	return confirmation->answer && strcmp(confirmation->answer, "refuse") == 0 ? RED_REFUSE
																			   : RED_WITHDRAW;
}

/* What the provider is known not to have, and nobody wants any more. */
static bool
end_unsent(CallWork *work)
{
	const RedConfirmation *confirmation = &work->confirmation;

	if (work->row.state != CALL_QUEUED || confirmation->answer == NULL ||
		red_answer(confirmation) != RED_WITHDRAW)
		return false;
	end_without(work, RED_BECOMES_VOID, "", CALL_NOT_WANTED);
	return true;
}

bool
red_call_claim(CallWork *work, int64 epoch, CallOperation *operation)
{
	bool is_buyers = red_is_buyers(&work->confirmation);

	if (!is_red_open(work))
	{
		call_work_end(work, CALL_ABSENT_NOT_WANTED);
		return false;
	}
	if (!is_buyers)
	{
		if (end_unsent(work) || invoice_call_is_held(work, epoch))
			return false;
		invoice_call_number(&work->row, epoch);
	}
	if (!is_buyers && work->row.state != CALL_UNKNOWN)
		*operation = CALL_RED;
	else
		*operation = work->row.acts ? CALL_RED_ANSWER : CALL_RED_QUERY;
	return true;
}

void
red_call_fill(const CallWork *work, GatewayCall *call)
{
	const RedConfirmation *confirmation = &work->confirmation;
	CallInvoice *invoice = &call->invoice;

	call->created_at = confirmation->created_at;
	call->amount_nano = work->invoice.amount_nano;
	invoice->is_special = strcmp(work->invoice.kind, "special") == 0;
	INVOICE_CALL_COPY(invoice->blue_number, work->invoice.number);
	INVOICE_CALL_COPY(invoice->red_number, work->row.gateway_number);
	INVOICE_CALL_COPY(invoice->confirmation_id, confirmation->provider_id);
	if (red_is_buyers(confirmation))
		INVOICE_CALL_COPY(invoice->confirmation_number, confirmation->bureau_number);
	invoice->red_reason = confirmation->red_reason ? atoi(confirmation->red_reason) : 0;
	invoice->red_answer = red_answer(confirmation);
	if (call->operation == CALL_RED)
		invoice_call_fill_parties(&work->invoice, invoice);
}

/* ---- recording -------------------------------------------------------------- */

void
red_call_record(CallWork *work, CallOperation operation, const GatewayAnswer *answer)
{
	if (is_red_open(work))
		record_red(work, operation, answer);
	else
	{
		call_work_move(work, CALL_UNANSWERED);
		call_work_end(work, CALL_ABSENT_NOT_WANTED);
	}
}
