/*-------------------------------------------------------------------------
 *
 * partition_store.c
 *	  Making and listing partitions of usage_event.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_am.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "spi/bind.h"
#include "spi/catalog.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/clock_repair_store.h"
#include "store/partition_store.h"

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

bool
partition_make(int month)
{
	char name[NAMEDATALEN];
	StringInfoData sql;

	partition_name(month, name);
	if (OidIsValid(catalog_table(name)))
		return false;
	initStringInfo(&sql);
	appendStringInfo(
		&sql, "CREATE TABLE " BOOKS "%s PARTITION OF " BOOKS "usage_event FOR VALUES FROM (", name);
	append_month_start(&sql, month);
	appendStringInfoString(&sql, ") TO (");
	append_month_start(&sql, month + 1);
	appendStringInfo(&sql,
					 "); CREATE UNIQUE INDEX %s_request ON " BOOKS "%s (account_id, request_hash, "
					 "probe); ALTER TABLE " BOOKS
					 "%s REPLICA IDENTITY USING INDEX %s_request; COMMENT ON "
					 "TABLE " BOOKS "%s IS 'Usage received in one month (UTC).'",
					 name, name, name, name, name);
	(void) sql_execute(sql.data);
	return true;
}

TimestampTz
partition_month_start(int month)
{
	int day = date2j(2000 + month / MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1);

	return (day - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;
}

bool
partition_oldest(int *month)
{
	static Sql find = SQL(
		"SELECT min(c.relname::text) FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid "
		"WHERE i.inhparent = '" BOOKS "usage_event'::regclass AND c.relname ~ "
		"'^usage_event_[0-9]{4}_[0-9]{2}$'");
	char *name;
	int year;

	sql_run(&find, NULL, NULL);
	name = column_text_or_null(0, 1);
	if (name == NULL || sscanf(name, "usage_event_%4d_%2d", &year, month) != 2)
		return false;
	*month += (year - 2000) * MONTHS_PER_YEAR - 1;
	return true;
}

/* Not where a vacuum is at work, which does the same: it may take long. */
static void
summarize(const char *name)
{
	static Sql summarize = SQL(
		"SELECT brin_summarize_new_values(x.indexrelid) FROM pg_inherits AS i JOIN pg_index AS x "
		"ON x.indexrelid = i.inhrelid WHERE i.inhparent = to_regclass('" BOOKS
		"usage_event_recorded') AND x.indrelid = $1",
		OIDOID);
	Oid table = catalog_table(name);

	if (!OidIsValid(table) || !ConditionalLockRelationOid(table, ShareUpdateExclusiveLock))
		return;
	sql_run(&summarize, (Datum[]){ObjectIdGetDatum(table)}, NULL);
	UnlockRelationOid(table, ShareUpdateExclusiveLock);
}

void
partition_summarize(TimestampTz at)
{
	char name[NAMEDATALEN];

	partition_name(partition_month(at), name);
	summarize(name);
	summarize(DEFAULT_PARTITION);
}

MonthState
partition_read(int month)
{
	char name[NAMEDATALEN];
	MonthState state;

	partition_name(month, name);
	(void) sql_execute(psprintf("LOCK TABLE " BOOKS "%s IN SHARE MODE", name));
	(void) sql_execute(psprintf(
		"SELECT coalesce(bool_or(status = 'unpriced'), false), max(settled_at) FROM " BOOKS "%s",
		name));
	state.has_unpriced = column_bool(0, 1);
	state.settled_until = column_instant(0, 2, DT_NOBEGIN);
	return state;
}

/* The days of a month, of the partition %1$s and the year and month %2$d and %3$d. */
static const char month_days_sql[] =
#include "query/month_days.inc"
	;

void
partition_sum_up(int month, TimestampTz now)
{
	static Sql note = SQL(
		"INSERT INTO " BOOKS
		"closed_month (month, ends_at, partition_name, closed_at, events, charge) "
		"VALUES (($1 AT TIME ZONE 'UTC')::date, $2, $3, $4, $5, $6)",
		TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TIMESTAMPTZOID, INT8OID, NUMERICOID);
	char name[NAMEDATALEN];
	char nulls[] = "      ";
	Datum values[6] = {TimestampTzGetDatum(partition_month_start(month)),
					   TimestampTzGetDatum(partition_month_start(month + 1))};

	partition_name(month, name);
	(void) sql_execute(psprintf(month_days_sql, name, 2000 + month / MONTHS_PER_YEAR,
								month % MONTHS_PER_YEAR + 1));
	/* Of the month itself, not of its days, so that verify() compares two things. */
	(void) sql_execute(
		psprintf("SELECT count(*), coalesce(sum(charge), 0) FROM " BOOKS "%s", name));
	values[4] = Int64GetDatum(column_int64(0, 1));
	values[5] = NumericGetDatum(DatumGetNumericCopy(column_datum(0, 2, NUMERICOID)));
	bind_text(values, nulls, 2, name);
	values[3] = TimestampTzGetDatum(now);
	sql_write(&note, values, nulls);
}

