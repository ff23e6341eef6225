/*-------------------------------------------------------------------------
 *
 * partition_store.h
 *	  The partitions of usage_event: one for each month (UTC), and a default one.
 *
 * A month is at least half of the longest dedupe window, so that a look for a
 * request_id within the window goes through three of them and the default.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_PARTITION_STORE_H
#define STORE_PARTITION_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* Months that a dedupe window may touch (see the policy's upper bound). */
#define WINDOW_MONTHS_MAX 3

/* Names of partitions. */
typedef struct PartitionList
{
	int count;
	char names[WINDOW_MONTHS_MAX + 1][NAMEDATALEN];
} PartitionList;

/* The month of an instant, counted from January 2000 (UTC). */
extern int partition_month(TimestampTz at);

/* Makes the partition of such a month, unless it exists. */
extern void partition_make(int month);

/* The partitions that may hold what was received in a window: those that exist. */
extern PartitionList partitions_of_window(TimestampTz since, TimestampTz now);

extern bool partitions_equal(const PartitionList *a, const PartitionList *b);

#endif
