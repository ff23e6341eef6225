/*-------------------------------------------------------------------------
 *
 * wake.h
 *	  What backends, supervisor and workers tell each other.
 *
 * Shared memory holds one slot per database that has workers: who they are,
 * how they are doing, whether they shall pause. None of it is money: all is lost
 * with the server's memory and nothing is missed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BILLING_WAKE_H
#define BILLING_WAKE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "storage/latch.h"

/* Databases that can have workers at a time. */
#define WORKER_DATABASES_MAX 64

/* The kinds of workers that a database can have one of each. */
typedef enum WorkerKind
{
	WORKER_SETTLER,
	WORKER_GATEWAY,
	WORKER_CLERK
} WorkerKind;

#define WORKER_KINDS 3

typedef struct WorkerState
{
	pid_t pid; /* 0: it does not run */
	TimestampTz started_at;
	bool failed;			   /* the last one ended by an error, not by order */
	TimestampTz paused_until;  /* 0 where it is not */
	TimestampTz pending_since; /* of the first commit that it has not looked for; 0: none */
	TimestampTz looking_since; /* of the first that it is looking for now; 0: none */
} WorkerState;

/* What a database's settler has done. */
typedef struct SettlerReport
{
	TimestampTz settled_at; /* when it last settled something, as the next two */
	int64 settled_lag_us;	/* since the first commit that it looked for */
	int64 settled_events;
	int64 events_total;		/* since it started, as the next */
	int64 rows_left;		/* that were left for accounts that somebody held */
	TimestampTz left_since; /* 0: nothing is left */
	int64 rows_failed;		/* that stay because their booking fails */
	TimestampTz failed_since;
} SettlerReport;

/* Called once, when the library is loaded. */
extern void wake_init(void);

/* True where the library was preloaded, so that there can be workers. */
extern bool wake_is_available(void);

/* The name of a kind, by which marks and parking know it; false where there is none of that name.
 */
extern const char *wake_kind_name(WorkerKind kind);
extern bool wake_kind_from_name(const char *name, WorkerKind *kind);

/* Wakes the database's worker of a kind when the current transaction commits. */
extern void wake_at_commit(WorkerKind kind);

/* A worker of a database; zeros and false where it has no slot. */
extern bool wake_read(Oid database, WorkerKind kind, WorkerState *state);

/* What its settler says; zeros where it has no slot. */
extern SettlerReport wake_read_report(Oid database);

/* running, paused, not running; or not preloaded. */
extern const char *wake_status_name(const WorkerState *state);

/* For a worker: takes its place in the database's slot; false where another one has it. */
extern bool wake_attach(Oid database, WorkerKind kind);

/* For a worker, from its handler of SIGTERM: it ends by order, whatever it ends with. */
extern void wake_end_by_order(void);

/* For a worker: the first commit that it has not looked for, 0 if none; it looks for them now. */
extern TimestampTz wake_look(WorkerKind kind);

/* For a worker: it has looked for all that it was looking for. */
extern void wake_looked(WorkerKind kind);

/* For the settler: what it settled just now; lag_us 0 where nobody woke it for that. */
extern void wake_report_settled(int64 events, int64 lag_us);

/* For the settler: what it left when it had looked. */
extern void wake_report_left(int64 rows_left, int64 rows_failed);

/* For a worker: true where it shall end. */
extern bool wake_is_paused(Oid database);

/* True where a commit has called for a worker since it last looked. */
extern bool wake_is_pending(Oid database, WorkerKind kind);

/* Makes the supervisor look at its databases now; only where there can be workers. */
extern void wake_supervisor(void);

/* For the supervisor, who wants to hear of pauses and of workers that end. */
extern void wake_attach_supervisor(void);

/* For the supervisor: frees the slot of a database that is gone or no longer listed. */
extern void wake_free(Oid database);

/* Pauses the database's workers, whether it has any or not; 0 ends a pause. False: no slot is free.
 */
extern bool wake_pause(Oid database, TimestampTz until);

#endif
