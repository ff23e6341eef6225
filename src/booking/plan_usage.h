/*-------------------------------------------------------------------------
 *
 * plan_usage.h
 *	  Usage of plan keys: which quota it draws on, once and for all (R3, B&S 4.8).
 *
 * The quotas of a booking's account are loaded when the first event of a plan
 * key needs them, and written when the booking is finished.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_PLAN_USAGE_H
#define BOOKING_PLAN_USAGE_H

#include "postgres.h"

#include "booking/booking.h"
#include "store/subscription_store.h"
#include "store/usage_store.h"

/*
 * Why no period covers an instant; GATE_OPEN where one does: then *subscription_no is its.
 */
extern GateReason plan_usage_reason(Booking *booking, TimestampTz at, int64 *subscription_no);

/*
 * Counts an event on the period that covers its instant; rejected where none does any more;
 * unpriced still, and false, where its model has no weight there. The prices are held.
 */
extern bool plan_usage_count(Booking *booking, UsageEvent *event);

#endif
