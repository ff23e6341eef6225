/*-------------------------------------------------------------------------
 *
 * gateway.c
 *	  The background worker that has gateways called.
 *
 * It claims what is due in one transaction, has it sent by billing-caller, and
 * records each answer in a transaction of its own; between them it holds nothing.
 * src/worker/README.md has its states, booking/calling the rules.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "armed.h"
#include "booking/calling.h"
#include "booking/failure.h"
#include "booking/reconciling.h"
#include "booking/waiting.h"
#include "clock.h"
#include "settings.h"
#include "spi/catalog.h"
#include "spi/subscriber.h"
#include "store/arming_store.h"
#include "store/gateway_store.h"
#include "store/notice_store.h"
#include "store/parking_store.h"
#include "store/policy_store.h"
#include "subtransaction.h"
#include "worker/breaker.h"
#include "worker/errand.h"
#include "worker/life.h"
#include "worker/link.h"
#include "worker/passing.h"
#include "worker/supervisor.h"

#define CALLS_MAX 256  /* at a time, as billing-caller has them */
#define ERRANDS_MAX 16 /* claimed at a time */
#define IDLE_MS 10000

/* An account that somebody holds is waited for so long, and tried again after a while. */
#define HOLD_TIMEOUT "50ms"
#define RETRY_US (500 * INT64CONST(1000))

/* What is due and was not claimed is looked for again after so long. */
#define LOOK_US (100 * INT64CONST(1000))

/* Accounts that are parked are passed over for so long. */
#define PARKED_US (10 * USECS_PER_SEC)

/* Of facts that wait, so many held accounts are waited for in one turn. */
#define HELD_MAX 2

/* Facts that wait and are booked in one turn at the most. */
#define WAITING_MAX 100

/* Messages that nobody signed are looked through so often, and so many forgotten then. */
#define FORGET_MS (10 * 60 * 1000)
#define FORGET_MAX 10000

/* A call that is made now. */
typedef struct Flight
{
	int64 id;	 /* of its frame; 0: free */
	DueCall due; /* of an account's; else of none */
	Errand errand;
	char gateway[CALL_NAME_SIZE];
	GatewayCall call;
	TimestampTz claimed_at;
	bool is_answered;
	TimestampTz lost_at;  /* 0: it was not */
	bool is_unsent;		  /* it could not be written to the caller */
	GatewayAnswer answer; /* which could not be recorded yet */
	StringInfo document;  /* what came of one, in front of the answer; NULL: nothing did */
} Flight;

static Flight flights[CALLS_MAX];
static int64 last_id;
static int64 armed_epoch; /* -1: no gateway is called */
static MemoryContext turn_context;
static TimestampTz waiting_at; /* facts that wait are not looked for before */
static TimestampTz forget_at;
static int64 waiting_from = 1; /* where the next look for them begins */
static bool has_held;		   /* some were left for accounts that somebody holds */

extern PGDLLEXPORT void billing_gateway_main(Datum argument);

/* ---- flights -------------------------------------------------------------- */

static Flight *
find_flight(int64 id)
{
	for (int i = 0; i < CALLS_MAX; i++)
		if (flights[i].id == id)
			return &flights[i];
	return NULL;
}

/* True where the call is made already, or its answer waits to be recorded. */
static bool
is_flying(const DueCall *due)
{
	for (int i = 0; i < CALLS_MAX; i++)
		if (flights[i].id != 0 && flights[i].due.account_id == due->account_id &&
			flights[i].due.call_id == due->call_id)
			return true;
	return false;
}

static void
prepare_flight(Flight *flight, const GatewayCall *call)
{
	*flight = (Flight){.id = ++last_id, .call = *call, .claimed_at = GetCurrentTimestamp()};
	strlcpy(flight->gateway, call->gateway, CALL_NAME_SIZE);
	flight->call.clock_offset_s = clock_offset_s();
	strlcpy(flight->call.database, life_database(), sizeof(flight->call.database));
}

static void
begin_flight(Flight *flight, const DueCall *due, const GatewayCall *call)
{
	prepare_flight(flight, call);
	flight->due = *due;
	flight->due.gateway = flight->gateway;
	breaker_begin(flight->gateway);
}

/* An errand is slow, or asks nobody: it says nothing of its gateway. */
static void
begin_errand(Flight *flight, const Errand *errand, const GatewayCall *call)
{
	prepare_flight(flight, call);
	flight->errand = *errand;
	flight->errand.run.key.gateway = flight->errand.row.key.gateway = flight->errand.gateway;
}

