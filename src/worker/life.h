/*-------------------------------------------------------------------------
 *
 * life.h
 *	  What all kinds of workers have in common: how they begin, work in short
 *	  transactions, heed signals, and are parked where they crash.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WORKER_LIFE_H
#define WORKER_LIFE_H

#include "postgres.h"

#include "crash_mark.h"
#include "spi/scope.h"
#include "wake.h"

/*
 * Begins the life of a worker: its signals, its place in the database's slot, its
 * mark, and the connection. Ends the process where another one has the place.
 * Returns what the one before it was doing when it ended.
 */
extern CrashMark life_begin(Oid database, WorkerKind kind);

/* The name of the database. */
extern const char *life_database(void);

/* Overrides a setting of the database or the role that would get in the way. */
extern void life_override(const char *setting, const char *value);

/* A transaction; false where there is no extension, or no tables of this version. */
extern bool life_begin_work(Scope *scope, const char *what);
extern void life_end_work(Scope *scope, bool ready);

/*
 * True where all guards of the tables are there, which a restore makes when their
 * rows are. Remembered while tables and extension are the same. The scope is open.
 */
extern bool life_books_are_complete(void);

/* Ends the process where that is asked for, and reads settings that changed. */
extern void life_heed_signals(void);

/* True where the database is no longer listed, or its workers are paused. */
extern bool life_shall_end(void);

/*
 * For a worker that works on one account at a time, or on none: where it crashed at one, and again,
 * that one is parked; where at none, the worker is, and false.
 */
extern bool life_learn_from_crash(WorkerKind kind, const CrashMark *last);

/* Parks an account, or the worker itself (PARKED_WORKER), at which the server crashed. */
extern void life_park(WorkerKind kind, int64 account_id);

#endif
