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

#include "spi/sql.h"

/* Months that a dedupe window may touch (see the policy's upper bound). */
#define WINDOW_MONTHS_MAX 3

/* Months ahead of the clock that may have usage, which a wrong clock dated. */
#define AHEAD_MONTHS_MAX 8

/* How far ahead a month is looked for, whatever a row of clock_repair says: a hundred years. */
#define AHEAD_US_MAX (100 * 366 * USECS_PER_DAY)

/* Months whose partition is made ahead: this one and the next three. */
#define PARTITIONS_AHEAD 3

/* Names of partitions. */
typedef struct PartitionList
{
	int count;
	char names[WINDOW_MONTHS_MAX + AHEAD_MONTHS_MAX + 1][NAMEDATALEN];
	Oid tables[WINDOW_MONTHS_MAX + AHEAD_MONTHS_MAX + 1];
} PartitionList;

/* The month of an instant, counted from January 2000 (UTC). */
extern int partition_month(TimestampTz at);

/* Makes the partition of such a month; false where it exists. */
extern bool partition_make(int month);

/* The first month that is not closed, as far as it has a partition. */
extern bool partition_oldest(int *month);

/* The first instant of a month. */
extern TimestampTz partition_month_start(int month);

/*
 * Lets the index on recorded_at know all that was received up to now, in the
 * partition of an instant and in the default one: a look at what is received
 * from then on reads that alone. Waits for nobody.
 */
extern void partition_summarize(TimestampTz at);

/* What is to be known of a month before it is closed. */
typedef struct MonthState
{
	bool has_unpriced;
	TimestampTz settled_until; /* when its last event was settled; DT_NOBEGIN where there is none */
} MonthState;

/* Reads a month's partition, in which nothing changes from then on. */
extern MonthState partition_read(int month);

/* Sums a month up into usage_day and notes it as closed; its partition stays where it is. */
extern void partition_sum_up(int month, TimestampTz now);

/*
 * Refuses where a month was closed that the caller's snapshot does not know as
 * closed: it would miss the usage and not see its days. Nothing is closed from
 * then on until the transaction ends.
 */
extern void partition_check_snapshot(void);

/* The end of the newest month that is closed, DT_NOBEGIN where none is; none is closed any more
 * until this transaction ends. */
extern TimestampTz partition_closed_until(void);

/* Detaches a month's partition, whose table stays. */
extern void partition_detach(int month);

/* Detaches the partitions of months that a publisher has closed. */
extern void partition_follow_closings(void);

/* True where usage was received before an instant in a month that had no partition. */
extern bool partition_default_has_rows(TimestampTz before);

/*
 * The partitions that may hold what was received in a window, or is dated later by a
 * wrong clock: those that exist and are not empty. For writers who hold the accounts they ask
 * about.
 */
extern PartitionList partition_list_window(TimestampTz since, TimestampTz now);

#endif
