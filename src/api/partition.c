/*-------------------------------------------------------------------------
 *
 * partition.c
 *	  make_partitions() and close_partitions(): the months of usage.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "booking/moment.h"
#include "spi/scope.h"
#include "store/partition_store.h"
#include "store/policy_store.h"
#include "store/rerate_store.h"
#include "store/schema_store.h"
#include "store/usage_sum_store.h"
#include "subtransaction.h"

/* A month to be made, and whether it was, for subtransaction_run(). */
typedef struct MonthCall
{
	int month;
	bool made;
} MonthCall;

static void
make_month(void *argument)
{
	MonthCall *call = argument;

	call->made = partition_make(call->month);
}

/* The default partition has rows of that month already. */
static bool
is_taken(int sqlstate)
{
	return sqlstate == ERRCODE_CHECK_VIOLATION;
}

/* Makes a month's partition; the error where the default partition has rows of that month. */
static ErrorData *
try_month(int month, int *made)
{
	MonthCall call = {.month = month};
	ErrorData *error = subtransaction_run(make_month, &call, is_taken);

	*made += error == NULL && call.made;
	return error;
}

PG_FUNCTION_INFO_V1(billing_make_partitions);
Datum
billing_make_partitions(PG_FUNCTION_ARGS)
{
	int this_month;
	int made = 0;
	Scope scope;

	scope_open(&scope);
	this_month = partition_month(moment_now());
	partition_follow_closings();
	for (int ahead = 0; ahead <= PARTITIONS_AHEAD; ahead++)
	{
		ErrorData *error = try_month(this_month + ahead, &made);

		if (error)
			ereport(WARNING, (errmsg("usage of a month without a partition stays in "
									 "usage_event_default: %s",
									 error->message)));
	}
	if (made > 0)
		schema_restore_guards();
	scope_close(&scope);
	PG_RETURN_INT32(made);
}

/* Until when usage is of no re-rating that has begun: it would lose what it has to move yet. */
static TimestampTz
rerated_until(void)
{
	TimestampTz open_from = rerate_open_from();

	return open_from == DT_NOEND ? DT_NOEND
								 : open_from - policy_catalog[POLICY_FUTURE_TOLERANCE].max;
}

/*
 * How many months from the first on can be closed: the longest run at whose
 * end all of its usage is settled, so that the ledger's entries up to there and
 * the events of these months are the same.
 */
static int
count_closable(int first, TimestampTz now, int64 retention_us)
{
	TimestampTz settled_until = DT_NOBEGIN;
	TimestampTz end = Min(now - retention_us, rerated_until());
	int closable = 0;
	int made = 0;

	for (int month = first; partition_month_start(month + 1) <= end; month++)
	{
		MonthState state;

		/* Usage in the default partition cannot be closed, nor what came after it. */
		if (partition_default_has_rows(partition_month_start(month + 1)))
			break;
		if (try_month(month, &made) != NULL)
			break;
		state = partition_read(month);
		settled_until = Max(settled_until, state.settled_until);
		if (state.has_unpriced)
			break;
		if (settled_until < partition_month_start(month + 1))
			closable = month + 1 - first;
	}
	return closable;
}

PG_FUNCTION_INFO_V1(billing_close_partitions);
Datum
billing_close_partitions(PG_FUNCTION_ARGS)
{
	TimestampTz now;
	int closable = 0;
	int64 retention_us;
	int first;
	Scope scope;

	scope_open_to_scan(&scope);
	now = moment_now();
	if (policy_get(POLICY_USAGE_RETENTION, NULL, &retention_us) && partition_oldest(&first))
		closable = count_closable(first, now, retention_us);
	for (int i = 0; i < closable; i++)
		partition_sum_up(first + i, now);
	if (closable > 0)
		usage_sum_forget(partition_month_start(first + closable));
	/* Last: from here to the commit nobody can read or write usage. */
	for (int i = 0; i < closable; i++)
		partition_detach(first + i);
	if (closable > 0)
		schema_restore_guards();
	scope_close(&scope);
	PG_RETURN_INT32(closable);
}
