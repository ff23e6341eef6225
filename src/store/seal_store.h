/*-------------------------------------------------------------------------
 *
 * seal_store.h
 *	  Rows of seal, seal_account and seal_rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_SEAL_STORE_H
#define STORE_SEAL_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/execnodes.h"

#include "core/hasher.h"

typedef struct Seal
{
	int64 seal_no;
	TimestampTz sealed_at;
	TimestampTz rows_before;
	int64 accounts;
	int32 version;
	Digest root;
} Seal;

/* Of a text that somebody kept elsewhere. */
typedef struct KeptSeal
{
	int64 seal_no;
	Digest root;
	const char *text;
	bool is_here; /* else the books may end before it */
} KeptSeal;

/* Keeps others from making a seal until the transaction ends. */
extern void seal_hold(void);

/* The newest one; false: there is none, and the seal is what one would be before the first. */
extern bool seal_newest(Seal *seal);
extern bool seal_find(int64 seal_no, Seal *seal);

/* The number of the seal behind one, of which nothing is there yet. */
extern int64 seal_next(int64 seal_no);

/*
 * Writes down a seal of this number and these instants: how far the accounts are that moved since
 * the one before, what other tables got from an instant on, and its root. Says how many accounts,
 * and the root.
 */
extern void seal_write(Seal *seal, TimestampTz rows_from);

/* The text of a seal, by its rows: all but the root's line. */
extern char *seal_body(int64 seal_no);

/* Puts a row of type billing.discrepancy for each seal that is another than its rows, or the books,
 * say. */
extern void seal_verify_roots(ReturnSetInfo *result);
extern void seal_verify_rows(int kind, ReturnSetInfo *result);

/* The table of a kind of rows, from 0; NULL: there are no more. */
extern const char *seal_kind(int kind);

/* The same where accounts are not as a seal says that was kept elsewhere. */
extern void seal_compare(const KeptSeal *kept, ReturnSetInfo *result);

/* Puts a row for each kind of rows that seals hold: its name, and the query of its lines. */
extern void seal_list_rows(ReturnSetInfo *result);

#endif
