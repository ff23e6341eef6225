/*-------------------------------------------------------------------------
 *
 * usage_proof_store.c
 *	  All usage against itself, its prices and its entries, in one pass.
 *
 * Both ways go side by side: the usage of an account by the entry that paid it
 * first, and the entries that usage made. What one of them has and the other has
 * not is told where it should have been met.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "core/batch.h"
#include "spi/feed.h"
#include "spi/nano.h"
#include "store/entry_run_store.h"
#include "store/proof_facts_store.h"
#include "store/repricing_store.h"
#include "store/request_once_store.h"
#include "store/stored_event_store.h"
#include "store/usage_proof_store.h"

#define USAGE(where)                                         \
	"SELECT " STORED_EVENT_COLUMNS(                          \
		"u.settled_at", "u.price_id",                        \
		"u.charge") " FROM " BOOKS "usage_event AS u " where \
					"ORDER BY u.account_id, u.first_entry_no, u.occurred_at, u.request_id COLLATE \"C\""

/* What else is revenue from usage: of closed months, reversed, re-rated. */
#define OTHERS(where)                                                                              \
	"SELECT account_id, sum(amount) FROM (SELECT account_id, charge AS amount FROM " BOOKS         \
	"usage_day " where "UNION ALL SELECT account_id, -amount FROM " BOOKS "charge_reversal " where \
	"UNION ALL SELECT account_id, amount FROM " BOOKS "charge_revision " where                     \
	") AS x GROUP BY account_id ORDER BY account_id"

typedef struct UsageProof
{
	Telling *telling;
	Repricing *repricing;
	Feed usage;
	Feed others;
	EntryRunReader runs;
	ProofFactsReader facts_reader;
	int64 account_id; /* of whom what follows is */
	ProofFacts facts;
	int128 charged_nano;
	bool has_run;
	BatchEntries run; /* those that come next */
	Hasher digest;	  /* of usage that the same entries pay */
	RequestOnce requests;
	MemoryContext account_context;
	MemoryContext row_context;
} UsageProof;

/* ---- telling -------------------------------------------------------------------- */

static void
tell(UsageProof *proof, const char *check, const char *detail)
{
	discrepancy_put(proof->telling, check, proof->account_id, detail);
}

static const char *
instant_text(bool is_null, TimestampTz at)
{
	return is_null ? "" : pstrdup(timestamptz_to_str(at));
}

static const char *
number_text(bool is_null, int64 number)
{
	return is_null ? "" : psprintf(INT64_FORMAT, number);
}

/* No more than so many bytes, and no half character. */
static const char *
clip(const char *text, int bytes_max)
{
	return pnstrdup(text, pg_mbcliplen(text, strlen(text), bytes_max));
}

/* ---- one event ------------------------------------------------------------------ */

static void
tell_bounds(UsageProof *proof, const StoredEvent *event)
{
	tell(proof, "usage_bounds",
		 psprintf(
			 "request \"%s\" is not possible as %s: charge %s, price %s, %d entries, settled %s",
			 event->request_id, event->status, stored_event_amount_text(&event->charge),
			 number_text(event->nulls[EVENT_PRICE_ID], event->price_id), event->entry_count,
			 instant_text(event->nulls[EVENT_SETTLED_AT], event->settled_at)));
}

static void
tell_request(UsageProof *proof, const StoredEvent *event)
{
	const int32 *tokens = event->tokens.of;

	tell(proof, "usage_request",
		 psprintf("request \"%s\" cannot be one: model \"%s\", variant \"%s\", tokens %d, %d, %d, "
				  "%d, at %s",
				  event->request_id, clip(event->model, 200), clip(event->variant, 64),
				  tokens[TOKENS_INPUT], tokens[TOKENS_CACHE_READ], tokens[TOKENS_CACHE_WRITE],
				  tokens[TOKENS_OUTPUT],
				  instant_text(event->nulls[EVENT_OCCURRED_AT], event->occurred_at)));
}

