/*-------------------------------------------------------------------------
 *
 * issuing.c
 *	  Invoices that a provider issues: those that are due, and those that an
 *	  operator has tried again (R16, B&S 4.6).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "api/arguments.h"
#include "booking/each_account.h"
#include "booking/invoicing.h"
#include "booking/moment.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/audit_store.h"
#include "store/gateway_store.h"
#include "store/policy_store.h"

/* What one issue_due_invoices() looks at, at the most, so that its transaction stays bounded. */
#define DUE_INVOICES_MAX 1000

static TimestampTz
applied_for_before(TimestampTz now)
{
	return now - policy_values(NULL).of[POLICY_INVOICE_WAIT];
}

static void
issue(Booking *booking, void *argument)
{
	int64 account_id = booking->account.account_id;
	size_t count;
	int64 *due = invoice_due(account_id, applied_for_before(booking->at), &count);
	Invoice invoice;

	booking->actor = "issue_due_invoices";
	for (size_t i = 0; i < count; i++)
		if (invoice_find(account_id, due[i], sql_run, &invoice))
			invoicing_begin(booking, &invoice, argument);
	booking_finish_unmoved(booking);
}

/* The seller whose gateway issues; false where operators do, or that gateway was retired: what was
 * applied for waits. */
static bool
find_issuing(Seller *seller)
{
	Gateway gateway;

	return seller_find("cn", sql_run, seller) && seller->gateway &&
		   gateway_find(seller->gateway, sql_run, &gateway) && !gateway.is_retired;
}

PG_FUNCTION_INFO_V1(billing_issue_due_invoices);
Datum
billing_issue_due_invoices(PG_FUNCTION_ARGS)
{
	int64 begun = 0;
	int64 *accounts;
	size_t count;
	Seller seller;
	Scope scope;

	scope_open(&scope);
	subscriber_check_none();
	if (find_issuing(&seller))
	{
		accounts = invoice_due_accounts(applied_for_before(moment_now()), DUE_INVOICES_MAX, &count);
		for (size_t i = 0; i < count; i++)
			begun += each_account_try(accounts[i], false, issue, &seller);
	}
	scope_close(&scope);
	PG_RETURN_INT64(begun);
}

PG_FUNCTION_INFO_V1(billing_retry_invoice);
Datum
billing_retry_invoice(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 invoice_id = arg_int64(fcinfo, 1, "invoice_id");
	AuditLine line = {.account_id = account_id,
					  .action = "retry_invoice",
					  .object = psprintf("invoice " INT64_FORMAT, invoice_id),
					  .actor = arg_actor(fcinfo, 2),
					  .reason = arg_reason(fcinfo, 3)};
	Booking booking;
	Invoice invoice;
	Scope scope;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	booking.actor = line.actor;
	invoicing_find(account_id, invoice_id, &invoice);
	invoicing_retry(&booking, &invoice);
	audit_insert(&line);
	booking_finish_unmoved(&booking);
	scope_close(&scope);
	PG_RETURN_VOID();
}
