/*-------------------------------------------------------------------------
 *
 * verify_store.h
 *	  The invariants of the books, each as a query that finds what breaks it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_VERIFY_STORE_H
#define STORE_VERIFY_STORE_H

#include "postgres.h"

#include "nodes/execnodes.h"

#include "store/seal_store.h"

/*
 * Each puts a row of type billing.discrepancy into the result for each one found.
 * False where there are no such tables as the others read: whatever stands there
 * is the owner's, and must not be asked.
 */
extern bool verify_tables(ReturnSetInfo *result);
extern void verify_books(ReturnSetInfo *result);
extern void verify_replay(ReturnSetInfo *result);
extern void verify_usage(ReturnSetInfo *result);
extern void verify_detached_months(ReturnSetInfo *result);
extern void verify_seals(ReturnSetInfo *result);
extern void verify_policies(ReturnSetInfo *result);
extern void verify_guards(ReturnSetInfo *result);

/* The same where the books are not as a seal says that was kept elsewhere. */
extern void verify_kept_seal(KeptSeal *kept, ReturnSetInfo *result);

/* The same of all that can be seen of one account by its own rows. */
extern void verify_account(int64 account_id, ReturnSetInfo *result);

#endif
