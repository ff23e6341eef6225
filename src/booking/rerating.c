/*-------------------------------------------------------------------------
 *
 * rerating.c
 *	  What re-rating would move, and moving it, account by account.
 *
 * Only corrections give a booked charge another price (R20), and the prices of a
 * re-rating are those of one instant, so what is to be done is the same whenever
 * it is done. Each charge is booked by itself, with its own revision: arrears are
 * paid and entries written before the next one is looked at.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "booking/each_account.h"
#include "booking/moment.h"
#include "booking/rerating.h"
#include "booking/slices.h"
#include "booking/usage.h"
#include "core/lock_reason.h"
#include "errors.h"
#include "store/price_store.h"

/* Charges that are read at once. */
#define PAGE_SIZE 1000

/* Accounts that a step tries, and those that the job's goes through. */
#define ACCOUNTS_MAX 1000

/* Why a charge is passed over. */
typedef enum Skip
{
	SKIP_ACCOUNT_CLOSED,
	SKIP_CLOSED_MONTH,
	SKIP_REVERSED,
	SKIP_NO_PRICE, /* from here to too large: by the corrected price it has no charge */
	SKIP_METER_UNLISTED,
	SKIP_CHARGE_TOO_LARGE,
	SKIP_WRITTEN_OFF,
	SKIP_ARREARS_LIMIT,
	SKIP_OUT_OF_RANGE, /* what goes back is more than the account can have */
	SKIPS
} Skip;

static const char *const skip_names[SKIPS] = {
	[SKIP_ACCOUNT_CLOSED] = "account_closed",
	[SKIP_CLOSED_MONTH] = "closed_month",
	[SKIP_REVERSED] = "reversed",
	[SKIP_NO_PRICE] = "no_price",
	[SKIP_METER_UNLISTED] = "meter_unlisted",
	[SKIP_CHARGE_TOO_LARGE] = "charge_too_large",
	[SKIP_WRITTEN_OFF] = "written_off",
	[SKIP_ARREARS_LIMIT] = "arrears_limit",
	[SKIP_OUT_OF_RANGE] = "out_of_range",
};

/* Of an account: how many for each reason. */
typedef struct Skipped
{
	int64 of[SKIPS];
} Skipped;

static int64
write_skipped(int64 account_id, const Rerate *rerate, const Skipped *skipped)
{
	int64 sum = 0;

	for (Skip reason = 0; reason < SKIPS; reason++)
	{
		rerate_skip(account_id, rerate->rerate_no, skip_names[reason], skipped->of[reason]);
		sum += skipped->of[reason];
	}
	return sum;
}

static void
check_no_other(const Rerate *rerate)
{
	int64 other = rerate_find_other(rerate);

	if (rerate->outdated_by != NO_NUMBER)
		refuse(ERROR_RERATE_STATE, rerate->outdated_by,
			   "of some of these charges has begun meanwhile");
	if (other != NO_NUMBER)
		refuse(ERROR_RERATE_STATE, other, "of some of these charges is not finished");
}

/* What a charge costs by the prices of a re-rating; false where it has that price, or none does. */
static bool
rate_anew(Booking *booking, const Rerate *rerate, const CorrectedEvent *corrected, Price *price,
		  int64 *charge_nano, Skipped *skipped)
{
	static const Skip skips[] = {
		[USAGE_HAS_NO_PRICE] = SKIP_NO_PRICE,
		[USAGE_HAS_UNLISTED_METER] = SKIP_METER_UNLISTED,
		[USAGE_COSTS_TOO_MUCH] = SKIP_CHARGE_TOO_LARGE,
	};
	UsageRating rating = usage_rate(booking, &corrected->event, rerate->usage.prices_at, price,
									charge_nano);

	if (rating == USAGE_IS_RATED)
		return price->price_id != corrected->price_id;
	skipped->of[skips[rating]]++;
	return false;
}

/* As much as an amount can be, where it is more: that needs a second person in any case. */
static void
add_up(int64 *sum_nano, int64 amount_nano)
{
	*sum_nano += Min(amount_nano, MONEY_NANO_MAX - *sum_nano);
}

static UsageCursor
cursor_of(const UsageEvent *event)
{
	return (UsageCursor){event->request_hash, event->probe, event->recorded_at};
}

/* ---- what would move -------------------------------------------------------- */

