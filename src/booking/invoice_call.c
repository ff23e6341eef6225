/*-------------------------------------------------------------------------
 *
 * invoice_call.c
 *	  Calls about invoices.
 *
 * An invoice is sent under a number of ours and asked for by it until the provider
 * says what came of it: the bureau has it at most once, whatever was not answered.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/invoice_call.h"
#include "booking/invoicing.h"
#include "booking/notify.h"
#include "core/tax.h"
#include "errors.h"
#include "spi/bind.h"
#include "store/gateway_store.h"

/* What was accepted is asked for after so long. */
#define FIRST_ASK_US CALL_WORK_SECONDS(4)

/* A seal that failed is asked for again after so long: 20 a day are allowed. */
#define SEAL_US CALL_WORK_SECONDS(2 * 3600)

/* The bureau's credit line is looked at again after so long. */
#define CREDIT_LINE_US CALL_WORK_SECONDS(1800)

/* A confirmation that waits for somebody is asked for so often. */
#define CONFIRMATION_US CALL_WORK_SECONDS(600)

/* ---- claiming --------------------------------------------------------------- */

static bool
is_issuing(const CallWork *work)
{
	InvoiceState state = work->invoice.state;

	return state == INVOICE_SENDING || state == INVOICE_BLOCKED || state == INVOICE_SEALING;
}

static bool
is_red_open(const CallWork *work)
{
	RedState state = work->confirmation.state;

	return state != RED_ISSUED && state != RED_VOID && state != RED_FAILED;
}

static bool
is_wanted(const CallWork *work)
{
	Datum document;

	switch (work->row.kind)
	{
		case KIND_ISSUE:
			return is_issuing(work);
		case KIND_RED:
			return is_red_open(work);
		default:
			return work->invoice.pdf_url &&
				   !invoice_document(work->invoice.account_id, work->invoice.invoice_id, sql_run,
									 &document);
	}
}

/* What was never sent waits where the books may be older than what the provider has done. */
static bool
is_held(CallWork *work, int64 epoch)
{
	if (work->row.kind == KIND_DOCUMENT || work->row.state == CALL_UNKNOWN ||
		gateway_refunds_epoch(work->row.gateway) == epoch)
		return false;
	work->row.result = "held";
	call_work_put(work, work->booking.at + CALL_WORK_WAIT_MAX_US);
	return true;
}

static CallOperation
operation_of(const CallWork *work)
{
	const CallRow *row = &work->row;

	if (row->kind == KIND_DOCUMENT)
		return CALL_DOCUMENT;
	if (row->kind == KIND_ISSUE && row->state == CALL_UNKNOWN)
		return row->acts ? CALL_RESEAL : CALL_ISSUE_QUERY;
	if (row->kind == KIND_ISSUE)
		return CALL_ISSUE;
	if (row->state == CALL_UNKNOWN)
		return row->acts ? CALL_RED_ANSWER : CALL_RED_QUERY;
	return CALL_RED;
}

/* Its number, before it is sent: random, since there is room for no more; a key sees to it. */
static void
number_call(CallRow *row, int64 epoch)
{
	uint64 random;

	if (row->kind == KIND_DOCUMENT || row->gateway_number)
		return;
	if (!pg_strong_random(&random, sizeof(random)))
		refuse(ERROR_INTERNAL, "no random number is to be had");
	row->gateway_number = order_number_print_invoice(epoch, random,
													 palloc(ORDER_NUMBER_INVOICE_SIZE));
}

/* ---- what is sent ----------------------------------------------------------- */

#define COPY(to, text) strlcpy(to, (text) ? (text) : "", sizeof(to))

static void
fill_buyer(const Invoice *invoice, CallInvoice *call)
{
	InvoiceTitle buyer = invoice_buyer(invoice);

	call->is_individual = strcmp(buyer.kind, "individual") == 0;
	COPY(call->buyer_name, buyer.name);
	COPY(call->buyer_tax_number, buyer.tax_number);
	COPY(call->buyer_address, buyer.address);
	COPY(call->buyer_phone, buyer.phone);
	COPY(call->buyer_bank, buyer.bank);
	COPY(call->buyer_bank_account, buyer.bank_account);
	COPY(call->email, invoice->email);
	COPY(call->mobile, invoice->mobile);
}

static void
fill_seller(const Invoice *invoice, CallInvoice *call)
{
	Seller seller;

	if (!seller_find_version("cn", invoice->seller_no, sql_run, &seller))
		refuse(ERROR_ROW_ALTERED, "an invoice's seller");
	COPY(call->seller_name, seller.name);
	COPY(call->seller_tax_number, seller.tax_number);
	COPY(call->seller_address, seller.address);
	COPY(call->seller_phone, seller.phone);
	COPY(call->seller_bank, seller.bank);
	COPY(call->seller_bank_account, seller.bank_account);
	COPY(call->drawer, seller.drawer);
	COPY(call->goods_name, seller.goods_name);
	COPY(call->goods_code, seller.goods_code);
	call->tax_rate_bp = seller.tax_rate_bp;
}

