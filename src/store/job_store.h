/*-------------------------------------------------------------------------
 *
 * job_store.h
 *	  The periodic jobs, and pg_cron's table of jobs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_JOB_STORE_H
#define STORE_JOB_STORE_H

#include "postgres.h"

typedef struct Job
{
	const char *name;
	const char *schedule; /* in cron's five fields, GMT */
	const char *command;
} Job;

/* True when pg_cron is installed in this database. */
extern bool job_scheduler_exists(void);

/* Schedules a job, or changes the one of the same name, with the rights of the caller. */
extern void job_schedule(const Job *job);

/* Removes the caller's job of that name; false where he has none. */
extern bool job_unschedule(const char *name);

/* The statement that schedules a job from the database that pg_cron is in. */
extern char *job_sql(const Job *job);

#endif
