/*-------------------------------------------------------------------------
 *
 * alert.h
 *	  Balance alerts, decided by whoever books (R11).
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_ALERT_H
#define BOOKING_ALERT_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/alert.h"
#include "store/account_store.h"

/*
 * After a booking, its entries written: fires alerts and arms them again, where
 * the account's columns say that any can change at this balance or has to be
 * reviewed. Costs nothing for accounts without. is_silent: a fall below is not told (a
 * refund's own reserve).
 */
extern void alert_decide(Account *account, int64 balance_nano, TimestampTz now, bool is_silent);

/* The same, whatever the account's columns say. */
extern void alert_decide_now(Account *account, int64 balance_nano, TimestampTz now, bool is_silent);

/* Brings the spend of runway alerts up to date; returns when to do so again at the latest. */
extern TimestampTz alert_review(const Account *account, Alert *alerts, size_t count,
								TimestampTz now);

#endif
