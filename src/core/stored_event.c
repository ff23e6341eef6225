/*-------------------------------------------------------------------------
 *
 * stored_event.c
 *	  Whether a row of usage_event can be true.
 *
 *-------------------------------------------------------------------------
 */
#include "core/stored_event.h"

#include "core/request_hash.h"
#include "core/text.h"

#include <string.h>

#define HOUR_US INT64_C(3600000000)

/* The furthest that usage may be back-dated: dedupe_window at its largest (core/policy). */
#define BACK_DATED_US (56 * 24 * HOUR_US)

const Meters *
stored_event_meters(const StoredEvent *event)
{
	return event->nulls[EVENT_METERS] || event->has_bad_meters ? NULL : &event->meters;
}

bool
stored_event_has_status(const StoredEvent *event, const char *status)
{
	return strcmp(event->status, status) == 0;
}

static bool
has(const StoredEvent *event, EventColumn column)
{
	return !event->nulls[column];
}

bool
stored_event_is_paid_alone(const StoredEvent *event)
{
	return stored_event_has_status(event, "charged") && event->entry_count > 0 &&
		   !has(event, EVENT_BATCH_OFFSET);
}

/* ---- repairs -------------------------------------------------------------------- */

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* As of when counts what was booked at an instant and has no entry: billing.counts_at(). */
static int64_t
counts_at(const EventTimes *times, int64_t at)
{
	int64_t counts = at;

	for (size_t i = 0; i < times->repairs_count; i++)
		if (at <= times->repairs[i].booked_until)
			counts = earlier(counts, times->repairs[i].corrected_at);
	return counts;
}

bool
stored_event_moves(const StoredEvent *event, const EventTimes *times, int64_t at)
{
	if (!has(event, EVENT_FIRST_ENTRY_NO))
		return counts_at(times, at) < at;
	for (size_t i = 0; i < times->repairs_count; i++)
		if (event->first_entry_no <= times->repairs[i].last_entry_no &&
			times->repairs[i].corrected_at < at)
			return true;
	return false;
}

/* ---- what goes together --------------------------------------------------------- */

static bool
has_bare_charge(const StoredEvent *event, int64_t at_least)
{
	return event->charge.is_number && event->charge.nano >= at_least;
}

/* What an event of its status has; of none that there is, false. */
static bool
has_parts(const StoredEvent *event)
{
	if (stored_event_has_status(event, "charged"))
		return has_bare_charge(event, 0) && event->price_id > 0 &&
			   (event->entry_count > 0) == has(event, EVENT_FIRST_ENTRY_NO);
	if (stored_event_has_status(event, "free"))
		return event->charge.is_number && event->charge.nano == 0 && event->entry_count == 0;
	if (has(event, EVENT_CHARGE) || event->entry_count != 0)
		return false;
	if (stored_event_has_status(event, "rejected"))
		return has(event, EVENT_REASON);
	if (stored_event_has_status(event, "plan"))
		return event->credits.is_number && event->credits.nano >= 0 &&
			   has(event, EVENT_SUBSCRIPTION_NO) && has(event, EVENT_QUOTA_NO) &&
			   has(event, EVENT_WEIGHT_ID);
	return stored_event_has_status(event, "unpriced");
}

static bool
can_be_of_batch(const StoredEvent *event)
{
	return stored_event_has_status(event, "charged") && has_bare_charge(event, 1) &&
		   event->entry_count > 0 && event->batch_offset.is_number &&
		   event->batch_offset.nano >= 0 && event->settled_at == event->recorded_at;
}

static bool
has_plan_parts(const StoredEvent *event)
{
	return has(event, EVENT_CREDITS) || has(event, EVENT_QUOTA_NO) || has(event, EVENT_WEIGHT_ID) ||
		   has(event, EVENT_WINDOW_NO);
}

static bool
has_negative_tokens(const StoredEvent *event)
{
	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		if (event->tokens.of[token_class] < 0)
			return true;
	return false;
}

bool
stored_event_is_possible(const StoredEvent *event, const EventTimes *times)
{
	if (has_negative_tokens(event) || !has_parts(event))
		return false;
	if (has(event, EVENT_SETTLED_AT) == stored_event_has_status(event, "unpriced"))
		return false;
	if (has(event, EVENT_SETTLED_AT) && event->settled_at < event->recorded_at &&
		event->settled_at < counts_at(times, event->recorded_at))
		return false;
	if (has(event, EVENT_BATCH_OFFSET) && !can_be_of_batch(event))
		return false;
	return stored_event_has_status(event, "plan") || !has_plan_parts(event);
}