/* Each order is a line, taxed by itself. */
static void
fill_lines(const Invoice *invoice, CallInvoice *call)
{
	int64 amounts_nano[INVOICE_LINES_MAX];

	call->lines_count = invoice_lines(invoice, amounts_nano);
	for (size_t i = 0; i < call->lines_count; i++)
		call->lines[i] = (CallInvoiceLine){amounts_nano[i],
										   tax_included_nano(amounts_nano[i], call->tax_rate_bp)};
}

static RedAnswer
red_answer(const RedConfirmation *confirmation)
{
	if (confirmation->answer && strcmp(confirmation->answer, "agree") == 0)
		return RED_AGREE;
	return confirmation->answer && strcmp(confirmation->answer, "refuse") == 0 ? RED_REFUSE
																			   : RED_WITHDRAW;
}

void
invoice_call_fill(const CallWork *work, GatewayCall *call)
{
	const Invoice *invoice = &work->invoice;
	bool is_red = work->row.kind == KIND_RED;

	call->created_at = is_red ? work->confirmation.created_at : invoice->created_at;
	call->amount_nano = invoice->amount_nano;
	COPY(call->currency, "CNY");
	if (is_red)
		COPY(call->invoice.red_number, work->row.gateway_number);
	else
		COPY(call->invoice.number, work->row.gateway_number);
	call->invoice.is_special = strcmp(invoice->kind, "special") == 0;
	COPY(call->invoice.blue_number, invoice->number);
	COPY(call->invoice.document_url, invoice->pdf_url);
	fill_buyer(invoice, &call->invoice);
	fill_seller(invoice, &call->invoice);
	fill_lines(invoice, &call->invoice);
	if (is_red)
	{
		call->invoice.red_reason = atoi(work->confirmation.red_reason);
		call->invoice.red_answer = red_answer(&work->confirmation);
	}
}

/* ---- how calls go on -------------------------------------------------------- */

/* Nobody knows yet: asked for at an instant. */
static void
ask(CallWork *work, TimestampTz at)
{
	call_work_move(work, CALL_UNANSWERED);
	call_work_put(work, at);
}

static void
ask_later(CallWork *work)
{
	ask(work, call_work_back_off(work));
}

/* It did not get there: sent again, or asked again, later. */
static void
deliver_later(CallWork *work)
{
	call_work_move(work, CALL_NOT_DELIVERED);
	call_work_put(work, call_work_back_off(work));
}

static void
end_call(CallWork *work, CallEvent event)
{
	call_work_move(work, event);
	call_work_put(work, DT_NOEND);
}

/* An operator looks. */
static void
park(CallWork *work)
{
	call_work_park(work);
	call_work_put(work, DT_NOEND);
}

/* What is said cannot be. */
static void
contradict(CallWork *work)
{
	work->row.result = "contradiction";
	park(work);
}

/*
 * The provider says that it has what its queries do not find, yet: they are asked later and later,
 * and then somebody looks. It is never taken for refused.
 */
static void
ask_patiently(CallWork *work)
{
	if (++work->row.attempts >= CALL_WORK_ATTEMPTS_MAX)
		contradict(work);
	else
		ask(work, work->booking.at + (CALL_WORK_WAIT_MIN_US << 2 * work->row.attempts));
}

/* ---- what the customer hears -------------------------------------------------- */

static void
tell(const CallWork *work)
{
	notify_invoice(&work->invoice, work->booking.account.currency, work->booking.at);
}

static void
tell_red(const CallWork *work)
{
	notify_red(&work->invoice, &work->confirmation, work->booking.account.currency,
			   work->booking.at);
}

/* ---- issuing ---------------------------------------------------------------- */

static void
fail(CallWork *work, const GatewayAnswer *answer, CallEvent event)
{
	const char *cause = answer->invoice.cause[0] ? answer->invoice.cause : answer->code;

	work->invoice.reason = cause[0] ? cause : "refused";
	if (!invoicing_apply(&work->booking, &work->invoice, INVOICE_FAILS))
	{
		contradict(work); /* the bureau had it */
		return;
	}
	tell(work);
	end_call(work, event);
}

/* A person has to act at the provider, or its credit line to be raised. */
static void
block(CallWork *work, TimestampTz again_at)
{
	(void) invoicing_apply(&work->booking, &work->invoice, INVOICE_GETS_BLOCKED);
	if (again_at == DT_NOEND)
		call_work_park(work);
	else
		call_work_move(work, CALL_UNANSWERED);
	call_work_put(work, again_at);
}