static void
end_flight(Flight *flight)
{
	if (flight->document)
	{
		pfree(flight->document->data);
		pfree(flight->document);
	}
	flight->document = NULL;
	flight->id = 0;
}

/* What is beyond the bound of a document is dropped: then it has another size than its answer
 * says. */
static void
take_piece(Flight *flight, const FramePiece *piece)
{
	MemoryContext turn = MemoryContextSwitchTo(TopMemoryContext);

	if (flight->document == NULL)
		flight->document = makeStringInfo();
	if (flight->document->len + piece->size <= INVOICE_DOCUMENT_BYTES_MAX)
		appendBinaryStringInfo(flight->document, (const char *) piece->bytes, (int) piece->size);
	MemoryContextSwitchTo(turn);
}

/* An answer, or that there will be none. */
static void
answer_flight(Flight *flight, const GatewayAnswer *answer)
{
	flight->is_answered = true;
	flight->answer = *answer;
}

/* billing-caller has ended: what it had, sent or not, is unknown. */
static void
lose_flights(void)
{
	const GatewayAnswer lost = {.result = RESULT_UNANSWERED, .code = "caller_ended"};
	TimestampTz now = GetCurrentTimestamp();

	for (int i = 0; i < CALLS_MAX; i++)
		if (flights[i].id != 0 && !flights[i].is_answered)
		{
			answer_flight(&flights[i], &lost);
			flights[i].lost_at = now;
		}
}

/* ---- accounts that are passed over ----------------------------------------- */

static Passing passing;

static CallFilter
filter_now(TimestampTz now)
{
	return (CallFilter){breaker_busy(now), passing.accounts, passing.count};
}

/* ---- recording ------------------------------------------------------------ */

static void
record(void *argument)
{
	const Flight *flight = argument;

	Bytes document = {NULL, 0};

	if (flight->document)
		document = (Bytes){flight->document->data, flight->document->len};
	scope_open_inner();
	calling_record(&flight->due, &flight->call, &flight->answer, document);
	scope_close_inner();
}

static bool
is_flights_own(int sqlstate)
{
	return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE || failure_is_of_rows(sqlstate);
}

static void
put_off(void *argument)
{
	scope_open_inner();
	calling_put_off(argument);
	scope_close_inner();
}

/* What a call cannot do it is made to do later; where even that fails, its account is passed over.
 */
static void
put_off_call(const DueCall *due, const char *because)
{
	DueCall call = *due;
	ErrorData *error = subtransaction_run(put_off, &call, is_flights_own);

	ereport(LOG, (errmsg("billing puts call " INT64_FORMAT " of account " INT64_FORMAT " off: %s",
						 due->call_id, due->account_id, because)));
	if (error)
		passing_add(&passing, due->account_id, GetCurrentTimestamp() + PARKED_US);
}

/* True where it is recorded, or put off; false where the account is held. */
static bool
record_flight(const Flight *flight)
{
	ErrorData *error = subtransaction_run(record, unconstify(Flight *, flight), is_flights_own);

	if (error == NULL)
		return true;
	if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
		return false;
	put_off_call(&flight->due, error->message);
	return true;
}

/* What the answer says of its gateway. */
static void
judge_gateway(const Flight *flight)
{
	if (flight->lost_at != 0)
		breaker_lose(flight->gateway, flight->lost_at);
	else if (flight->is_unsent)
		breaker_withdraw(flight->gateway);
	else
		breaker_end(flight->gateway, &flight->answer, GetCurrentTimestamp());
}

/* Which did not answer when the worker before this one ended. */
static void
remember_silent(TimestampTz now)
{
	static bool is_done;
	size_t count;
	GatewayName *gateways;

	if (is_done)
		return;
	gateways = gateway_list(&count);
	for (size_t i = 0; i < count; i++)
		if (gateways[i].unavailable_because)
			breaker_remember(gateways[i].gateway, gateways[i].unavailable_because, now);
	is_done = true;
}

/*
 * Writes down which gateways do not answer, or do again; one whose row is locked is told later. One
 * that nobody has asked is probed by what waits for it; where nothing does, by the next order.
 */