/* ---- a request ------------------------------------------------------------------ */

bool
stored_event_has_tokens(const StoredEvent *event, int32_t most)
{
	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		if (event->tokens.of[token_class] < 0 || event->tokens.of[token_class] > most)
			return false;
	return true;
}

static bool
has_all_tokens(const StoredEvent *event)
{
	return has(event, EVENT_INPUT_TOKENS) && has(event, EVENT_CACHE_READ_TOKENS) &&
		   has(event, EVENT_CACHE_WRITE_TOKENS) && has(event, EVENT_OUTPUT_TOKENS);
}

static bool
is_instant(int64_t at)
{
	return at != INT64_MIN && at != INT64_MAX;
}

static bool
has_names(const StoredEvent *event)
{
	return strlen(event->model) <= MODEL_BYTES_MAX && !text_is_blank(event->model) &&
		   strlen(event->variant) <= VARIANT_BYTES_MAX &&
		   (event->variant[0] == '\0' || !text_is_blank(event->variant));
}

/* A negative count is told by stored_event_is_possible(). */
static bool
has_few_tokens(const StoredEvent *event)
{
	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		if (event->tokens.of[token_class] > TOKENS_MAX)
			return false;
	return true;
}

bool
stored_event_is_bounded(const StoredEvent *event)
{
	return has_names(event) && has_few_tokens(event) && has_all_tokens(event) &&
		   is_instant(event->occurred_at) && is_instant(event->settled_at);
}

bool
stored_event_is_request(const StoredEvent *event)
{
	return has_names(event) && stored_event_has_tokens(event, TOKENS_MAX) &&
		   !event->has_bad_meters && is_instant(event->occurred_at) &&
		   is_instant(event->settled_at);
}

bool
stored_event_has_hash(const StoredEvent *event)
{
	int64_t hash;

	return request_hash(event->request_id, strlen(event->request_id), &hash) &&
		   hash == event->request_hash;
}

bool
stored_event_has_entries(const StoredEvent *event, int64_t last_entry_no)
{
	if (event->entry_count <= 0)
		return true;
	return has(event, EVENT_FIRST_ENTRY_NO) && event->first_entry_no >= 1 &&
		   event->first_entry_no <= last_entry_no &&
		   event->entry_count - 1 <= last_entry_no - event->first_entry_no;
}

/* ---- instants ------------------------------------------------------------------- */

/* From when on, and until when, the account was booked; a wrong clock may have done so before a
 * repair. */
static bool
is_booked(const StoredEvent *event, const EventTimes *times)
{
	int64_t from = times->account_created_at;
	int64_t until = times->last_booked_at;

	for (size_t i = 0; i < times->repairs_count; i++)
	{
		from = earlier(from, times->repairs[i].corrected_at);
		if (times->repairs[i].booked_until > until)
			until = times->repairs[i].booked_until;
	}
	return event->recorded_at >= from && event->recorded_at <= until &&
		   (event->nulls[EVENT_SETTLED_AT] || event->settled_at <= until);
}

/* What a wrong clock made, of an account that was repaired since, counts as there before. */
static bool
is_ahead(const EventTimes *times, int64_t created_at)
{
	int64_t corrected_at = INT64_MAX;
	int64_t booked_until = INT64_MIN;

	for (size_t i = 0; i < times->repairs_count; i++)
	{
		corrected_at = earlier(corrected_at, times->repairs[i].corrected_at);
		if (times->repairs[i].booked_until > booked_until)
			booked_until = times->repairs[i].booked_until;
	}
	return created_at >= corrected_at && created_at <= booked_until;
}

static bool
began_too_early(const StoredEvent *event, const EventTimes *times)
{
	if (event->occurred_at < times->account_created_at &&
		!is_ahead(times, times->account_created_at))
		return true;
	return times->has_key && event->occurred_at < times->key_created_at - HOUR_US &&
		   !is_ahead(times, times->key_created_at);
}

/* A request of a key that was deleted is rejected for that, and no other is. */
static bool
is_of_a_key(const StoredEvent *event, const EventTimes *times)
{
	bool is_deleted = times->has_key && times->is_key_deleted;
	bool is_rejected = strcmp(event->reason, "key_deleted") == 0;
	int64_t first = event->occurred_at < event->recorded_at ? event->occurred_at
															: event->recorded_at;

	if (is_deleted && event->occurred_at >= times->key_deleted_at &&
		event->recorded_at > times->key_deleted_at)
		return is_rejected && stored_event_has_status(event, "rejected");
	return !is_rejected || (is_deleted && times->key_deleted_at <= first);
}

