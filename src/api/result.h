/*-------------------------------------------------------------------------
 *
 * result.h
 *	  What a function returns that returns a row, or rows about an account.
 *
 *-------------------------------------------------------------------------
 */
#ifndef API_RESULT_H
#define API_RESULT_H

#include "postgres.h"

#include "fmgr.h"
#include "nodes/execnodes.h"

/* The oid of the function's composite result type. */
extern Oid result_type(FunctionCallInfo fcinfo);

/* A row of the function's composite result type. */
extern Datum result_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls);

/* Puts rows about an account. */
typedef void (*ResultRows)(int64 account_id, ReturnSetInfo *result);

/* The rows of a set-returning function about an account that there is. */
extern Datum result_of_account(FunctionCallInfo fcinfo, int64 account_id, ResultRows put);

#endif
