/*-------------------------------------------------------------------------
 *
 * lane.h
 *	  How much of a mail server, an SMS provider or a webhook's host is asked at a
 *	  time: nothing for a while where it cannot be reached, so that it keeps nobody
 *	  else's messages.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WORKER_LANE_H
#define WORKER_LANE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "message/parcel.h"

/* How many parcels of a channel are under way at a time, and to one webhook's host. */
#define LANE_EMAIL_MAX 12
#define LANE_SMS_MAX 4
#define LANE_HOST_MAX 4

/* Whether one more may be sent by it now, and that one is. */
/* True of the lane of a webhook's host; else of all e-mail, or all SMS. */
extern bool lane_is_host(const char *name);

extern bool lane_allows(const char *name, TimestampTz now);
extern void lane_begin(const char *name);

/* What came of one. */
extern void lane_end(const char *name, ParcelResult result, TimestampTz now);

/* One was not sent, by our own fault: it says nothing of the lane. */
extern void lane_withdraw(const char *name);

/* When the first of those that rest may be used again; DT_NOEND: none does. */
extern TimestampTz lane_next_end_of_rest(TimestampTz now);

#endif
