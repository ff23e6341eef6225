/*-------------------------------------------------------------------------
 *
 * clock_repair.h
 *	  Taking an account that is ahead of the clock back to the time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_CLOCK_REPAIR_H
#define BOOKING_CLOCK_REPAIR_H

#include "postgres.h"

#include "store/clock_repair_store.h"

/*
 * Of repair, account, actor and reason are given; the rest is filled in. Returns the bonus that
 * came back, since it had expired by the wrong clock alone.
 */
extern int64 clock_repair_book(ClockRepair *repair);

#endif
