/*-------------------------------------------------------------------------
 *
 * jobs.c
 *	  Periodic work: scheduling it with pg_cron, and what no worker does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "booking/booking.h"
#include "clock.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/inbox_store.h"
#include "store/job_store.h"
#include "store/partition_store.h"
#include "wake.h"

/* What one book_expired() does at the most, so that its transaction stays bounded. */
#define EXPIRED_ACCOUNTS_MAX 1000

/* Jobs work from what is due, repeat safely, and catch up: pg_cron may skip a run. */
static const Job jobs[] = {
	{"billing make_partitions", "17 * * * *", "SELECT billing.make_partitions()"},
	{"billing close_partitions", "47 3 * * *", "SELECT billing.close_partitions()"},
	{"billing book_expired", "* * * * *", "SELECT billing.book_expired()"},
	{"billing check_health", "* * * * *", "SELECT billing.check_health()"},
	{"billing settle", "* * * * *", "SELECT billing.settle()"},
};

static void
put_job(ReturnSetInfo *result, const Job *job, bool scheduled)
{
	Datum values[] = {
		CStringGetTextDatum(job->name),
		CStringGetTextDatum(job->schedule),
		CStringGetTextDatum(job->command),
		BoolGetDatum(scheduled),
		scheduled ? (Datum) 0 : CStringGetTextDatum(job_sql(job)),
	};
	bool nulls[] = {false, false, false, false, scheduled};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(billing_schedule_jobs);
Datum
billing_schedule_jobs(PG_FUNCTION_ARGS)
{
	bool scheduled;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open_as_caller(&scope);
	scheduled = job_scheduler_exists();
	for (size_t i = 0; i < lengthof(jobs); i++)
	{
		if (scheduled)
			job_schedule(&jobs[i]);
		put_job((ReturnSetInfo *) fcinfo->resultinfo, &jobs[i], scheduled);
	}
	scope_close(&scope);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(billing_unschedule_jobs);
Datum
billing_unschedule_jobs(PG_FUNCTION_ARGS)
{
	int removed = 0;
	Scope scope;

	scope_open_as_caller(&scope);
	for (size_t i = 0; i < lengthof(jobs) && job_scheduler_exists(); i++)
		removed += job_unschedule(jobs[i].name);
	scope_close(&scope);
	PG_RETURN_INT32(removed);
}

PG_FUNCTION_INFO_V1(billing_book_expired);
Datum
billing_book_expired(PG_FUNCTION_ARGS)
{
	int64 booked = 0;
	int64 *accounts;
	size_t count;
	Scope scope;

	scope_open(&scope);
	accounts = lot_expired_accounts(clock_now(), EXPIRED_ACCOUNTS_MAX, &count);
	for (size_t i = 0; i < count; i++)
	{
		Booking booking = {0};

		if (!account_hold_if_free(accounts[i], &booking.account))
			continue;
		booking_begin_held(&booking);
		booking_load(&booking, LOTS_OPEN, 0);
		booking_finish(&booking);
		booked++;
	}
	scope_close(&scope);
	PG_RETURN_INT64(booked);
}

/* Appends a complaint to those there are. */
static void
complain(StringInfo complaints, const char *complaint)
{
	appendStringInfo(complaints, "%s%s", complaints->len > 0 ? "; " : "", complaint);
}

/* What is wrong with settling: usage that has waited for too long, or for nobody. */
static void
check_settler(StringInfo complaints, int64 tolerance_us)
{
	SettlerState state = {0};
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz since;

	if (!wake_is_available())
	{
		/* Nobody knows since when it waits; when its calls started is a hint. */
		if (inbox_has_older(clock_now() - tolerance_us))
			complain(complaints, "there is metered usage that nobody has settled");
		return;
	}
	(void) wake_read(MyDatabaseId, &state);
	since = state.looking_since ? state.looking_since : state.pending_since;
	if (since != 0 && now - since > tolerance_us)
		complain(complaints, psprintf("metered usage has not been settled for %d s",
									  (int) ((now - since) / USECS_PER_SEC)));
	if (state.left_since != 0 && now - state.left_since > tolerance_us)
		complain(complaints, psprintf("usage of accounts that somebody holds has waited for %d s",
									  (int) ((now - state.left_since) / USECS_PER_SEC)));
	if (state.pid == 0 && state.paused_until <= now && !inbox_is_empty())
		complain(complaints, "there is metered usage and no settler runs");
}

PG_FUNCTION_INFO_V1(billing_check_health);
Datum
billing_check_health(PG_FUNCTION_ARGS)
{
	int64 tolerance_us = arg_duration(fcinfo, 0, "tolerance", USECS_PER_DAY);
	StringInfoData complaints;
	Scope scope;

	initStringInfo(&complaints);
	scope_open(&scope);
	check_settler(&complaints, tolerance_us);
	if (partition_default_has_rows(DT_NOEND))
		complain(&complaints, "usage_event_default is not empty");
	scope_close(&scope);
	if (complaints.len > 0)
		refuse(ERROR_UNHEALTHY, complaints.data);
	PG_RETURN_VOID();
}
