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

#include "core/limits.h"

/* Refuses a value outside of its range, naming both. */
extern void arg_check(LimitId limit, const char *name, int64 value);

extern int64 arg_int64(FunctionCallInfo fcinfo, int index, const char *name);
extern int64 arg_account_id(FunctionCallInfo fcinfo);

/* The same, of a customer: the house has no keys, alerts, orders or locks. */
extern int64 arg_customer_id(FunctionCallInfo fcinfo);

/* A whole number in its range. */
extern int64 arg_count(FunctionCallInfo fcinfo, int index, const char *name, LimitId limit);

/* A day from 2000 on as text, such as 2026-01-31; false where it is null. */
#define ARG_DAY_SIZE 11
extern bool arg_day(FunctionCallInfo fcinfo, int index, char day[ARG_DAY_SIZE]);

extern bool arg_bool(FunctionCallInfo fcinfo, int index, const char *name);

extern char *arg_text(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max);

/* NULL where the argument is null. */
extern char *arg_text_or_null(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max);

/* Empty where the argument is null or empty. */
extern char *arg_text_or_empty(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max);

/* The same of one line: without control characters. */
extern char *arg_line(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max);
extern char *arg_line_or_null(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max);

/* One of two words. */
extern char *arg_word_of(FunctionCallInfo fcinfo, int index, const char *name, const char *one,
						 const char *other);

/* Finite; if_null where the argument is null. */
extern TimestampTz arg_instant(FunctionCallInfo fcinfo, int index, const char *name,
							   TimestampTz if_null);

/* When prices begin; DT_NOBEGIN, for from now on, where the argument is null. */
extern TimestampTz arg_effective_from(FunctionCallInfo fcinfo, int index);

/* In microseconds, in its range; an interval with months has no length. */
extern int64 arg_duration(FunctionCallInfo fcinfo, int index, const char *name, LimitId limit);

/*
 * In nano-units, finite, in its range and of no more decimals than it has;
 * where the range is above zero, a value that is not has an error of its own.
 */
extern int64 arg_amount(FunctionCallInfo fcinfo, int index, const char *name, LimitId limit);

/* The text, or catalog_login_name() where it is null. */
extern char *arg_actor(FunctionCallInfo fcinfo, int index);
extern char *arg_reason(FunctionCallInfo fcinfo, int index);

/* The service tier that requests are sent with; empty, as null is: the standard one. */
extern char *arg_variant(FunctionCallInfo fcinfo, int index);

/* What units of meters cost, in its one text; empty where it is null. */
extern char *arg_price_items(FunctionCallInfo fcinfo, int index);

/* True for free, false for null or empty: meters without an item. */
extern bool arg_unlisted_are_free(FunctionCallInfo fcinfo, int index);

/* When in the week a price holds, in the one text that such hours have; empty, as null is: always.
 */
extern char *arg_hours(FunctionCallInfo fcinfo, int index);

/* The name of a price list; null: the standard one. */
extern char *arg_price_list(FunctionCallInfo fcinfo, int index);

/* CNY or USD. */
extern char *arg_currency(FunctionCallInfo fcinfo, int index);

/* An address of mail, and a number of a telephone; NULL where the argument is null. */
extern char *arg_email(FunctionCallInfo fcinfo, int index);
extern char *arg_mobile(FunctionCallInfo fcinfo, int index);

/* A time zone that the server knows; NULL where the argument is null. */
extern char *arg_time_zone_or_null(FunctionCallInfo fcinfo, int index);

#endif
