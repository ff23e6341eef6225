/*-------------------------------------------------------------------------
 *
 * batch.h
 *	  Charges against the entries that paid them (B&S 3.1).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_BATCH_H
#define CORE_BATCH_H

#include "core/stored_event.h"

/* Entries that stand in a row and pay one charge, or one batch of them, as the ledger says it. */
typedef struct BatchEntries
{
	bool is_batch; /* false: of a charge alone */
	int64_t source_id;
	int64_t first_entry_no;
	int64_t last_entry_no;
	int64_t count;
	int128_t amount_nano;
	bool has_bad_amount; /* one is none */
	int64_t recorded_at; /* of the first of them */
	int64_t occurred_at;
	bool is_at_once; /* all are of the same two instants */
	bool is_closed;	 /* of a closed month, whose usage is not kept */
	bool has_digest;
	Digest usage_digest; /* of the first of them */
} BatchEntries;

/* What events say that the entries from one number on paid for them together. */
typedef struct Batch
{
	int64_t events;
	int128_t charge_nano;
	int32_t entry_count;	 /* of the first of them */
	int64_t settled_at;		 /* likewise */
	int64_t occurred_at_max; /* the latest */
	bool is_one;			 /* all say the same count and instant */
} Batch;

/* Takes an entry into those before it; false, and it is not taken, where it is of others. */
extern bool batch_take_entry(BatchEntries *entries, const BatchEntries *entry);

/* Adds the next event, by (occurred_at, request_id); false where it does not begin where the one
 * before it ends. */
extern bool batch_add(Batch *batch, const StoredEvent *event);

/* Whether entries, NULL: none, paid that: of a batch, and of an event alone. */
extern bool batch_is_paid_by(const Batch *batch, const BatchEntries *entries);
extern bool batch_pays_alone(const BatchEntries *entries, const StoredEvent *event);

#endif
