/*-------------------------------------------------------------------------
 *
 * usage.c
 *	  Judging, pricing and charging usage events.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "booking/plan_usage.h"
#include "booking/usage.h"
#include "core/chain.h"
#include "core/gate.h"
#include "errors.h"
#include "store/account_price_list_store.h"
#include "store/clock_repair_store.h"
#include "store/price_store.h"

static bool
same_payload(const UsagePayload *a, const UsagePayload *b)
{
	return a->key_id == b->key_id && strcmp(a->model, b->model) == 0 &&
		   strcmp(a->variant, b->variant) == 0 &&
		   memcmp(&a->tokens, &b->tokens, sizeof(a->tokens)) == 0 &&
		   meters_are_same(a->meters, b->meters);
}

static char *
describe_payload(const UsagePayload *payload)
{
	const int32 *tokens = payload->tokens.of;
	char meters[METERS_TEXT_SIZE] = "";

	if (payload->meters)
		meters_print(payload->meters, meters);
	return psprintf("key " INT64_FORMAT
					", model \"%s\"%s, %d input + %d output + %d cache read + %d "
					"cache write tokens%s%s",
					payload->key_id, payload->model, price_variant_text(payload->variant),
					tokens[TOKENS_INPUT], tokens[TOKENS_OUTPUT], tokens[TOKENS_CACHE_READ],
					tokens[TOKENS_CACHE_WRITE], meters[0] ? ", meters " : "", meters);
}

const UsageEvent *
usage_find_recorded(const Booking *booking, UsageEvent *event, StoredRequests stored)
{
	const StoredRequest *found = dedupe_find(stored, event->request_id,
											 booking_dedupe_since(booking));

	event->probe = dedupe_free_probe(stored);
	return found ? found->row : NULL;
}

Fault
usage_conflict(const UsageEvent *stored, const UsageEvent *event)
{
	if (same_payload(&stored->payload, &event->payload))
		return NO_FAULT;
	return fault_of(ERROR_REQUEST_CONFLICT, event->request_id, event->account_id,
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

/*
 * An account or a key that seems to be made after a request. Where a wrong clock made it, and the
 * account was repaired since, nobody knows when that was, and it counts as there before.
 */
static UsageVerdict
gate_again(const UsageEvent *event, UsageFacts *facts, UsageVerdict verdict, GateReason *reason)
{
	if (verdict == USAGE_BEFORE_ACCOUNT &&
		clock_repair_moves(event->account_id, facts->account_created_at))
	{
		facts->account_created_at = facts->occurred_at;
		verdict = gate_usage(facts, reason);
	}
	if (verdict == USAGE_BEFORE_KEY && clock_repair_moves(event->account_id, facts->key_created_at))
	{
		facts->key_created_at = facts->occurred_at;
		verdict = gate_usage(facts, reason);
	}
	return verdict;
}

/* Decides; an event of a plan key learns which period covers it. */
static UsageVerdict
gate(Booking *booking, ApiKeyRow *key, UsageEvent *event, GateReason *reason)
{
	const PolicyValues *policies = &booking->policies;
	UsageFacts facts = {
		.occurred_at = event->occurred_at,
		.booked_at = booking->at,
		.account_created_at = booking->account.created_at,
		.future_tolerance_us = policies->of[POLICY_FUTURE_TOLERANCE],
		.dedupe_window_us = policies->of[POLICY_DEDUPE_WINDOW],
		.go_live_at = policies->is_unset[POLICY_GO_LIVE_AT] ? DT_NOBEGIN
															: policies->of[POLICY_GO_LIVE_AT],
		.key_created_at = key->created_at,
		.key_deleted_at = key->deleted_at,
		.key_expires_at = api_key_expiry_at(event->account_id, key, event->occurred_at),
		.key_kind = key->kind,
		.locks = locks_at(&booking->account, event->occurred_at),
		.refund_blocks_plan = policies->of[POLICY_REFUND_BLOCKS_PLAN] != 0,
	};

	event->subscription_no = NO_NUMBER;
	if (key->kind == API_KEY_PLAN && event->occurred_at >= booking_dedupe_since(booking))
		facts.plan = plan_usage_reason(booking, event->occurred_at, &event->subscription_no);
	return gate_again(event, &facts, gate_usage(&facts, reason), reason);
}

static void
set_status(UsageEvent *event, UsageStatus status, const char *reason, TimestampTz settled_at)
{
	event->status = status;
	event->reason = reason;
	event->settled_at = settled_at;
}

Fault
usage_judge(Booking *booking, ApiKeyRow *key, UsageEvent *event)
{
	GateReason reason = GATE_OPEN;

	if (key == NULL)
		return fault_of(ERROR_KEY_UNKNOWN, event->account_id, event->payload.key_id);
	if (event->is_unstamped && booking->policies.of[POLICY_REQUIRE_OCCURRED_AT])
		return fault_of(ERROR_USAGE_UNSTAMPED, event->request_id, event->account_id);
	event->key_name = key->name;
	event->project = key->project;
	event->recorded_at = booking->at;
	event->batch_offset_nano = NO_BATCH;
	switch (gate(booking, key, event, &reason))
	{
		case USAGE_IN_FUTURE:
			return fault_of(ERROR_USAGE_FUTURE, event->request_id, event->account_id);
		case USAGE_BEFORE_ACCOUNT:
			return fault_of(ERROR_USAGE_BEFORE_ACCOUNT, event->request_id, event->account_id);
		case USAGE_BEFORE_KEY:
			return fault_of(ERROR_USAGE_BEFORE_KEY, event->request_id, event->account_id,
							key->key_id);
		case USAGE_TOO_OLD:
			return fault_of(ERROR_USAGE_TOO_OLD, event->request_id, event->account_id);
		case USAGE_REJECTED:
			event->subscription_no = NO_NUMBER;
			set_status(event, USAGE_STATUS_REJECTED, gate_reason_name(reason), booking->at);
			break;
		case USAGE_FREE:
			set_status(event, USAGE_STATUS_FREE, "before_go_live", booking->at);
			break;
		case USAGE_TO_PRICE:
			set_status(event, USAGE_STATUS_UNPRICED, "no_price", 0);
			break;
		case USAGE_ON_PLAN:
			set_status(event, USAGE_STATUS_UNPRICED, "no_weight", 0);
			break;
	}
	return NO_FAULT;
}

