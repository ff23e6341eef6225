/*-------------------------------------------------------------------------
 *
 * post.c
 *	  Notifications on their way: claimed in one transaction, sent by
 *	  billing-courier, recorded in another; between them nothing is held.
 *
 * src/worker/README.md has its states, booking/delivering the rules.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "armed.h"
#include "booking/delivering.h"
#include "booking/failure.h"
#include "clock.h"
#include "gateway/frame.h"
#include "settings.h"
#include "spi/catalog.h"
#include "spi/subscriber.h"
#include "store/arming_store.h"
#include "store/parking_store.h"
#include "subtransaction.h"
#include "worker/lane.h"
#include "worker/life.h"
#include "worker/passing.h"
#include "worker/post.h"

#define PARCELS_MAX 32 /* at a time, as billing-courier has them */

/* Of them so many webhooks at the most, and of one account; each may take its time. */
#define WEBHOOKS_MAX 20
#define WEBHOOKS_OF_ACCOUNT_MAX 4

/* Accounts that are parked, or whose notifications cannot even be put off, are passed over so long.
 */
#define PASSED_US (10 * USECS_PER_SEC)

/* Lanes that are looked at in one turn; the next turn begins behind the last of them. */
#define LANES_MAX 256

/* What is due and was not claimed is looked for again after so long. */
#define LOOK_US (100 * INT64CONST(1000))
#define RETRY_US (500 * INT64CONST(1000))

/* A parcel under way. */
typedef struct Flight
{
	int64 id; /* of its frame; 0: free */
	DueNotification due;
	char lane[PARCEL_ADDRESS_SIZE];
	TimestampTz claimed_at;
	bool is_answered;
	TimestampTz record_at; /* not before: its row was held */
	ParcelAnswer answer;   /* which is not recorded yet */
} Flight;

static Child courier = {
	.program = "billing-courier",
	.argument = settings_secrets_dir,
	.out_max = 2 * PARCEL_FRAME_ROOM, /* the largest has room behind what waits, while that is less
										 than another */
	.in_max = 64 * PARCEL_ANSWER_ROOM,
};
static Flight flights[PARCELS_MAX];
static int64 last_id;
static Passing passing;
static char *last_lane; /* of the last turn; NULL: begin with the first */

const Child *
post_child(void)
{
	return &courier;
}

void
post_close(void)
{
	child_close(&courier);
}

/* ---- answers -------------------------------------------------------------------- */

static Flight *
find_flight(int64 id)
{
	for (int i = 0; i < PARCELS_MAX; i++)
		if (flights[i].id == id)
			return &flights[i];
	return NULL;
}

static bool
is_flying(const DueNotification *due)
{
	for (int i = 0; i < PARCELS_MAX; i++)
		if (flights[i].id != 0 && flights[i].due.account_id == due->account_id &&
			flights[i].due.notification_no == due->notification_no)
			return true;
	return false;
}

static void
answer_flight(Flight *flight, const ParcelAnswer *answer)
{
	lane_end(flight->lane, answer->result, GetCurrentTimestamp());
	flight->is_answered = true;
	flight->answer = *answer;
}

/* billing-courier has ended: what it had may have been sent. */
static void
lose_flights(void)
{
	const ParcelAnswer lost = {.result = PARCEL_UNKNOWN, .code = "courier_ended"};

	for (int i = 0; i < PARCELS_MAX; i++)
		if (flights[i].id != 0 && !flights[i].is_answered)
			answer_flight(&flights[i], &lost);
}

/* Takes the next answer that is there; false where there is none. */
static bool
take_answer(void)
{
	Bytes received = child_received(&courier);
	size_t size = frame_size(received);
	ParcelAnswer answer;
	Flight *flight;
	int64_t id;

	if (size == 0 || (size > received.size && size <= PARCEL_ANSWER_ROOM))
		return false;
	if (size > PARCEL_ANSWER_ROOM ||
		!parcel_read_answer((Bytes){received.data, size}, &id, &answer))
	{
		post_close(); /* rubbish */
		return false;
	}
	child_take(&courier, size);
	flight = id > 0 ? find_flight(id) : NULL;
	if (flight && !flight->is_answered)
		answer_flight(flight, &answer);
	return true;
}

