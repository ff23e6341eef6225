/*-------------------------------------------------------------------------
 *
 * chain.h
 *	  The hash chain over an account's ledger entries (books-and-states 3.1).
 *
 * Each entry's chain is a digest over the one of the entry before it and all of
 * its own columns: who changes, takes out or puts in an entry changes the chains
 * of all behind it. The usage that an entry pays goes in as one digest, which
 * stays when the month of that usage is dropped.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_CHAIN_H
#define CORE_CHAIN_H

#include "core/hasher.h"
#include "core/meters.h"
#include "core/rating.h"

/* Raised by another column, or another form of one. */
#define CHAIN_VERSION 1

/* An entry as its row says. Instants are microseconds of the server's epoch, 2000. */
typedef struct ChainEntry
{
	int64_t account_id;
	int64_t entry_no;
	int64_t occurred_at;
	int64_t recorded_at;
	int64_t source_id;
	int64_t lot_no; /* 0: null, as the next two */
	int64_t subscription_no;
	int64_t undoes_entry_no;
	int64_t amount_nano;
	const char *debit;
	const char *credit;
	const char *source_type;
	const char *gateway; /* NULL: null, as the next two */
	const char *actor;
	const Digest *usage_digest;
} ChainEntry;

/* A charged usage event, but for what may be somebody's name: of its key, of a project, tags. */
typedef struct ChainUsage
{
	const char *request_id;
	int64_t occurred_at;
	int64_t recorded_at;
	int64_t key_id;
	const char *model;
	const char *variant; /* NULL: the standard one */
	TokenCounts tokens;
	const Meters *meters; /* NULL: none */
	int64_t price_id;
	int64_t charge_nano;
} ChainUsage;

/* What the first entry of an account follows: nothing but zeros. */
extern const Digest chain_start;

/* The chain of an entry behind that of the one before it. As hasher_end(), all of them. */
extern bool chain_entry(const Digest *before, const ChainEntry *entry, Digest *chain);

/* The digest of one usage event, and of all that were charged together, in the order of R7: these
 * at once, or put one by one into what was begun. */
extern bool chain_usage_event(const ChainUsage *usage, Digest *digest);
extern void chain_usage_begin(Hasher *hasher);
extern bool chain_usage(const Digest *events, size_t count, Digest *digest);

#endif
