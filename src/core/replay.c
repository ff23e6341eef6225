/*-------------------------------------------------------------------------
 *
 * replay.c
 *	  Recognising the acts in a ledger, doing them again, and comparing.
 *
 * An act is recognised by its first entry; whatever else it needs to know, it
 * takes from the entries that follow, as far as they can be its own, or from the
 * facts. All functions that return bool return false where a finding was made:
 * then the account is given up.
 *
 *-------------------------------------------------------------------------
 */
#include "core/replay.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Lots that may be in the books, beside as many as hold something: acts look at all that are there.
 */
#define LOTS_KEPT 32

/* An entry that paid a charge which was re-rated or undone. */
typedef struct KeptEntry
{
	int64_t entry_no;
	int64_t lot_no;
	int64_t amount_nano;
} KeptEntry;

/* Entries by their numbers, half-open. */
typedef struct EntryRange
{
	int64_t from;
	int64_t to;
} EntryRange;

/* What is booked of a charge, by slices. */
typedef struct Booked
{
	Slice *slices;
	size_t count;
	size_t capacity;
	int64_t nano;
} Booked;

typedef struct Replay
{
	ReplayFacts *facts;
	const ReplayInput *input;
	ReplayFinding finding;
	Books books;
	ReplayEntry *queue; /* read, and not compared yet */
	size_t queue_count;
	size_t queue_capacity;
	int64_t last_entry_no;
	int64_t last_recorded_at;
	int64_t next_expiry; /* no lot that holds something expires before */
	size_t lots_kept;	 /* when there are more lots in the books, empty ones are put away */
	PlanMoney *plans;	 /* by their numbers */
	size_t plans_count;
	size_t plans_capacity;
	/* What undoing a charge must know; only where something was undone. */
	ReplayChange **by_reversal;
	ReplayChange **by_entry;
	EntryRange *ranges; /* of the entries that are kept */
	size_t ranges_count;
	size_t range; /* the first one that does not end before the entry that is next */
	KeptEntry *kept;
	size_t kept_count;
	size_t kept_capacity;
	ArrearsHistory history;
	size_t taken_capacity;
	ReplayChange *change;	 /* the act that is done now; NULL: another one */
	bool history_is_partial; /* an undo was repeated that lowered arrears */
	Booked booked;			 /* these two are work space of an undo */
	ArrearsHistory copy;
	size_t copy_taken_capacity;
} Replay;

typedef bool (*ActDo)(Replay *replay);

/* ---- memory ------------------------------------------------------------------ */

/* Room for so many elements. */
static void *
make_room_for(const Replay *replay, void *list, size_t needed, size_t *capacity,
			  size_t element_size)
{
	if (needed <= *capacity)
		return list;
	*capacity = needed * 2;
	return replay->input->grow(list, *capacity * element_size);
}

/* Room for one more. */
static void *
make_room(const Replay *replay, void *list, size_t count, size_t *capacity, size_t element_size)
{
	return make_room_for(replay, list, count + 1, capacity, element_size);
}

static void *
new_list(const Replay *replay, size_t count, size_t element_size)
{
	return replay->input->grow(NULL, (count + 1) * element_size);
}

/* Forgets what the act before has made, and makes room for another, and some transfers beyond. */
static void
begin_transfers(Replay *replay, size_t extra_transfers)
{
	Books *books = &replay->books;
	size_t needed = books_transfers_max(books->lots_count + BOOKS_LOTS_ADDED_MAX) + extra_transfers;

	books->transfers_count = 0;
	books->transfers = make_room_for(replay, books->transfers, needed, &books->transfers_capacity,
									 sizeof(Transfer));
}

/* The place of the first element of a number or more in a list that is sorted by it; the number
 * stands so many bytes behind an element's begin. */
