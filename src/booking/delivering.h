/*-------------------------------------------------------------------------
 *
 * delivering.h
 *	  One notification on its way: from its row to a parcel, and from the answer
 *	  to what it changes (B&S 4.9).
 *
 * Between the two is no transaction, and the account is not held: telling delays
 * no booking. At least once: an answer that did not come may mean a second copy,
 * under the same id.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_DELIVERING_H
#define BOOKING_DELIVERING_H

#include "postgres.h"

#include "message/parcel.h"
#include "store/notification_store.h"

/* Whoever claims one has so long to record an answer. */
#define DELIVERING_LEASE_US (60 * INT64CONST(1000000))

/*
 * Claims one that is due: writes down that it is sent, and fills *parcel with what. False where it
 * is not to be sent: somebody holds it, it is stale, it cannot be.
 */
extern bool delivering_claim(const DueNotification *due, Parcel *parcel);

/* Records what became of it; nothing where nobody waits for that any more. */
extern void delivering_record(const DueNotification *due, const ParcelAnswer *answer);

/* Claiming it, or recording its answer, failed by itself: tried again later, and not for ever. */
extern void delivering_put_off(const DueNotification *due);

/*
 * Has one sent again, of that channel (NULL: of any), and returns the state that it was in.
 * Refuses where there is none, or it is being sent.
 */
extern const char *delivering_repeat(int64 account_id, int64 notification_no, const char *channel);

#endif