static void
receive_answers(void)
{
	child_flush(&courier);
	child_fill(&courier);
	while (take_answer())
		;
	if (!child_is_open(&courier))
		lose_flights();
}

/* ---- recording ------------------------------------------------------------------ */

static bool
is_rows_own(int sqlstate)
{
	return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE || sqlstate == ERRCODE_PROGRAM_LIMIT_EXCEEDED ||
		   failure_is_of_rows(sqlstate);
}

static void
put_off(void *argument)
{
	scope_open_inner();
	delivering_put_off(argument);
	scope_close_inner();
}

/* What cannot be claimed or recorded is tried later; where even that fails, its account is passed
 * over. */
static void
put_off_notification(DueNotification *due, const char *because)
{
	ereport(LOG, (errmsg("billing puts notification " INT64_FORMAT " of account " INT64_FORMAT
						 " off: %s",
						 due->notification_no, due->account_id, because)));
	if (subtransaction_run(put_off, due, is_rows_own))
		passing_add(&passing, due->account_id, GetCurrentTimestamp() + PASSED_US);
}

static void
record(void *argument)
{
	const Flight *flight = argument;

	scope_open_inner();
	delivering_record(&flight->due, &flight->answer);
	scope_close_inner();
}

/* True where it is recorded, or put off; false where its row is held. */
static bool
record_flight(Flight *flight)
{
	ErrorData *error = subtransaction_run(record, flight, is_rows_own);

	if (error == NULL)
		return true;
	if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
		return false;
	put_off_notification(&flight->due, error->message);
	return true;
}

static void
land(Flight *flight)
{
	TimestampTz now = GetCurrentTimestamp();
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: recording what became of a notification");
	bool is_done = true;

	crash_mark_work(&flight->due.account_id, 1, false);
	if (ready)
		is_done = record_flight(flight) || now - flight->claimed_at > DELIVERING_LEASE_US;
	life_end_work(&scope, ready);
	if (is_done)
		flight->id = 0;
	else
		flight->record_at = now + RETRY_US;
}

/* Records what was answered; when the next that waits for its row is tried again. */
static TimestampTz
land_all(void)
{
	TimestampTz next = DT_NOEND;

	for (int i = 0; i < PARCELS_MAX; i++)
	{
		Flight *flight = &flights[i];

		if (flight->id != 0 && flight->is_answered && flight->record_at <= GetCurrentTimestamp())
			land(flight);
		if (flight->id != 0 && flight->is_answered)
			next = Min(next, flight->record_at);
	}
	return next;
}

/* ---- claiming ------------------------------------------------------------------- */

/* Books that are not armed here are a copy: it tells nobody. */
static bool
may_send(void)
{
	Arming arming;

	return settings_have_secrets() && !subscriber_feeds_books() && life_books_are_complete() &&
		   arming_find(&arming) && armed_agrees(arming.token, catalog_table("arming"));
}

typedef struct Claim
{
	const DueNotification *due;
	int64 id;
	char *room; /* for the frame */
	size_t size;
} Claim;

/* The frame is written here, where what the parcel points into is there; what no frame holds is
 * sent by nobody, and so it ends. */
static void
claim(void *argument)
{
	const ParcelAnswer too_long = {.result = PARCEL_REFUSED, .code = "too_long"};
	Claim *made = argument;
	Parcel parcel;

	scope_open_inner();
	if (delivering_claim(made->due, &parcel))
	{
		made->size = parcel_write(made->id, &parcel, made->room, PARCEL_FRAME_ROOM);
		if (made->size == 0)
			delivering_record(made->due, &too_long);
	}
	scope_close_inner();
}

