/*-------------------------------------------------------------------------
 *
 * arguments.h
 *	  Reading and judging the arguments of SQL calls.
 *
 * The functions are not STRICT: a null where a value is needed is an error
 * that names the argument. index counts from 0, name is the SQL name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef API_ARGUMENTS_H
#define API_ARGUMENTS_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "core/text.h"

#define AMOUNT_DECIMALS_BOOK 9	/* what the ledger keeps */
#define AMOUNT_DECIMALS_MONEY 2 /* money that enters or leaves (R21) */

extern int64 arg_int64(FunctionCallInfo fcinfo, int index, const char *name);
extern int64 arg_account_id(FunctionCallInfo fcinfo);

/* A whole number in [min, max]. */
extern int64 arg_count(FunctionCallInfo fcinfo, int index, const char *name, int64 min, int64 max);

extern bool arg_bool(FunctionCallInfo fcinfo, int index, const char *name);

extern char *arg_text(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max);

/* NULL where the argument is null. */
extern char *arg_text_or_null(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max);

/* Finite; if_null where the argument is null. */
extern TimestampTz arg_instant(FunctionCallInfo fcinfo, int index, const char *name,
							   TimestampTz if_null);

/* In microseconds, in [0, max_us]; an interval with months has no length. */
extern int64 arg_duration(FunctionCallInfo fcinfo, int index, const char *name, int64 max_us);

/* In nano-units, finite, of at most that many decimals; any sign. */
extern int64 arg_amount(FunctionCallInfo fcinfo, int index, const char *name, int decimals);

/* The same, greater than zero. */
extern int64 arg_positive_amount(FunctionCallInfo fcinfo, int index, const char *name,
								 int decimals);

/* The text, or catalog_login_name() where it is null. */
extern char *arg_actor(FunctionCallInfo fcinfo, int index);
extern char *arg_reason(FunctionCallInfo fcinfo, int index);

/* CNY or USD. */
extern char *arg_currency(FunctionCallInfo fcinfo, int index);

/* A time zone that the server knows; NULL where the argument is null. */
extern char *arg_time_zone_or_null(FunctionCallInfo fcinfo, int index);

#endif
