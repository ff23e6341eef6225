/*-------------------------------------------------------------------------
 *
 * job.c
 *	  schedule_jobs() and unschedule_jobs(): periodic work, by pg_cron.
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

/* Jobs work from what is due, repeat safely, and catch up: pg_cron may skip a run. */
static const Job jobs[] = {
	{"billing make_partitions", "17 * * * *", "SELECT billing.make_partitions()"},
	{"billing close_partitions", "47 3 * * *", "SELECT billing.close_partitions()"},
	{"billing book_expired", "* * * * *", "SELECT billing.book_expired()"},
	{"billing earn_plans", "* * * * *", "SELECT billing.earn_plans()"},
	{"billing issue_due_invoices", "* * * * *", "SELECT billing.issue_due_invoices()"},
	{"billing check_health", "* * * * *", "SELECT billing.check_health()"},
	{"billing number_invoices", "* * * * *", "SELECT billing.number_invoices()"},
	{"billing settle", "* * * * *", "SELECT billing.settle()"},
	{"billing sum_usage", "*/5 * * * *", "SELECT billing.sum_usage()"},
	{"billing continue_rerate", "* * * * *", "SELECT billing.continue_rerate()"},
	{"billing seal_books", "7 2 * * *", "SELECT billing.seal_books()"},
	/* In the morning of China, when bills are there, and again at noon, when they are whole. */
	{"billing reconcile", "30 2,4 * * *", "SELECT billing.reconcile()"},
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
