/*-------------------------------------------------------------------------
 *
 * supervisor.h
 *	  Registering the supervisor, and the setting billing.databases.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WORKER_SUPERVISOR_H
#define WORKER_SUPERVISOR_H

#include "postgres.h"

/* A worker that ran as long has not failed. */
#define GOOD_RUN_MS 60000

/* True where billing.databases names that database. */
extern bool supervisor_lists(const char *database);

/* Called once, when the library is loaded. */
extern void supervisor_init(void);

#endif