/* Of an account, and what of it is passed over. */
typedef struct DryRun
{
	RerateSums sums;
	Skipped skipped;
} DryRun;

static void
plan_event(Booking *booking, const Rerate *rerate, const CorrectedEvent *corrected, DryRun *found)
{
	Price price;
	int64 charge_nano;

	if (!rate_anew(booking, rerate, corrected, &price, &charge_nano, &found->skipped))
		return;
	if (corrected->reversal_id != NO_NUMBER)
	{
		found->skipped.of[SKIP_REVERSED]++;
		return;
	}
	found->sums.events++;
	if (charge_nano > corrected->booked_nano)
		add_up(&found->sums.more_nano, charge_nano - corrected->booked_nano);
	else
		add_up(&found->sums.less_nano, corrected->booked_nano - charge_nano);
}

/* A page of charges; moves the cursor, and returns how many there were. */
static size_t
plan_page(Booking *booking, const Rerate *rerate, UsageCursor *after, DryRun *found)
{
	const Account *account = &booking->account;
	UsageBooked booked = {account->last_entry_no, account->last_booked_at};
	size_t count;
	CorrectedEvent *events = usage_list_corrected(account->account_id, &rerate->usage, booked,
												  after, PAGE_SIZE, &count);

	for (size_t i = 0; i < count; i++)
		plan_event(booking, rerate, &events[i], found);
	if (count > 0)
		*after = cursor_of(&events[count - 1].event);
	return count;
}

/* Pages are forgotten one by one: there may be very many. */
static DryRun
plan_events(Booking *booking, const Rerate *rerate)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "billing rerate",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller_context = MemoryContextSwitchTo(context);
	UsageCursor after = {.recorded_at = DT_NOBEGIN};
	DryRun found = {0};

	while (plan_page(booking, rerate, &after, &found) == PAGE_SIZE)
		MemoryContextReset(context);
	MemoryContextSwitchTo(caller_context);
	MemoryContextDelete(context);
	return found;
}

/* On a closed account nothing moves. */
static void
plan_account(int64 account_id, const Rerate *rerate)
{
	Booking booking = {0};
	DryRun found;

	if (!account_read_latest(account_id, &booking.account))
		return;
	found = plan_events(&booking, rerate);
	if (booking.account.locks & LOCK_CLOSED)
	{
		found.skipped.of[SKIP_ACCOUNT_CLOSED] = found.sums.events;
		found.sums = (RerateSums){0};
	}
	(void) write_skipped(account_id, rerate, &found.skipped);
	rerate_account_insert(&booking.account, rerate, &found.sums);
}

void
rerating_plan(Rerate *rerate)
{
	int64 *accounts;
	size_t count;

	price_hold_for_reading();
	rerate->usage.prices_at = moment_behind(rerate_prices_at(moment_now(), rerate->usage.model) -
											1);
	check_no_other(rerate);
	rerate_insert(rerate);
	accounts = rerate_usage_accounts(rerate, &count);
	for (size_t i = 0; i < count; i++)
		plan_account(accounts[i], rerate);
	rerate_skip_uncharged(rerate);
}

void
rerating_begin(const Rerate *rerate, TimestampTz now)
{
	check_no_other(rerate);
	rerate_begin(rerate->rerate_no, now);
	rerate_outdate_others(rerate);
	(void) rerate_finish(rerate->rerate_no, now);
}

/* ---- moving it -------------------------------------------------------------- */

/* A step, and what it has come to. */
typedef struct Step
{
	const Rerate *rerate;
	int64 events_left; /* that it may look at yet */
	int64 moved;
} Step;

/* What has moved of an account in this step: no more than it can have and owe together. */
typedef struct Moved
{
	int64 given_back_nano;
	int64 charged_nano;
	Skipped skipped;
} Moved;

/* The books as they are, to which they return where the core gives up. */
typedef struct SavedBooks
{
	Books books;
	Lot *lots;
} SavedBooks;

static SavedBooks
save_books(const Books *books)
{
	SavedBooks saved = {*books, palloc((books->lots_count + 1) * sizeof(Lot))};

	memcpy(saved.lots, books->lots, books->lots_count * sizeof(Lot));
	return saved;
}

