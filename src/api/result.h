/*-------------------------------------------------------------------------
 *
 * result.h
 *	  What a function returns that returns a row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef API_RESULT_H
#define API_RESULT_H

#include "postgres.h"

#include "fmgr.h"

/* The oid of the function's composite result type. */
extern Oid result_type(FunctionCallInfo fcinfo);

/* A row of the function's composite result type. */
extern Datum result_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls);

#endif
