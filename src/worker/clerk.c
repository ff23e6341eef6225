/*-------------------------------------------------------------------------
 *
 * clerk.c
 *	  The background worker that numbers overseas invoices and credit notes, has
 *	  documents drawn and tells of them, and has notifications sent.
 *
 * src/worker/README.md has its states, booking/numbering and booking/drawing the
 * rules. Between two short transactions it holds nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "booking/drawing.h"
#include "booking/failure.h"
#include "booking/numbering.h"
#include "clock.h"
#include "core/limits.h"
#include "spi/subscriber.h"
#include "store/parking_store.h"
#include "subtransaction.h"
#include "wake.h"
#include "worker/life.h"
#include "worker/passing.h"
#include "worker/post.h"
#include "worker/press.h"
#include "worker/supervisor.h"

#define IDLE_MS 10000

/* A document that is due and cannot be claimed is looked for again after so long. */
#define LOOK_US (500 * INT64CONST(1000))

/* What is told in one turn at the most, so that numbers do not wait for it; and how long an account
 * that is held, or parked, is passed over. */
#define TELLINGS_MAX 20
#define PASSED_US USECS_PER_SEC

/* A row that somebody locks is waited for no longer. */
#define HOLD_TIMEOUT "200ms"

static MemoryContext turn_context;
static Document drawn; /* what billing-pdf is drawing, where is_drawing */
static bool is_drawing;
static Passing untold;		  /* accounts whose documents are told later */
static TimestampTz number_at; /* numbers are not given before: that failed */

extern PGDLLEXPORT void billing_clerk_main(Datum argument);

/* A transaction; *ready where there are books that it may work on. */
static bool
begin_work(Scope *scope, const char *what, bool *ready)
{
	bool opened = life_begin_work(scope, what);

	*ready = opened && !subscriber_feeds_books() && life_books_are_complete();
	return opened;
}

/* ---- numbers -------------------------------------------------------------- */

static void
number(void *argument)
{
	int64 *count = argument;

	scope_open_inner();
	*count = numbering_run();
	scope_close_inner();
}

/* What keeps papers from their numbers keeps nobody from his mail. */
static int64
number_some(void)
{
	Scope scope;
	bool ready;
	bool opened = begin_work(&scope, "billing: numbering invoices", &ready);
	int64 count = 0;
	ErrorData *error = ready ? subtransaction_run(number, &count, failure_is_of_rows) : NULL;

	if (error)
	{
		ereport(LOG, (errmsg("billing cannot number invoices: %s", error->message)));
		number_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), IDLE_MS);
		count = 0;
	}
	life_end_work(&scope, opened);
	return count;
}

static void
number_all(void)
{
	while (GetCurrentTimestamp() >= number_at && number_some() >= NUMBERING_MAX &&
		   !life_shall_end())
		life_heed_signals();
}

/* ---- documents ------------------------------------------------------------ */

static void
record(PressAnswer result, Bytes answer)
{
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: recording a document");

	crash_mark_work(&drawn.account_id, 1, false);
	if (ready && result == PRESS_DRAWN)
		drawing_record_pdf(&drawn, answer);
	else if (ready)
		drawing_record_fault(&drawn, pnstrdup(answer.data, Min(answer.size, REASON_BYTES_MAX)));
	life_end_work(&scope, ready);
	is_drawing = false;
}

static void
look_at_press(void)
{
	Bytes answer;
	PressAnswer result;

	if (!is_drawing)
	{
		press_watch();
		return;
	}
	result = press_look(&answer);
	if (result == PRESS_NOTHING)
		return;
	record(result, answer);
	press_take();
}

/* Claims the next document that is due; else says when one is. */
static bool
claim_due(Drawing *drawing, TimestampTz *next)
{
	size_t count;
	int64 *parked = parking_accounts(wake_kind_name(WORKER_CLERK), &count);
	MemoryContext context;
	bool is_claimed;

	*next = document_next_due(parked, count);
	if (*next > clock_now() || !press_open())
		return false;
	context = MemoryContextSwitchTo(turn_context);
	is_claimed = drawing_claim(parked, count, drawing);
	MemoryContextSwitchTo(context);
	return is_claimed;
}