/* Of a probe above 0 there is the one below it, or it stood in a month that is closed by now. */
static bool
has_probe_below(const StoredEvent *event)
{
	static Sql find = SQL(
		"SELECT FROM " BOOKS "usage_event WHERE account_id = $1 AND request_hash = $2 AND probe = "
		"$3 - 1 AND recorded_at <= $4 UNION ALL SELECT FROM " BOOKS
		"usage_day WHERE account_id = $1 AND month > $4 - interval '120 days' LIMIT 1",
		INT8OID, INT8OID, INT2OID, TIMESTAMPTZOID);

	return event->probe == 0 ||
		   (event->probe > 0 &&
			sql_read(&find,
					 (Datum[]){Int64GetDatum(event->account_id), Int64GetDatum(event->request_hash),
							   Int16GetDatum(event->probe),
							   TimestampTzGetDatum(event->recorded_at)},
					 NULL) > 0);
}

/* Judges what the row says by itself. */
static void
judge_row(UsageProof *proof, const StoredEvent *event, const EventTimes *times)
{
	if (!stored_event_is_possible(event, times))
		tell_bounds(proof, event);
	if (!stored_event_is_bounded(event))
		tell_request(proof, event);
	if (!stored_event_has_hash(event))
		tell(proof, "request_hash",
			 psprintf("request \"%s\" has hash " INT64_FORMAT, event->request_id,
					  event->request_hash));
	if (stored_event_has_status(event, "charged") && event->entry_count == 0 &&
		event->charge.nano != 0)
		tell(proof, "charge_without_slices",
			 psprintf("request \"%s\": charge %s has no entries", event->request_id,
					  stored_event_amount_text(&event->charge)));
	if (!has_probe_below(event))
		tell(proof, "request_probe",
			 psprintf("request \"%s\" has probe %d, and none stands before it", event->request_id,
					  event->probe));
	if (event->has_bad_meters)
		tell(proof, "usage_meters",
			 psprintf("request \"%s\" has meters %s", event->request_id,
					  clip(event->meters_text, 100)));
}

static EventTimes
times_of(const UsageProof *proof, const StoredEvent *event)
{
	const FactKey *key = proof_facts_key(&proof->facts, event->key_id);

	return (EventTimes){
		.has_account = proof->facts.has_account,
		.account_created_at = proof->facts.created_at,
		.last_booked_at = proof->facts.last_booked_at,
		.has_key = key != NULL,
		.key_created_at = key ? key->created_at : 0,
		.is_key_deleted = key && key->is_deleted,
		.key_deleted_at = key ? key->deleted_at : 0,
		.repairs = proof->facts.repairs,
		.repairs_count = proof->facts.repairs_count,
		.locks = proof->facts.locks,
		.locks_count = proof->facts.locks_count,
	};
}

static void
tell_stamp(UsageProof *proof, const StoredEvent *event, const EventTimes *times)
{
	tell(proof, "usage_stamp",
		 psprintf("request \"%s\" began at %s and is recorded at %s and settled at %s, %s %s; its "
				  "account is of %s to %s, its key of %s to %s",
				  event->request_id, instant_text(false, event->occurred_at),
				  instant_text(false, event->recorded_at),
				  instant_text(event->nulls[EVENT_SETTLED_AT], event->settled_at), event->status,
				  event->reason, instant_text(!times->has_account, times->account_created_at),
				  instant_text(!times->has_account, times->last_booked_at),
				  instant_text(!times->has_key, times->key_created_at),
				  instant_text(!times->is_key_deleted, times->key_deleted_at)));
}

/* Judges it beside what the books say of its account and its key. */
static void
judge_account(UsageProof *proof, const StoredEvent *event, const EventTimes *times)
{
	if (!stored_event_is_stamped(event, times))
		tell_stamp(proof, event, times);
	if (!proof_facts_has_name(&proof->facts, event->key_id, event->key_name, event->project))
		tell(proof, "usage_key",
			 psprintf("request \"%s\" is of key " INT64_FORMAT
					  " \"%s\" in project \"%s\", which the account never had",
					  event->request_id, event->key_id, event->key_name, event->project));
	if (proof->facts.has_account && !stored_event_has_entries(event, proof->facts.last_entry_no))
		tell(proof, "entry_range",
			 psprintf("request \"%s\" names %d entries from %s, the account has " INT64_FORMAT,
					  event->request_id, event->entry_count,
					  number_text(event->nulls[EVENT_FIRST_ENTRY_NO], event->first_entry_no),
					  proof->facts.last_entry_no));
}

