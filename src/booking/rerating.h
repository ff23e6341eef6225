/*-------------------------------------------------------------------------
 *
 * rerating.h
 *	  Giving booked charges the prices that were corrected since (R20).
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_RERATING_H
#define BOOKING_RERATING_H

#include "postgres.h"

#include "store/rerate_store.h"

/*
 * Writes down what would move, of each account, and what is passed over: nothing moves. Sets the
 * re-rating's number and the instant of its prices. Refuses where another one of these charges is
 * not finished.
 */
extern void rerating_plan(Rerate *rerate);

/* Refuses where another one of these charges has begun since it was asked for; else it begins. */
extern void rerating_begin(const Rerate *rerate, TimestampTz now);

/* How a step goes about it. */
typedef enum RerateReach
{
	RERATE_ONE_ACCOUNT, /* it waits for one, where somebody holds them all */
	RERATE_FREE_ACCOUNTS
} RerateReach;

/* Looks at some charges, and books the differences; returns how many have their new price now. */
extern int64 rerating_continue(const Rerate *rerate, int64 events_max, RerateReach reach);

#endif