bool
stored_event_is_stamped(const StoredEvent *event, const EventTimes *times)
{
	return times->has_account && is_booked(event, times) && !began_too_early(event, times) &&
		   is_instant(event->occurred_at) && is_instant(event->recorded_at) &&
		   event->occurred_at <= event->recorded_at + HOUR_US &&
		   event->occurred_at >= event->recorded_at - BACK_DATED_US && is_of_a_key(event, times);
}

/* ---- locks and expiry ----------------------------------------------------------- */

static bool
began_under(const StoredEvent *event, const EventTimes *times, const EventLock *lock)
{
	int64_t locked_at = counts_at(times, lock->locked_at);

	return event->occurred_at >= locked_at && event->recorded_at > locked_at &&
		   (!lock->is_lifted || event->occurred_at < counts_at(times, lock->unlocked_at));
}

const EventLock *
stored_event_ignored_lock(const StoredEvent *event, const EventTimes *times)
{
	if (times->locks_count == 0 || stored_event_has_status(event, "rejected") ||
		stored_event_moves(event, times, event->recorded_at))
		return NULL;
	for (size_t i = 0; i < times->locks_count; i++)
	{
		const EventLock *lock = &times->locks[i];
		bool is_open = strcmp(lock->lock, "refund") == 0 && has(event, EVENT_SUBSCRIPTION_NO);

		if (!is_open && began_under(event, times, lock))
			return lock;
	}
	return NULL;
}

/* The lock that a reason is of; NULL: it is of none. */
static const char *
lock_of_reason(const char *reason)
{
	static const char *const reasons[][2] = {{"account_closed", "closed"},
											 {"locked_operator", "operator"},
											 {"locked_dispute", "dispute"},
											 {"locked_refund", "refund"}};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reason, reasons[i][0]) == 0)
			return reasons[i][1];
	return NULL;
}

/* What is recorded at the instant of lifting was judged before it. */
static bool
stood(const StoredEvent *event, const EventTimes *times, const EventLock *lock)
{
	int64_t locked_at = counts_at(times, lock->locked_at);
	int64_t unlocked_at = counts_at(times, lock->unlocked_at);

	return locked_at <= event->occurred_at && locked_at <= event->recorded_at &&
		   (!lock->is_lifted || event->occurred_at < unlocked_at ||
			event->recorded_at <= unlocked_at);
}

bool
stored_event_has_its_lock(const StoredEvent *event, const EventTimes *times)
{
	const char *lock = lock_of_reason(event->reason);

	if (lock == NULL || stored_event_moves(event, times, event->recorded_at))
		return true;
	if (!stored_event_has_status(event, "rejected"))
		return false;
	for (size_t i = 0; i < times->locks_count; i++)
		if (strcmp(times->locks[i].lock, lock) == 0 && stood(event, times, &times->locks[i]))
			return true;
	return false;
}

bool
stored_event_heeds_expiry(const StoredEvent *event, const EventExpiry *expiry)
{
	bool is_for_expiry = strcmp(event->reason, "key_expired") == 0;

	if (!expiry->expires || expiry->expires_at > event->occurred_at)
		return !is_for_expiry;
	return stored_event_has_status(event, "rejected") &&
		   (is_for_expiry || strcmp(event->reason, "key_deleted") == 0);
}

/* ---- the chain ------------------------------------------------------------------ */

bool
stored_event_digest(const StoredEvent *event, Digest *digest)
{
	static const EventColumn needed[] = {EVENT_REQUEST_ID, EVENT_OCCURRED_AT, EVENT_RECORDED_AT,
										 EVENT_KEY_ID,	   EVENT_MODEL,		  EVENT_PRICE_ID};
	ChainUsage usage = {
		.request_id = event->request_id,
		.occurred_at = event->occurred_at,
		.recorded_at = event->recorded_at,
		.key_id = event->key_id,
		.model = event->model,
		.variant = has(event, EVENT_VARIANT) ? event->variant : NULL,
		.tokens = event->tokens,
		.meters = stored_event_meters(event),
		.price_id = event->price_id,
		.charge_nano = event->charge.nano,
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!has(event, needed[i]))
			return false;
	return has_all_tokens(event) && event->charge.is_number && chain_usage_event(&usage, digest);
}