static size_t
place_of(const void *list, size_t element_size, size_t offset, size_t count, int64_t number)
{
	size_t from = 0;
	size_t to = count;

	while (from < to)
	{
		size_t middle = from + (to - from) / 2;
		int64_t found;

		memcpy(&found, (const char *) list + middle * element_size + offset, sizeof(found));
		if (found < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* ---- findings ---------------------------------------------------------------- */

static bool
find(Replay *replay, ReplayFault fault, const ReplayEntry *entry, const Transfer *expected)
{
	ReplayFinding *finding = &replay->finding;

	*finding = (ReplayFinding){.fault = fault, .entry_no = replay->last_entry_no};
	if (entry)
	{
		finding->entry_no = entry->entry_no;
		finding->found = entry->transfer;
	}
	if (expected)
		finding->expected = *expected;
	return false;
}

static bool
check(Replay *replay, const ReplayEntry *entry, Outcome outcome)
{
	return outcome == OUTCOME_OK || find(replay, REPLAY_IS_REFUSED, entry, NULL);
}

/* ---- entries ----------------------------------------------------------------- */

/* An entry that is not compared yet, so many behind the next one; NULL where there is none. */
static const ReplayEntry *
peek(Replay *replay, size_t place)
{
	while (replay->queue_count <= place)
	{
		replay->queue = make_room(replay, replay->queue, replay->queue_count,
								  &replay->queue_capacity, sizeof(ReplayEntry));
		if (!replay->input->next(replay->input->argument, &replay->queue[replay->queue_count]))
			return NULL;
		replay->queue_count++;
	}
	return &replay->queue[place];
}

static bool
is_of(const Source *a, const Source *b)
{
	return a->type == b->type && a->id == b->id;
}

/* True where an entry can be of the act that begins with another. */
static bool
can_follow(const ReplayEntry *first, const ReplayEntry *entry)
{
	return entry && entry->is_readable && entry->recorded_at == first->recorded_at &&
		   entry->transfer.occurred_at == first->transfer.occurred_at &&
		   is_of(&entry->transfer.source, &first->transfer.source);
}

static bool
is_same(const Transfer *a, const Transfer *b)
{
	return a->debit == b->debit && a->credit == b->credit && a->amount_nano == b->amount_nano &&
		   a->lot_no == b->lot_no && a->subscription_no == b->subscription_no &&
		   a->undoes_entry_no == b->undoes_entry_no && is_of(&a->source, &b->source) &&
		   a->occurred_at == b->occurred_at;
}

/* ---- what undoing a charge must know ------------------------------------------- */

static int
compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_by_reversal(const void *left, const void *right)
{
	const ReplayChange *const *a = left;
	const ReplayChange *const *b = right;

	return compare_numbers((*a)->reversal_id, (*b)->reversal_id);
}

static int
compare_by_entry(const void *left, const void *right)
{
	const ReplayChange *const *a = left;
	const ReplayChange *const *b = right;

	return compare_numbers((*a)->first_entry_no, (*b)->first_entry_no);
}

static int
compare_ranges(const void *left, const void *right)
{
	const EntryRange *a = left;
	const EntryRange *b = right;

	return compare_numbers(a->from, b->from);
}

static ReplayChange *
find_change(const Replay *replay, ReplayChange **list, const ReplayChange *wanted,
			int (*compare)(const void *, const void *))
{
	ReplayChange **found = NULL;

	if (replay->facts->changes_count > 0)
		found = bsearch(&wanted, list, replay->facts->changes_count, sizeof(*list), compare);
	return found ? *found : NULL;
}

static void
keep_range(Replay *replay, int64_t first_entry_no, int64_t entry_count)
{
	if (first_entry_no > 0 && entry_count > 0 && entry_count < INT64_MAX - first_entry_no)
		replay->ranges[replay->ranges_count++] = (EntryRange){first_entry_no,
															  first_entry_no + entry_count};
}

/* Ranges in their order, of which none touches another. */
static void
join_ranges(Replay *replay)
{
	EntryRange *ranges = replay->ranges;
	size_t joined = 0;

	qsort(ranges, replay->ranges_count, sizeof(EntryRange), compare_ranges);
	for (size_t i = 1; i < replay->ranges_count; i++)
	{
		if (ranges[i].from > ranges[joined].to)
			ranges[++joined] = ranges[i];
		else if (ranges[i].to > ranges[joined].to)
			ranges[joined].to = ranges[i].to;
	}
	replay->ranges_count = joined + 1;
}

/* Which entries will be asked for: those that paid a charge which something changed, and what
 * re-rating charged more. */
static void
list_changes(Replay *replay)
{
	const ReplayFacts *facts = replay->facts;
	size_t count = facts->changes_count;

	replay->by_reversal = new_list(replay, count, sizeof(ReplayChange *));
	replay->by_entry = new_list(replay, count, sizeof(ReplayChange *));
	replay->ranges = new_list(replay, count + facts->charges_count, sizeof(EntryRange));
	for (size_t i = 0; i < count; i++)
	{
		replay->by_reversal[i] = replay->by_entry[i] = &facts->changes[i];
		if (facts->changes[i].amount_nano > 0)
			keep_range(replay, facts->changes[i].first_entry_no, facts->changes[i].entry_count);
	}
	for (size_t i = 0; i < facts->charges_count; i++)
		if (facts->charges[i].is_known)
			keep_range(replay, facts->charges[i].first_entry_no, facts->charges[i].entry_count);
	if (count > 1)
	{
		qsort(replay->by_reversal, count, sizeof(ReplayChange *), compare_by_reversal);
		qsort(replay->by_entry, count, sizeof(ReplayChange *), compare_by_entry);
	}
	if (replay->ranges_count > 0)
		join_ranges(replay);
}

static bool
is_asked_for(Replay *replay, int64_t entry_no)
{
	while (replay->range < replay->ranges_count && replay->ranges[replay->range].to <= entry_no)
		replay->range++;
	return replay->range < replay->ranges_count && replay->ranges[replay->range].from <= entry_no;
}

static void
keep_entry(Replay *replay, const ReplayEntry *entry)
{
	replay->kept = make_room(replay, replay->kept, replay->kept_count, &replay->kept_capacity,
							 sizeof(KeptEntry));
	replay->kept[replay->kept_count++] = (KeptEntry){entry->entry_no, entry->transfer.lot_no,
													 entry->transfer.amount_nano};
}

/* The place of the first kept entry of a number or more. */
static size_t
kept_place(const Replay *replay, int64_t entry_no)
{
	return place_of(replay->kept, sizeof(KeptEntry), offsetof(KeptEntry, entry_no),
					replay->kept_count, entry_no);
}

static ArrearsMoveKind
move_kind(const Transfer *transfer)
{
	switch (transfer->debit)
	{
		case BOOK_WRITE_OFF:
			return ARREARS_WRITTEN_OFF;
		case BOOK_REVENUE:
			return ARREARS_UNDONE;
		case BOOK_CASH:
		case BOOK_BONUS:
			return ARREARS_PAID;
		default:
			return ARREARS_RAISED;
	}
}

/* Which part of an entry was the undone charge's: the whole, where that cannot be known. */
static void
set_undone_part(const Replay *replay, ArrearsMove *move)
{
	const ReplayChange *change = replay->change;
	const ReplayCharge *charge = change ? &replay->facts->charges[change->charge] : NULL;
	int64_t before_nano = 0;
	int64_t end_nano;

	move->undoes_to_nano = MONEY_NANO_MAX;
	if (charge == NULL || !charge->is_known || move->undoes_entry_no < charge->first_entry_no ||
		move->undoes_entry_no >= charge->first_entry_no + charge->entry_count)
		return;
	end_nano = charge->from_nano + charge->charge_nano;
	for (size_t i = kept_place(replay, charge->first_entry_no);
		 i < replay->kept_count && replay->kept[i].entry_no < move->undoes_entry_no &&
		 before_nano < end_nano;
		 i++)
		before_nano += replay->kept[i].amount_nano;
	move->undoes_to_nano = end_nano - before_nano;
	if (charge->from_nano > before_nano)
		move->undoes_from_nano = charge->from_nano - before_nano;
}

static void
note_arrears(Replay *replay, const ReplayEntry *entry)
{
	ArrearsHistory *history = &replay->history;
	ArrearsMove *move;

	history->moves = make_room(replay, history->moves, history->count, &history->capacity,
							   sizeof(ArrearsMove));
	move = &history->moves[history->count++];
	*move = (ArrearsMove){
		.kind = move_kind(&entry->transfer),
		.entry_no = entry->entry_no,
		.lot_no = entry->transfer.lot_no,
		.undoes_entry_no = entry->transfer.undoes_entry_no,
		.amount_nano = entry->transfer.amount_nano,
	};
	if (move->undoes_entry_no != NO_NUMBER)
		set_undone_part(replay, move);
}

static const ReplayTakeBack *
find_take_back(const ReplayFacts *facts, int64_t take_back_id)
{
	size_t place = place_of(facts->take_backs, sizeof(ReplayTakeBack),
							offsetof(ReplayTakeBack, take_back_id), facts->take_backs_count,
							take_back_id);

	return place < facts->take_backs_count && facts->take_backs[place].take_back_id == take_back_id
			   ? &facts->take_backs[place]
			   : NULL;
}

/* What a take-back left as arrears. */
static void
note_taken(Replay *replay, const ReplayEntry *entry)
{
	ArrearsHistory *history = &replay->history;
	const ReplayTakeBack *take_back = find_take_back(replay->facts, entry->transfer.source.id);

	if (take_back == NULL)
		return;
	history->taken = make_room(replay, history->taken, history->taken_count,
							   &replay->taken_capacity, sizeof(TakenLot));
	history->taken[history->taken_count++] = (TakenLot){
		.lot_no = take_back->lot_no,
		.entry_no = entry->entry_no,
		.amount_nano = entry->transfer.amount_nano,
	};
}

/* What a lot paid of the arrears and was given back since. */
static void
note_returned(Replay *replay, const Transfer *transfer)
{
	ArrearsHistory *history = &replay->history;
	size_t place = place_of(history->moves, sizeof(ArrearsMove), offsetof(ArrearsMove, entry_no),
							history->count, transfer->undoes_entry_no);

	if (place < history->count && history->moves[place].entry_no == transfer->undoes_entry_no)
		history->moves[place].returned_nano += transfer->amount_nano;
}

static void
note_entry(Replay *replay, const ReplayEntry *entry)
{
	const Transfer *transfer = &entry->transfer;

	if (is_asked_for(replay, entry->entry_no))
		keep_entry(replay, entry);
	if (transfer->undoes_entry_no != NO_NUMBER)
		note_returned(replay, transfer);
	if (transfer->debit == BOOK_ARREARS || transfer->credit == BOOK_ARREARS)
		note_arrears(replay, entry);
	if (transfer->debit == BOOK_ARREARS && transfer->source.type == SOURCE_TAKE_BACK)
		note_taken(replay, entry);
}

/* ---- comparing ----------------------------------------------------------------- */

/* The next entry, which must be there, and be read. */
static bool
check_next(Replay *replay, const ReplayEntry *entry)
{
	if (entry->entry_no != replay->last_entry_no + 1)
		return find(replay, REPLAY_IS_NOT_NEXT, entry, NULL);
	return entry->is_readable || find(replay, REPLAY_IS_UNREADABLE, entry, NULL);
}

/* Goes past so many entries. */
static void
pass(Replay *replay, size_t count)
{
	replay->input->check_stop();
	for (size_t i = 0; replay->facts->changes_count > 0 && i < count; i++)
		note_entry(replay, &replay->queue[i]);
	replay->last_entry_no = replay->queue[count - 1].entry_no;
	replay->last_recorded_at = replay->queue[count - 1].recorded_at;
	replay->queue_count -= count;
	memmove(replay->queue, replay->queue + count, replay->queue_count * sizeof(ReplayEntry));
}

/* What an act has made must stand there, of its instant. */
static bool
compare(Replay *replay, int64_t recorded_at)
{
	const Books *books = &replay->books;

	for (size_t i = 0; i < books->transfers_count; i++)
	{
		const ReplayEntry *entry = peek(replay, 0);

		if (entry == NULL)
			return find(replay, REPLAY_IS_MISSING, NULL, &books->transfers[i]);
		if (!check_next(replay, entry))
			return false;
		if (entry->recorded_at != recorded_at || !is_same(&entry->transfer, &books->transfers[i]))
			return find(replay, REPLAY_IS_ANOTHER, entry, &books->transfers[i]);
		pass(replay, 1);
	}
	return true;
}

/* ---- lots ---------------------------------------------------------------------- */

static ReplayLot *
find_lot(const Replay *replay, int64_t lot_no)
{
	const ReplayFacts *facts = replay->facts;
	size_t place = place_of(facts->lots, sizeof(ReplayLot), offsetof(ReplayLot, lot.lot_no),
							facts->lots_count, lot_no);

	return place < facts->lots_count && facts->lots[place].lot.lot_no == lot_no
			   ? &facts->lots[place]
			   : NULL;
}

/* Puts empty lots away where there are many in the books; what is left keeps its order. */
static void
put_away(Replay *replay)
{
	Books *books = &replay->books;
	size_t left = 0;

	if (books->lots_count <= replay->lots_kept)
		return;
	for (size_t i = 0; i < books->lots_count; i++)
	{
		Lot *lot = &books->lots[i];
		ReplayLot *empty = lot->remaining_nano == 0 ? find_lot(replay, lot->lot_no) : NULL;

		if (empty == NULL)
		{
			books->lots[left++] = *lot;
			continue;
		}
		empty->lot = *lot;
		empty->place = REPLAY_PUT_AWAY;
	}
	books->lots_count = left;
	replay->lots_kept = 2 * left + LOTS_KEPT;
}

static void
bring_back(Replay *replay, ReplayLot *lot)
{
	if (lot == NULL || lot->place != REPLAY_PUT_AWAY)
		return;
	replay->books.lots[replay->books.lots_count++] = lot->lot;
	lot->place = REPLAY_IN_BOOKS;
}

/* The act that comes looks at this lot, too, whatever is in it. */
static void
need_lot(Replay *replay, int64_t lot_no)
{
	bring_back(replay, find_lot(replay, lot_no));
	books_sort_lots(&replay->books);
}

static void
need_all_lots(Replay *replay)
{
	for (size_t i = 0; i < replay->facts->lots_count; i++)
		bring_back(replay, &replay->facts->lots[i]);
	books_sort_lots(&replay->books);
}

/* ---- acts ---------------------------------------------------------------------- */

/*
 * Adds up the entries of one debit, from the next on: no lot gives twice, arrears come last. What
 * an account had and what it may owe is together more than the range of money.
 */
static bool
add_up(Replay *replay, int64_t *sum_nano)
{
	ReplayEntry first = *peek(replay, 0);
	int64_t lot_no = first.transfer.lot_no;
	size_t lots_count = replay->books.lots_count;

	*sum_nano = first.transfer.amount_nano;
	for (size_t i = 1; lot_no != NO_NUMBER && i <= lots_count; i++)
	{
		const ReplayEntry *entry = peek(replay, i);

		if (!can_follow(&first, entry) || entry->transfer.credit != first.transfer.credit ||
			entry->transfer.lot_no == lot_no)
			break;
		if (*sum_nano > MONEY_NANO_MAX)
			return find(replay, REPLAY_IS_REFUSED, entry, NULL);
		*sum_nano += entry->transfer.amount_nano;
		lot_no = entry->transfer.lot_no;
	}
	return true;
}

static bool
take(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);
	int64_t sum_nano;

	return add_up(replay, &sum_nano) &&
		   check(replay, &first, books_take(&replay->books, sum_nano, first.transfer.credit)) &&
		   compare(replay, first.recorded_at);
}

/* The re-rating whose entries begin here; NULL where there is none. */
static ReplayChange *
revision_here(const Replay *replay, const ReplayEntry *first)
{
	return find_change(replay, replay->by_entry, &(ReplayChange){.first_entry_no = first->entry_no},
					   compare_by_entry);
}

/* A revision claims the entries of its act, and no others. */
static bool
end_change(Replay *replay, ReplayChange *change, const ReplayEntry *first, int64_t entry_count)
{
	change->is_done = true;
	return change->reversal_id != NO_NUMBER || change->entry_count == entry_count ||
		   find(replay, REPLAY_IS_OTHERWISE, first, NULL);
}

static bool
take_more(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);
	ReplayChange *change = revision_here(replay, &first);

	if (change == NULL || change->amount_nano <= 0)
		return find(replay, REPLAY_HAS_NO_CAUSE, &first, NULL);
	if (!check(replay, &first,
			   books_take(&replay->books, change->amount_nano, first.transfer.credit)) ||
		!compare(replay, first.recorded_at))
		return false;
	return end_change(replay, change, &first, (int64_t) replay->books.transfers_count);
}

/* Charges, batches of them and operators' debits are what their entries are together; what a
 * re-rating charges more, its revision says. */
static bool
take_any(Replay *replay)
{
	return (peek(replay, 0)->transfer.source.type == SOURCE_RERATE ? take_more : take)(replay);
}

/* True where a repair stands between two entries, at an instant. */
static bool
has_repair(const Replay *replay, int64_t after_entry_no, int64_t before_entry_no, int64_t at)
{
	for (size_t i = 0; i < replay->facts->repairs_count; i++)
	{
		const ReplayRepair *repair = &replay->facts->repairs[i];

		if (repair->last_entry_no >= after_entry_no && repair->last_entry_no < before_entry_no &&
			repair->corrected_at == at)
			return true;
	}
	return false;
}

static bool
add_lot(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);
	ReplayLot *lot = find_lot(replay, first.transfer.lot_no);
	bool is_bonus = first.transfer.credit == BOOK_BONUS;

	if (lot == NULL || lot->place != REPLAY_NOT_ADDED || (lot->lot.kind == LOT_BONUS) != is_bonus)
		return find(replay, REPLAY_HAS_NO_CAUSE, &first, NULL);
	lot->place = REPLAY_IN_BOOKS;
	if (lot->lot.expires_at < replay->next_expiry)
		replay->next_expiry = lot->lot.expires_at;
	if (!check(replay, &first, books_add_lot(&replay->books, &lot->lot, first.transfer.debit)))
		return false;
	replay->books.transfers[0].undoes_entry_no = first.transfer.undoes_entry_no;
	return compare(replay, first.recorded_at);
}

