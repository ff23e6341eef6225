/*-------------------------------------------------------------------------
 *
 * invoice_title.c
 *	  set_invoice_title(): in whose names invoices are made out (R16, R18).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "api/arguments.h"
#include "booking/booking.h"
#include "core/tax_number.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/invoice_store.h"

/* Why it cannot be used; NULL where it can. What tax numbers are like abroad nobody knows. */
static const char *
why_not(const InvoiceTitle *title, bool is_overseas)
{
	bool is_enterprise = strcmp(title->kind, "enterprise") == 0;

	if (!is_enterprise && strcmp(title->kind, "individual") != 0)
		return "its kind is neither individual nor enterprise";
	if (is_overseas)
		return NULL;
	if (is_enterprise && title->tax_number == NULL)
		return "an enterprise has a tax number";
	if (!is_enterprise && title->tax_number)
		return "an individual has no tax number";
	if (is_enterprise && !tax_number_is_valid(title->tax_number))
		return "its tax number is none: 15, 17, 18 (checked by its last letter) or 20 letters";
	return NULL;
}

PG_FUNCTION_INFO_V1(billing_set_invoice_title);
Datum
billing_set_invoice_title(PG_FUNCTION_ARGS)
{
	InvoiceTitle title = {
		.account_id = arg_customer_id(fcinfo),
		.title = arg_line(fcinfo, 1, "title", VALUE_BYTES_MAX),
		.kind = arg_text(fcinfo, 2, "kind", VALUE_BYTES_MAX),
		.name = arg_line(fcinfo, 3, "name", IDENTIFIER_BYTES_MAX),
		.tax_number = arg_line_or_null(fcinfo, 4, "tax_number", VALUE_BYTES_MAX),
		.address = arg_line_or_null(fcinfo, 5, "address", IDENTIFIER_BYTES_MAX),
		.phone = arg_line_or_null(fcinfo, 6, "phone", VALUE_BYTES_MAX),
		.bank = arg_line_or_null(fcinfo, 7, "bank", IDENTIFIER_BYTES_MAX),
		.bank_account = arg_line_or_null(fcinfo, 8, "bank_account", VALUE_BYTES_MAX),
	};
	const char *because;
	Booking booking;
	Scope scope;

	scope_open(&scope);
	booking_begin(&booking, title.account_id);
	because = why_not(&title, strcmp(booking.account.currency, "USD") == 0);
	if (because)
		refuse(ERROR_INVOICE_TITLE, title.title, because);
	invoice_title_put(&title, booking.at);
	booking_finish_unmoved(&booking);
	scope_close(&scope);
	PG_RETURN_VOID();
}
