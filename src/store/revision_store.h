/*-------------------------------------------------------------------------
 *
 * revision_store.h
 *	  Rows of charge_revision: charges that were re-rated (R20).
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_REVISION_STORE_H
#define STORE_REVISION_STORE_H

#include "postgres.h"

#include "nodes/execnodes.h"

#include "store/usage_store.h"

typedef struct Revision
{
	int32 revision_no;
	int64 rerate_no;
	int64 old_price_id;
	int64 price_id;
	int64 old_charge_nano;
	int64 charge_nano;
	int64 amount_nano; /* charged; below 0: given back */
	int64 written_off_nano;
	int64 first_entry_no;
	int32 entry_count;
} Revision;

/* Those of an event, the oldest first. The account is held. */
extern Revision *revision_list(const UsageEvent *event, size_t *count);

/* The newest of an event, in the caller's snapshot; false where it was never re-rated. */
extern bool revision_read_newest(const UsageEvent *event, Revision *revision);

extern void revision_insert(const UsageEvent *event, const Revision *revision, TimestampTz now);

/* Lines of explain_charge(): what an event cost before, and what its revisions moved. */
extern void revision_report_before(const UsageEvent *event, ReturnSetInfo *result);
extern void revision_report_moves(const UsageEvent *event, ReturnSetInfo *result);

#endif
