/*-------------------------------------------------------------------------
 *
 * crash_mark.h
 *	  What a worker was doing when the server went down.
 *
 * A worker that crashes takes the whole server with it, is started again, and
 * crashes again. So it writes, before each piece of work, whose accounts it
 * works on, into a file below the data directory, one per database and kind of
 * worker: it is still there after a crash of the server. (It is not flushed:
 * after a crash of the machine it may say what was true earlier.) A worker that
 * ends because another process crashed says so at the last moment.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BILLING_CRASH_MARK_H
#define BILLING_CRASH_MARK_H

#include "postgres.h"

/* Below the data directory, where the server works; what is kept of the clock is there, too. */
#define CRASH_MARK_DIRECTORY "billing_marks"

typedef enum MarkState
{
	MARK_IDLE,		/* nothing was going on, or there is no file */
	MARK_WORKING,	/* found afterwards: it crashed */
	MARK_BYSTANDER, /* it was working when another process crashed */
	MARK_PARKED		/* the worker itself is not to be started */
} MarkState;

typedef struct CrashMark
{
	MarkState state;
	bool alone;	  /* the one account was tried by itself, after a crash */
	int crashes;  /* in a row */
	size_t count; /* accounts that it worked on; 0: none in particular */
	int64 *accounts;
} CrashMark;

/*
 * For the worker: takes the file of its database and kind, and returns what it
 * was doing when it ended. From here on it is at work on no account in particular.
 */
extern CrashMark crash_mark_attach(Oid database, const char *kind);

/* For the worker: what it works on now; sorted, 10,000 accounts at the most. */
extern void crash_mark_work(const int64 *accounts, size_t count, bool alone);
extern void crash_mark_idle(void);

/* For the worker: it has gone on for long enough without a crash. */
extern void crash_mark_forgive(void);

/* For the worker: it shall not be started again. */
extern void crash_mark_park(void);

/* What a worker is doing or was doing at its end, accounts left out. */
extern CrashMark crash_mark_read(Oid database, const char *kind);

/* The worker may be started again; false where it was not parked. */
extern bool crash_mark_unpark(Oid database, const char *kind);

#endif