/* A new lot; the one that undoes an expiry is a repair's, which stands behind that. */
static bool
credit(Replay *replay)
{
	const ReplayEntry *first = peek(replay, 0);
	int64_t undoes_entry_no = first->transfer.undoes_entry_no;

	if (undoes_entry_no != NO_NUMBER &&
		(first->transfer.source.type != SOURCE_ADJUSTMENT ||
		 !has_repair(replay, undoes_entry_no, first->entry_no, first->recorded_at)))
		return find(replay, REPLAY_HAS_NO_CAUSE, first, NULL);
	return add_lot(replay);
}

static bool
undo_take_back(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);

	need_lot(replay, first.transfer.lot_no);
	return check(replay, &first,
				 books_undo_take_back(&replay->books, first.transfer.lot_no,
									  first.transfer.amount_nano)) &&
		   compare(replay, first.recorded_at);
}

/* Money that comes into a lot, a new one or that which it was taken back from. */
static bool
come_in(Replay *replay)
{
	bool comes_again = peek(replay, 0)->transfer.source.type == SOURCE_TAKE_BACK;

	return (comes_again ? undo_take_back : credit)(replay);
}

static bool
take_back(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);
	const ReplayTakeBack *fact = find_take_back(replay->facts, first.transfer.source.id);
	int64_t sum_nano;

	if (fact == NULL)
		return find(replay, REPLAY_HAS_NO_CAUSE, &first, NULL);
	need_lot(replay, fact->lot_no);
	return add_up(replay, &sum_nano) &&
		   check(replay, &first, books_take_back(&replay->books, fact->lot_no, sum_nano)) &&
		   compare(replay, first.recorded_at);
}

