/*-------------------------------------------------------------------------
 *
 * error_codes.c
 *	  error_codes(): the table of errors, to be read in SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "errors.h"

PG_FUNCTION_INFO_V1(billing_error_codes);
Datum
billing_error_codes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < ERRORS_COUNT; i++)
	{
		Datum values[] = {CStringGetTextDatum(error_codes[i].sqlstate),
						  CStringGetTextDatum(error_codes[i].name),
						  CStringGetTextDatum(error_codes[i].hint)};
		bool nulls[3] = {0};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
