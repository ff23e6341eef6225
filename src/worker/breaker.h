/*-------------------------------------------------------------------------
 *
 * breaker.h
 *	  How much of a gateway is asked at a time: less while it fails, nothing but a
 *	  probe when it does not answer, and slowly more when it is back.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WORKER_BREAKER_H
#define WORKER_BREAKER_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "gateway/call.h"

/* What an answer changed. */
typedef enum BreakerNews
{
	BREAKER_UNCHANGED,
	BREAKER_OPENED, /* it does not answer */
	BREAKER_CLOSED	/* it answers; also said once of each gateway at the beginning */
} BreakerNews;

/* Whether one more call of it may be made now, and that one is. */
extern bool breaker_allows(const char *gateway, TimestampTz now);
extern void breaker_begin(const char *gateway);

/* A call of it has ended. */
extern BreakerNews breaker_end(const char *gateway, CallResult result, TimestampTz now);

/* A call of it was lost when billing-caller ended: all that were lost then are one failure. */
extern BreakerNews breaker_lose(const char *gateway, TimestampTz lost_at);

/* The gateways of which no call may be made now, with commas between them. */
extern char *breaker_busy(TimestampTz now);

/* When the first of them may be probed; DT_NOEND where none waits for that. */
extern TimestampTz breaker_next_probe(TimestampTz now);

#endif