static void
tell_news(void)
{
	BreakerNews news = {0};
	TimestampTz now = GetCurrentTimestamp();

	while (breaker_next_news(&news, now))
	{
		bool is_waited_for = news.because == NULL &&
							 gateway_call_hasten(news.gateway, "unanswered,not_delivered",
												 clock_now());

		if (news.is_guess && is_waited_for)
			breaker_probes(&news, now);
		else if (gateway_set_unavailable(news.gateway, clock_now(), news.because))
			breaker_told(&news);
	}
}

/* The lease is over soon: whoever claims it next asks anew. */
static bool
is_too_late(const Flight *flight)
{
	return GetCurrentTimestamp() - flight->claimed_at > CALLING_LEASE_US;
}

static void
land(Flight *flight)
{
	int64 account = flight->due.account_id;
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: recording the answer of a gateway");
	bool is_done = true;

	crash_mark_work(&account, 1, false);
	if (ready)
		is_done = record_flight(flight) || is_too_late(flight);
	life_end_work(&scope, ready);
	if (is_done)
	{
		judge_gateway(flight);
		end_flight(flight);
	}
	else
		passing_add(&passing, account, GetCurrentTimestamp() + RETRY_US);
}

/* What cannot be recorded by its own fault is claimed again when its lease is over. */
static void
record_errand(void *argument)
{
	Flight *flight = argument;

	scope_open_inner();
	errand_record(&flight->errand, &flight->answer);
	scope_close_inner();
}

static void
land_errand(Flight *flight)
{
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: recording what a gateway has done");
	ErrorData *error = NULL;

	if (ready)
		error = subtransaction_run(record_errand, flight, is_flights_own);
	if (error)
		ereport(LOG, (errmsg("billing could not record what gateway \"%s\" says: %s",
							 flight->gateway, error->message)));
	life_end_work(&scope, ready);
	end_flight(flight);
}

static void
land_all(void)
{
	for (int i = 0; i < CALLS_MAX; i++)
	{
		Flight *flight = &flights[i];

		if (flight->id == 0 || !flight->is_answered ||
			passing_has(&passing, flight->due.account_id))
			continue;
		if (flight->errand.kind != ERRAND_NONE)
			land_errand(flight);
		else
			land(flight);
	}
}

static void
receive_answers(void)
{
	LinkReceived received;
	GatewayAnswer answer;
	BillRow row;
	FramePiece piece;
	int64 id;

	while ((received = link_receive(&id, &answer, &row, &piece)) != LINK_NOTHING)
	{
		Flight *flight = id > 0 ? find_flight(id) : NULL;

		if (flight == NULL || flight->is_answered)
			continue;
		if (received == LINK_ANSWER)
			answer_flight(flight, &answer);
		else if (received == LINK_ROW && flight->errand.kind == ERRAND_BILL)
			errand_take_row(&flight->errand, &row);
		else if (received == LINK_PIECE && flight->call.operation == CALL_DOCUMENT)
			take_piece(flight, &piece);
	}
	if (!link_is_open())
		lose_flights();
}

/* ---- claiming ------------------------------------------------------------- */

/* Where these books may call gateways: armed here, nobody else feeding them. */
static void
look_at_arming(void)
{
	Arming arming;

	armed_epoch = -1;
	if (!subscriber_feeds_books() && life_books_are_complete() && arming_find(&arming) &&
		armed_agrees(arming.token, catalog_table("arming")) && armed_lock())
		armed_epoch = arming.epoch;
	else
		armed_unlock();
}

static bool
is_parked(const int64 *parked, size_t count, int64 account_id)
{
	for (size_t i = 0; i < count; i++)
		if (parked[i] == account_id)
			return true;
	return false;
}

typedef struct Claim
{
	const DueCall *due;
	GatewayCall call;
	ClaimResult result;
} Claim;

static void
claim(void *argument)
{
	Claim *made = argument;

	scope_open_inner();
	made->result = calling_claim(made->due, armed_epoch, &made->call);
	scope_close_inner();
}

/* Claims one call; one that cannot be by its own fault is put off. */
static ClaimResult
claim_call(const DueCall *due, GatewayCall *call)
{
	Claim made = {.due = due, .result = CLAIM_NOTHING};
	ErrorData *error;

	crash_mark_work(&due->account_id, 1, false);
	error = subtransaction_run(claim, &made, is_flights_own);
	if (error)
		put_off_call(due, error->message);
	*call = made.call;
	return error ? CLAIM_HELD : made.result;
}

