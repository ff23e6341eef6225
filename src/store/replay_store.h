/*-------------------------------------------------------------------------
 *
 * replay_store.h
 *	  Reading the books account by account, to do them once more (core/replay).
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_REPLAY_STORE_H
#define STORE_REPLAY_STORE_H

#include "postgres.h"

#include "core/replay.h"

/* Called with what replaying an account came to. */
typedef void (*ReplayVisitor)(int64 account_id, const ReplayFinding *finding, void *argument);

/*
 * Replays all accounts that have entries, or (only not NULL) one, in the snapshot of the
 * caller's query. Of an account no more is in memory than its lots, and what
 * undoing its charges must know.
 */
extern void replay_visit(const int64 *only, ReplayVisitor visit, void *argument);

#endif
