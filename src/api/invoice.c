/*-------------------------------------------------------------------------
 *
 * invoice.c
 *	  Invoices of the mainland: what can be invoiced, applications, and what
 *	  operators issue and reverse by hand (R15 to R17, B&S 4.6). Those overseas
 *	  (R18) are shown here, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/idempotent_call.h"
#include "api/result.h"
#include "booking/booking.h"
#include "booking/invoicing.h"
#include "booking/notify.h"
#include "clock.h"
#include "core/lock_reason.h"
#include "errors.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "store/audit_store.h"
#include "store/document_store.h"
#include "store/invoice_store.h"
#include "store/refund_store.h"

/* ---- applications ---------------------------------------------------------- */

/* An application as its arguments say it. */
typedef struct Application
{
	Invoice invoice;
	int64 order_ids[INVOICE_LINES_MAX];
	int64 amounts_nano[INVOICE_LINES_MAX]; /* 0: all that can be invoiced */
	int count;
} Application;

/* The elements of an array, which has so many at the most and no nulls. */
static int
read_array(FunctionCallInfo fcinfo, int index, const char *name, Oid type, Datum **elements)
{
	ArrayType *array;
	bool *nulls;
	int count;

	if (PG_ARGISNULL(index))
		refuse(ERROR_NULL_ARGUMENT, name);
	array = PG_GETARG_ARRAYTYPE_P(index);
	if (ARR_NDIM(array) > 1)
		refuse(ERROR_INVALID_VALUE, name, "more than one dimension");
	if (type == INT8OID)
		deconstruct_array(array, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, elements,
						  &nulls, &count);
	else
		deconstruct_array(array, NUMERICOID, -1, false, TYPALIGN_INT, elements, &nulls, &count);
	if (count == 0 || count > INVOICE_LINES_MAX)
		refuse(ERROR_OUT_OF_RANGE, name, psprintf("1 to %d orders", INVOICE_LINES_MAX),
			   psprintf("%d", count));
	for (int i = 0; i < count; i++)
		if (nulls[i])
			refuse(ERROR_NULL_ARGUMENT, name);
	return count;
}

static void
read_orders(FunctionCallInfo fcinfo, Application *application)
{
	Datum *elements;

	application->count = read_array(fcinfo, 1, "order_ids", INT8OID, &elements);
	for (int i = 0; i < application->count; i++)
	{
		application->order_ids[i] = DatumGetInt64(elements[i]);
		for (int j = 0; j < i; j++)
			if (application->order_ids[j] == application->order_ids[i])
				refuse(ERROR_INVALID_VALUE, "order_ids", "the same order twice");
	}
	if (PG_ARGISNULL(7))
		return;
	if (read_array(fcinfo, 7, "amounts", NUMERICOID, &elements) != application->count)
		refuse(ERROR_INVALID_VALUE, "amounts", "not one for each order");
	for (int i = 0; i < application->count; i++)
	{
		int64 amount_nano;

		if (!nano_from_numeric(DatumGetNumeric(elements[i]), &amount_nano) || amount_nano <= 0 ||
			amount_nano % MONEY_NANO_PER_CENT != 0)
			refuse(ERROR_INVALID_VALUE, "amounts", "not above zero, in whole 0.01");
		application->amounts_nano[i] = amount_nano;
	}
}

/* R16: what kind goes with what title, and where it is sent. */
static void
check_combination(const Invoice *invoice)
{
	bool is_special = strcmp(invoice->kind, "special") == 0;
	InvoiceTitle title;

	if (!is_special && strcmp(invoice->kind, "ordinary") != 0)
		refuse(ERROR_INVALID_VALUE, "kind", invoice->kind);
	if (!invoice_title_find(invoice->account_id, invoice->title, &title))
		refuse(ERROR_INVOICE_TITLE, invoice->title, "there is none of that name");
	if (is_special && strcmp(title.kind, "individual") == 0)
		refuse(ERROR_INVOICE_TITLE, invoice->title, "an individual gets ordinary invoices only");
	if (invoice->email == NULL && invoice->mobile == NULL)
		refuse(ERROR_NULL_ARGUMENT, "email, or mobile");
}