/* Claims one call that is due, and begins its flight. */
static void
claim_one(const DueCall *due, Flight *flight, TimestampTz now)
{
	GatewayCall call;

	switch (claim_call(due, &call))
	{
		case CLAIM_SENDS:
			begin_flight(flight, due, &call);
			return;
		case CLAIM_NOTHING:
			return;
		case CLAIM_HELD:
			passing_add(&passing, due->account_id, now + RETRY_US);
			return;
	}
}

/* Claims what is due, as far as there are places. */
static void
claim_due(const DueCall *due, size_t count, TimestampTz now)
{
	size_t parked_count;
	int64 *parked = parking_accounts(wake_kind_name(WORKER_GATEWAY), &parked_count);

	for (size_t i = 0; i < count; i++)
	{
		Flight *flight = find_flight(0);

		if (flight == NULL)
			break;
		if (is_flying(&due[i]) || !breaker_allows(due[i].gateway, now) ||
			passing_has(&passing, due[i].account_id))
			continue;
		if (is_parked(parked, parked_count, due[i].account_id))
			passing_add(&passing, due[i].account_id, now + PARKED_US);
		else
			claim_one(&due[i], flight, now);
	}
}

typedef struct ErrandClaim
{
	const char *busy;
	Errand errand;
	GatewayCall call;
	bool is_claimed;
} ErrandClaim;

static void
claim_errand(void *argument)
{
	ErrandClaim *made = argument;

	scope_open_inner();
	made->is_claimed = errand_claim(made->busy, &made->errand, &made->call);
	scope_close_inner();
}

/* Claims errands, a part of the places. One that cannot be is no reason to call nobody. */
static void
claim_errands(const char *busy)
{
	for (int i = 0; i < ERRANDS_MAX; i++)
	{
		ErrandClaim made = {.busy = busy};
		Flight *flight = find_flight(0);
		ErrorData *error = flight ? subtransaction_run(claim_errand, &made, is_flights_own) : NULL;

		if (error)
			ereport(LOG, (errmsg("billing could not look for errands: %s", error->message)));
		if (!made.is_claimed || error)
			return;
		begin_errand(flight, &made.errand, &made.call);
	}
}

/* Sends what was claimed since the flight of that id: it is on disk by now. */
static void
send_since(int64 id)
{
	GatewayAnswer unsent = {.result = RESULT_NOT_DELIVERED, .code = "caller"};

	for (int i = 0; i < CALLS_MAX; i++)
		if (flights[i].id > id && !link_send(flights[i].id, &flights[i].call))
		{
			answer_flight(&flights[i], &unsent);
			flights[i].is_unsent = true;
		}
	link_flush();
}

/*
 * Claims and has sent what is due. Returns when something is due next; at once,
 * where there may be more.
 */
static TimestampTz
call_gateways(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = DT_NOEND;
	int64 id = last_id;
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: looking for calls of gateways");

	(void) passing_end(&passing, now);
	armed_epoch = -1;
	if (ready)
		look_at_arming();
	if (ready && armed_epoch >= 0 && link_open())
	{
		CallFilter filter;
		size_t count;
		DueCall *due;

		remember_silent(now);
		filter = filter_now(now);
		due = gateway_call_list_due(clock_now(), settings_gateway_calls(), &filter, &count);
		claim_due(due, count, now);
		claim_errands(filter.busy);
		tell_news();
		filter = filter_now(now);
		next = gateway_call_next_due(&filter);
		if (next != DT_NOEND)
			next -= clock_offset_s() * USECS_PER_SEC;
		next = Min(next, errand_next_due());
	}
	else if (armed_epoch >= 0)
		next = link_opens_at();
	life_end_work(&scope, ready);
	send_since(id);
	if (armed_epoch < 0)
		link_close();
	/* What is due and was not claimed waits for somebody: it is looked for soon, and not at once.
	 */
	return last_id > id ? now : Min(Max(next, now + LOOK_US), passing_end(&passing, now));
}

/* ---- facts that wait ------------------------------------------------------ */

static Waiting
book_waiting(int64 from)
{
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: booking what gateways said");
	Waiting waiting = {0};

	if (ready && !subscriber_feeds_books())
		waiting = waiting_book(from);
	life_end_work(&scope, ready);
	return waiting;
}

static void
book_waiting_on_house(int64 notice_id)
{
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: booking what is of no customer's");

	if (ready)
		waiting_book_on_house(notice_id);
	life_end_work(&scope, ready);
}

/* Looks again for payments of refunds that were told of without one. */
static void
rematch(void)
{
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: looking for payments of refunds");

	if (ready && !subscriber_feeds_books())
		notice_rematch_all();
	life_end_work(&scope, ready);
}

