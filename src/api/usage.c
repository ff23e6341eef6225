/*-------------------------------------------------------------------------
 *
 * usage.c
 *	  charge() and settle(): usage priced and booked, exactly once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/booking.h"
#include "core/gate.h"
#include "core/request_hash.h"
#include "errors.h"
#include "store/api_key_store.h"
#include "store/policy_store.h"
#include "store/price_store.h"
#include "store/session.h"
#include "store/statement.h"
#include "store/usage_store.h"

/* What one settle() does at the most, so that its transaction stays bounded. */
#define SETTLE_EVENTS_MAX 10000
#define SETTLE_ACCOUNTS_MAX 1000
#define SETTLE_PAGE_SIZE 1000

static UsageEvent
read_event(FunctionCallInfo fcinfo)
{
	static const char *const token_names[] = {
		[TOKENS_INPUT] = "input_tokens",
		[TOKENS_CACHE_READ] = "cache_read_tokens",
		[TOKENS_CACHE_WRITE] = "cache_write_tokens",
		[TOKENS_OUTPUT] = "output_tokens",
	};
	static const int token_indexes[] = {
		[TOKENS_INPUT] = 4,
		[TOKENS_OUTPUT] = 5,
		[TOKENS_CACHE_READ] = 6,
		[TOKENS_CACHE_WRITE] = 7,
	};
	UsageEvent event = {.account_id = arg_account_id(fcinfo)};

	event.payload.key_id = arg_int64(fcinfo, 1, "key_id");
	event.request_id = arg_text(fcinfo, 2, "request_id", IDENTIFIER_BYTES_MAX);
	event.request_hash = request_hash(event.request_id, strlen(event.request_id));
	event.payload.model = arg_text(fcinfo, 3, "model", MODEL_BYTES_MAX);
	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		event.payload.tokens.of[token_class] = (int32) arg_count(
			fcinfo, token_indexes[token_class], token_names[token_class], 0, TOKENS_MAX);
	event.occurred_at = arg_instant(fcinfo, 8, "occurred_at", DT_NOBEGIN);
	return event;
}

static bool
same_payload(const UsagePayload *a, const UsagePayload *b)
{
	return a->key_id == b->key_id && strcmp(a->model, b->model) == 0 &&
		   memcmp(&a->tokens, &b->tokens, sizeof(a->tokens)) == 0;
}

static char *
describe_payload(const UsagePayload *payload)
{
	const int32 *tokens = payload->tokens.of;

	return psprintf("key " INT64_FORMAT ", model \"%s\", %d input + %d output + %d cache read + %d "
					"cache write tokens",
					payload->key_id, payload->model, tokens[TOKENS_INPUT], tokens[TOKENS_OUTPUT],
					tokens[TOKENS_CACHE_READ], tokens[TOKENS_CACHE_WRITE]);
}

static void
check_same_payload(const UsageEvent *stored, const UsageEvent *event)
{
	if (!same_payload(&stored->payload, &event->payload))
		refuse(ERROR_REQUEST_CONFLICT, event->request_id, event->account_id,
			   describe_payload(&stored->payload), describe_payload(&event->payload));
}

/* Locks in force at an instant; history is looked at only where there can be any. */
static unsigned
locks_at(const Account *account, TimestampTz at)
{
	if (account->locks == 0 && at >= account->last_unlocked_at)
		return 0;
	return account_locks_at(account->account_id, at);
}

static UsageVerdict
judge(const Booking *booking, const UsageEvent *event, const ApiKeyRow *key, GateReason *reason)
{
	UsageFacts facts = {
		.occurred_at = event->occurred_at,
		.booked_at = booking->at,
		.account_created_at = booking->account.created_at,
		.future_tolerance_us = policy_value(POLICY_FUTURE_TOLERANCE),
		.dedupe_window_us = policy_value(POLICY_DEDUPE_WINDOW),
		.key_deleted_at = key->deleted_at,
		.key_kind = key->kind,
		.locks = locks_at(&booking->account, event->occurred_at),
	};

	if (!policy_get(POLICY_GO_LIVE_AT, NULL, &facts.go_live_at))
		facts.go_live_at = DT_NOBEGIN;
	return gate_usage(&facts, reason);
}

/*
 * Prices an event and takes its charge from the lots. False where it has no
 * price, or where the account cannot owe that much; then it stays unpriced.
 */
static bool
charge_event(Booking *booking, UsageEvent *event)
{
	int64 prompt_tokens = rating_prompt_tokens(&event->payload.tokens);
	Price price;

	event->status = USAGE_STATUS_UNPRICED;
	event->reason = "no_price";
	if (!price_find(booking->account.currency, event->payload.model, prompt_tokens,
					event->occurred_at, &price))
		return false;
	check_outcome(rating_charge(&event->payload.tokens, &price, &event->charge_nano));
	event->reason = "arrears_limit";
	if (!books_can_take(&booking->books, event->charge_nano))
		return false;
	event->status = USAGE_STATUS_CHARGED;
	event->reason = NULL;
	event->price_id = price.price_id;
	event->settled_at = booking->at;
	event->first_entry_no = booking_next_entry_no(booking);
	booking_source(booking, SOURCE_CHARGE, event->request_hash, event->occurred_at);
	check_outcome(books_take(&booking->books, event->charge_nano, BOOK_REVENUE));
	event->entry_count = (int32) (booking_next_entry_no(booking) - event->first_entry_no);
	if (event->entry_count == 0)
		event->first_entry_no = NO_NUMBER;
	return true;
}

