/*-------------------------------------------------------------------------
 *
 * invoice_line.c
 *	  invoice_line_guard(): no more of an order is invoiced than its payer gave
 *	  himself and has not got back (R15), whoever inserts the line.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/numeric.h"
#include "utils/rel.h"

#include "booking/hold.h"
#include "errors.h"
#include "guard/history.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "store/account_store.h"
#include "store/invoice_store.h"

static Datum
column_of(const TriggerData *trigger, const char *name, Oid type)
{
	TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
	int column = history_column(descriptor, name);
	bool is_null;
	Datum value;

	if (column == 0 || TupleDescAttr(descriptor, column - 1)->atttypid != type)
		refuse(ERROR_INTERNAL, "invoice_line_guard() is no trigger of a table of invoice lines");
	value = heap_getattr(trigger->tg_trigtuple, column, descriptor, &is_null);
	if (is_null)
		refuse(ERROR_NULL_ARGUMENT, name);
	return value;
}

static void
judge(int64 account_id, int64 invoice_id, int64 order_id, int64 amount_nano)
{
	char invoiceable[MONEY_TEXT_SIZE];
	InvoiceableOrder order = {0};
	Account account;
	Scope scope;

	scope_open(&scope);
	if (hold_account(account_id, &account) && invoice_counts(account_id, invoice_id))
	{
		/* What others committed counts, too, however old the transaction's snapshot is. */
		(void) invoice_limit_find(account_id, order_id, sql_latest, &order);
		if (amount_nano > order.invoiceable_nano)
			refuse(ERROR_INVOICE_EXCEEDS, order_id, account_id,
				   money_print_cents(order.invoiceable_nano, invoiceable));
	}
	scope_close(&scope);
}

PG_FUNCTION_INFO_V1(billing_invoice_line_guard);
Datum
billing_invoice_line_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	int64 amount_nano;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || !TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		refuse(ERROR_INTERNAL, "invoice_line_guard() is no BEFORE INSERT trigger of a table here");
	if (!nano_from_numeric(DatumGetNumeric(column_of(trigger, "amount", NUMERICOID)), &amount_nano))
		refuse(ERROR_INVALID_VALUE, "amount", "not an amount of money");
	judge(DatumGetInt64(column_of(trigger, "account_id", INT8OID)),
		  DatumGetInt64(column_of(trigger, "invoice_id", INT8OID)),
		  DatumGetInt64(column_of(trigger, "order_id", INT8OID)), amount_nano);
	return PointerGetDatum(trigger->tg_trigtuple);
}