/* The lock of a refund stops applications as long as the refund is open (4.10). */
static unsigned
stopping_locks(int64 account_id)
{
	Refund open;

	return LOCK_DISPUTE | (refund_find_open(account_id, &open) ? LOCK_REFUND : 0);
}

static void
add_line(Application *application, int place)
{
	const Invoice *invoice = &application->invoice;
	int64 *amount_nano = &application->amounts_nano[place];
	int64 order_id = application->order_ids[place];
	char invoiceable[MONEY_TEXT_SIZE];
	InvoiceableOrder order = {0};

	if (!invoice_limit_find(invoice->account_id, order_id, sql_run, &order))
		refuse(ERROR_ORDER_UNKNOWN, invoice->account_id, order_id);
	if (*amount_nano == 0)
		*amount_nano = order.invoiceable_nano;
	if (*amount_nano == 0 || *amount_nano > order.invoiceable_nano)
		refuse(ERROR_INVOICE_EXCEEDS, order_id, invoice->account_id,
			   money_print_cents(order.invoiceable_nano, invoiceable));
	invoice_line_insert(invoice, order_id, *amount_nano);
}

static void
apply(Application *application, const Booking *booking)
{
	Invoice *invoice = &application->invoice;

	if (strcmp(booking->account.currency, "CNY") != 0)
		refuse(ERROR_INVOICE, "the account is not of the mainland");
	check_combination(invoice);
	invoice->state = INVOICE_REQUESTED;
	invoice->created_at = booking->at;
	invoice->due_at = booking->at + booking->policies.of[POLICY_INVOICE_TARGET];
	invoice->actor = catalog_login_name();
	invoice_insert(invoice);
	for (int i = 0; i < application->count; i++)
	{
		add_line(application, i);
		invoice->amount_nano += application->amounts_nano[i];
	}
}

static Datum
application_row(FunctionCallInfo fcinfo, const Invoice *invoice)
{
	Datum values[] = {
		Int64GetDatum(invoice->invoice_id),
		CStringGetTextDatum(lifecycle_state_name(&lifecycle_invoice, invoice->state)),
		nano_datum(invoice->amount_nano),
		TimestampTzGetDatum(invoice->due_at),
		BoolGetDatum(false),
	};
	bool nulls[5] = {0};

	return result_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(billing_request_invoice);
Datum
billing_request_invoice(PG_FUNCTION_ARGS)
{
	IdempotentCall call = idempotent_call_read(fcinfo, "request_invoice", 6, -1, -1);
	Application application = {.invoice = {
								   .account_id = arg_customer_id(fcinfo),
								   .title = arg_text(fcinfo, 2, "title", VALUE_BYTES_MAX),
								   .kind = arg_text(fcinfo, 3, "kind", VALUE_BYTES_MAX),
								   .email = arg_email(fcinfo, 4),
								   .mobile = arg_mobile(fcinfo, 5),
							   }};
	Booking booking;
	Scope scope;
	Datum row;

	read_orders(fcinfo, &application);
	scope_open(&scope);
	booking_begin(&booking, call.account_id);
	if (idempotent_call_begin(fcinfo, &call, &row))
		return scope_close_with(&scope, row);
	booking_check_locks(&booking, stopping_locks(call.account_id));
	apply(&application, &booking);
	booking_finish_unmoved(&booking);
	row = application_row(fcinfo, &application.invoice);
	idempotent_call_end(fcinfo, &call, row);
	return scope_close_with(&scope, row);
}

/* ---- what becomes of them -------------------------------------------------- */

/* A change of one invoice, by a customer or an operator. */
typedef struct InvoiceChange
{
	Booking booking;
	Scope scope;
	Invoice invoice;
	InvoiceState before;
} InvoiceChange;

static void
begin_change(FunctionCallInfo fcinfo, InvoiceChange *change)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 invoice_id = arg_int64(fcinfo, 1, "invoice_id");

	scope_open(&change->scope);
	booking_begin(&change->booking, account_id);
	invoicing_find(account_id, invoice_id, &change->invoice);
	change->before = change->invoice.state;
}

