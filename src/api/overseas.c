/*-------------------------------------------------------------------------
 *
 * overseas.c
 *	  number_invoices(): what the clerk does, by hand (R18).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "booking/numbering.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "wake.h"

PG_FUNCTION_INFO_V1(billing_number_invoices);
Datum
billing_number_invoices(PG_FUNCTION_ARGS)
{
	int64 count;
	Scope scope;

	scope_open(&scope);
	subscriber_check_none();
	count = numbering_run();
	if (count > 0)
		wake_at_commit(WORKER_CLERK);
	scope_close(&scope);
	PG_RETURN_INT64(count);
}
