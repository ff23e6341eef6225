/*-------------------------------------------------------------------------
 *
 * inbox_row.h
 *	  Judging a request as it was told: a row of the inbox, or the arguments of
 *	  charge() and meter(), which are the same.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_INBOX_ROW_H
#define BOOKING_INBOX_ROW_H

#include "postgres.h"

#include "errors.h"
#include "store/inbox_store.h"
#include "store/usage_store.h"

/* What would be refused of a row, whoever's it is. */
extern Fault inbox_row_fault(const InboxRow *row);

/* The event of a row without such a fault; where it has no stamp it starts when it is booked. */
extern UsageEvent inbox_row_event(const InboxRow *row, TimestampTz booked_at);

#endif
