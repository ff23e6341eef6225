/*-------------------------------------------------------------------------
 *
 * partition_store.c
 *	  Making and listing partitions of usage_event.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "store/partition_store.h"
#include "store/session.h"

#define DEFAULT_PARTITION "usage_event_default"

int
partition_month(TimestampTz at)
{
	int64 day = at / USECS_PER_DAY - (at % USECS_PER_DAY < 0);
	int year;
	int month;
	int day_of_month;

	j2date((int) day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
	return (year - 2000) * MONTHS_PER_YEAR + month - 1;
}

/* Writes a partition's name, such as usage_event_2026_11. */
static void
partition_name(int month, char name[NAMEDATALEN])
{
	snprintf(name, NAMEDATALEN, "usage_event_%04d_%02d", 2000 + month / MONTHS_PER_YEAR,
			 month % MONTHS_PER_YEAR + 1);
}

/* Appends the first instant of a month, as a literal. */
static void
append_month_start(StringInfo sql, int month)
{
	appendStringInfo(sql, "'%04d-%02d-01 00:00:00+00'", 2000 + month / MONTHS_PER_YEAR,
					 month % MONTHS_PER_YEAR + 1);
}

void
partition_make(int month)
{
	char name[NAMEDATALEN];
	StringInfoData sql;

	partition_name(month, name);
	if (OidIsValid(session_table(name)))
		return;
	initStringInfo(&sql);
	appendStringInfo(
		&sql, "CREATE TABLE billing.%s PARTITION OF billing.usage_event FOR VALUES FROM (", name);
	append_month_start(&sql, month);
	appendStringInfoString(&sql, ") TO (");
	append_month_start(&sql, month + 1);
	appendStringInfo(&sql,
					 "); CREATE UNIQUE INDEX %s_request ON billing.%s (account_id, request_hash, "
					 "probe); COMMENT ON TABLE billing.%s IS 'Usage received in one month (UTC).'",
					 name, name, name);
	if (SPI_execute(sql.data, false, 0) < 0)
		refuse(ERROR_INTERNAL, "a partition of usage_event could not be made");
}

PartitionList
partitions_of_window(TimestampTz since, TimestampTz now)
{
	PartitionList list = {0};

	for (int month = partition_month(since); month <= partition_month(now); month++)
	{
		if (list.count == WINDOW_MONTHS_MAX)
			refuse(ERROR_INTERNAL, "the dedupe window touches too many partitions");
		partition_name(month, list.names[list.count]);
		if (OidIsValid(session_table(list.names[list.count])))
			list.count++;
	}
	strlcpy(list.names[list.count++], DEFAULT_PARTITION, NAMEDATALEN);
	return list;
}

bool
partitions_equal(const PartitionList *a, const PartitionList *b)
{
	if (a->count != b->count)
		return false;
	for (int i = 0; i < a->count; i++)
		if (strcmp(a->names[i], b->names[i]) != 0)
			return false;
	return true;
}