static void
issue(CallWork *work, const InvoiceFact *fact)
{
	Invoice *invoice = &work->invoice;
	bool was_sealing = invoice->state == INVOICE_SEALING;
	TimestampTz now = work->booking.at;

	if ((fact->total_nano != 0 && fact->total_nano != invoice->amount_nano) ||
		invoice_number_is_taken(fact->number))
	{
		contradict(work);
		return;
	}
	invoice->number = fact->number;
	invoice->issued_at = fact->issued_at == 0 ? now : Min(fact->issued_at, now);
	invoice->pdf_url = fact->pdf_url[0] ? fact->pdf_url : NULL;
	invoice->ofd_url = fact->ofd_url[0] ? fact->ofd_url : NULL;
	(void) invoicing_apply(&work->booking, invoice,
						   was_sealing ? INVOICE_IS_SEALED : INVOICE_SUCCEEDS);
	end_call(work, CALL_SUCCEEDED);
	/* Who gets it hears of it with its document. */
	if (invoice->pdf_url)
		invoicing_call(&work->booking, invoice, work->row.gateway, KIND_DOCUMENT, NO_NUMBER);
	else
		tell(work);
}

/* The bureau has it: it is sealed again, and never issued again. */
static void
have_sealed(CallWork *work)
{
	bool is_first = invoicing_apply(&work->booking, &work->invoice, INVOICE_SEAL_FAILS);

	work->row.acts = true;
	ask(work, work->booking.at + (is_first ? FIRST_ASK_US : SEAL_US));
}

static void
record_invoice(CallWork *work, const GatewayAnswer *answer)
{
	switch (answer->invoice.state)
	{
		case INVOICE_FACT_ISSUING:
			ask_later(work);
			return;
		case INVOICE_FACT_ISSUED:
			issue(work, &answer->invoice);
			return;
		case INVOICE_FACT_UNSEALED:
			have_sealed(work);
			return;
		case INVOICE_FACT_REFUSED:
		case INVOICE_FACT_VOIDED: /* before anybody had it */
			fail(work, answer, CALL_REFUSED);
			return;
	}
}

static void
record_issue(CallWork *work, CallOperation operation, const GatewayAnswer *answer)
{
	bool is_sent = operation != CALL_ISSUE_QUERY;
	bool is_first = operation == CALL_ISSUE && work->row.asked <= 1;

	work->row.acts = false;
	if (answer->result == RESULT_DONE && is_sent)
		ask(work, work->booking.at + FIRST_ASK_US);
	else if (answer->result == RESULT_DONE)
		record_invoice(work, answer);
	else if (answer->result == RESULT_MISCONFIGURED)
		block(work, DT_NOEND);
	else if (answer->result == RESULT_NO_FUNDS)
		block(work, work->booking.at + CREDIT_LINE_US);
	else if (operation == CALL_RESEAL)
		ask(work, work->booking.at + FIRST_ASK_US);
	else if (answer->result == RESULT_REFUSED && is_first)
		fail(work, answer, CALL_REFUSED);
	else if (answer->result == RESULT_UNCLEAR)
		ask_patiently(work);
	else if (answer->result == RESULT_REFUSED)
	{
		if (call_work_doubt(work))
			fail(work, answer, CALL_REFUSED);
	}
	else if (answer->result == RESULT_ABSENT && !is_sent && work->invoice.state != INVOICE_SEALING)
		call_work_send_again(work);
	else if (answer->result == RESULT_BUSY || answer->result == RESULT_NOT_DELIVERED)
		deliver_later(work);
	else
		ask_later(work);
}

/* ---- documents -------------------------------------------------------------- */

/* All of it came, and it is what it shall be. */
static bool
is_document(const GatewayAnswer *answer, Bytes document)
{
	return answer->result == RESULT_DONE && answer->rows == (int64) document.size &&
		   document.size > 5 && memcmp(document.data, "%PDF-", 5) == 0;
}

static void
record_document(CallWork *work, const GatewayAnswer *answer, Bytes document)
{
	if (is_document(answer, document))
	{
		work->invoice.document = bind_bytes(document.data, document.size);
		invoice_update(&work->invoice);
		tell(work);
		end_call(work, CALL_SUCCEEDED);
		return;
	}
	call_work_move(work, CALL_NOT_DELIVERED);
	if (answer->result != RESULT_BUSY && answer->result != RESULT_NOT_DELIVERED &&
		answer->result != RESULT_UNANSWERED && ++work->row.attempts >= CALL_WORK_ATTEMPTS_MAX)
	{
		call_work_park(work);
		tell(work); /* without it, rather than never */
	}
	call_work_put(work, call_work_back_off(work));
}