static Datum
end_change(InvoiceChange *change, const char *action, char *actor, const char *reason)
{
	Invoice *invoice = &change->invoice;

	invoice->changed_at = change->booking.at;
	invoice->actor = actor;
	invoice_update(invoice);
	if (invoice->state != change->before)
		notify_invoice(invoice, change->booking.account.currency, change->booking.at);
	audit_insert(
		&(AuditLine){.account_id = invoice->account_id,
					 .action = action,
					 .object = psprintf("invoice " INT64_FORMAT, invoice->invoice_id),
					 .old_value = lifecycle_state_name(&lifecycle_invoice, (int) change->before),
					 .new_value = lifecycle_state_name(&lifecycle_invoice, (int) invoice->state),
					 .actor = actor,
					 .reason = reason});
	booking_finish_unmoved(&change->booking);
	scope_close(&change->scope);
	PG_RETURN_BOOL(true);
}

/* Nothing is to be done: it was done before, by the same call. */
static Datum
leave(InvoiceChange *change)
{
	scope_close(&change->scope);
	PG_RETURN_BOOL(false);
}

PG_FUNCTION_INFO_V1(billing_withdraw_invoice);
Datum
billing_withdraw_invoice(PG_FUNCTION_ARGS)
{
	char *actor = arg_actor(fcinfo, 2);
	char *reason = arg_reason(fcinfo, 3);
	InvoiceChange change;

	begin_change(fcinfo, &change);
	if (change.before == INVOICE_CANCELLED)
		return leave(&change);
	(void) invoicing_move(&change.invoice, INVOICE_WITHDRAW);
	change.invoice.reason = reason;
	return end_change(&change, "withdraw_invoice", actor, reason);
}

PG_FUNCTION_INFO_V1(billing_decline_invoice);
Datum
billing_decline_invoice(PG_FUNCTION_ARGS)
{
	char *reason = arg_text(fcinfo, 2, "reason", REASON_BYTES_MAX);
	char *actor = arg_actor(fcinfo, 3);
	InvoiceChange change;

	begin_change(fcinfo, &change);
	if (change.before == INVOICE_FAILED)
		return leave(&change);
	(void) invoicing_move(&change.invoice, INVOICE_DECLINE);
	change.invoice.reason = reason;
	return end_change(&change, "decline_invoice", actor, reason);
}

/* A number that the tax bureau gives: digits. */
static char *
arg_number(FunctionCallInfo fcinfo, int index)
{
	char *number = arg_text(fcinfo, index, "number", VALUE_BYTES_MAX);

	if (number[strspn(number, "0123456789")] != '\0' || strlen(number) < 8 || strlen(number) > 20)
		refuse(ERROR_INVALID_VALUE, "number", number);
	return number;
}

static Datum
arg_document(FunctionCallInfo fcinfo, int index)
{
	if (PG_ARGISNULL(index))
		return (Datum) 0;
	if (VARSIZE_ANY_EXHDR(PG_GETARG_BYTEA_PP(index)) == 0)
		refuse(ERROR_INVALID_VALUE, "document", "empty");
	if (VARSIZE_ANY_EXHDR(PG_GETARG_BYTEA_PP(index)) > INVOICE_DOCUMENT_BYTES_MAX)
		refuse(ERROR_TEXT_TOO_LONG, "document", INVOICE_DOCUMENT_BYTES_MAX);
	return PG_GETARG_DATUM(index);
}

/* True where it is what is known already; else it is nobody else's. */
static bool
is_same(const char *number, const char *known)
{
	if (known && strcmp(number, known) == 0)
		return true;
	if (invoice_number_is_taken(number))
		refuse(ERROR_INVOICE_NUMBER, number);
	return false;
}

