/*-------------------------------------------------------------------------
 *
 * result.c
 *	  The row types of the functions, rows of them, and rows about an account.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"

#include "api/result.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/account_range_store.h"
#include "store/account_store.h"

/* The result's row type, looked up once per call site. */
static TupleDesc
result_descriptor(FunctionCallInfo fcinfo)
{
	TupleDesc descriptor = fcinfo->flinfo->fn_extra;
	MemoryContext caller_context;

	if (descriptor)
		return descriptor;
	caller_context = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		refuse(ERROR_INTERNAL, "the result is no row");
	descriptor = BlessTupleDesc(descriptor);
	fcinfo->flinfo->fn_extra = descriptor;
	MemoryContextSwitchTo(caller_context);
	return descriptor;
}

Oid
result_type(FunctionCallInfo fcinfo)
{
	return result_descriptor(fcinfo)->tdtypeid;
}

Datum
result_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	return HeapTupleGetDatum(heap_form_tuple(result_descriptor(fcinfo), values, nulls));
}

Datum
result_of_account(FunctionCallInfo fcinfo, int64 account_id, ResultRows put)
{
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	if (!account_exists(account_id))
		account_range_refuse(account_id);
	put(account_id, (ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}
