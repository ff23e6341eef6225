/*-------------------------------------------------------------------------
 *
 * usage.h
 *	  What becomes of a usage event (books-and-states 4.11): the rules that
 *	  charge() and the settling of the inbox have in common.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_USAGE_H
#define BOOKING_USAGE_H

#include "postgres.h"

#include "booking/booking.h"
#include "core/dedupe.h"
#include "errors.h"
#include "store/api_key_store.h"
#include "store/usage_store.h"

/*
 * Exactly once: the row by which the event's id was recorded before in policy
 * dedupe_window. stored: the rows under its hash. NULL: there is none, and the
 * event gets a free probe.
 */
extern const UsageEvent *usage_find_recorded(const Booking *booking, UsageEvent *event,
											 StoredRequests stored);

/* A fault where a request_id comes again with another payload. */
extern Fault usage_conflict(const UsageEvent *stored, const UsageEvent *event);

/*
 * Decides by all but price and id; key NULL: the account has no such key. On a
 * fault nothing is recorded; else the event's receipt, key name and status are
 * set: rejected, free, or unpriced where usage_price() comes next, or, on a plan
 * (it has a subscription), plan_usage_count().
 */
extern Fault usage_judge(Booking *booking, ApiKeyRow *key, UsageEvent *event);

/*
 * Prices an event: charged, or unpriced still where it has no price, where that
 * has no item for one of its meters, or where the account, with taken_nano of its
 * batch besides, cannot owe that much. A fault where its charge is no amount of
 * money. The prices are held.
 */
extern Fault usage_price(Booking *booking, int64 taken_nano, UsageEvent *event);

/* Tells the first entry of a charge, or of a batch, which usage it and those behind it pay. */
extern void usage_sign(Transfer *first, UsageEvent *const *events, size_t count);

/* Prices an event likewise and takes its charge, alone, from the lots; or counts it on its plan. */
extern Fault usage_charge(Booking *booking, UsageEvent *event);

/* An event that waited is rejected for good. */
extern void usage_reject(const Booking *booking, UsageEvent *event, const char *reason);

/* Whether an event has a price. */
typedef enum UsageRating
{
	USAGE_IS_RATED,
	USAGE_HAS_NO_PRICE,
	USAGE_HAS_UNLISTED_METER, /* its price has no item for one of its meters */
	USAGE_COSTS_TOO_MUCH	  /* more than an amount of money can be */
} UsageRating;

/*
 * What an event costs, by the row that prices it, as prices were corrected at an instant (R20).
 * The row is set unless there is none. The prices are held.
 */
extern UsageRating usage_rate(Booking *booking, const UsageEvent *event, TimestampTz booked_at,
							  Price *price, int64 *charge_nano);

#endif
