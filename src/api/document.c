/*-------------------------------------------------------------------------
 *
 * document.c
 *	  Documents that could not be drawn, once more.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "api/arguments.h"
#include "booking/booking.h"
#include "clock.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/audit_store.h"
#include "store/document_store.h"
#include "wake.h"

/* Has it drawn anew; its attempts are counted from the first again. */
static void
retry(Document *document, DocumentState next, char *actor, const char *reason)
{
	const char *what = document_kind_name(document->kind);

	document->state = next;
	document->attempts = 0;
	document->due_at = document->changed_at = clock_now();
	document_update(document, (Datum) 0);
	audit_insert(&(AuditLine){.account_id = document->account_id,
							  .action = "retry_document",
							  .object = psprintf("%s " INT64_FORMAT, what, document->id),
							  .old_value = document->fault,
							  .actor = actor,
							  .reason = reason});
	wake_at_commit(WORKER_CLERK);
}

/* Where it has failed; if it is not there, that is an error. */
static bool
retry_failed(FunctionCallInfo fcinfo, DocumentKind kind, const char *id_name, BillingError unknown)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 id = arg_int64(fcinfo, 1, id_name);
	char *actor = arg_actor(fcinfo, 2);
	char *reason = arg_reason(fcinfo, 3);
	Document document;
	Booking booking;
	Scope scope;
	bool is_failed;
	int next;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	if (!document_find(account_id, kind, id, &document))
		refuse(unknown, account_id, id);
	is_failed = lifecycle_next(&lifecycle_document, (int) document.state, DOCUMENT_RETRY, &next) ==
				LIFECYCLE_MOVES;
	if (is_failed)
		retry(&document, (DocumentState) next, actor, reason);
	booking_finish_unmoved(&booking);
	scope_close(&scope);
	return is_failed;
}

PG_FUNCTION_INFO_V1(billing_retry_document);
Datum
billing_retry_document(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(retry_failed(fcinfo, DOCUMENT_OF_INVOICE, "invoice_id", ERROR_INVOICE_UNKNOWN));
}

PG_FUNCTION_INFO_V1(billing_retry_statement);
Datum
billing_retry_statement(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(
		retry_failed(fcinfo, DOCUMENT_OF_STATEMENT, "statement_no", ERROR_STATEMENT_UNKNOWN));
}
