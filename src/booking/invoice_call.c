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

/* A seal that failed is asked for again after so long: 20 a day are allowed. */
#define SEAL_US CALL_WORK_SECONDS(2 * 3600)

/* The bureau's credit line is looked at again after so long. */
#define CREDIT_LINE_US CALL_WORK_SECONDS(1800)

/* ---- what the customer hears -------------------------------------------------- */

static void
tell(const CallWork *work)
{
	notify_invoice(&work->invoice, work->booking.account.currency, work->booking.at);
}

/* ---- issuing ---------------------------------------------------------------- */

static void
fail(CallWork *work, const GatewayAnswer *answer, CallEvent event)
{
	const char *cause = answer->invoice.cause[0] ? answer->invoice.cause : answer->code;

	work->invoice.reason = cause[0] ? cause : "refused";
	if (!invoicing_apply(&work->booking, &work->invoice, INVOICE_FAILS))
	{
		call_work_contradict(work); /* the bureau had it */
		return;
	}
	tell(work);
	call_work_end(work, event);
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
		call_work_contradict(work);
		return;
	}
	invoice->number = fact->number;
	invoice->issued_at = fact->issued_at == 0 ? now : Min(fact->issued_at, now);
	invoice->pdf_url = fact->pdf_url[0] ? fact->pdf_url : NULL;
	invoice->ofd_url = fact->ofd_url[0] ? fact->ofd_url : NULL;
	(void) invoicing_apply(&work->booking, invoice,
						   was_sealing ? INVOICE_IS_SEALED : INVOICE_SUCCEEDS);
	call_work_end(work, CALL_SUCCEEDED);
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
	call_work_ask(work, work->booking.at + (is_first ? CALL_WORK_ACCEPTED_US : SEAL_US));
}