/* How many months are closed, as one who runs statements in that way sees it. */
static int64
closed_months(SqlRunner run)
{
	static Sql count = SQL("SELECT count(*) FROM " BOOKS "closed_month");

	run(&count, NULL, NULL);
	return column_int64(0, 1);
}

TimestampTz
partition_closed_until(void)
{
	static Sql until = SQL("SELECT max(ends_at) FROM " BOOKS "closed_month");

	LockRelationOid(catalog_table("usage_event"), AccessShareLock);
	sql_latest(&until, NULL, NULL);
	return column_instant(0, 1, DT_NOBEGIN);
}

void
partition_check_snapshot(void)
{
	/* From here on nothing is closed until this transaction ends. */
	LockRelationOid(catalog_table("usage_event"), AccessShareLock);
	if (closed_months(sql_read) != closed_months(sql_latest))
		refuse(ERROR_CLOSED_MEANWHILE);
}

void
partition_detach(int month)
{
	char name[NAMEDATALEN];

	partition_name(month, name);
	(void) sql_execute(
		psprintf("ALTER TABLE " BOOKS "usage_event DETACH PARTITION " BOOKS "%s", name));
}

void
partition_follow_closings(void)
{
	static Sql find = SQL(
		"SELECT partition_name FROM " BOOKS
		"closed_month AS m WHERE EXISTS (SELECT FROM pg_inherits "
		"AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = '" BOOKS
		"usage_event'::regclass AND c.relname = m.partition_name::name)");
	uint64 count = sql_run(&find, NULL, NULL);
	char **names = palloc((count + 1) * sizeof(char *));

	for (uint64 row = 0; row < count; row++)
		names[row] = column_text(row, 1);
	for (uint64 i = 0; i < count; i++)
		(void) sql_execute(psprintf("ALTER TABLE " BOOKS "usage_event DETACH PARTITION " BOOKS "%s",
									quote_identifier(names[i])));
}

bool
partition_default_has_rows(TimestampTz before)
{
	static Sql find = SQL("SELECT FROM " BOOKS DEFAULT_PARTITION " WHERE recorded_at < $1 LIMIT 1",
						  TIMESTAMPTZOID);

	return sql_run(&find, (Datum[]){TimestampTzGetDatum(before)}, NULL) > 0;
}

/*
 * True where a partition has not a single page, if it is one that keeps its rows
 * in pages of its own. Whoever holds an account may rely on it: rows of the
 * account that are committed have their pages.
 */
static bool
is_empty(Oid table)
{
	static Oid
		filled[WINDOW_MONTHS_MAX + 1]; /* seen with pages lately: they are not looked at again */
	static int next;
	Relation relation;
	bool empty;

	for (size_t i = 0; i < lengthof(filled); i++)
		if (filled[i] == table)
			return false;
	relation = table_open(table, AccessShareLock);
	empty = relation->rd_rel->relam == HEAP_TABLE_AM_OID &&
			RelationGetNumberOfBlocks(relation) == 0;
	table_close(relation, AccessShareLock);
	if (!empty)
		filled[next++ % lengthof(filled)] = table;
	return empty;
}

/* Adds a partition that exists and has rows, perhaps. */
static void
add_partition(PartitionList *list, const char *name)
{
	Oid table = catalog_table(name);

	if (!OidIsValid(table) || is_empty(table))
		return;
	if (list->count == lengthof(list->names))
		refuse(ERROR_INTERNAL, "too many months ahead of the clock have usage");
	list->tables[list->count] = table;
	strlcpy(list->names[list->count++], name, NAMEDATALEN);
}

static void
add_months(PartitionList *list, int first, int last)
{
	char name[NAMEDATALEN];

	for (int month = first; month <= last; month++)
	{
		partition_name(month, name);
		add_partition(list, name);
	}
}

PartitionList
partition_list_window(TimestampTz since, TimestampTz now)
{
	PartitionList list = {0};
	int first = partition_month(since);
	int last = partition_month(now);
	TimestampTz furthest = clock_repair_furthest();

	if (last - first >= WINDOW_MONTHS_MAX)
		refuse(ERROR_INTERNAL, "the dedupe window touches too many partitions");
	add_months(&list, first, last);
	if (furthest > now)
		add_months(&list, last + 1, partition_month(Min(furthest, now + AHEAD_US_MAX)));
	add_partition(&list, DEFAULT_PARTITION);
	return list;
}
