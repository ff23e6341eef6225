/*-------------------------------------------------------------------------
 *
 * supervisor.h
 *	  Registering the supervisor, and the setting billing.databases.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WORKER_SUPERVISOR_H
#define WORKER_SUPERVISOR_H

/* Called once, when the library is loaded. */
extern void supervisor_init(void);

#endif