/* Judges why it was rejected, or why not. */
static void
judge_gate(UsageProof *proof, const StoredEvent *event, const EventTimes *times)
{
	const EventLock *lock = stored_event_ignored_lock(event, times);
	const EventExpiry *expiry = proof_facts_expiry(&proof->facts, event->key_id,
												   Min(event->occurred_at, event->recorded_at));

	if (lock)
		tell(proof, "usage_locked",
			 psprintf("request \"%s\" of %s is %s, and began under lock %s of %s",
					  event->request_id, instant_text(false, event->occurred_at), event->status,
					  lock->lock, instant_text(false, lock->locked_at)));
	if (!stored_event_has_its_lock(event, times))
		tell(proof, "usage_locked",
			 psprintf("request \"%s\" of %s is rejected as %s, which is not so", event->request_id,
					  instant_text(false, event->occurred_at), event->reason));
	if (expiry && !stored_event_heeds_expiry(event, expiry))
		tell(proof, "usage_expiry",
			 psprintf("request \"%s\" of %s is %s %s, its key expired at %s", event->request_id,
					  instant_text(false, event->occurred_at), event->status, event->reason,
					  instant_text(!expiry->expires, expiry->expires_at)));
}

static RepricingTerms
terms_of(const UsageProof *proof, const StoredEvent *event, const EventTimes *times)
{
	const char *list = proof->facts.has_price_list
						   ? proof_facts_list(&proof->facts, event->occurred_at)
						   : NULL;

	return (RepricingTerms){
		.currency = proof->facts.currency,
		.price_list = list ? list : RATING_STANDARD_LIST,
		.plan = event->nulls[EVENT_SUBSCRIPTION_NO]
					? ""
					: proof_facts_plan(&proof->facts, event->subscription_no),
		.moves = stored_event_moves(event, times, event->settled_at),
	};
}

/* Reads the event that is next, and judges all of it but what paid it. */
static void
take_event(UsageProof *proof, StoredEvent *event)
{
	EventTimes times;
	RepricingTerms terms;

	stored_event_read(&proof->usage.cursor, event);
	times = times_of(proof, event);
	terms = terms_of(proof, event, &times);
	judge_row(proof, event, &times);
	judge_account(proof, event, &times);
	judge_gate(proof, event, &times);
	repricing_judge(proof->repricing, event, &terms);
	if (stored_event_has_status(event, "charged"))
		proof->charged_nano += event->charge.nano;
	request_once_add(&proof->requests, event->request_hash);
}

/* ---- what paid it --------------------------------------------------------------- */

/* What is wrong between a charge alone, or none, and entries, or none. */
static void
tell_charge(UsageProof *proof, const StoredEvent *event, const BatchEntries *entries)
{
	int64 first_entry_no = entries ? entries->first_entry_no : event->first_entry_no;

	tell(proof, "charge_slices",
		 psprintf("charge %s over %s entries from " INT64_FORMAT ": the ledger has %s over %s",
				  event ? stored_event_amount_text(&event->charge) : "",
				  number_text(event == NULL, event ? event->entry_count : 0), first_entry_no,
				  entries ? nano_text(entries->amount_nano) : "",
				  number_text(entries == NULL, entries ? entries->count : 0)));
}

/* The same of a batch. */
static void
tell_batch(UsageProof *proof, int64 first_entry_no, const Batch *batch, const BatchEntries *entries)
{
	tell(proof, "batch_slices",
		 psprintf("batch of entry " INT64_FORMAT
				  ": charges are %s over %s entries, the ledger has %s over %s",
				  first_entry_no, batch ? nano_text(batch->charge_nano) : "",
				  number_text(batch == NULL, batch ? batch->entry_count : 0),
				  entries ? nano_text(entries->amount_nano) : "",
				  number_text(entries == NULL, entries ? entries->count : 0)));
}

/* Of entries that no usage names. That of a closed month is not kept. */
static void
tell_entries(UsageProof *proof, const BatchEntries *entries)
{
	if (entries->is_closed)
		return;
	if (entries->is_batch)
		tell_batch(proof, entries->first_entry_no, NULL, entries);
	else
		tell_charge(proof, NULL, entries);
}

static void
put_digest(UsageProof *proof, const StoredEvent *event)
{
	Digest digest;

	if (stored_event_digest(event, &digest))
		hasher_put_digest(&proof->digest, &digest);
}

/* What the usage of some entries says together. */
typedef struct PaidUsage
{
	int64 first_entry_no;
	Batch batch;
	int64 alone; /* how many of it were charged by themselves */
} PaidUsage;