static bool
empty_lot(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);
	int64_t moved_nano;

	return check(replay, &first,
				 books_empty_lot(&replay->books, first.transfer.lot_no, first.transfer.credit,
								 &moved_nano)) &&
		   compare(replay, first.recorded_at);
}

/* Closing an account gives up all that is left. */
static bool
empty_all(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);
	Books *books = &replay->books;
	int64_t moved_nano;

	for (size_t i = 0; i < books->lots_count; i++)
		if (!check(replay, &first,
				   books_empty_lot(books, books->lots[i].lot_no, BOOK_BREAKAGE, &moved_nano)))
			return false;
	if (books->transfers_count == 0)
		return find(replay, REPLAY_HAS_NO_CAUSE, &first, NULL);
	return compare(replay, first.recorded_at);
}

/* Bonus that leaves with the money it came with: arrears are paid as from before it. */
static bool
forfeit(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);

	return check(
			   replay, &first,
			   books_forfeit(&replay->books, first.transfer.lot_no, first.transfer.amount_nano)) &&
		   compare(replay, first.recorded_at);
}

/* What expires is booked before any act. */
static bool
leave_as_breakage(Replay *replay)
{
	const ReplayEntry *first = peek(replay, 0);

	switch (first->transfer.source.type)
	{
		case SOURCE_REFUND:
			return forfeit(replay);
		case SOURCE_CLOSING:
			return empty_all(replay);
		default:
			return find(replay, REPLAY_HAS_NO_CAUSE, first, NULL);
	}
}