static void
restore_books(Books *books, const SavedBooks *saved)
{
	Transfer *transfers = books->transfers; /* there may be more room by now */
	size_t capacity = books->transfers_capacity;

	*books = saved->books;
	books->transfers = transfers;
	books->transfers_capacity = capacity;
	memcpy(books->lots, saved->lots, books->lots_count * sizeof(Lot));
}

/* Gives back what a charge costs less; false where it cannot, and what why. */
static bool
give_back(Booking *booking, const ChargeSlices *charge, int64 less_nano, Revision *revision,
		  Skip *why)
{
	SavedBooks saved = save_books(&booking->books);
	UndoneCharge undone;
	Outcome outcome = slices_undo(booking, charge, less_nano, &undone);

	*why = outcome == OUTCOME_WRITTEN_OFF ? SKIP_WRITTEN_OFF : SKIP_OUT_OF_RANGE;
	if (outcome == OUTCOME_WRITTEN_OFF || outcome == OUTCOME_OUT_OF_RANGE)
		restore_books(&booking->books, &saved);
	else
		check_outcome(outcome);
	revision->amount_nano = -undone.given_back_nano;
	revision->written_off_nano = undone.written_off_nano;
	return outcome == OUTCOME_OK;
}

/* Charges what it costs more; false where the account cannot owe that. */
static bool
charge_more(Booking *booking, int64 more_nano, Revision *revision, Skip *why)
{
	*why = SKIP_ARREARS_LIMIT;
	if (!books_can_take(&booking->books, more_nano))
		return false;
	booking_make_room(booking, 0);
	check_outcome(books_take(&booking->books, more_nano, BOOK_REVENUE));
	revision->amount_nano = more_nano;
	return true;
}

/* The entries that moved it are those of revenue, from the first on: what expires again comes
 * behind them. */
static void
set_entries(const Booking *booking, int64 first_entry_no, Revision *revision)
{
	const Books *books = &booking->books;

	for (size_t i = 0; i < books->transfers_count; i++)
		revision->entry_count += books->transfers[i].source.type == SOURCE_RERATE;
	revision->first_entry_no = revision->entry_count > 0 ? first_entry_no : NO_NUMBER;
}

/* Books the difference to what is booked of a charge, and its revision; false where it cannot. */
static bool
book_revision(Booking *booking, const UsageEvent *event, const ChargeSlices *charge,
			  Revision *revision, Skip *why)
{
	int64 first_entry_no = booking_next_entry_no(booking);
	int64 more_nano = revision->charge_nano - charge->booked_nano;

	booking_source(booking, SOURCE_RERATE, revision->rerate_no, booking->at);
	if (!(more_nano < 0 ? give_back(booking, charge, -more_nano, revision, why)
						: charge_more(booking, more_nano, revision, why)))
		return false;
	set_entries(booking, first_entry_no, revision);
	check_outcome(books_pay_arrears(&booking->books));
	booking_write_entries(booking);
	revision_insert(event, revision, booking->at);
	return true;
}

static void
move_event(Booking *booking, Step *step, const CorrectedEvent *corrected,
		   const RerateProgress *progress, Moved *moved)
{
	const UsageEvent *event = &corrected->event;
	Revision revision = {.rerate_no = step->rerate->rerate_no, .old_price_id = corrected->price_id};
	Skipped counted = {0}; /* by the dry run */
	ChargeSlices charge;
	Price price;
	Skip why;

	if (!rate_anew(booking, step->rerate, corrected, &price, &revision.charge_nano, &counted))
		return;
	if (corrected->reversal_id != NO_NUMBER)
	{
		/* What was undone before is counted already. */
		moved->skipped.of[SKIP_REVERSED] += corrected->reversal_id >= progress->next_reversal_id;
		return;
	}
	charge = slices_booked(event);
	revision.revision_no = charge.newest.revision_no + 1;
	revision.price_id = price.price_id;
	revision.old_charge_nano = charge.newest.revision_no > 0 ? charge.newest.charge_nano
															 : event->charge_nano;
	if (!book_revision(booking, event, &charge, &revision, &why))
	{
		moved->skipped.of[why]++;
		return;
	}
	step->moved++;
	moved->given_back_nano -= Min(revision.amount_nano, 0);
	moved->charged_nano += Max(revision.amount_nano, 0);
}

