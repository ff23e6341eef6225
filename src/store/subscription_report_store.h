/*-------------------------------------------------------------------------
 *
 * subscription_report_store.h
 *	  The statements of plan_status() and plan_usage().
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_SUBSCRIPTION_REPORT_STORE_H
#define STORE_SUBSCRIPTION_REPORT_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "funcapi.h"

/* An account's subscriptions as they are at an instant. */
extern void subscription_report_status(int64 account_id, TimestampTz at, ReturnSetInfo *result);

/* What used one up; false where there is none of that number. */
extern bool subscription_report_usage(int64 account_id, int64 subscription_no,
									  ReturnSetInfo *result);

#endif