/* ---- confirmations ---------------------------------------------------------- */

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
		contradict(work);
		return;
	}
	work->confirmation.cause = cause[0] ? cause : NULL;
	red_update(&work->confirmation);
	(void) invoicing_apply(&work->booking, &work->invoice, INVOICE_REVERSAL_ENDS);
	tell_red(work);
	end_call(work, call_event);
}

static void
end_with_red(CallWork *work, const RedFact *fact)
{
	if (invoice_number_is_taken(fact->red_number))
	{
		contradict(work);
		return;
	}
	(void) move_red(work, RED_IS_ISSUED);
	red_update(&work->confirmation);
	work->invoice.red_number = fact->red_number;
	work->invoice.reason = work->confirmation.reason;
	(void) invoicing_apply(&work->booking, &work->invoice, INVOICE_RED_ISSUED);
	tell(work);
	end_call(work, CALL_SUCCEEDED);
}

static void
take_facts(RedConfirmation *confirmation, const RedFact *fact)
{
	if (fact->entered_at != 0)
		confirmation->entered_at = fact->entered_at;
	if (fact->confirmation_number[0])
		confirmation->bureau_number = fact->confirmation_number;
}

static void
wait_for(CallWork *work, RedEvent event)
{
	if (move_red(work, event) && work->confirmation.entered_at == DT_NOBEGIN)
		work->confirmation.entered_at = work->booking.at;
	red_update(&work->confirmation);
	tell_red(work); /* what was told stays told */
	ask(work, work->booking.at + CONFIRMATION_US);
}

static void
record_confirmation(CallWork *work, const RedFact *fact)
{
	take_facts(&work->confirmation, fact);
	if (fact->is_partial)
	{
		contradict(work); /* ours are whole */
		return;
	}
	if (fact->red_number[0] && fact->state != RED_FACT_VOID && fact->state != RED_FACT_FAILED)
	{
		end_with_red(work, fact);
		return;
	}
	switch (fact->state)
	{
		case RED_FACT_APPLYING:
			ask_later(work);
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
			ask_later(work);
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
		ask(work, work->booking.at + FIRST_ASK_US);
	else if (answer->result == RESULT_REFUSED && is_first)
		refuse_red(work, answer);
	else if (answer->result == RESULT_UNCLEAR)
		ask_patiently(work);
	else if (answer->result == RESULT_REFUSED)
	{
		if (call_work_doubt(work))
			refuse_red(work, answer);
	}
	else if (answer->result == RESULT_ABSENT && operation == CALL_RED_QUERY &&
			 work->confirmation.state == RED_APPLYING)
		call_work_send_again(work);
	else if (answer->result == RESULT_MISCONFIGURED)
		park(work);
	else if (answer->result == RESULT_BUSY || answer->result == RESULT_NOT_DELIVERED)
		deliver_later(work);
	else
		ask_later(work);
}

/* ---- claiming, all of it ------------------------------------------------------ */

/*
 * What the provider is known not to have, and nobody wants any more: an invoice of money that went
 * back meanwhile, a confirmation that was withdrawn.
 */
static bool
end_unsent(CallWork *work)
{
	static const GatewayAnswer gone = {.code = INVOICING_MONEY_GONE};

	if (work->row.state != CALL_QUEUED)
		return false;
	if (work->row.kind == KIND_ISSUE && invoice_is_over(&work->invoice))
		fail(work, &gone, CALL_NOT_WANTED);
	else if (work->row.kind == KIND_RED && work->confirmation.answer &&
			 red_answer(&work->confirmation) == RED_WITHDRAW)
		end_without(work, RED_BECOMES_VOID, "", CALL_NOT_WANTED);
	else
		return false;
	return true;
}

bool
invoice_call_claim(CallWork *work, int64 epoch, CallOperation *operation)
{
	if (!is_wanted(work))
	{
		end_call(work, CALL_ABSENT_NOT_WANTED);
		return false;
	}
	if (end_unsent(work) || is_held(work, epoch))
		return false;
	if (work->row.kind == KIND_ISSUE && work->invoice.state == INVOICE_BLOCKED)
		(void) invoicing_apply(&work->booking, &work->invoice, INVOICE_UNBLOCK);
	number_call(&work->row, epoch);
	*operation = operation_of(work);
	return true;
}

/* ---- recording -------------------------------------------------------------- */

void
invoice_call_record(CallWork *work, CallOperation operation, const GatewayAnswer *answer,
					Bytes document)
{
	if (!is_wanted(work))
	{
		call_work_move(work, CALL_UNANSWERED);
		end_call(work, CALL_ABSENT_NOT_WANTED);
		return;
	}
	switch (work->row.kind)
	{
		case KIND_ISSUE:
			record_issue(work, operation, answer);
			return;
		case KIND_DOCUMENT:
			record_document(work, answer, document);
			return;
		default:
			record_red(work, operation, answer);
			return;
	}
}