static void
book_all_waiting(void)
{
	int held = 0;

	rematch();

	for (int i = 0; i < WAITING_MAX && held < HELD_MAX; i++)
	{
		Waiting waiting = book_waiting(waiting_from);

		/* Behind the last one it begins anew: what is held hides nothing. */
		waiting_from = waiting.notice_id + 1;
		if (waiting.notice_id == 0)
			break;
		held += waiting.is_held;
		if (waiting.is_of_house)
			book_waiting_on_house(waiting.notice_id);
		life_heed_signals();
	}
	has_held = held > 0;
	waiting_at = has_held ? GetCurrentTimestamp() + RETRY_US
						  : TimestampTzPlusMilliseconds(GetCurrentTimestamp(), IDLE_MS);
}

/* ---- messages that nobody signed ------------------------------------------ */

/* Forgets those that policy notice_retention keeps no longer, now and then. */
static void
forget_notices(void)
{
	Scope scope;
	bool ready;
	bool is_forgetting = false;

	if (GetCurrentTimestamp() < forget_at)
		return;
	ready = life_begin_work(&scope, "billing: forgetting messages that nobody signed");
	if (ready && !subscriber_feeds_books())
	{
		(void) notice_forget(clock_now() - policy_values(NULL).of[POLICY_NOTICE_RETENTION],
							 FORGET_MAX);
		is_forgetting = reconciling_forget();
	}
	life_end_work(&scope, ready);
	forget_at = is_forgetting ? GetCurrentTimestamp()
							  : TimestampTzPlusMilliseconds(GetCurrentTimestamp(), FORGET_MS);
}

/* ---- its life ------------------------------------------------------------- */

static bool
has_answers(void)
{
	for (int i = 0; i < CALLS_MAX; i++)
		if (flights[i].id != 0 && flights[i].is_answered)
			return true;
	return false;
}

/* Waits for a commit, an answer, or the next thing that is due. */
static void
wait_until(TimestampTz next)
{
	TimestampTz now = GetCurrentTimestamp();
	long timeout_ms = Min(TimestampDifferenceMilliseconds(now, Min(next, breaker_next_probe(now))),
						  IDLE_MS);
	int events = WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH;

	if (has_answers() || has_held)
		timeout_ms = Min(timeout_ms, RETRY_US / 1000);
	if (link_is_clogged())
		events |= WL_SOCKET_WRITEABLE;
	if (link_is_open())
		(void) WaitLatchOrSocket(MyLatch, events | WL_SOCKET_READABLE, link_socket(), timeout_ms,
								 PG_WAIT_EXTENSION);
	else
		(void) WaitLatch(MyLatch, events, timeout_ms, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	life_heed_signals();
}

static void
turn(void)
{
	TimestampTz next;
	bool is_going_on;
	bool is_woken = wake_look(WORKER_GATEWAY) != 0;

	MemoryContextReset(turn_context);
	MemoryContextSwitchTo(turn_context);
	receive_answers();
	land_all();
	if (is_woken || GetCurrentTimestamp() >= waiting_at)
		book_all_waiting();
	forget_notices();
	is_going_on = errand_go_on();
	next = call_gateways();
	wake_looked(WORKER_GATEWAY);
	if (!wake_is_pending(MyDatabaseId, WORKER_GATEWAY))
		wait_until(is_going_on ? GetCurrentTimestamp() : next);
	else
		life_heed_signals();
}

static void
close_link(int code, Datum argument)
{
	link_close();
}

void
billing_gateway_main(Datum argument)
{
	Oid database = DatumGetObjectId(argument);
	TimestampTz started_at = GetCurrentTimestamp();
	CrashMark last = life_begin(database, WORKER_GATEWAY);

	before_shmem_exit(close_link, (Datum) 0);
	life_override("lock_timeout", HOLD_TIMEOUT);
	turn_context = AllocSetContextCreate(TopMemoryContext, "billing turn", ALLOCSET_DEFAULT_SIZES);
	if (!life_learn_from_crash(WORKER_GATEWAY, &last))
		proc_exit(0);
	while (!life_shall_end() && settings_have_secrets())
	{
		turn();
		if (TimestampDifferenceExceeds(started_at, GetCurrentTimestamp(), GOOD_RUN_MS))
			crash_mark_forgive();
	}
	proc_exit(0);
}
