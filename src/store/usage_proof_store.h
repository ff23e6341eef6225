/*-------------------------------------------------------------------------
 *
 * usage_proof_store.h
 *	  All usage against itself, its prices and its entries, in one pass (B&S 3.1).
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_USAGE_PROOF_STORE_H
#define STORE_USAGE_PROOF_STORE_H

#include "postgres.h"

#include "store/discrepancy_store.h"

/*
 * The checks of verify() on usage_event that look at each of its rows: one scan of
 * it, in the order of accounts and of the entries that paid, beside one of the
 * entries that usage made. Of all accounts, or (only not NULL) of one, in the
 * snapshot of the caller's query.
 *
 * Tells usage_bounds, usage_request, request_hash, charge_without_slices,
 * usage_meters, entry_range, charge_slices, charge_entries, batch_slices,
 * batch_order, usage_digest, usage_revenue, usage_key, usage_stamp, charge_price,
 * charge_price_choice, plan_credits; and revision_price of revisions.
 */
extern void usage_proof_run(const int64 *only, Telling *telling);

#endif
