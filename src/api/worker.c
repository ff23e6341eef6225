/*-------------------------------------------------------------------------
 *
 * worker.c
 *	  pause_workers() and settler(): the background worker from the outside.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "api/arguments.h"
#include "api/result.h"
#include "errors.h"
#include "wake.h"

/* How long pause_workers() waits for the worker's end, and how often it looks. */
#define WAIT_MS 10000
#define LOOK_MS 10

static bool
runs_any(void)
{
	WorkerState state;

	for (int i = 0; i < WORKER_KINDS; i++)
		if (wake_read(MyDatabaseId, (WorkerKind) i, &state) && state.pid != 0)
			return true;
	return false;
}

static void
wait_for_end(void)
{
	for (int waited_ms = 0; waited_ms < WAIT_MS; waited_ms += LOOK_MS)
	{
		if (!runs_any())
			return;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, LOOK_MS,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	refuse(ERROR_WORKERS_BUSY);
}

PG_FUNCTION_INFO_V1(billing_pause_workers);
Datum
billing_pause_workers(PG_FUNCTION_ARGS)
{
	int64 pause_us = arg_duration(fcinfo, 0, "pause", LIMIT_PAUSE);
	TimestampTz until = GetCurrentTimestamp() + pause_us;

	if (!wake_is_available())
		refuse(ERROR_NOT_PRELOADED);
	if (!wake_pause(MyDatabaseId, pause_us ? until : 0))
		refuse(ERROR_WORKERS_BUSY);
	if (pause_us == 0)
		PG_RETURN_NULL();
	wait_for_end();
	PG_RETURN_TIMESTAMPTZ(until);
}

PG_FUNCTION_INFO_V1(billing_settler);
Datum
billing_settler(PG_FUNCTION_ARGS)
{
	WorkerState state;
	SettlerReport report = wake_read_report(MyDatabaseId);
	TimestampTz now = GetCurrentTimestamp();
	bool known = wake_read(MyDatabaseId, WORKER_SETTLER, &state);
	bool runs = state.pid != 0;
	bool paused = state.paused_until > now;
	TimestampTz pending_since = state.looking_since ? state.looking_since : state.pending_since;
	bool settled = report.settled_at != 0;
	Datum values[] = {
		CStringGetTextDatum(wake_status_name(&state)),
		Int32GetDatum((int32) state.pid),
		TimestampTzGetDatum(state.started_at),
		TimestampTzGetDatum(state.paused_until),
		TimestampTzGetDatum(pending_since),
		Int64GetDatum(report.rows_left),
		Int64GetDatum(report.rows_failed),
		TimestampTzGetDatum(report.settled_at),
		Int64GetDatum(report.settled_events),
		PointerGetDatum(&(Interval){.time = report.settled_lag_us}),
		Int64GetDatum(report.events_total),
	};
	bool nulls[] = {false,	  !runs,	!runs,	  !paused, pending_since == 0, !known, !known,
					!settled, !settled, !settled, !known};

	return result_row(fcinfo, values, nulls);
}