/* A page of charges, each in memory of its own. */
static size_t
move_page(Booking *booking, Step *step, RerateProgress *progress, Moved *moved)
{
	int64 page_size = Min(PAGE_SIZE, step->events_left);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "billing rerate",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller_context;
	size_t count;
	CorrectedEvent *events = usage_list_corrected(booking->account.account_id, &step->rerate->usage,
												  progress->booked, &progress->after, page_size + 1,
												  &count);
	size_t looked_at = Min(count, (size_t) page_size);

	for (size_t i = 0; i < looked_at; i++)
	{
		caller_context = MemoryContextSwitchTo(context);
		move_event(booking, step, &events[i], progress, moved);
		MemoryContextSwitchTo(caller_context);
		MemoryContextReset(context);
		progress->after = cursor_of(&events[i].event);
	}
	MemoryContextDelete(context);
	step->events_left -= (int64) looked_at;
	return count - looked_at;
}

/* Counts what was passed over; at the end of an account, what of it is gone for this reason, too.
 */
static void
pass_over(const Booking *booking, const Step *step, RerateProgress *progress, Skipped *skipped,
		  Skip rest)
{
	if (progress->finished_at != DT_NOEND)
	{
		int64 left = progress->events - progress->moved - progress->passed_over;

		for (Skip reason = 0; reason < SKIPS; reason++)
			left -= skipped->of[reason];
		skipped->of[rest] += Max(left, 0);
	}
	progress->passed_over += write_skipped(booking->account.account_id, step->rerate, skipped);
}

/* Goes on with an account that is held. What is not found any more is of a month that was closed.
 */
static void
move_events(Booking *booking, Step *step, RerateProgress *progress)
{
	int64 moved_before = step->moved;
	Moved moved = {0};
	size_t more;

	price_hold_for_reading();
	booking_load(booking, LOTS_ALL, 0);
	booking_write_entries(booking);
	do
		more = move_page(booking, step, progress, &moved);
	while (more > 0 && step->events_left > 0);
	progress->moved += step->moved - moved_before;
	if (more == 0)
		progress->finished_at = booking->at;
	pass_over(booking, step, progress, &moved.skipped, SKIP_CLOSED_MONTH);
	rerate_account_update(booking->account.account_id, step->rerate->rerate_no, progress,
						  moved.given_back_nano, moved.charged_nano);
	booking_finish(booking);
}

/* What was to move of an account that was closed meanwhile stays. */
static void
end_closed(Booking *booking, const Step *step, RerateProgress *progress)
{
	Skipped skipped = {0};

	progress->finished_at = booking->at;
	pass_over(booking, step, progress, &skipped, SKIP_ACCOUNT_CLOSED);
	rerate_account_update(booking->account.account_id, step->rerate->rerate_no, progress, 0, 0);
	booking_finish_unmoved(booking);
}

static void
continue_account(Booking *booking, void *argument)
{
	Step *step = argument;
	RerateProgress progress = rerate_progress(booking->account.account_id, step->rerate->rerate_no);

	booking->actor = step->rerate->actor;
	if (progress.finished_at != DT_NOEND)
		return;
	if (booking->account.locks & LOCK_CLOSED)
		end_closed(booking, step, &progress);
	else
		move_events(booking, step, &progress);
}

/* False where somebody else holds it, or it fails: then nothing of it stays. */
static bool
try_account(int64 account_id, Step *step)
{
	Step before = *step;
	bool is_done = each_account_try(account_id, false, continue_account, step);

	if (!is_done)
		*step = before;
	return is_done;
}

/* All are held by others, or fail: who waits for the first is told why. */
static void
wait_for_account(int64 account_id, Step *step)
{
	Booking booking;

	booking_begin(&booking, account_id);
	continue_account(&booking, step);
}

int64
rerating_continue(const Rerate *rerate, int64 events_max, RerateReach reach)
{
	Step step = {.rerate = rerate, .events_left = events_max};
	bool is_done = false;
	size_t count;
	int64 *accounts = rerate_open_accounts(rerate->rerate_no, ACCOUNTS_MAX, &count);

	for (size_t i = 0; i < count && step.events_left > 0; i++)
	{
		if (is_done && reach == RERATE_ONE_ACCOUNT)
			break;
		is_done |= try_account(accounts[i], &step);
	}
	if (!is_done && count > 0 && reach == RERATE_ONE_ACCOUNT)
		wait_for_account(accounts[0], &step);
	(void) rerate_finish(rerate->rerate_no, moment_now());
	return step.moved;
}