/* An invoice that is recorded already gets the document that it did not have. */
static Datum
add_document(InvoiceChange *change, Datum document, char *actor, const char *reason)
{
	if (!document || change->invoice.has_document)
		return leave(change);
	change->invoice.document = document;
	return end_change(change, "record_invoice", actor, reason);
}

/* Issued before now, and no more than a day before it was applied for. */
static void
check_issued_at(const InvoiceChange *change, TimestampTz issued_at)
{
	if (issued_at > change->booking.at)
		refuse(ERROR_OUT_OF_RANGE, "issued_at", "not later than now",
			   timestamptz_to_str(issued_at));
	if (issued_at < change->invoice.created_at - USECS_PER_DAY)
		refuse(ERROR_OUT_OF_RANGE, "issued_at", "not before it was applied for",
			   timestamptz_to_str(issued_at));
}

PG_FUNCTION_INFO_V1(billing_record_invoice);
Datum
billing_record_invoice(PG_FUNCTION_ARGS)
{
	char *number = arg_number(fcinfo, 2);
	TimestampTz issued_at = arg_instant(fcinfo, 3, "issued_at", clock_now());
	Datum document = arg_document(fcinfo, 4);
	char *actor = arg_actor(fcinfo, 5);
	char *reason = arg_reason(fcinfo, 6);
	InvoiceChange change;

	begin_change(fcinfo, &change);
	if (is_same(number, change.invoice.number))
		return add_document(&change, document, actor, reason);
	(void) invoicing_move(&change.invoice, INVOICE_ISSUE_BY_HAND);
	check_issued_at(&change, issued_at);
	change.invoice.number = number;
	change.invoice.issued_at = issued_at;
	change.invoice.document = document;
	return end_change(&change, "record_invoice", actor, reason);
}

PG_FUNCTION_INFO_V1(billing_record_red_invoice);
Datum
billing_record_red_invoice(PG_FUNCTION_ARGS)
{
	char *number = arg_number(fcinfo, 2);
	char *reason = arg_text(fcinfo, 3, "reason", REASON_BYTES_MAX);
	char *actor = arg_actor(fcinfo, 4);
	InvoiceChange change;

	begin_change(fcinfo, &change);
	if (is_same(number, change.invoice.red_number))
		return leave(&change);
	(void) invoicing_move(&change.invoice, INVOICE_REVERSE_BY_HAND);
	invoicing_end_confirmation(&change.booking, &change.invoice);
	change.invoice.red_number = number;
	change.invoice.reason = reason;
	return end_change(&change, "record_red_invoice", actor, reason);
}

/* ---- reports --------------------------------------------------------------- */

PG_FUNCTION_INFO_V1(billing_invoiceable);
Datum
billing_invoiceable(PG_FUNCTION_ARGS)
{
	return result_of_account(fcinfo, arg_account_id(fcinfo), invoice_report_invoiceable);
}

PG_FUNCTION_INFO_V1(billing_invoices);
Datum
billing_invoices(PG_FUNCTION_ARGS)
{
	return result_of_account(fcinfo, arg_account_id(fcinfo), invoice_report);
}

PG_FUNCTION_INFO_V1(billing_invoice_queue);
Datum
billing_invoice_queue(PG_FUNCTION_ARGS)
{
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	invoice_report_queue(clock_statement(), (ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(billing_invoice_document);
Datum
billing_invoice_document(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_account_id(fcinfo);
	int64 invoice_id = arg_int64(fcinfo, 1, "invoice_id");
	Invoice invoice;
	Datum document;
	bool has_document;
	Scope scope;

	scope_open(&scope);
	if (!invoice_find(account_id, invoice_id, sql_read, &invoice))
		refuse(ERROR_INVOICE_UNKNOWN, account_id, invoice_id);
	has_document = invoice_is_overseas(&invoice)
					   ? document_pdf(account_id, DOCUMENT_OF_INVOICE, invoice_id, sql_read,
									  &document)
					   : invoice_document(account_id, invoice_id, sql_read, &document);
	if (has_document)
		return scope_close_with(&scope, document);
	scope_close(&scope);
	PG_RETURN_NULL();
}
