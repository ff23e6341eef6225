/*-------------------------------------------------------------------------
 *
 * running_store.h
 *	  Transactions of this database that others have under way.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_RUNNING_STORE_H
#define STORE_RUNNING_STORE_H

#include "postgres.h"

/*
 * Waits until those have ended that are under way now; false where one has not in time,
 * or is prepared. What any of them may still write, it has written then.
 */
extern bool running_wait(int64 timeout_us);

#endif