static bool
reserve(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);

	return check(
			   replay, &first,
			   books_reserve(&replay->books, first.transfer.lot_no, first.transfer.amount_nano)) &&
		   compare(replay, first.recorded_at);
}

static bool
release(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);

	need_lot(replay, first.transfer.lot_no);
	return check(
			   replay, &first,
			   books_release(&replay->books, first.transfer.lot_no, first.transfer.amount_nano)) &&
		   compare(replay, first.recorded_at);
}

static bool
pay_reserve(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);

	return check(replay, &first, books_pay_reserve(&replay->books, first.transfer.amount_nano)) &&
		   compare(replay, first.recorded_at);
}

static bool
suspend(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);

	return check(replay, &first, books_suspend(&replay->books, first.transfer.amount_nano)) &&
		   compare(replay, first.recorded_at);
}

static bool
end_suspense(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);

	return check(replay, &first,
				 books_end_suspense(&replay->books, first.transfer.amount_nano,
									first.transfer.credit)) &&
		   compare(replay, first.recorded_at);
}

static bool
write_off(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);

	return check(replay, &first, books_write_off(&replay->books, first.transfer.amount_nano)) &&
		   compare(replay, first.recorded_at);
}

static bool
settle(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);

	return check(replay, &first,
				 books_settle(&replay->books, first.transfer.debit, first.transfer.credit,
							  first.transfer.amount_nano)) &&
		   compare(replay, first.recorded_at);
}

/* ---- plans --------------------------------------------------------------------- */

/* The money of a subscription; it begins with none. */
static PlanMoney *
plan_money(Replay *replay, int64_t subscription_no)
{
	size_t place = replay->plans_count;

	while (place > 0 && replay->plans[place - 1].subscription_no > subscription_no)
		place--;
	if (place > 0 && replay->plans[place - 1].subscription_no == subscription_no)
		return &replay->plans[place - 1];
	replay->plans = make_room(replay, replay->plans, replay->plans_count, &replay->plans_capacity,
							  sizeof(PlanMoney));
	memmove(&replay->plans[place + 1], &replay->plans[place],
			(replay->plans_count - place) * sizeof(PlanMoney));
	replay->plans_count++;
	replay->plans[place] = (PlanMoney){.subscription_no = subscription_no};
	return &replay->plans[place];
}

static bool
defer(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);
	PlanMoney *plan = plan_money(replay, first.transfer.subscription_no);

	return check(replay, &first,
				 books_defer(&replay->books, plan, first.transfer.amount_nano,
							 first.transfer.debit)) &&
		   compare(replay, first.recorded_at);
}

static bool
earn(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);
	PlanMoney *plan = plan_money(replay, first.transfer.subscription_no);

	return check(replay, &first, books_earn(&replay->books, plan, first.transfer.amount_nano)) &&
		   compare(replay, first.recorded_at);
}

/* What was not earned goes first, the rest out of revenue. */
static bool
take_back_plan(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);
	const ReplayEntry *rest = peek(replay, 1);
	PlanMoney *plan = plan_money(replay, first.transfer.subscription_no);
	int64_t sum_nano = first.transfer.amount_nano;

	if (first.transfer.debit == BOOK_PLAN_DEFERRED && can_follow(&first, rest) &&
		rest->transfer.debit == BOOK_REVENUE &&
		!money_add(sum_nano, rest->transfer.amount_nano, &sum_nano))
		return find(replay, REPLAY_IS_REFUSED, rest, NULL);
	return check(replay, &first, books_take_back_plan(&replay->books, plan, sum_nano)) &&
		   compare(replay, first.recorded_at);
}

/* ---- charges undone ------------------------------------------------------------ */