static void
record_invoice(CallWork *work, const GatewayAnswer *answer)
{
	switch (answer->invoice.state)
	{
		case INVOICE_FACT_ISSUING:
			call_work_ask(work, call_work_back_off(work));
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
		call_work_ask(work, work->booking.at + CALL_WORK_ACCEPTED_US);
	else if (answer->result == RESULT_DONE)
		record_invoice(work, answer);
	else if (answer->result == RESULT_MISCONFIGURED)
		block(work, DT_NOEND);
	else if (answer->result == RESULT_NO_FUNDS)
		block(work, work->booking.at + CREDIT_LINE_US);
	else if (operation == CALL_RESEAL)
		call_work_ask(work, work->booking.at + CALL_WORK_ACCEPTED_US);
	else if (answer->result == RESULT_REFUSED && is_first)
		fail(work, answer, CALL_REFUSED);
	else if (answer->result == RESULT_UNCLEAR)
		call_work_ask_patiently(work);
	else if (answer->result == RESULT_REFUSED)
	{
		if (call_work_doubt(work))
			fail(work, answer, CALL_REFUSED);
	}
	else if (answer->result == RESULT_ABSENT && !is_sent && work->invoice.state != INVOICE_SEALING)
		call_work_send_again(work);
	else if (answer->result == RESULT_BUSY || answer->result == RESULT_NOT_DELIVERED)
		call_work_deliver_later(work);
	else
		call_work_ask(work, call_work_back_off(work));
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
		call_work_end(work, CALL_SUCCEEDED);
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

/* ---- claiming --------------------------------------------------------------- */

static bool
is_issuing(const CallWork *work)
{
	InvoiceState state = work->invoice.state;

	return state == INVOICE_SENDING || state == INVOICE_BLOCKED || state == INVOICE_SEALING;
}

static bool
is_wanted(const CallWork *work)
{
	if (work->row.kind == KIND_ISSUE)
		return is_issuing(work);
	return work->invoice.pdf_url && !work->invoice.has_document;
}

bool
invoice_call_is_held(CallWork *work, int64 epoch)
{
	if (work->row.state == CALL_UNKNOWN || gateway_refunds_epoch(work->row.gateway) == epoch)
		return false;
	work->row.result = "held";
	call_work_put(work, work->booking.at + CALL_WORK_WAIT_MAX_US);
	return true;
}

void
invoice_call_number(CallRow *row, int64 epoch)
{
	uint64 random;

	if (row->gateway_number)
		return;
	if (!pg_strong_random(&random, sizeof(random)))
		refuse(ERROR_INTERNAL, "no random number is to be had");
	row->gateway_number = order_number_print_invoice(epoch, random,
													 palloc(ORDER_NUMBER_INVOICE_SIZE));
}

/* What the provider is known not to have, of money that went back meanwhile, ends. */
static bool
end_unsent(CallWork *work)
{
	static const GatewayAnswer gone = {.code = INVOICING_MONEY_GONE};

	if (work->row.state != CALL_QUEUED || !invoice_is_over(&work->invoice))
		return false;
	fail(work, &gone, CALL_NOT_WANTED);
	return true;
}

static bool
claim_issue(CallWork *work, int64 epoch, CallOperation *operation)
{
	if (end_unsent(work) || invoice_call_is_held(work, epoch))
		return false;
	if (work->invoice.state == INVOICE_BLOCKED)
		(void) invoicing_apply(&work->booking, &work->invoice, INVOICE_UNBLOCK);
	invoice_call_number(&work->row, epoch);
	if (work->row.state != CALL_UNKNOWN)
		*operation = CALL_ISSUE;
	else
		*operation = work->row.acts ? CALL_RESEAL : CALL_ISSUE_QUERY;
	return true;
}

bool
invoice_call_claim(CallWork *work, int64 epoch, CallOperation *operation)
{
	if (!is_wanted(work))
	{
		call_work_end(work, CALL_ABSENT_NOT_WANTED);
		return false;
	}
	*operation = CALL_DOCUMENT;
	return work->row.kind == KIND_DOCUMENT || claim_issue(work, epoch, operation);
}

/* ---- what is sent ----------------------------------------------------------- */

static void
fill_buyer(const Invoice *invoice, CallInvoice *call)
{
	InvoiceTitle buyer = invoice_buyer(invoice);

	call->is_individual = strcmp(buyer.kind, "individual") == 0;
	INVOICE_CALL_COPY(call->buyer_name, buyer.name);
	INVOICE_CALL_COPY(call->buyer_tax_number, buyer.tax_number);
	INVOICE_CALL_COPY(call->buyer_address, buyer.address);
	INVOICE_CALL_COPY(call->buyer_phone, buyer.phone);
	INVOICE_CALL_COPY(call->buyer_bank, buyer.bank);
	INVOICE_CALL_COPY(call->buyer_bank_account, buyer.bank_account);
	INVOICE_CALL_COPY(call->email, invoice->email);
	INVOICE_CALL_COPY(call->mobile, invoice->mobile);
}

static void
fill_seller(const Invoice *invoice, CallInvoice *call)
{
	Seller seller;

	if (!seller_find_version("cn", invoice->seller_no, sql_run, &seller))
		refuse(ERROR_ROW_ALTERED, "an invoice's seller");
	INVOICE_CALL_COPY(call->seller_name, seller.name);
	INVOICE_CALL_COPY(call->seller_tax_number, seller.tax_number);
	INVOICE_CALL_COPY(call->seller_address, seller.address);
	INVOICE_CALL_COPY(call->seller_phone, seller.phone);
	INVOICE_CALL_COPY(call->seller_bank, seller.bank);
	INVOICE_CALL_COPY(call->seller_bank_account, seller.bank_account);
	INVOICE_CALL_COPY(call->drawer, seller.drawer);
	INVOICE_CALL_COPY(call->goods_name, seller.goods_name);
	INVOICE_CALL_COPY(call->goods_code, seller.goods_code);
	call->tax_rate_bp = seller.tax_rate_bp;
}

void
invoice_call_fill_parties(const Invoice *invoice, CallInvoice *call)
{
	fill_buyer(invoice, call);
	fill_seller(invoice, call);
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

void
invoice_call_fill(const CallWork *work, GatewayCall *call)
{
	const Invoice *invoice = &work->invoice;

	call->created_at = invoice->created_at;
	call->amount_nano = invoice->amount_nano;
	INVOICE_CALL_COPY(call->currency, "CNY");
	INVOICE_CALL_COPY(call->invoice.number, work->row.gateway_number);
	INVOICE_CALL_COPY(call->invoice.document_url, invoice->pdf_url);
	call->invoice.is_special = strcmp(invoice->kind, "special") == 0;
	if (call->operation == CALL_ISSUE)
	{
		invoice_call_fill_parties(invoice, &call->invoice);
		fill_lines(invoice, &call->invoice);
	}
}

/* ---- recording -------------------------------------------------------------- */

void
invoice_call_record(CallWork *work, CallOperation operation, const GatewayAnswer *answer,
					Bytes document)
{
	if (!is_wanted(work))
	{
		call_work_move(work, CALL_UNANSWERED);
		call_work_end(work, CALL_ABSENT_NOT_WANTED);
	}
	else if (work->row.kind == KIND_ISSUE)
		record_issue(work, operation, answer);
	else
		record_document(work, answer, document);
}
