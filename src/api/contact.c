/*-------------------------------------------------------------------------
 *
 * contact.c
 *	  How an account is reached: changing it, and erasing it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/arguments.h"
#include "api/idempotent_call.h"
#include "api/result.h"
#include "booking/booking.h"
#include "errors.h"
#include "spi/catalog.h"
#include "spi/scope.h"
#include "store/audit_store.h"
#include "store/contact_store.h"
#include "store/invoice_store.h"
#include "store/order_store.h"
#include "store/refund_store.h"

static Datum
change_row(FunctionCallInfo fcinfo, int64 contact_no)
{
	Datum values[] = {Int64GetDatum(contact_no), BoolGetDatum(false)};
	bool nulls[] = {contact_no == NO_NUMBER, false};

	return result_row(fcinfo, values, nulls);
}

/* No address is in the audit log: contact_history has them. */
static void
audit_change(int64 account_id, int64 contact_no)
{
	audit_insert(&(AuditLine){.account_id = account_id,
							  .action = "update_contact",
							  .object = psprintf("contact " INT64_FORMAT, contact_no),
							  .actor = catalog_login_name()});
}

PG_FUNCTION_INFO_V1(billing_update_contact);
Datum
billing_update_contact(PG_FUNCTION_ARGS)
{
	IdempotentCall call = idempotent_call_read(fcinfo, "update_contact", 4, -1, -1);
	int64 account_id = arg_customer_id(fcinfo);
	Contact contact = {.email = arg_email(fcinfo, 1),
					   .mobile = arg_mobile(fcinfo, 2),
					   .time_zone = arg_time_zone_or_null(fcinfo, 3)};
	int64 contact_no;
	Booking booking;
	Scope scope;
	Datum row;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	if (idempotent_call_begin(fcinfo, &call, &row))
		return scope_close_with(&scope, row);
	contact_no = contact_replace(account_id, &contact, booking.at);
	if (contact_no != NO_NUMBER)
		audit_change(account_id, contact_no);
	booking_finish_unmoved(&booking);
	row = change_row(fcinfo, contact_no);
	idempotent_call_end(fcinfo, &call, row);
	return scope_close_with(&scope, row);
}

/* What is under way needs to reach the customer, or his gateway's page. */
static void
check_not_needed(int64 account_id)
{
	const char *because = NULL;

	if (order_is_any_open(account_id))
		because = "it has an order that can be paid";
	else if (refund_find_open(account_id, &(Refund){0}))
		because = "it has an open refund";
	else if (invoice_is_any_open(account_id))
		because = "it has an invoice that was applied for";
	if (because)
		refuse(ERROR_CONTACT_NEEDED, account_id, because);
}

PG_FUNCTION_INFO_V1(billing_erase_contact);
Datum
billing_erase_contact(PG_FUNCTION_ARGS)
{
	AuditLine line = {.account_id = arg_customer_id(fcinfo),
					  .action = "erase_contact",
					  .object = "contact",
					  .reason = arg_text(fcinfo, 1, "reason", REASON_BYTES_MAX),
					  .actor = arg_actor(fcinfo, 2)};
	int64 changed;
	Booking booking;
	Scope scope;

	scope_open(&scope);
	booking_begin(&booking, line.account_id);
	check_not_needed(line.account_id);
	changed = contact_erase(line.account_id, booking.at);
	if (changed > 0)
	{
		line.new_value = psprintf(INT64_FORMAT " rows", changed);
		audit_insert(&line);
		booking_finish_unmoved(&booking);
	}
	scope_close(&scope);
	PG_RETURN_INT64(changed);
}