/* Adds what entries paid from one point to another; false where some of it is not there. */
static bool
add_slices(const Replay *replay, Booked *booked, int64_t first_entry_no, int64_t entry_count,
		   int64_t from_nano, int64_t to_nano)
{
	int64_t upto_nano = 0;
	int64_t missing_nano = to_nano - from_nano;

	for (size_t i = kept_place(replay, first_entry_no);
		 i < replay->kept_count && replay->kept[i].entry_no - first_entry_no < entry_count &&
		 upto_nano < to_nano;
		 i++)
	{
		const KeptEntry *entry = &replay->kept[i];
		int64_t begin_nano = upto_nano > from_nano ? upto_nano : from_nano;
		int64_t end_nano;

		upto_nano += entry->amount_nano;
		end_nano = upto_nano < to_nano ? upto_nano : to_nano;
		if (end_nano <= begin_nano)
			continue;
		booked->slices = make_room(replay, booked->slices, booked->count + 1, &booked->capacity,
								   sizeof(Slice));
		booked->slices[booked->count++] = (Slice){
			.entry_no = entry->entry_no,
			.lot_no = entry->lot_no,
			.amount_nano = end_nano - begin_nano,
			.from_nano = begin_nano - (upto_nano - entry->amount_nano),
		};
		missing_nano -= end_nano - begin_nano;
	}
	return missing_nano == 0;
}

/* What a re-rating charged is on top; what it gave back was the latest. */
static bool
follow_change(const Replay *replay, Booked *booked, const ReplayChange *change)
{
	UndoneCharge undone = {-change->amount_nano, change->written_off_nano};

	if (!money_add(booked->nano, change->amount_nano, &booked->nano))
		return false;
	if (change->amount_nano > 0)
		return add_slices(replay, booked, change->first_entry_no, change->entry_count, 0,
						  change->amount_nano);
	booked->slices = make_room(replay, booked->slices, booked->count + 1, &booked->capacity,
							   sizeof(Slice));
	booked->count = books_drop_undone(booked->slices, booked->count, &undone);
	return true;
}

/* What was booked of a charge before something changed it; false where that cannot be said, since
 * an entry is not there, or what changed it earlier was not met. */
static bool
find_booked(const Replay *replay, const ReplayChange *change, Booked *booked)
{
	const ReplayCharge *charge = &replay->facts->charges[change->charge];
	const ReplayChange *earlier = &replay->facts->changes[charge->first_change];

	booked->count = 0;
	booked->nano = charge->charge_nano;
	if (!add_slices(replay, booked, charge->first_entry_no, charge->entry_count, charge->from_nano,
					charge->from_nano + charge->charge_nano))
		return false;
	for (; earlier < change; earlier++)
	{
		replay->input->check_stop();
		if ((earlier->amount_nano != 0 && !earlier->is_done) ||
			!follow_change(replay, booked, earlier))
			return false;
	}
	return true;
}

static bool
left_arrears(const Booked *booked)
{
	for (size_t i = 0; i < booked->count; i++)
		if (booked->slices[i].lot_no == NO_NUMBER && booked->slices[i].entry_no != NO_NUMBER)
			return true;
	return false;
}

/* The history as the core wants it, which works in it. */
static ArrearsHistory *
copy_history(Replay *replay, bool has_arrears)
{
	const ArrearsHistory *history = &replay->history;
	ArrearsHistory *copy = &replay->copy;

	copy->check_stop = replay->input->check_stop;
	copy->taken_count = history->taken_count;
	copy->count = has_arrears || history->taken_count > 0 ? history->count : 0;
	copy->taken = make_room_for(replay, copy->taken, copy->taken_count,
								&replay->copy_taken_capacity, sizeof(TakenLot));
	copy->moves = make_room_for(replay, copy->moves, copy->count + ARREARS_CUTS_MAX(copy->count),
								&copy->capacity, sizeof(ArrearsMove));
	if (copy->taken_count > 0)
		memcpy(copy->taken, history->taken, copy->taken_count * sizeof(TakenLot));
	if (copy->count > 0)
		memcpy(copy->moves, history->moves, copy->count * sizeof(ArrearsMove));
	return copy;
}

static bool
expire(Replay *replay, const ReplayEntry *entry)
{
	if (!check(replay, entry, books_expire(&replay->books, entry->recorded_at)))
		return false;
	replay->next_expiry = books_next_expiry(&replay->books);
	return true;
}

/* Expires what came back into a lot that has expired meanwhile. */
static bool
expire_again(Replay *replay, const ReplayEntry *first)
{
	begin_transfers(replay, 0);
	return expire(replay, first) && compare(replay, first->recorded_at);
}

/* Undoes a charge, or as much of it. */
static bool
undo_charge(Replay *replay, const ReplayEntry *first)
{
	ReplayChange *change = replay->change;
	const Booked *booked = &replay->booked;
	int64_t less_nano = booked->nano - (change->reversal_id ? 0 : change->charge_nano);
	ArrearsHistory *history = copy_history(replay, left_arrears(booked));
	UndoneCharge undone;

	begin_transfers(replay, booked->count + history->count);
	if (!check(replay, first,
			   books_undo_charge(&replay->books, booked->slices, booked->count, less_nano, history,
								 &undone)) ||
		!compare(replay, first->recorded_at) ||
		!end_change(replay, change, first, (int64_t) replay->books.transfers_count) ||
		!expire_again(replay, first))
		return false;
	if (undone.given_back_nano != -change->amount_nano ||
		(change->reversal_id == NO_NUMBER && undone.written_off_nano != change->written_off_nano))
		return find(replay, REPLAY_IS_OTHERWISE, first, NULL);
	return true;
}

/*
 * The same where the request is not kept any more, or of one that was undone before: then
 * it is believed which lots were given back how much.
 */
