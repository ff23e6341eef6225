/*-------------------------------------------------------------------------
 *
 * wake.h
 *	  What backends, supervisor and settlers tell each other.
 *
 * Shared memory holds one slot per database that has a settler: who it is,
 * how it is doing, whether it shall pause. None of it is money: all is lost
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

typedef struct SettlerState
{
	Oid database;
	pid_t pid; /* 0: it does not run */
	TimestampTz started_at;
	bool failed;			   /* the last one ended by an error, not by order */
	TimestampTz paused_until;  /* 0 where it is not */
	TimestampTz pending_since; /* of the first commit that it has not looked for; 0: none */
	TimestampTz looking_since; /* of the first that it is looking for now; 0: none */
	TimestampTz settled_at;	   /* when it last settled something, as the next two */
	int64 settled_lag_us;	   /* since the first commit that it looked for */
	int64 settled_events;
	int64 events_total;		/* since it started, as the next */
	int64 rows_left;		/* that were left for accounts that somebody held */
	TimestampTz left_since; /* 0: nothing is left */
	int64 rows_failed;		/* that stay because their booking fails */
	TimestampTz failed_since;
} SettlerState;

/* Called once, when the library is loaded. */
extern void wake_init(void);

/* True where the library was preloaded, so that there can be workers. */
extern bool wake_is_available(void);

/* Wakes the database's settler when the current transaction commits. */
extern void wake_settler_at_commit(void);

/* The slot of a database; false where there is none. */
extern bool wake_read(Oid database, SettlerState *state);

/* running, paused, not running; or not preloaded. */
extern const char *wake_status_name(const SettlerState *state);

/* For the settler: takes the database's slot; false where another one has it. */
extern bool wake_attach(Oid database);

/* For the settler, from its handler of SIGTERM: it ends by order, whatever it ends with. */
extern void wake_end_by_order(void);

/* For the settler: the first commit that it has not looked for, 0 if none; it looks for them now.
 */
extern TimestampTz wake_look(void);

/* For the settler: what it settled just now; lag_us 0 where nobody woke it for that. */
extern void wake_report_settled(int64 events, int64 lag_us);

/* For the settler: it has looked for all that it was looking for, and what it left. */
extern void wake_report_looked(int64 rows_left, int64 rows_failed);

/* For the settler: true where it shall end. */
extern bool wake_is_paused(Oid database);

/* True where a commit has called for a settler since it last looked. */
extern bool wake_is_pending(Oid database);

/* Makes the supervisor look at its databases now; only where there can be workers. */
extern void wake_supervisor(void);

/* For the supervisor, who wants to hear of pauses and of settlers that end. */
extern void wake_attach_supervisor(void);

/* For the supervisor: frees the slot of a database that is gone or no longer listed. */
extern void wake_free(Oid database);

/* Pauses the database's workers, whether it has any or not; 0 ends a pause. False: no slot is free.
 */
extern bool wake_pause(Oid database, TimestampTz until);

#endif
