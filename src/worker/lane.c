/*-------------------------------------------------------------------------
 *
 * lane.c
 *	  Lanes, as far as something is under way or they rest.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/hsearch.h"
#include "utils/timestamp.h"

#include "worker/lane.h"

#define REST_US_MIN (1 * USECS_PER_SEC)
#define REST_US_MAX (60 * USECS_PER_SEC)

/* Customers name hosts: those of which there is nothing to remember are forgotten. */
#define LANES_KEPT 1024

typedef struct Lane
{
	char name[PARCEL_ADDRESS_SIZE]; /* the key */
	int under_way;
	TimestampTz rests_until; /* 0: it has not failed */
	int64 rest_us;
} Lane;

static HTAB *lanes;

static void
forget_idle(TimestampTz now)
{
	HASH_SEQ_STATUS scan;
	Lane *lane;

	hash_seq_init(&scan, lanes);
	while ((lane = hash_seq_search(&scan)) != NULL)
		if (lane->under_way == 0 && lane->rests_until <= now)
			(void) hash_search(lanes, lane->name, HASH_REMOVE, NULL);
}

static Lane *
find(const char *name, TimestampTz now)
{
	Lane *lane;
	bool found;

	if (lanes == NULL)
		lanes = hash_create("billing lanes", LANES_KEPT,
							&(HASHCTL){.keysize = PARCEL_ADDRESS_SIZE, .entrysize = sizeof(Lane)},
							HASH_ELEM | HASH_STRINGS);
	if (hash_get_num_entries(lanes) >= LANES_KEPT)
		forget_idle(now);
	lane = hash_search(lanes, name, HASH_ENTER, &found);
	if (!found)
	{
		lane->under_way = 0;
		lane->rests_until = lane->rest_us = 0;
	}
	return lane;
}

bool
lane_is_host(const char *name)
{
	return strcmp(name, parcel_channel_name(PARCEL_EMAIL)) != 0 &&
		   strcmp(name, parcel_channel_name(PARCEL_SMS)) != 0;
}

static int
most(const char *name)
{
	if (lane_is_host(name))
		return LANE_HOST_MAX;
	return strcmp(name, parcel_channel_name(PARCEL_SMS)) == 0 ? LANE_SMS_MAX : LANE_EMAIL_MAX;
}

/* One that failed is tried by one message. */
bool
lane_allows(const char *name, TimestampTz now)
{
	const Lane *lane = find(name, now);

	if (lane->rests_until != 0)
		return lane->under_way == 0 && lane->rests_until <= now;
	return lane->under_way < most(name);
}

void
lane_begin(const char *name)
{
	find(name, GetCurrentTimestamp())->under_way++;
}

/* An address that is refused, or slow, is none of the lane's fault. */
void
lane_end(const char *name, ParcelResult result, TimestampTz now)
{
	Lane *lane = find(name, now);

	lane->under_way--;
	if (result != PARCEL_NOT_SENT && result != PARCEL_MISCONFIGURED)
	{
		lane->rests_until = lane->rest_us = 0;
		return;
	}
	lane->rest_us = Min(Max(lane->rest_us * 2, REST_US_MIN), REST_US_MAX);
	lane->rests_until = now + lane->rest_us;
}

void
lane_withdraw(const char *name)
{
	find(name, GetCurrentTimestamp())->under_way--;
}

TimestampTz
lane_next_end_of_rest(TimestampTz now)
{
	TimestampTz next = DT_NOEND;
	HASH_SEQ_STATUS scan;
	const Lane *lane;

	if (lanes == NULL)
		return next;
	hash_seq_init(&scan, lanes);
	while ((lane = hash_seq_search(&scan)) != NULL)
		if (lane->rests_until > now)
			next = Min(next, lane->rests_until);
	return next;
}