static bool
repeat_undo(Replay *replay, const ReplayEntry *first)
{
	int64_t count = replay->change->reversal_id ? INT64_MAX : replay->change->entry_count;
	int64_t repeated;

	for (repeated = 0; repeated < count; repeated++)
	{
		const ReplayEntry *entry = peek(replay, 0);

		if (!can_follow(first, entry) || entry->transfer.debit != BOOK_REVENUE)
			break;
		begin_transfers(replay, 0);
		if (!check(replay, entry, books_repeat(&replay->books, &entry->transfer)))
			return false;
		replay->history_is_partial |= entry->transfer.credit == BOOK_ARREARS;
		if (!compare(replay, first->recorded_at))
			return false;
	}
	return end_change(replay, replay->change, first, repeated) && expire_again(replay, first);
}

static bool
undo_by(Replay *replay, const ReplayEntry *first)
{
	const ReplayCharge *charge = &replay->facts->charges[replay->change->charge];

	need_all_lots(replay);
	if (!charge->is_known || replay->history_is_partial)
		return repeat_undo(replay, first);
	if (!find_booked(replay, replay->change, &replay->booked))
		return find(replay, REPLAY_HAS_NO_CAUSE, first, NULL);
	return undo_charge(replay, first);
}

static bool
undo(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);
	ReplayChange wanted = {.reversal_id = first.transfer.source.id};
	bool holds;

	if (first.transfer.source.type == SOURCE_REVERSAL)
		replay->change = find_change(replay, replay->by_reversal, &wanted, compare_by_reversal);
	else
		replay->change = revision_here(replay, &first);
	if (replay->change == NULL || replay->change->amount_nano >= 0)
		return find(replay, REPLAY_HAS_NO_CAUSE, &first, NULL);
	holds = undo_by(replay, &first);
	replay->change = NULL;
	return holds;
}

/* ---- which act an entry begins --------------------------------------------------- */

/* By the pair; NULL where none begins with it. */
static ActDo
act_of(const Transfer *transfer)
{
	static const struct
	{
		Book debit;
		Book credit;
		ActDo act;
	} acts[] = {
		{BOOK_GATEWAY, BOOK_CASH, come_in},
		{BOOK_SUSPENSE, BOOK_CASH, credit},
		{BOOK_PROMOTION, BOOK_BONUS, credit},
		{BOOK_ADJUSTMENT, BOOK_BONUS, credit},
		{BOOK_GATEWAY, BOOK_PLAN_DEFERRED, defer},
		{BOOK_SUSPENSE, BOOK_PLAN_DEFERRED, defer},
		{BOOK_GATEWAY, BOOK_SUSPENSE, suspend},
		{BOOK_SUSPENSE, BOOK_GATEWAY, end_suspense},
		{BOOK_SUSPENSE, BOOK_BREAKAGE, end_suspense},
		{BOOK_BONUS, BOOK_PROMOTION, empty_lot},
		{BOOK_BONUS, BOOK_BREAKAGE, leave_as_breakage},
		{BOOK_CASH, BOOK_BREAKAGE, leave_as_breakage},
		{BOOK_BONUS, BOOK_REVENUE, take_any},
		{BOOK_CASH, BOOK_REVENUE, take_any},
		{BOOK_ARREARS, BOOK_REVENUE, take_any},
		{BOOK_REVENUE, BOOK_BONUS, undo},
		{BOOK_REVENUE, BOOK_CASH, undo},
		{BOOK_REVENUE, BOOK_ARREARS, undo},
		{BOOK_WRITE_OFF, BOOK_ARREARS, write_off},
		{BOOK_CASH, BOOK_REFUND_PAYABLE, reserve},
		{BOOK_REFUND_PAYABLE, BOOK_GATEWAY, pay_reserve},
		{BOOK_REFUND_PAYABLE, BOOK_CASH, release},
		{BOOK_CASH, BOOK_GATEWAY, take_back},
		{BOOK_ARREARS, BOOK_GATEWAY, take_back},
		{BOOK_PLAN_DEFERRED, BOOK_GATEWAY, take_back_plan},
		{BOOK_REVENUE, BOOK_GATEWAY, take_back_plan},
		{BOOK_PLAN_DEFERRED, BOOK_REVENUE, earn},
		{BOOK_BONUS, BOOK_ADJUSTMENT, take_any},
		{BOOK_CASH, BOOK_ADJUSTMENT, take_any},
		{BOOK_ARREARS, BOOK_ADJUSTMENT, take_any},
		{BOOK_BANK, BOOK_GATEWAY, settle},
		{BOOK_GATEWAY, BOOK_BANK, settle},
		{BOOK_FEE, BOOK_GATEWAY, settle},
		{BOOK_GATEWAY, BOOK_FEE, settle},
	};

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (acts[i].debit == transfer->debit && acts[i].credit == transfer->credit)
			return acts[i].act;
	return NULL;
}

/* What the number of a source is, where that follows from the entry. */
static bool
has_its_number(const ReplayEntry *first)
{
	const Transfer *transfer = &first->transfer;

	switch (transfer->source.type)
	{
		case SOURCE_SETTLEMENT:
		case SOURCE_ADJUSTMENT:
		case SOURCE_WRITE_OFF:
		case SOURCE_CLOSING:
			return transfer->source.id == first->entry_no;
		case SOURCE_GRANT:
			return transfer->source.id == transfer->lot_no;
		case SOURCE_SUBSCRIPTION:
			return transfer->source.id == transfer->subscription_no;
		default:
			return true;
	}
}

/* What nobody outside of the books says happens when it is booked. */
static bool
has_its_instant(const ReplayEntry *first)
{
	switch (first->transfer.source.type)
	{
		case SOURCE_GRANT:
		case SOURCE_PAYMENT_ORDER:
		case SOURCE_REFUND:
		case SOURCE_REFUND_ITEM:
		case SOURCE_CLOSING:
		case SOURCE_REVERSAL:
		case SOURCE_RERATE:
		case SOURCE_WRITE_OFF:
		case SOURCE_ADJUSTMENT:
		case SOURCE_RECONCILIATION:
			return first->transfer.occurred_at == first->recorded_at;
		default:
			return true;
	}
}