static void
take_paid_event(UsageProof *proof, PaidUsage *usage, const BatchEntries *entries)
{
	StoredEvent event;
	int128 before = usage->batch.charge_nano;

	take_event(proof, &event);
	put_digest(proof, &event);
	if (!event.nulls[EVENT_BATCH_OFFSET])
	{
		if (!batch_add(&usage->batch, &event))
			tell(proof, "batch_order",
				 psprintf("request \"%s\": %s is charged before it in its batch, the row says %s",
						  event.request_id, nano_text(before),
						  stored_event_amount_text(&event.batch_offset)));
	}
	else if (stored_event_is_paid_alone(&event))
	{
		usage->alone++;
		if (!batch_pays_alone(entries, &event))
			tell_charge(proof, &event, entries);
	}
}

/* Goes over a row's memory, and to the next one. */
static void
next_event(UsageProof *proof)
{
	MemoryContextReset(proof->row_context);
	feed_next(&proof->usage);
}

static bool
is_paid_from(const UsageProof *proof, int64 first_entry_no)
{
	const Cursor *row = &proof->usage.cursor;

	return feed_is_at(&proof->usage, proof->account_id) && !row->nulls[EVENT_FIRST_ENTRY_NO] &&
		   cursor_int64(row, EVENT_FIRST_ENTRY_NO) == first_entry_no;
}

/* Judges usage against its entries, NULL: there are none. */
static void
judge_paid(UsageProof *proof, const PaidUsage *usage, const BatchEntries *entries)
{
	Digest digest;
	bool is_made = hasher_end(&proof->digest, &digest);

	if (!is_made || entries == NULL || !entries->has_digest ||
		memcmp(&digest, &entries->usage_digest, sizeof(Digest)) != 0)
		tell(proof, "usage_digest",
			 psprintf("the usage that entry " INT64_FORMAT " pays is another than was booked",
					  usage->first_entry_no));
	if (usage->alone > 1)
		tell(proof, "charge_entries",
			 psprintf("entry " INT64_FORMAT " is the first slice of " INT64_FORMAT " charges",
					  usage->first_entry_no, usage->alone));
	if (usage->batch.events > 0 && !batch_is_paid_by(&usage->batch, entries))
		tell_batch(proof, usage->first_entry_no, &usage->batch, entries);
	if (entries && (entries->is_batch ? usage->batch.events : usage->alone) == 0)
		tell_entries(proof, entries);
}

static void
next_run(UsageProof *proof)
{
	proof->has_run = entry_run_next(&proof->runs, &proof->run);
}

/* The usage that was paid from one entry on. */
static void
prove_paid(UsageProof *proof, int64 first_entry_no)
{
	PaidUsage usage = {.first_entry_no = first_entry_no};
	bool has_entries = proof->has_run && proof->run.first_entry_no == first_entry_no;
	const BatchEntries *entries = has_entries ? &proof->run : NULL;

	chain_usage_begin(&proof->digest);
	for (; is_paid_from(proof, first_entry_no); next_event(proof))
		take_paid_event(proof, &usage, entries);
	judge_paid(proof, &usage, entries);
	if (has_entries)
		next_run(proof);
}

/* Usage that names no entry: of what entries should have paid that is told. */
static void
prove_unpaid(UsageProof *proof)
{
	StoredEvent event;

	take_event(proof, &event);
	if (!event.nulls[EVENT_BATCH_OFFSET])
		tell(proof, "batch_slices",
			 psprintf("request \"%s\" is of a batch of no entries", event.request_id));
	else if (stored_event_is_paid_alone(&event))
		tell(proof, "charge_slices",
			 psprintf("request \"%s\": charge %s names no entries", event.request_id,
					  stored_event_amount_text(&event.charge)));
}

/* ---- accounts ------------------------------------------------------------------- */

/* Adds what else is revenue from usage. */
static Numeric
expected_revenue(UsageProof *proof)
{
	Datum sum = NumericGetDatum(nano_sum_to_numeric(proof->charged_nano));

	feed_skip_to(&proof->others, proof->account_id);
	for (; feed_is_at(&proof->others, proof->account_id); feed_next(&proof->others))
		if (!proof->others.cursor.nulls[1])
			sum = DirectFunctionCall2(numeric_add, sum, proof->others.cursor.values[1]);
	return DatumGetNumeric(sum);
}

