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
#include "store/discrepancy_store.h"

/* Called with what replaying an account came to. */
typedef void (*ReplayVisitor)(int64 account_id, const ReplayFinding *finding, Telling *telling);

/*
 * Replays all accounts that have entries, or (only not NULL) one, in the snapshot of the
 * caller's query, and compares all accounts and lots with their entries
 * (ledger_proof_store). Of an account no more is in memory than its lots, and what
 * undoing its charges must know.
 */
extern void replay_visit(const int64 *only, ReplayVisitor visit, Telling *telling);

#endif