/* Claims one, and begins its flight; what it says is sent once that is on disk. */
static void
claim_one(DueNotification *due, Flight *flight)
{
	Claim made = {due, last_id + 1, child_room(&courier, PARCEL_FRAME_ROOM), 0};
	ErrorData *error;

	crash_mark_work(&due->account_id, 1, false);
	error = subtransaction_run(claim, &made, is_rows_own);
	if (error)
		put_off_notification(due, error->message);
	if (error || made.size == 0)
		return;
	child_add(&courier, made.size);
	*flight = (Flight){.id = ++last_id, .due = *due, .claimed_at = GetCurrentTimestamp()};
	strlcpy(flight->lane, due->lane, sizeof(flight->lane));
	flight->due.lane = flight->lane;
	lane_begin(flight->lane);
}

/* True while as many webhooks are under way as may be, of all or of its account: e-mail always
 * finds a place, and nobody's endpoints take all the others. */
static bool
must_wait(const DueNotification *due)
{
	int webhooks = 0;
	int own = 0;

	if (!lane_is_host(due->lane))
		return false;
	for (int i = 0; i < PARCELS_MAX; i++)
	{
		if (flights[i].id == 0 || !lane_is_host(flights[i].lane))
			continue;
		webhooks++;
		own += flights[i].due.account_id == due->account_id;
	}
	return webhooks >= WEBHOOKS_MAX || own >= WEBHOOKS_OF_ACCOUNT_MAX;
}

static void
pass_over_parked(TimestampTz now)
{
	size_t count;
	int64 *parked = parking_accounts(wake_kind_name(WORKER_CLERK), &count);

	passing_add_all(&passing, parked, count, now + PASSED_US);
}

static void
claim_due(DueNotification *due, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		Flight *flight = find_flight(0);

		if (flight == NULL || child_room(&courier, PARCEL_FRAME_ROOM) == NULL)
			break;
		if (lane_allows(due[i].lane, GetCurrentTimestamp()) && !is_flying(&due[i]) &&
			!must_wait(&due[i]) && !passing_has(&passing, due[i].account_id))
			claim_one(&due[i], flight);
	}
}

/* The lanes to look at in this turn, those that take no more left out. */
static char **
list_lanes(size_t *count)
{
	char **lanes = notification_list_lanes(last_lane ? last_lane : "", LANES_MAX, count);
	TimestampTz now = GetCurrentTimestamp();
	size_t free_count = 0;

	if (last_lane)
		pfree(last_lane);
	last_lane = *count == LANES_MAX ? MemoryContextStrdup(TopMemoryContext, lanes[*count - 1])
									: NULL;
	for (size_t i = 0; i < *count; i++)
		if (lane_allows(lanes[i], now))
			lanes[free_count++] = lanes[i];
	*count = free_count;
	return lanes;
}

/* Claims what is due in some lanes; when there is more to do. */
static TimestampTz
claim_some(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz unpassed_at = passing_end(&passing, now);
	LaneFilter filter = {.passed = passing.accounts};
	TimestampTz next;
	size_t count;
	DueNotification *due;

	pass_over_parked(now);
	filter.passed_count = passing.count;
	filter.lanes = list_lanes(&filter.lanes_count);
	due = notification_list_due(clock_now(), &filter, PARCELS_MAX, &count);
	claim_due(due, count);
	if (last_lane)
		return GetCurrentTimestamp();
	filter.passed_count = passing.count;
	next = notification_next_due(&filter);
	if (next != DT_NOEND)
		next -= clock_offset_s() * USECS_PER_SEC;
	return Min(next, unpassed_at);
}

static TimestampTz
send_due(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = DT_NOEND;
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: looking for notifications to send");
	bool sends = ready && may_send();

	if (sends && child_open(&courier))
		next = claim_some();
	else if (sends)
		next = courier.start_at;
	life_end_work(&scope, ready);
	if (!sends)
		post_close();
	child_flush(&courier);
	return Min(Max(next, now + LOOK_US), lane_next_end_of_rest(now));
}

TimestampTz
post_turn(void)
{
	TimestampTz next;

	receive_answers();
	next = land_all();
	return Min(next, send_due());
}