static void
judge_revenue(UsageProof *proof)
{
	Datum expected = NumericGetDatum(expected_revenue(proof));
	Datum booked = NumericGetDatum(nano_sum_to_numeric(proof->runs.revenue_nano));

	if (proof->runs.has_bad_revenue ||
		!DatumGetBool(DirectFunctionCall2(numeric_eq, expected, booked)))
		tell(proof, "usage_revenue",
			 psprintf("charges less reversals are %s, revenue from usage is %s",
					  DatumGetCString(DirectFunctionCall1(numeric_out, expected)),
					  DatumGetCString(DirectFunctionCall1(numeric_out, booked))));
}

static void
prove_account(UsageProof *proof)
{
	const Cursor *row = &proof->usage.cursor;

	while (feed_is_at(&proof->usage, proof->account_id) && !row->nulls[EVENT_FIRST_ENTRY_NO])
	{
		int64 first_entry_no = cursor_int64(row, EVENT_FIRST_ENTRY_NO);

		for (; proof->has_run && proof->run.first_entry_no < first_entry_no; next_run(proof))
			tell_entries(proof, &proof->run);
		prove_paid(proof, first_entry_no);
	}
	for (; proof->has_run; next_run(proof))
		tell_entries(proof, &proof->run);
	for (; feed_is_at(&proof->usage, proof->account_id); next_event(proof))
		prove_unpaid(proof);
	judge_revenue(proof);
}

/* The least account that any of them is at; false: they are all at their end. */
static bool
next_account(UsageProof *proof)
{
	int64 next = feed_first(&proof->usage, PG_INT64_MAX);

	next = feed_first(&proof->runs.entries, next);
	proof->account_id = feed_first(&proof->others, next);
	return proof->usage.has_row || proof->runs.entries.has_row || proof->others.has_row;
}

static void
prove_accounts(UsageProof *proof)
{
	while (next_account(proof))
	{
		MemoryContextSwitchTo(proof->account_context);
		proof_facts_read(&proof->facts_reader, proof->account_id, &proof->facts);
		entry_run_begin(&proof->runs, proof->account_id);
		proof->charged_nano = 0;
		request_once_begin(&proof->requests);
		MemoryContextSwitchTo(proof->row_context);
		next_run(proof);
		prove_account(proof);
		request_once_end(&proof->requests, proof->account_id, proof->telling);
		MemoryContextReset(proof->row_context);
		MemoryContextReset(proof->account_context);
	}
}

/* Where an error ends the pass amid usage. */
static void
forget_digest(void *hasher)
{
	Digest digest;

	(void) hasher_end(hasher, &digest);
}

static void
open_feeds(UsageProof *proof, const int64 *only)
{
	static Sql usage[] = FEED_OF_ALL_AND_OF_ONE(USAGE);
	static Sql others[] = FEED_OF_ALL_AND_OF_ONE(OTHERS);
	static const Oid usage_types[] = {STORED_EVENT_TYPES};
	static const Oid other_types[] = {INT8OID, NUMERICOID};

	feed_open(&proof->usage, usage, only, usage_types, lengthof(usage_types));
	feed_open(&proof->others, others, only, other_types, lengthof(other_types));
	entry_run_open(&proof->runs, only);
	proof_facts_open(&proof->facts_reader, only);
}

static void
close_feeds(UsageProof *proof)
{
	feed_close(&proof->usage);
	feed_close(&proof->others);
	entry_run_close(&proof->runs);
	proof_facts_close(&proof->facts_reader);
}

void
usage_proof_run(const int64 *only, Telling *telling)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "billing usage proof",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller_context = MemoryContextSwitchTo(context);
	UsageProof *proof = palloc0(sizeof(UsageProof));
	MemoryContextCallback *callback = palloc(sizeof(MemoryContextCallback));

	proof->telling = telling;
	proof->repricing = repricing_make(telling);
	proof->digest.failed = true;
	proof->account_context = AllocSetContextCreate(context, "billing usage proof account",
												   ALLOCSET_DEFAULT_SIZES);
	proof->row_context = AllocSetContextCreate(context, "billing usage proof row",
											   ALLOCSET_DEFAULT_SIZES);
	*callback = (MemoryContextCallback){.func = forget_digest, .arg = &proof->digest};
	MemoryContextRegisterResetCallback(context, callback);
	open_feeds(proof, only);
	prove_accounts(proof);
	MemoryContextSwitchTo(context);
	repricing_judge_revisions(proof->repricing, only);
	close_feeds(proof);
	MemoryContextSwitchTo(caller_context);
	MemoryContextDelete(context);
}