static bool
do_act(Replay *replay)
{
	ReplayEntry first = *peek(replay, 0);
	Books *books = &replay->books;
	Source source_before = books->source;
	ActDo act = act_of(&first.transfer);

	if (act == NULL)
		return find(replay, REPLAY_HAS_NO_CAUSE, &first, NULL);
	if (!has_its_number(&first) || !has_its_instant(&first))
		return find(replay, REPLAY_IS_STAMPED, &first, NULL);
	books->source = first.transfer.source;
	books->occurred_at = first.transfer.occurred_at;
	begin_transfers(replay, 0);
	if (!act(replay))
		return false;
	if (replay->last_entry_no < first.entry_no)
		return find(replay, REPLAY_HAS_NO_CAUSE, &first, NULL); /* nothing comes of it */
	if (first.transfer.source.type == SOURCE_REFUND)
		books->source = source_before;
	put_away(replay);
	return true;
}

/* ---- expiry, acts, arrears ------------------------------------------------------- */

/* True between a credit and the end of its transaction, where lots are to pay. */
static bool
owes_and_has(const Replay *replay)
{
	const Books *books = &replay->books;

	return books->arrears_nano > 0 && (books->cash_nano > 0 || books->bonus_nano > 0);
}

/* True where an act goes on in the transaction of the one before, which has raised the credit. */
static bool
goes_on(const Replay *replay, const ReplayEntry *entry)
{
	const Transfer *transfer = &entry->transfer;
	SourceType before = replay->books.source.type;

	if (!entry->is_readable || entry->recorded_at != replay->last_recorded_at)
		return false;
	switch (transfer->source.type)
	{
		case SOURCE_PAYMENT_ORDER: /* the gift that comes with a payment */
			return transfer->credit == BOOK_BONUS &&
				   (before == SOURCE_PAYMENT || before == SOURCE_PAYMENT_ORDER);
		case SOURCE_PAYMENT: /* what a closed account does not owe of a take-back that is undone */
			return transfer->credit == BOOK_SUSPENSE && before == SOURCE_TAKE_BACK;
		case SOURCE_REFUND: /* bonus that leaves at the end of a refund */
			return transfer->credit == BOOK_BREAKAGE && before == SOURCE_REFUND_ITEM;
		default:
			return false;
	}
}

/* The order whose payment the act before has credited. */
static int64_t
credited_order(const Replay *replay)
{
	int64_t order_id = NO_NUMBER;

	for (size_t i = 0; i < replay->books.transfers_count; i++)
	{
		const ReplayLot *lot = find_lot(replay, replay->books.transfers[i].lot_no);

		if (lot)
			order_id = lot->order_id;
	}
	return order_id;
}

/*
 * An order that is paid in full pays arrears as the order, whether a bonus comes with it or not;
 * any other payment as itself.
 */
static void
take_over_source(Replay *replay, const ReplayEntry *entry)
{
	Source order = {SOURCE_PAYMENT_ORDER, credited_order(replay)};

	if (replay->books.source.type != SOURCE_PAYMENT || !is_of(&entry->transfer.source, &order))
		return;
	replay->books.source = order;
	replay->books.occurred_at = entry->recorded_at;
}

static bool
pay_arrears(Replay *replay)
{
	const ReplayEntry *entry = peek(replay, 0);

	if (entry && entry->is_readable)
		take_over_source(replay, entry);
	begin_transfers(replay, 0);
	return check(replay, entry, books_pay_arrears(&replay->books)) &&
		   compare(replay, replay->last_recorded_at);
}

/* Entries are recorded in their order, but for the first one behind a repair. */
static bool
check_order(Replay *replay, const ReplayEntry *entry)
{
	const ReplayFacts *facts = replay->facts;

	if (replay->last_entry_no == NO_NUMBER || entry->recorded_at >= replay->last_recorded_at)
		return true;
	for (size_t i = 0; i < facts->repairs_count; i++)
		if (facts->repairs[i].last_entry_no == replay->last_entry_no &&
			facts->repairs[i].corrected_at <= entry->recorded_at)
			return true;
	return find(replay, REPLAY_FALLS, entry, NULL);
}

/* One act, with what must come before it; the next entry is there. */
static bool
step(Replay *replay)
{
	ReplayEntry entry = *peek(replay, 0);

	if (!check_next(replay, &entry) || !check_order(replay, &entry))
		return false;
	if (owes_and_has(replay))
		return goes_on(replay, &entry) ? do_act(replay) : pay_arrears(replay);
	if (entry.recorded_at < replay->next_expiry)
		return do_act(replay);
	begin_transfers(replay, 0);
	if (!expire(replay, &entry))
		return false;
	return replay->books.transfers_count > 0 ? compare(replay, entry.recorded_at) : do_act(replay);
}

/* Lots as they are before the first entry. */
static void
begin_lots(Replay *replay)
{
	const ReplayFacts *facts = replay->facts;

	for (size_t i = 0; i < facts->lots_count; i++)
	{
		facts->lots[i].place = REPLAY_NOT_ADDED;
		facts->lots[i].lot.remaining_nano = facts->lots[i].lot.given_back_nano = 0;
	}
	replay->books.lots_capacity = facts->lots_count + BOOKS_LOTS_ADDED_MAX;
	replay->books.lots = new_list(replay, replay->books.lots_capacity, sizeof(Lot));
}

ReplayFinding
replay_account(ReplayFacts *facts, const ReplayInput *input)
{
	Replay replay = {
		.facts = facts,
		.input = input,
		.books.on_house = facts->on_house,
		.next_expiry = NEVER_EXPIRES,
		.lots_kept = LOTS_KEPT,
	};

	begin_lots(&replay);
	list_changes(&replay);
	while (peek(&replay, 0))
		if (!step(&replay))
			return replay.finding;
	if (owes_and_has(&replay))
		(void) pay_arrears(&replay);
	return replay.finding;
}
