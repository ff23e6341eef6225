/*-------------------------------------------------------------------------
 *
 * verify.c
 *	  verify(): what of the books does not agree.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"

#include "spi/scope.h"
#include "store/partition_store.h"
#include "store/seal_store.h"
#include "store/verify_store.h"

PG_FUNCTION_INFO_V1(billing_verify);
Datum
billing_verify(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open_to_scan(&scope);
	partition_check_snapshot();
	verify_books(result);
	seal_verify_roots(result);
	seal_verify_rows(result);
	verify_policies(result);
	verify_guards(result);
	scope_close(&scope);
	return (Datum) 0;
}
