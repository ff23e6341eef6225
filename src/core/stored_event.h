/*-------------------------------------------------------------------------
 *
 * stored_event.h
 *	  A row of usage_event as it stands there, and whether it can be true (B&S 3.1).
 *
 * For verify(): anybody may have written the row. Nothing is an error here, and
 * what is null is said to be. Instants are microseconds of the server's epoch.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_STORED_EVENT_H
#define CORE_STORED_EVENT_H

#include "core/chain.h"

/* The columns, as they are read. */
typedef enum EventColumn
{
	EVENT_ACCOUNT_ID,
	EVENT_FIRST_ENTRY_NO,
	EVENT_ENTRY_COUNT,
	EVENT_BATCH_OFFSET,
	EVENT_STATUS,
	EVENT_REASON,
	EVENT_REQUEST_ID,
	EVENT_REQUEST_HASH,
	EVENT_PROBE,
	EVENT_OCCURRED_AT,
	EVENT_RECORDED_AT,
	EVENT_SETTLED_AT,
	EVENT_KEY_ID,
	EVENT_KEY_NAME,
	EVENT_PROJECT,
	EVENT_MODEL,
	EVENT_VARIANT,
	EVENT_INPUT_TOKENS,
	EVENT_CACHE_READ_TOKENS,
	EVENT_CACHE_WRITE_TOKENS,
	EVENT_OUTPUT_TOKENS,
	EVENT_METERS,
	EVENT_PRICE_ID,
	EVENT_CHARGE,
	EVENT_CREDITS,
	EVENT_SUBSCRIPTION_NO,
	EVENT_QUOTA_NO,
	EVENT_WINDOW_NO,
	EVENT_WEIGHT_ID,
	EVENT_COLUMNS
} EventColumn;

/* What is null is 0 or an empty text. */
typedef struct StoredEvent
{
	bool nulls[EVENT_COLUMNS];
	int64_t account_id;
	int64_t first_entry_no;
	int32_t entry_count;
	StoredAmount batch_offset;
	const char *status;
	const char *reason;
	const char *request_id;
	int64_t request_hash;
	int16_t probe;
	int64_t occurred_at;
	int64_t recorded_at;
	int64_t settled_at;
	int64_t key_id;
	const char *key_name;
	const char *project;
	const char *model;
	const char *variant;
	TokenCounts tokens;
	Meters meters;
	const char *meters_text;
	bool has_bad_meters;
	int64_t price_id;
	StoredAmount charge;
	StoredAmount credits;
	int64_t subscription_no;
	int64_t weight_id;
} StoredEvent;

/* A clock that was ahead had booked the account, up to an entry and an instant (B&S 1.4). */
typedef struct EventRepair
{
	int64_t last_entry_no;
	int64_t corrected_at;
	int64_t booked_until;
} EventRepair;

/* A lock of the account: refund, operator, dispute, closed. */
typedef struct EventLock
{
	const char *lock;
	int64_t locked_at;
	bool is_lifted;
	int64_t unlocked_at;
} EventLock;

/* When a key was set to expire. */
typedef struct EventExpiry
{
	bool expires;
	int64_t expires_at;
} EventExpiry;

/* What an account and a key say of when they were there. */
typedef struct EventTimes
{
	bool has_account;
	int64_t account_created_at;
	int64_t last_booked_at;
	bool has_key;
	int64_t key_created_at;
	bool is_key_deleted;
	int64_t key_deleted_at;
	const EventRepair *repairs;
	size_t repairs_count;
	const EventLock *locks;
	size_t locks_count;
} EventTimes;

/* NULL where it counts nothing beside its tokens, or what cannot be read. */
extern const Meters *stored_event_meters(const StoredEvent *event);

extern bool stored_event_has_status(const StoredEvent *event, const char *status);

/* Charged by itself and paid by entries; of those that a batch pays false. */
extern bool stored_event_is_paid_alone(const StoredEvent *event);

/* Each token count given and from zero on; none is larger than that. */
extern bool stored_event_has_tokens(const StoredEvent *event, int32_t most);

/* Whether status, amounts, price, entries and instants go together. */
extern bool stored_event_is_possible(const StoredEvent *event, const EventTimes *times);

/* Whether model, variant, tokens and instants are such as a request can have; in is_request() its
 * meters, too. */
extern bool stored_event_is_bounded(const StoredEvent *event);
extern bool stored_event_is_request(const StoredEvent *event);

/* Whether its hash is that of its request_id. */
extern bool stored_event_has_hash(const StoredEvent *event);

/* Whether the entries that it names are among those of an account that has so many. */
extern bool stored_event_has_entries(const StoredEvent *event, int64_t last_entry_no);

/* Whether it was recorded when its account could book, and began when account and key were there
 * (R9, R10). */
extern bool stored_event_is_stamped(const StoredEvent *event, const EventTimes *times);

/* Whether a clock that was ahead booked it at that instant, so that it counts as of another. */
extern bool stored_event_moves(const StoredEvent *event, const EventTimes *times, int64_t at);

/* The lock under which it began and is not rejected; NULL: none (B&S 4.10, 4.11). */
extern const EventLock *stored_event_ignored_lock(const StoredEvent *event,
												  const EventTimes *times);

/* Whether it is rejected for a lock that the account had; so is every one that is for none. */
extern bool stored_event_has_its_lock(const StoredEvent *event, const EventTimes *times);

/* Whether it is judged by the expiry that its key had when the call started (R10). */
extern bool stored_event_heeds_expiry(const StoredEvent *event, const EventExpiry *expiry);

/* Its digest in the chain; false where what is needed for that cannot be read. */
extern bool stored_event_digest(const StoredEvent *event, Digest *digest);

#endif