/* The list that prices what occurred at an instant. Most accounts are on the standard one, and
 * nobody looks. */
static const char *
price_list_of(Booking *booking, TimestampTz at)
{
	MemoryContext caller_context;

	if (!booking->account.has_price_list)
		return RATING_STANDARD_LIST;
	if (booking->price_lists == NULL)
	{
		/* The booking keeps them, whatever memory its caller works in. */
		caller_context = MemoryContextSwitchTo(CurTransactionContext);
		booking->price_lists = account_price_list_all(booking->account.account_id, sql_latest,
													  &booking->price_lists_count);
		MemoryContextSwitchTo(caller_context);
	}
	return account_price_list_at(booking->price_lists, booking->price_lists_count, at);
}

UsageRating
usage_rate(Booking *booking, const UsageEvent *event, TimestampTz booked_at, Price *price,
		   int64 *charge_nano)
{
	const UsagePayload *payload = &event->payload;
	PriceQuery query = usage_price_query(event);

	Assert(price_is_held());
	query.booked_at = booked_at;
	if (!price_find(booking->account.currency, payload->model,
					price_list_of(booking, event->occurred_at), &query, price))
		return USAGE_HAS_NO_PRICE;
	if (!rating_covers(price, payload->meters))
		return USAGE_HAS_UNLISTED_METER;
	if (rating_charge(&payload->tokens, payload->meters, price, charge_nano) != OUTCOME_OK)
		return USAGE_COSTS_TOO_MUCH;
	return USAGE_IS_RATED;
}

Fault
usage_price(Booking *booking, int64 taken_nano, UsageEvent *event)
{
	Price price;
	int64 charge_nano;

	set_status(event, USAGE_STATUS_UNPRICED, "no_price", 0);
	switch (usage_rate(booking, event, booking->at, &price, &charge_nano))
	{
		case USAGE_HAS_NO_PRICE:
			return NO_FAULT;
		case USAGE_HAS_UNLISTED_METER:
			set_status(event, USAGE_STATUS_UNPRICED, USAGE_METER_UNLISTED, 0);
			return NO_FAULT;
		case USAGE_COSTS_TOO_MUCH:
			return fault_of(ERROR_CHARGE_TOO_LARGE, event->request_id, event->account_id,
							price.price_id);
		case USAGE_IS_RATED:
			break;
	}
	set_status(event, USAGE_STATUS_UNPRICED, "arrears_limit", 0);
	if (taken_nano > MONEY_NANO_MAX || !books_can_take(&booking->books, taken_nano + charge_nano))
		return NO_FAULT;
	set_status(event, USAGE_STATUS_CHARGED, NULL, booking->at);
	event->price_id = price.price_id;
	event->charge_nano = charge_nano;
	return NO_FAULT;
}

static ChainUsage
chain_usage_of(const UsageEvent *event)
{
	const UsagePayload *payload = &event->payload;

	return (ChainUsage){
		.request_id = event->request_id,
		.occurred_at = event->occurred_at,
		.recorded_at = event->recorded_at,
		.key_id = payload->key_id,
		.model = payload->model,
		.variant = payload->variant[0] ? payload->variant : NULL,
		.tokens = payload->tokens,
		.meters = payload->meters,
		.price_id = event->price_id,
		.charge_nano = event->charge_nano,
	};
}

void
usage_sign(Transfer *first, UsageEvent *const *events, size_t count)
{
	Digest *digests = palloc((count + 1) * sizeof(Digest));
	bool done = true;

	for (size_t i = 0; i < count; i++)
	{
		ChainUsage usage = chain_usage_of(events[i]);

		done &= chain_usage_event(&usage, &digests[i]);
	}
	done &= chain_usage(digests, count, &digests[count]);
	if (!done)
		refuse(ERROR_INTERNAL, "there is no SHA-256");
	first->usage_digest = &digests[count];
}

/* Takes a charge, alone, from the lots. */
static void
take(Booking *booking, UsageEvent *event)
{
	Transfer *first = &booking->books.transfers[booking->books.transfers_count];

	event->first_entry_no = booking_next_entry_no(booking);
	booking_source(booking, SOURCE_CHARGE, event->request_hash, event->occurred_at);
	check_outcome(books_take(&booking->books, event->charge_nano, BOOK_REVENUE));
	if (event->charge_nano > 0)
		usage_sign(first, &event, 1);
	event->entry_count = (int32) (booking_next_entry_no(booking) - event->first_entry_no);
	if (event->entry_count == 0)
		event->first_entry_no = NO_NUMBER;
}

Fault
usage_charge(Booking *booking, UsageEvent *event)
{
	Fault fault;

	if (event->subscription_no != NO_NUMBER)
	{
		(void) plan_usage_count(booking, event);
		return NO_FAULT;
	}
	fault = usage_price(booking, 0, event);
	if (fault.message == NULL && event->status == USAGE_STATUS_CHARGED)
		take(booking, event);
	return fault;
}

void
usage_reject(const Booking *booking, UsageEvent *event, const char *reason)
{
	set_status(event, USAGE_STATUS_REJECTED, reason, booking->at);
}
