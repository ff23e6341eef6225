/*-------------------------------------------------------------------------
 *
 * post.h
 *	  Having notifications sent by billing-courier: a part of the clerk's turn.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WORKER_POST_H
#define WORKER_POST_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "worker/child.h"

/*
 * Records what was answered, claims what is due, and has it sent; returns when it wants to be
 * called again, unless billing-courier speaks before.
 */
extern TimestampTz post_turn(void);

/* What it waits for. */
extern const Child *post_child(void);

extern void post_close(void);

#endif