static bool
claim(Drawing *drawing, TimestampTz *next)
{
	Scope scope;
	bool ready;
	bool opened = begin_work(&scope, "billing: looking for documents to draw", &ready);
	bool is_claimed = false;

	*next = DT_NOEND;
	if (ready)
		is_claimed = claim_due(drawing, next);
	life_end_work(&scope, opened);
	return is_claimed;
}

/* Sends it: that it was claimed is on disk by now. */
static void
begin_drawing(const Drawing *drawing)
{
	drawn = drawing->document;
	drawn.fault = NULL;
	is_drawing = true;
	if (!press_draw(drawing->text))
		record(PRESS_REFUSED, bytes_of("it is too long"));
}

/* Has the next document drawn, unless one is; when there is something to do again. */
static TimestampTz
draw(void)
{
	TimestampTz now = GetCurrentTimestamp();
	Drawing drawing;
	TimestampTz next;

	if (!is_drawing && claim(&drawing, &next))
		begin_drawing(&drawing);
	else if (!is_drawing)
		return next == DT_NOEND ? next
								: Max(next - clock_offset_s() * USECS_PER_SEC,
									  Max(press_opens_at(), now + LOOK_US));
	return is_drawing ? press_answers_at() : now;
}

/* ---- telling that they are ready ------------------------------------------ */

/* Tells the next, unless its account is held: then it is passed over for a moment. False where
 * there is none. */
static bool
tell_next(void)
{
	TimestampTz now = GetCurrentTimestamp();
	int64 account_id;
	int64 invoice_id;
	size_t count;
	int64 *parked = parking_accounts(wake_kind_name(WORKER_CLERK), &count);

	(void) passing_end(&untold, now);
	passing_add_all(&untold, parked, count, now + PASSED_US);
	if (!document_find_untold(untold.accounts, untold.count, &account_id, &invoice_id))
		return false;
	crash_mark_work(&account_id, 1, false);
	if (!drawing_tell(account_id, invoice_id))
		passing_add(&untold, account_id, now + PASSED_US);
	return true;
}

static bool
tell_one(void)
{
	Scope scope;
	bool ready;
	bool opened = begin_work(&scope, "billing: telling that documents are ready", &ready);
	bool is_found = ready && tell_next();

	life_end_work(&scope, opened);
	return is_found;
}

/* Tells some; when there is something to do again. */
static TimestampTz
tell_some(void)
{
	for (int i = 0; i < TELLINGS_MAX; i++)
		if (!tell_one())
			return passing_end(&untold, GetCurrentTimestamp());
	return GetCurrentTimestamp() + LOOK_US;
}

/* ---- its life ------------------------------------------------------------- */

/* Waits for a commit, an answer, or the next thing that is due. */
static void
wait_until(TimestampTz next)
{
	const Child *children[] = {press_child(), post_child()};

	child_wait(children, lengthof(children),
			   Min(TimestampDifferenceMilliseconds(GetCurrentTimestamp(), next), IDLE_MS));
}

static void
turn(void)
{
	TimestampTz next;

	MemoryContextReset(turn_context);
	MemoryContextSwitchTo(turn_context);
	(void) wake_look(WORKER_CLERK);
	look_at_press();
	number_all();
	next = draw();
	next = Min(next, tell_some());
	next = Min(next, post_turn());
	wake_looked(WORKER_CLERK);
	if (!wake_is_pending(MyDatabaseId, WORKER_CLERK))
		wait_until(next);
	life_heed_signals();
}

static void
close_children(int code, Datum argument)
{
	press_close();
	post_close();
}

void
billing_clerk_main(Datum argument)
{
	Oid database = DatumGetObjectId(argument);
	TimestampTz started_at = GetCurrentTimestamp();
	CrashMark last = life_begin(database, WORKER_CLERK);

	before_shmem_exit(close_children, (Datum) 0);
	life_override("lock_timeout", HOLD_TIMEOUT);
	turn_context = AllocSetContextCreate(TopMemoryContext, "billing turn", ALLOCSET_DEFAULT_SIZES);
	if (!life_learn_from_crash(WORKER_CLERK, &last))
		proc_exit(0);
	while (!life_shall_end())
	{
		turn();
		if (TimestampDifferenceExceeds(started_at, GetCurrentTimestamp(), GOOD_RUN_MS))
			crash_mark_forgive();
	}
	proc_exit(0);
}
