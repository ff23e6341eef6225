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

/* Whether one more call of it may be made now, and that one is. */
extern bool breaker_allows(const char *gateway, TimestampTz now);
extern void breaker_begin(const char *gateway);

/* A call of it has ended. */
extern void breaker_end(const char *gateway, const GatewayAnswer *answer, TimestampTz now);

/* A call of it was never made, by our own fault: it says nothing of the gateway. */
extern void breaker_withdraw(const char *gateway);

/* A call of it was lost when billing-caller ended: all that were lost then are one failure. */
extern void breaker_lose(const char *gateway, TimestampTz lost_at);

/* It did not answer when the worker before this one ended. */
extern void breaker_remember(const char *gateway, const char *because, TimestampTz now);

/*
 * What is to be told of a gateway: that it does not answer, or that it does; the latter also once
 * of each at the beginning, and where nobody had anything to ask one by which to find out.
 */
typedef struct BreakerNews
{
	int place;
	const char *gateway;
	const char *because; /* NULL: it answers */
	bool is_guess;		 /* nobody has asked it */
} BreakerNews;

/* The next behind *news that was not told yet; *news is zeros at first. */
extern bool breaker_next_news(BreakerNews *news, TimestampTz now);

/* It is told; or was a guess, and there is something to ask it now. */
extern void breaker_told(const BreakerNews *news);
extern void breaker_probes(const BreakerNews *news, TimestampTz now);

/* The gateways of which no call may be made now, with commas between them. */
extern char *breaker_busy(TimestampTz now);

/* When the first of them may be probed; DT_NOEND where none waits for that. */
extern TimestampTz breaker_next_probe(TimestampTz now);

#endif
