/*-------------------------------------------------------------------------
 *
 * usage_store.h
 *	  Rows of usage_event and charge_reversal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_USAGE_STORE_H
#define STORE_USAGE_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/books.h"
#include "core/rating.h"
#include "store/ledger_store.h"

typedef enum UsageStatus
{
	USAGE_STATUS_CHARGED,
	USAGE_STATUS_FREE,
	USAGE_STATUS_REJECTED,
	USAGE_STATUS_UNPRICED,
	USAGE_STATUS_PLAN
} UsageStatus;

/* A request as the caller tells it: what makes two reports of it the same. */
typedef struct UsagePayload
{
	int64 key_id;
	const char *model;
	const char *variant; /* empty: the standard one */
	TokenCounts tokens;
	const Meters *meters; /* NULL: none */
} UsagePayload;

/* batch_offset_nano of an event that was booked alone. */
#define NO_BATCH (-1)

typedef struct UsageEvent
{
	int64 account_id;
	const char *request_id;
	int64 request_hash;
	int16 probe;
	UsagePayload payload;
	const char *tags; /* as tags_read() writes them; NULL: none */
	const char *key_name;
	const char *project; /* of the key; empty: none */
	TimestampTz occurred_at;
	bool is_unstamped; /* it came without: not in events that are read */
	TimestampTz recorded_at;
	TimestampTz settled_at; /* 0 while unpriced */
	int64 price_id;			/* charged rows only, as the next three */
	int64 charge_nano;
	int64 first_entry_no;
	int32 entry_count;
	int64 batch_offset_nano; /* NO_BATCH where its entries are its own */
	int64 subscription_no;	 /* on a plan: the one it drew on; while unpriced its period; else
								NO_NUMBER */
	int64 quota_no;			 /* rows counted on a plan only, as the next three */
	int64 window_no;		 /* NO_NUMBER: it has none */
	int64 weight_id;
	int64 credits_nano;
	UsageStatus status;
	const char *reason; /* NULL where charged, or counted on a plan */
} UsageEvent;

/* Which entries paid a charged event. */
static inline ChargeShare
usage_share(const UsageEvent *event)
{
	return (ChargeShare){event->first_entry_no, event->entry_count,
						 Max(event->batch_offset_nano, 0), event->charge_nano};
}

/* What of an event chooses its price, or its weight. */
static inline PriceQuery
usage_price_query(const UsageEvent *event)
{
	return (PriceQuery){.price_list = "",
						.variant = event->payload.variant,
						.prompt_tokens = rating_prompt_tokens(&event->payload.tokens),
						.occurred_at = event->occurred_at};
}

/* Why usage waits whose price has no item for one of its meters. */
#define USAGE_METER_UNLISTED "meter_unlisted"

/* The short key under which a request is found again (core/request_hash). */
extern int64 usage_request_hash(const char *request_id);

extern const char *usage_status_name(UsageStatus status);
extern bool usage_status_exists(const char *name);

/* From a row's columns: false where they were altered. meters: NULL where json is. */
extern bool usage_read_status(const char *name, UsageStatus *status);
extern bool usage_read_meters(const char *json, const Meters **meters);

/* The newest row of a request_id, of that occurred_at unless it is DT_NOBEGIN. */
extern bool usage_find(int64 account_id, const char *request_id, TimestampTz occurred_at,
					   UsageEvent *stored);

/* The same for readers, in the caller's snapshot. */
extern bool usage_read(int64 account_id, const char *request_id, TimestampTz occurred_at,
					   UsageEvent *stored);

/* Turns an unpriced row into one that is charged, counted on its plan, or rejected since no plan
 * covers it any more. */
extern void usage_update_settled(const UsageEvent *event);

/* Turns an unpriced row into one that an operator rejected. */
#define USAGE_REJECTED_BY_OPERATOR "rejected_by_operator"
extern void usage_update_rejected(const UsageEvent *event, TimestampTz settled_at);

/* Accounts behind one with unpriced rows that have a price by now, in the order of their ids. */
extern int64 *usage_settleable_accounts(int64 after, int64 accounts_max, size_t *count);

/*
 * The account's unpriced rows that have a price by now and come after an event,
 * in the order in which they are charged (R7). The account is held.
 */
extern UsageEvent *usage_settleable(int64 account_id, const UsageEvent *after, int64 events_max,
									size_t *count);

/* Which charges: of calls that began in [from, to), of a model (NULL: any), as prices were
 * corrected by an instant. */
typedef struct CorrectedUsage
{
	TimestampTz occurred_from;
	TimestampTz occurred_to;
	const char *model;
	TimestampTz prices_at;
} CorrectedUsage;

/* A charge whose price has a correction that it does not have yet. */
typedef struct CorrectedEvent
{
	UsageEvent event;
	int64 price_id;	   /* that it has by now */
	int64 booked_nano; /* of it */
	int64 reversal_id; /* NO_NUMBER: it is not undone */
} CorrectedEvent;

/* What is booked: up to an entry; a charge of nothing, which has none, up to an instant. */
typedef struct UsageBooked
{
	int64 last_entry_no;
	TimestampTz until;
} UsageBooked;

/* Where in an account's events a look goes on, in the order of an index. */
typedef struct UsageCursor
{
	int64 request_hash;
	int16 probe;
	TimestampTz recorded_at; /* DT_NOBEGIN: at their begin */
} UsageCursor;

/* Those of an account that were booked by then, behind a cursor. */
extern CorrectedEvent *usage_list_corrected(int64 account_id, const CorrectedUsage *usage,
											UsageBooked booked, const UsageCursor *after,
											int64 events_max, size_t *count);

/* True while the account has usage that is not settled. */
extern bool usage_is_unsettled(int64 account_id);

/* True when the charge of that row was undone. */
extern bool usage_is_reversed(const UsageEvent *event);

extern int64 usage_next_reversal_id(int64 account_id);
extern void usage_insert_reversal(const UsageEvent *event, int64 reversal_id, int64 amount_nano,
								  TimestampTz now, const char *actor, const char *reason);

/* How many events were received before an instant and have no price, counted up to
 * WAITING_COUNT_MAX. */
extern int64 usage_unpriced(TimestampTz before);

#endif
