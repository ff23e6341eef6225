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
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "settings.h"
#include "worker/breaker.h"

#define FAILURES_MAX 5 /* in a row */
#define PROBE_US_MIN (10 * USECS_PER_SEC)
#define PROBE_US_MAX (60 * USECS_PER_SEC)

/* One that could have been probed so long ago is one that nobody has anything to ask. */
#define OFFER_US (10 * USECS_PER_SEC)

typedef enum Told
{
	TOLD_NOTHING,
	TOLD_ANSWERS,
	TOLD_SILENT,
} Told;

typedef struct Breaker
{
	char gateway[CALL_NAME_SIZE];
	int calls;			  /* that are made now */
	int limit;			  /* of them; grows with each answer after a failure */
	int failures;		  /* in a row */
	TimestampTz probe_at; /* while it is open: not before; 0: it is closed */
	int64 probe_us;
	TimestampTz lost_at; /* when calls of it were last lost with billing-caller */
	Told told;
	char because[CALL_CODE_SIZE]; /* how the last call failed */
} Breaker;

static Breaker *breakers;
static int breakers_count;
static int breakers_room;

static Breaker *
add(const char *gateway)
{
	Breaker *breaker;

	if (breakers_count == breakers_room)
	{
		int room = Max(2 * breakers_room, 16);

		breakers = breakers ? repalloc(breakers, room * sizeof(Breaker))
							: MemoryContextAlloc(TopMemoryContext, room * sizeof(Breaker));
		breakers_room = room;
	}
	breaker = &breakers[breakers_count++];
	*breaker = (Breaker){.limit = INT_MAX};
	strlcpy(breaker->gateway, gateway, CALL_NAME_SIZE);
	return breaker;
}

/* Names of gateways are shorter than CALL_NAME_SIZE: others are not listed. */
static Breaker *
find(const char *gateway)
{
	for (int i = 0; i < breakers_count; i++)
		if (strcmp(breakers[i].gateway, gateway) == 0)
			return &breakers[i];
	return add(gateway);
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

static void
fail(Breaker *breaker, const char *because, TimestampTz now)
{
	bool was_open = breaker->probe_at != 0;

	/* One that was made before it opened says nothing new. */
	if (++breaker->failures < FAILURES_MAX || (was_open && now < breaker->probe_at))
		return;
	breaker->probe_us = was_open ? Min(breaker->probe_us * 2, PROBE_US_MAX) : PROBE_US_MIN;
	breaker->probe_at = now + breaker->probe_us;
	breaker->limit = 1;
	strlcpy(breaker->because, because[0] ? because : "unanswered", CALL_CODE_SIZE);
}

static void
succeed(Breaker *breaker)
{
	breaker->failures = 0;
	breaker->probe_at = 0;
	if (breaker->limit < INT_MAX / 2)
		breaker->limit *= 2;
}

void
breaker_lose(const char *gateway, TimestampTz lost_at)
{
	Breaker *breaker = find(gateway);

	breaker->calls--;
	if (breaker->lost_at == lost_at)
		return;
	breaker->lost_at = lost_at;
	fail(breaker, "caller_ended", lost_at);
}

void
breaker_end(const char *gateway, const GatewayAnswer *answer, TimestampTz now)
{
	Breaker *breaker = find(gateway);

	breaker->calls--;
	if (answer->result == RESULT_NOT_DELIVERED || answer->result == RESULT_UNANSWERED)
		fail(breaker, answer->code, now);
	else
		succeed(breaker);
}

void
breaker_withdraw(const char *gateway)
{
	find(gateway)->calls--;
}

void
breaker_remember(const char *gateway, const char *because, TimestampTz now)
{
	Breaker *breaker = find(gateway);

	breaker->failures = FAILURES_MAX;
	breaker->limit = 1;
	breaker->probe_us = PROBE_US_MIN;
	breaker->probe_at = now;
	breaker->told = TOLD_SILENT;
	strlcpy(breaker->because, because, CALL_CODE_SIZE);
}

static Told
what_is_so(const Breaker *breaker, TimestampTz now)
{
	if (breaker->probe_at == 0)
		/* Nobody knows before the first call has ended. */
		return breaker->told == TOLD_NOTHING && breaker->calls > 0 ? TOLD_NOTHING : TOLD_ANSWERS;
	return breaker->calls == 0 && now >= breaker->probe_at + OFFER_US ? TOLD_ANSWERS : TOLD_SILENT;
}

bool
breaker_next_news(BreakerNews *news, TimestampTz now)
{
	for (int i = news->place; i < breakers_count; i++)
	{
		const Breaker *breaker = &breakers[i];
		Told so = what_is_so(breaker, now);

		if (so == breaker->told)
			continue;
		*news = (BreakerNews){i + 1, breaker->gateway, so == TOLD_SILENT ? breaker->because : NULL,
							  so == TOLD_ANSWERS && breaker->probe_at != 0};
		return true;
	}
	return false;
}

void
breaker_told(const BreakerNews *news)
{
	breakers[news->place - 1].told = news->because ? TOLD_SILENT : TOLD_ANSWERS;
}

void
breaker_probes(const BreakerNews *news, TimestampTz now)
{
	breakers[news->place - 1].probe_at = now;
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
