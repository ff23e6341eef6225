/*-------------------------------------------------------------------------
 *
 * usage_report_store.h
 *	  Usage added up, from events and from the days of closed months.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_USAGE_REPORT_STORE_H
#define STORE_USAGE_REPORT_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/execnodes.h"

#include "store/usage_sum_store.h"

typedef struct UsageReport
{
	int64 account_id;
	TimestampTz from; /* half-open; DT_NOBEGIN and DT_NOEND where open */
	TimestampTz to;
	bool by_key;
	bool by_model;
	bool by_variant;
	bool by_project;
	const char *by_tag;	   /* its name; NULL: by none */
	const char *period;	   /* day or hour; NULL where it is not grouped by time */
	const char *time_zone; /* whose days and hours those are */
	bool by_occurred_at;
	UsageStretch summed; /* what of it stands in sums; DT_NOEND twice: nothing */
} UsageReport;

/* The time zone of an account. */
extern char *usage_report_time_zone(int64 account_id);

/* The end of the last closed month; DT_NOBEGIN where none is. */
extern TimestampTz usage_report_closed_until(void);

/* True where an instant lies within a day of the account's that is known as a sum only. */
extern bool usage_report_day_is_cut(int64 account_id, TimestampTz at);

/* The time zone of a closed day in the report's range that is not the report's; NULL: there is
 * none.
 */
extern char *usage_report_other_zone(const UsageReport *report);

/* Rows of type billing.usage_line. */
extern void usage_report(const UsageReport *report, ReturnSetInfo *result);

#endif