/* Stores a new event with what becomes of it (books-and-states 4.11). */
static void
record_event(Booking *booking, UsageEvent *event)
{
	ApiKeyRow key;
	GateReason reason = GATE_OPEN;

	if (!api_key_get(event->account_id, event->payload.key_id, &key))
		refuse(ERROR_KEY_UNKNOWN, event->account_id, event->payload.key_id);
	event->key_name = key.name;
	event->recorded_at = booking->at;
	price_lock_for_reading();
	booking_load(booking, LOTS_OPEN, 0);
	switch (judge(booking, event, &key, &reason))
	{
		case USAGE_IN_FUTURE:
			refuse(ERROR_USAGE_FUTURE, event->request_id, event->account_id);
		case USAGE_BEFORE_ACCOUNT:
			refuse(ERROR_USAGE_BEFORE_ACCOUNT, event->request_id, event->account_id);
		case USAGE_TOO_OLD:
			refuse(ERROR_USAGE_TOO_OLD, event->request_id, event->account_id);
		case USAGE_REJECTED:
			event->status = USAGE_STATUS_REJECTED;
			event->settled_at = booking->at;
			event->reason = gate_reason_name(reason);
			break;
		case USAGE_FREE:
			event->status = USAGE_STATUS_FREE;
			event->settled_at = booking->at;
			event->reason = "before_go_live";
			break;
		case USAGE_TO_PRICE:
			(void) charge_event(booking, event);
			break;
	}
	usage_insert(event);
	booking_finish(booking);
}

static Datum
charge_row(FunctionCallInfo fcinfo, const Booking *booking, const UsageEvent *event, bool duplicate)
{
	bool has_charge = event->status == USAGE_STATUS_CHARGED || event->status == USAGE_STATUS_FREE;
	Datum values[] = {
		CStringGetTextDatum(duplicate ? "duplicate" : usage_status_name(event->status)),
		has_charge ? nano_datum(event->charge_nano) : (Datum) 0,
		nano_datum(booking_balance(booking)),
		event->reason ? CStringGetTextDatum(event->reason) : (Datum) 0,
	};
	bool nulls[] = {false, !has_charge, false, event->reason == NULL};

	return result_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(billing_charge);
Datum
billing_charge(PG_FUNCTION_ARGS)
{
	UsageEvent event = read_event(fcinfo);
	UsageEvent stored;
	Booking booking;
	Session session;
	Datum row;

	session_open(&session);
	booking_begin(&booking, event.account_id);
	if (event.occurred_at == DT_NOBEGIN)
		event.occurred_at = booking.at;
	if (usage_find_recent(&event, booking.at - policy_value(POLICY_DEDUPE_WINDOW), booking.at,
						  &stored))
	{
		check_same_payload(&stored, &event);
		row = charge_row(fcinfo, &booking, &stored, true);
	}
	else
	{
		record_event(&booking, &event);
		row = charge_row(fcinfo, &booking, &event, false);
	}
	return session_close_with(&session, row);
}

/*
 * Books the unpriced usage of a locked account that has a price by now, page by
 * page: an event that cannot be booked does not stand before the others.
 */
static int64
settle_account(Booking *booking, int64 events_max)
{
	UsageEvent last = {.occurred_at = DT_NOBEGIN, .request_id = ""};
	int64 settled = 0;
	int64 seen = 0;
	size_t count;

	booking_load(booking, LOTS_OPEN, 0);
	booking_write_entries(booking);
	do
	{
		int64 page_size = Min(SETTLE_PAGE_SIZE, events_max - settled);
		UsageEvent *events = usage_settleable(booking->account.account_id, &last, page_size,
											  &count);

		for (size_t i = 0; i < count; i++)
		{
			last = events[i];
			if (!charge_event(booking, &events[i]))
				continue;
			usage_update_charged(&events[i]);
			booking_write_entries(booking);
			settled++;
		}
		seen += (int64) count;
	} while (count > 0 && settled < events_max && seen < SETTLE_EVENTS_MAX);
	booking_finish(booking);
	return settled;
}

PG_FUNCTION_INFO_V1(billing_settle);
Datum
billing_settle(PG_FUNCTION_ARGS)
{
	int64 events_max = PG_ARGISNULL(0) ? SETTLE_EVENTS_MAX
									   : arg_count(fcinfo, 0, "max_events", 1, SETTLE_EVENTS_MAX);
	int64 settled = 0;
	int64 *accounts;
	size_t count;
	Session session;

	session_open(&session);
	price_lock_for_reading();
	accounts = usage_settleable_accounts(SETTLE_ACCOUNTS_MAX, &count);
	for (size_t i = 0; i < count && settled < events_max; i++)
	{
		Booking booking = {0};
		bool locked = i == 0 ? account_lock(accounts[i], &booking.account)
							 : account_lock_if_free(accounts[i], &booking.account);

		if (!locked)
			continue;
		booking_begin_locked(&booking);
		settled += settle_account(&booking, events_max - settled);
	}
	session_close(&session);
	PG_RETURN_INT64(settled);
}
