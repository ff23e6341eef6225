/*-------------------------------------------------------------------------
 *
 * breaker.c
 *	  One breaker per gateway, so that one that hangs delays no other.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "lib/stringinfo.h"
#include "utils/timestamp.h"

#include "settings.h"
#include "worker/breaker.h"

#define GATEWAYS_MAX 64
#define FAILURES_MAX 5 /* in a row */
#define PROBE_US_MIN (10 * USECS_PER_SEC)
#define PROBE_US_MAX (60 * USECS_PER_SEC)

typedef struct Breaker
{
	char gateway[CALL_NAME_SIZE];
	int calls;			  /* that are made now */
	int limit;			  /* of them; grows with each answer after a failure */
	int failures;		  /* in a row */
	bool is_heard;		  /* since this worker began */
	TimestampTz probe_at; /* while it is open: not before; 0: it is closed */
	int64 probe_us;
	TimestampTz lost_at; /* when calls of it were last lost with billing-caller */
} Breaker;

static Breaker breakers[GATEWAYS_MAX];
static int breakers_count;

/* The gateway's; those beyond GATEWAYS_MAX share the last. */
static Breaker *
find(const char *gateway)
{
	for (int i = 0; i < breakers_count; i++)
		if (strcmp(breakers[i].gateway, gateway) == 0)
			return &breakers[i];
	if (breakers_count == GATEWAYS_MAX)
		return &breakers[GATEWAYS_MAX - 1];
	breakers[breakers_count] = (Breaker){.limit = INT_MAX};
	strlcpy(breakers[breakers_count].gateway, gateway, CALL_NAME_SIZE);
	return &breakers[breakers_count++];
}

static bool
allows(const Breaker *breaker, TimestampTz now)
{
	if (breaker->probe_at != 0 && (breaker->calls > 0 || now < breaker->probe_at))
		return false;
	return breaker->calls < Min(breaker->limit, settings_gateway_calls());
}

bool
breaker_allows(const char *gateway, TimestampTz now)
{
	return allows(find(gateway), now);
}

void
breaker_begin(const char *gateway)
{
	find(gateway)->calls++;
}

static BreakerNews
fail(Breaker *breaker, TimestampTz now)
{
	bool was_open = breaker->probe_at != 0;

	breaker->is_heard = true;
	/* One that was made before it opened says nothing new. */
	if (++breaker->failures < FAILURES_MAX || (was_open && now < breaker->probe_at))
		return BREAKER_UNCHANGED;
	breaker->probe_us = was_open ? Min(breaker->probe_us * 2, PROBE_US_MAX) : PROBE_US_MIN;
	breaker->probe_at = now + breaker->probe_us;
	breaker->limit = 1;
	return was_open ? BREAKER_UNCHANGED : BREAKER_OPENED;
}

static BreakerNews
succeed(Breaker *breaker)
{
	bool is_news = breaker->probe_at != 0 || !breaker->is_heard;

	breaker->is_heard = true;
	breaker->failures = 0;
	breaker->probe_at = 0;
	if (breaker->limit < INT_MAX / 2)
		breaker->limit *= 2;
	return is_news ? BREAKER_CLOSED : BREAKER_UNCHANGED;
}

BreakerNews
breaker_lose(const char *gateway, TimestampTz lost_at)
{
	Breaker *breaker = find(gateway);

	breaker->calls--;
	if (breaker->lost_at == lost_at)
		return BREAKER_UNCHANGED;
	breaker->lost_at = lost_at;
	return fail(breaker, lost_at);
}

BreakerNews
breaker_end(const char *gateway, CallResult result, TimestampTz now)
{
	Breaker *breaker = find(gateway);

	breaker->calls--;
	return result == RESULT_NOT_DELIVERED || result == RESULT_UNANSWERED ? fail(breaker, now)
																		 : succeed(breaker);
}

char *
breaker_busy(TimestampTz now)
{
	StringInfoData busy;

	initStringInfo(&busy);
	for (int i = 0; i < breakers_count; i++)
		if (!allows(&breakers[i], now))
			appendStringInfo(&busy, "%s%s", busy.len > 0 ? "," : "", breakers[i].gateway);
	return busy.data;
}

TimestampTz
breaker_next_probe(TimestampTz now)
{
	TimestampTz next = DT_NOEND;

	for (int i = 0; i < breakers_count; i++)
		if (breakers[i].probe_at > now)
			next = Min(next, breakers[i].probe_at);
	return next;
}
