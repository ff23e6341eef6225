/*-------------------------------------------------------------------------
 *
 * verify.c
 *	  verify(): what of the books does not agree.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"

#include "api/arguments.h"
#include "spi/scope.h"
#include "store/account_range_store.h"
#include "store/account_store.h"
#include "store/partition_store.h"
#include "store/verify_store.h"

PG_FUNCTION_INFO_V1(billing_verify);
Datum
billing_verify(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open_to_scan(&scope);
	if (verify_tables(result))
	{
		partition_check_snapshot();
		verify_books(result);
		verify_usage(result);
		verify_replay(result);
		verify_detached_months(result);
		verify_seals(result);
		verify_policies(result);
		verify_guards(result);
	}
	scope_close(&scope);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(billing_verify_account);
Datum
billing_verify_account(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int64 account_id = arg_account_id(fcinfo);
	Account account;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open_to_look(&scope);
	if (verify_tables(result))
	{
		partition_check_snapshot();
		verify_account(account_id, result);
	}
	if (tuplestore_tuple_count(result->setResult) == 0 && !account_read(account_id, &account))
		account_range_refuse(account_id);
	scope_close(&scope);
	return (Datum) 0;
}
