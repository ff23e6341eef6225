/*-------------------------------------------------------------------------
 *
 * wording.h
 *	  What a notification says, by templates and its own facts, as a parcel.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_WORDING_H
#define BOOKING_WORDING_H

#include "postgres.h"

#include "message/parcel.h"
#include "store/notification_store.h"

/* Fills a parcel. NULL, or why it cannot be sent. */
extern const char *wording_fill(const Notification *notification, TimestampTz now, Parcel *parcel);

#endif
