/*-------------------------------------------------------------------------
 *
 * alert.h
 *	  Balance alerts, decided by whoever books (R11).
 *
 *-------------------------------------------------------------------------
 */
#ifndef API_ALERT_H
#define API_ALERT_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "store/account_store.h"

/*
 * After a booking, its entries written: fires alerts and arms them again, where
 * the account's columns say that any can change at this balance or has to be
 * reviewed. Costs nothing for accounts without.
 */
extern void alerts_decide(Account *account, int64 balance_nano, TimestampTz now);

#endif
