/*-------------------------------------------------------------------------
 *
 * reconciling.h
 *	  A day of a gateway's bills, compared with the books (B&S 4.13).
 *
 * Nobody signs a bill: what stands in one and not in the books is asked for, and
 * its verified answer is booked. Fees and settlements are booked as the bill has
 * them, once, and where a later bill of the day has others, the difference.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_RECONCILING_H
#define BOOKING_RECONCILING_H

#include "postgres.h"

#include "gateway/bill.h"
#include "gateway/call.h"
#include "gateway/provider.h"
#include "store/bill_store.h"
#include "store/reconciliation_store.h"

/* Rows that are stored, or compared, in one transaction. */
#define RECONCILING_ROWS 1000

/* The last day that is over by a provider's calendar. */
extern void reconciling_last_day(const Provider *provider, TimestampTz now, char day[DAY_SIZE]);

/* False where it is no day, or not over yet by the provider's calendar. */
extern bool reconciling_is_over(const Provider *provider, const char *day, TimestampTz now);

/* Under which other name of its merchant account the bills of the day are compared; NULL: none. */
extern const char *reconciling_other_name(const ReconciliationKey *key);

/* Claims a bill that is to be fetched, for as long as rows of it come. */
extern bool reconciling_claim_bill(Reconciliation *run, GatewayCall *call);

/* Stores rows of it, from the one of a number on within the bill. */
extern void reconciling_store(const Reconciliation *run, const BillRow *rows, size_t count,
							  int64 first);

/* All of it is here, so many rows; or there is none. */
extern void reconciling_record_bill(const Reconciliation *run, const GatewayAnswer *answer,
									int64 stored);

/* Stores a run with the rows of a bill that an operator brings; the text is changed. Refuses one
 * that cannot be read, and a day whose run goes on. */
extern void reconciling_import(Reconciliation *run, char *csv);

/* Goes on with one run; false where none is due. */
extern bool reconciling_advance(void);

/* The run that reconciling_advance() failed at goes on later; by its own fault not for ever. */
extern void reconciling_put_off(bool is_own_fault);

/* Claims a row whose truth is asked for; gateways with commas between them are left alone. */
extern bool reconciling_claim_asked(const char *busy, AskedRow *row, GatewayCall *call);

/* Books what the gateway says of it. */
extern void reconciling_record_asked(AskedRow *row, const GatewayAnswer *answer);

/* Forgets rows of bills that nobody looks at any more, a part of them; true where there are more.
 */
extern bool reconciling_forget(void);

#endif
